"""Restarting a server and waiting until it is back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pyinfra import logger
from pyinfra.api import Host, State
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential

from winfra.messages.operations import RESTART_TIMEOUT
from winfra.script import Script
from winfra.text import utc_time

LONGEST_PAUSE = 12
ANSWER_TIME = 60


def reboot(state: State, host: Host, delay: int, reboot_timeout: float, comment: str) -> bool:
    """Restart the server; ``True`` when it is back, ``False`` after its reason has been shown."""
    before = _ask(host, Script("get_boot"))
    started = before and _ask(host, Script("restart_server", Delay=delay, Comment=comment))
    if not started:
        return False
    host.log(f"Restarting in {delay} s")
    if _wait(host, utc_time(before["BootTime"]), started["Known"], delay + reboot_timeout):
        return True
    text = RESTART_TIMEOUT.text(host=host.name, seconds=f"{reboot_timeout:g}")
    host.log_styled(text, fg="red", log_func=logger.error)
    return False


def _wait(host: Host, before: datetime, key_known: bool, seconds: float) -> bool:
    """Until Windows has another boot time and LogonUI has set its key, as far as it had one.

    WinRM answers before services have started, and while Windows goes down: neither will do.
    """
    pauses = wait_exponential(multiplier=0.5, max=LONGEST_PAUSE)
    retrying = Retrying(
        stop=stop_after_delay(seconds), wait=pauses, retry=retry_if_result(lambda back: not back)
    )
    try:
        return bool(retrying(_back, host, before, key_known))
    except RetryError:
        return False


def _back(host: Host, before: datetime, key_known: bool) -> bool:
    host.disconnect()
    host.connect(show_errors=False)
    if not host.connected:
        return False
    boot = _ask(host, Script("get_boot"), shown=False)
    return bool(boot) and utc_time(boot["BootTime"]) != before and boot["Ready"] >= key_known


def _ask(host: Host, script: Script, shown: bool = True) -> Any:
    """A script's answer; ``None`` when it failed, which is shown unless it is to be expected."""
    succeeded, output = host.run_shell_command(
        script, print_output=False, print_input=False, _timeout=ANSWER_TIME
    )
    if succeeded:
        return json.loads(output.stdout_lines[-1])
    if shown:
        for line in output.stderr_lines:
            host.log_styled(line, fg="red", log_func=logger.error)
    return None
