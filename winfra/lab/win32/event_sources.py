"""Events of the Application log, as servicemanager and win32evtlog write them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import event_log
from winfra.lab.event_log import ERROR, INFORMATION, WARNING

LEVELS = {1: ERROR, 2: WARNING}
"""Event type -> level; all others inform."""
GENERIC = 0xFF
NO_CONTROL_HANDLER, NO_RUN_METHOD, RUN_FAILED, BAD_CLASS, CONTROL_FAILED = 0x1, 0x2, 0x3, 0xA, 0xB
STARTING, STARTED, STOPPING, STOPPED = 0x1000, 0x1002, 0x1003, 0x1004
_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"
# The messages of servicemanager.pyd, %n as in its message file.
_TEXTS = {
    NO_CONTROL_HANDLER: "The Python class did not register a service control handler.\r\n%1",
    NO_RUN_METHOD: "The instance does not have a SvcRun() method.\r\n%1",
    RUN_FAILED: "The instance's SvcRun() method failed\r\n%1",
    BAD_CLASS: "Python could not construct the class instance\r\n%1",
    CONTROL_FAILED: "The Python service control handler failed.\r\n%1",
    STARTING: "The %1 service is starting%2.",
    STARTED: "The %1 service has started%2.",
    STOPPING: "The %1 service is stopping%2.",
    STOPPED: "The %1 service has stopped%2.",
}


class Source:
    """Of this process's servicemanager."""

    name = "Python Service"
    file = ""
    registered = False

    @classmethod
    def register(cls) -> None:
        """Enter it in the registry, where the process may: pywin32 does not mind if not."""
        if cls.registered:
            return
        cls.registered = True
        from winfra.lab import token

        lab = Path(os.environ["WINFRA_LAB"])
        if token.of_process(lab).elevated:
            register(cls.name, cls.file or "servicemanager.pyd")


def register(name: str, file: str, log: str = "Application", types: int = 7) -> None:
    from winfra.lab.registry import Registry

    keys = Registry(Path(os.environ["WINFRA_LAB"]) / "registry")
    key = _SERVICES.replace("Application", log) + f"\\{name}"
    keys.set(key, "EventMessageFile", file)
    keys.set(key, "TypesSupported", types)


def report(event_type: int, event_id: int, texts: Sequence[str] = ()) -> None:
    """An event of servicemanager."""
    Source.register()
    number = event_id & 0xFFFF
    write(Source.name, event_type, number, _TEXTS.get(number, "%1"), texts)


def report_python_error(number: int, trace: str = "<No Python Error!>") -> None:
    report(1, number, [trace.rstrip("\n")])


def write(source: str, event_type: int, event_id: int, message: str, texts: Sequence[str]) -> None:
    for position in range(9, 0, -1):
        text = texts[position - 1] if position <= len(texts) else ""
        message = message.replace(f"%{position}", text)
    lab = Path(os.environ["WINFRA_LAB"])
    level = LEVELS.get(event_type, INFORMATION)
    event_log.append(lab, "Application", source, event_id & 0xFFFF, level, message, list(texts))
