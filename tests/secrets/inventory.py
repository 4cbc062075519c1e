"""The lab as any Windows host: how to reach it stands in the environment."""

import json
import os

from pyinfra.api.hiddenvalue import HiddenValue

_password = os.environ["PASSWORD"]
_data = {
    **json.loads(os.environ["REACH"]),
    "winrm_password": _password if os.environ["PASSWORD_AS"] == "str" else HiddenValue(_password),
}

hosts = [("@winrm/localhost", _data)]
