"""What sc.exe shows of a service."""

from __future__ import annotations

from typing import Any

from winfra.lab.registry import expand
from winfra.lab.scm import codes

_TYPES = {
    codes.OWN_PROCESS: "WIN32_OWN_PROCESS",
    codes.SHARE_PROCESS: "WIN32_SHARE_PROCESS",
    codes.WIN32: "WIN32",
}
_STARTS = {
    codes.AUTO_START: "AUTO_START",
    codes.DEMAND_START: "DEMAND_START",
    codes.DISABLED_START: "DISABLED",
}
_ERRORS = ("IGNORE", "NORMAL", "SEVERE", "CRITICAL")
_ACTIONS = {
    codes.ACTION_NONE: "NONE",
    codes.ACTION_RESTART: "RESTART",
    codes.ACTION_REBOOT: "REBOOT",
    codes.ACTION_COMMAND: "RUN PROCESS",
}
_VARIABLES = {"SystemRoot": r"C:\Windows", "SystemDrive": "C:", "ProgramFiles": r"C:\Program Files"}


def status(found: dict[str, Any], *, extended: bool = False) -> str:
    """SERVICE_STATUS, or with its process SERVICE_STATUS_PROCESS."""
    return f"\nSERVICE_NAME: {found['name']} \n{_status(found, extended=extended)}"


def listed(found: dict[str, Any], *, extended: bool = False) -> str:
    """One of many services."""
    names = f"\nSERVICE_NAME: {found['name']}\nDISPLAY_NAME: {found['display_name']}\n"
    return names + _status(found, extended=extended)


def _status(found: dict[str, Any], *, extended: bool) -> str:
    lines = [
        _line("TYPE", f"{found['type']:x}  {_type(found['type'])} "),
        _line("STATE", f"{found['state']}  {codes.STATES[found['state']]} "),
        *([f"{'':32}({_accepted(found)})"] if found["state"] != codes.STOPPED else []),
        _line("WIN32_EXIT_CODE", _number(found["win32_exit"])),
        _line("SERVICE_EXIT_CODE", _number(found["specific_exit"])),
        _line("CHECKPOINT", f"0x{found['checkpoint']:x}"),
        _line("WAIT_HINT", f"0x{found['wait_hint']:x}"),
    ]
    if extended:
        lines += [_line("PID", str(found["pid"])), _line("FLAGS", "")]
    return "\n".join(lines) + "\n"


def _accepted(found: dict[str, Any]) -> str:
    accepted = found["accepted"]
    stop = "STOPPABLE" if accepted & codes.ACCEPT_STOP else "NOT_STOPPABLE"
    pause = "PAUSABLE" if accepted & codes.ACCEPT_PAUSE else "NOT_PAUSABLE"
    shutdown = "ACCEPTS_SHUTDOWN" if accepted & codes.ACCEPT_SHUTDOWN else "IGNORES_SHUTDOWN"
    if accepted & codes.ACCEPT_PRESHUTDOWN:
        shutdown = "ACCEPTS_PRESHUTDOWN"
    return f"{stop}, {pause}, {shutdown}"


def configuration(found: dict[str, Any]) -> str:
    """QUERY_SERVICE_CONFIG."""
    start = f"{found['start']}   {_STARTS.get(found['start'], '')}"
    delayed = "  (DELAYED)" if found["delayed"] and found["start"] == codes.AUTO_START else ""
    error = found["error_control"]
    dependencies = f"\n{'':27}: ".join(found["dependencies"])
    lines = [
        f"SERVICE_NAME: {found['name']}",
        _line("TYPE", f"{found['type']:x}  {_type(found['type'])} "),
        _line("START_TYPE", start + delayed),
        _line("ERROR_CONTROL", f"{error}   {_ERRORS[error] if error < len(_ERRORS) else ''}"),
        _line("BINARY_PATH_NAME", expand(found["path"], _VARIABLES)),
        _line("LOAD_ORDER_GROUP", found["group"]),
        _line("TAG", "0"),
        _line("DISPLAY_NAME", found["display_name"]),
        _line("DEPENDENCIES", dependencies),
        _line("SERVICE_START_NAME", found["account"]),
    ]
    return "\n".join(lines) + "\n"


def failures(found: dict[str, Any]) -> str:
    """SERVICE_FAILURE_ACTIONS."""
    failure = found["failure"]
    infinite = failure["reset_seconds"] == codes.INFINITE
    actions = [
        f"{_ACTIONS.get(kind, '')} -- Delay = {delay} milliseconds."
        for kind, delay in failure["actions"]
    ]
    shown = {
        "RESET_PERIOD (in seconds)": "INFINITE" if infinite else str(failure["reset_seconds"]),
        "REBOOT_MESSAGE": failure["reboot_message"],
        "COMMAND_LINE": failure["command"],
        **({"FAILURE_ACTIONS": f"\n{'':39}".join(actions)} if actions else {}),
    }
    return "\n".join(f"        {name.ljust(29)}: {text}" for name, text in shown.items())


def _type(number: int) -> str:
    interactive = " (interactive)" if number & codes.INTERACTIVE_PROCESS else ""
    return _TYPES.get(number & ~codes.INTERACTIVE_PROCESS, "") + interactive


def _number(value: int) -> str:
    return f"{value}  (0x{value:x})"


def _line(name: str, text: str) -> str:
    return f"        {name.ljust(19)}: {text}"
