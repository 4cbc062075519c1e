"""One life of the host, from its configuration to its end."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Protocol

from . import check, configuration, console, events, job
from .configuration import ConfigurationError
from .events import Failure, Journal
from .log import RotatingLog
from .supervisor import HandedOverError, Supervisor

HAND_OVER = 0
"""The process ends without STOPPED, and Windows' recovery acts."""


class Control(Protocol):
    """What is needed of the control manager (``dispatch.Service``)."""

    name: str
    stop: object

    def running(self) -> None: ...
    def stopping(self) -> None: ...


def run(control: Control, mode: str, path: str) -> int | None:
    """Serve until the end: ``None`` when stopped, a code of ``events``, or ``HAND_OVER``."""
    journal = Journal(control.name)
    try:
        _prepare(journal)
        content = _read(path)
        if mode == "check":
            check.run(control, configuration.check(content))
        else:
            service = configuration.service(content)
            journal.log = RotatingLog(service.log.path, service.log.bytes, service.log.keep)
            Supervisor(control, journal, service, content).run()
    except ConfigurationError as error:
        if error.log is not None:
            journal.log = RotatingLog(error.log.path, error.log.bytes, error.log.keep)
        journal.write(events.CONFIGURATION, f"the configuration {path} cannot be used: {error}")
        return events.CONFIGURATION.number
    except Failure as failure:
        journal.write(failure.event, str(failure))
        return failure.event.number
    except HandedOverError:
        return HAND_OVER
    except BaseException:  # noqa: BLE001  whatever it is, it must be found in the log
        trace = traceback.format_exc().rstrip()
        journal.write(events.UNEXPECTED, f"the service host failed:\n{trace}")
        return HAND_OVER
    return None


def _prepare(journal: Journal) -> None:
    """A job that nothing outlives, and a console that Ctrl-C can be sent to."""
    console.show_no_boxes()
    for step, name in ((job.enclose, "job"), (console.open_console, "console")):
        try:
            step()
        except job.WINDOWS_ERROR as error:
            reason = f"{error.strerror} (error {error.winerror})"
            journal.write(events.CONSOLE, f"there is no {name} of its own: {reason}")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(error.strerror or type(error).__name__) from error
