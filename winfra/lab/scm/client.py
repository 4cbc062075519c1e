"""Requests to a lab's service control manager, as OpenSCManager and OpenService make them.

``request(lab, VERB, name=…, …)``; every name may be in any case. What a verb takes and gives:

+ ``create``: ``name``, ``settings`` as ``change`` takes them; ``path`` is needed
+ ``delete``: ``name``; a service that runs, or that somebody holds open, is marked only
+ ``change``: ``name``, ``settings``: a dict of what is to change: ``display_name``, ``path``,
  ``type``, ``start`` (2 automatic, 3 manual, 4 disabled), ``delayed``, ``error_control``,
  ``account``, ``password``, ``dependencies`` (names; a group with ``+`` before it), ``group``,
  ``description``, ``failure`` (``{"reset_seconds", "reboot_message", "command",
  "actions": [[type, milliseconds], …]}``, each left out stays), ``failure_flag``, ``sid_type``
  (0, 1, 3), ``privileges``, ``preshutdown_milliseconds``, ``environment`` (``NAME=value`` lines)
+ ``query``: ``name`` -> a dict with all of these (no password), and ``name``, ``delete_flag``,
  ``state``, ``pid``, ``accepted``, ``win32_exit``, ``specific_exit``, ``checkpoint``, ``wait_hint``,
  ``flags``
+ ``list``: all services that are no drivers, as ``query`` gives them, by name
+ ``start``: ``name``, ``arguments`` (texts); gives ``query`` when the process has connected
+ ``control``: ``name``, ``control`` (a number of ``codes``); gives ``query`` when it was handled
+ ``dependents``: ``name`` -> names of all services that depend on it, directly or not, in the order
  in which they have to be stopped
+ ``find``: ``display_name`` -> the service's name (GetServiceKeyName)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from winfra.lab import control
from winfra.lab.scm.codes import error
from winfra.lab.token import ACCOUNT_VARIABLE, GROUPS_VARIABLE, LOGON_VARIABLE
from winfra.lab.well_known import SYSTEM

SECONDS = 600.0
"""A start waits for what the service depends on, each with its own time limit."""
MARKS = ("USERNAME", ACCOUNT_VARIABLE, LOGON_VARIABLE, GROUPS_VARIABLE)


def request(lab: Path, verb: str, **arguments: Any) -> Any:
    """Have the control manager do something; ``ScmError`` where it refuses.

    The caller is whom this process runs as; a process outside the lab is the machine itself.
    """
    running = json.loads((lab / "daemon.json").read_text(encoding="utf-8"))
    answer = control.ask(
        running["control_port"], running["token"], "scm",
        timeout=SECONDS, verb=verb, caller=caller(lab), arguments=arguments,
    )["result"]  # fmt: skip
    if answer["code"]:
        raise error(answer["code"])
    return answer["result"]


def caller(lab: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The marks that say whom this process runs as."""
    if environment.get("WINFRA_LAB") != str(lab):
        return {ACCOUNT_VARIABLE: SYSTEM, LOGON_VARIABLE: "service"}
    return {name: environment[name] for name in MARKS if name in environment}
