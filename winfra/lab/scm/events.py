"""What the control manager writes to the System event log, in the texts of Windows Server 2022."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from winfra.lab import event_log, logon
from winfra.lab.event_log import ERROR, INFORMATION
from winfra.lab.scm import codes

PROVIDER = "Service Control Manager"
_TEXTS = {
    7000: "The {0} service failed to start due to the following error: \n{1}",
    7001: (
        "The {0} service depends on the {1} service which failed to start because of the "
        "following error: \n{2}"
    ),
    7003: (
        "The {0} service depends on the following service: {1}. This service might not be "
        "installed."
    ),
    7009: "A timeout was reached ({0} milliseconds) while waiting for the {1} service to connect.",
    7011: (
        "A timeout ({0} milliseconds) was reached while waiting for a transaction response from "
        "the {1} service."
    ),
    7022: "The {0} service hung on starting.",
    7023: "The {0} service terminated with the following error: \n{1}",
    7024: "The {0} service terminated with the following service-specific error: \n{1}",
    7031: (
        "The {0} service terminated unexpectedly.  It has done this {1} time(s).  The following "
        "corrective action will be taken in {2} milliseconds: {4}."
    ),
    7032: (
        "The Service Control Manager tried to take a corrective action ({1}) after the unexpected "
        "termination of the {2} service, but this action failed with the following error: \n{3}"
    ),
    7034: "The {0} service terminated unexpectedly.  It has done this {1} time(s).",
    7036: "The {0} service entered the {1} state.",
    7038: (
        "The {0} service was unable to log on as {1} with the currently configured password due "
        "to the following error: \n{2}\n\nTo ensure that the service is configured properly, use "
        "the Services snap-in in Microsoft Management Console (MMC)."
    ),
    7040: "The start type of the {0} service was changed from {1} to {2}.",
    7041: (
        "The {0} service was unable to log on as {1} with the currently configured password due "
        "to the following error: \nLogon failure: the user has not been granted the requested "
        "logon type at this computer.\n\nService: {0}\nDomain and account: {1}\n\nThis service "
        'account does not have the required user right "Log on as a service."\n\nUser Action\n\n'
        'Assign "Log on as a service" to the service account on this computer.'
    ),
    7045: (
        "A service was installed in the system.\n\nService Name:  {0}\nService File Name:  {1}\n"
        "Service Type:  {2}\nService Start Type:  {3}\nService Account:  {4}"
    ),
}
_INFORMATION = {7036, 7040, 7045}
ACTIONS = {
    codes.ACTION_NONE: "Take no action",
    codes.ACTION_RESTART: "Restart the service",
    codes.ACTION_REBOOT: "Restart the computer",
    codes.ACTION_COMMAND: "Run the configured recovery program",
}
STATES = {codes.RUNNING: "running", codes.STOPPED: "stopped", codes.PAUSED: "paused"}
START_TYPES = {
    codes.AUTO_START: "auto start",
    codes.DEMAND_START: "demand start",
    codes.DISABLED_START: "disabled",
}
TYPES = {codes.OWN_PROCESS: "user mode service", codes.SHARE_PROCESS: "user mode service"}

Note = Callable[..., None]


def writer(lab: Path) -> Note:
    """A function that notes an event by its number and insertion texts; ``%%1053`` is an error."""

    def note(event_id: int, *data: object) -> None:
        stored = [str(one) for one in data]
        message = _TEXTS[event_id].format(*map(_shown, stored))
        level = INFORMATION if event_id in _INFORMATION else ERROR
        event_log.append(lab, "System", PROVIDER, event_id, level, message, stored)

    return note


def _shown(text: str) -> str:
    """The text that the event viewer puts in the place of a parameter."""
    if not text.startswith("%%"):
        return text
    code = int(text[2:])
    return codes.text(code) or logon.TEXTS.get(code) or text
