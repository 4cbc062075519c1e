"""The python module has a Python on the host that services can run."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand

from winfra import python_plan
from winfra.access import Entry
from winfra.access_plan import Request, plan
from winfra.difference import show
from winfra.facts.drives import Drives
from winfra.facts.files import Paths
from winfra.facts.python import Interpreter, InterpreterDict
from winfra.facts.registry import Keys, find_value
from winfra.halt import Halt
from winfra.messages import python as messages
from winfra.operation import HostFailedError, fail, operation, read
from winfra.path import windows_path
from winfra.python_plan import Problem, Wanted
from winfra.reboot import reboot
from winfra.registry import key_path
from winfra.script import Script
from winfra.service_change import Drain
from winfra.sid import ADMINISTRATORS, SYSTEM, USERS
from winfra.sources import Fetched, Source

INSTALLED, OTHER_VERSION, RESTART_NEEDED = 0, 1638, 3010
"""Exit codes of Windows Installer: ERROR_SUCCESS, ERROR_PRODUCT_VERSION, ERROR_SUCCESS_REBOOT_REQUIRED."""
_INNER = ("Lib", r"Lib\site-packages", "Scripts")
"""What somebody who wants to install a package is likely to open."""
_SECONDS = 1200.0
_MARGIN = 60.0
_REBOOT_SECONDS = 600.0


@operation()
def installation(
    version: str,
    source: Literal["installer", "existing"] = "installer",
    *,
    folder: str | None = None,
    src: str | None = None,
    sha256: str | None = None,
    services: Sequence[str] = (),
    drains: Mapping[str, Drain] | None = None,
    stop_seconds: float = 120,
    allow_reboot: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Have a full Python with pip on the host, for all its users: CPython for x64, no virtual environment.

    + version: such as ``"3.12"``; with a third number, ``"3.12.7"``, that one or a newer 3.12
    + source: ``installer``: python.org's; ``existing``: nothing is installed, the Python in the
      folder is looked at
    + folder: the interpreter's; ``C:\Program Files\Python312`` by default, for 3.12
    + src: ``python-3.12.7-amd64.exe``: a path on this machine, ``host:D:\files\x.exe`` for one on the
      host, or ``https://…``, which the host fetches
    + sha256: of that file
    + services: those that run this Python: they, and what depends on them, are stopped before it is
      updated or repaired, and not started again
    + drains: what lets services finish their work before, by their names
    + stop_seconds: how long each may take to stop
    + allow_reboot: restart the host if the installer asks for it; else the run stops

    A Python that is older than a version with three numbers is updated. Where the folder has one of
    another version, or the host has this one elsewhere, nothing is done, and the run stops.

    **Example:**

    .. code:: python

        from winfra.operations import python

        python.installation(
            name="Install Python",
            version="3.12",
            src="downloads/python-3.12.10-amd64.exe",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    """
    wanted = Wanted(version, folder or default_folder(version))
    file = _source(source, src, sha256, wanted)
    found = read(Interpreter, folder=wanted.folder)
    problem = python_plan.problem(found, wanted, host.name)
    if problem is None:
        host.noop(said(found, wanted))
        return
    if file is None:
        raise refuse(problem)
    repair = _check_possible(found, wanted, problem)
    fetched = Fetched(file)
    _show(found, wanted, file)
    halt = Halt(services if found is not None else (), drains, stop_seconds)
    halt.show("while Python is updated")
    yield from fetched.fetch()
    yield from halt.commands()
    work = _Work(wanted, fetched.path, repair=repair, allow_reboot=allow_reboot)
    yield FunctionCommand(_install, (work,), {})
    yield from fetched.remove()


@operation()
def access(folder: str, accounts: Sequence[str] = ()) -> Generator[PyinfraCommand]:
    r"""
    Have a Python that only administrators change: all others may run it, and read its packages.

    + folder: the interpreter's
    + accounts: those that run it, beside Windows' group Users

    Nothing is inherited from the folders above. Its folders of packages and programs have no entries of
    their own.

    **Example:**

    .. code:: python

        from winfra.operations import python

        python.access(
            name="Keep Python as it is",
            folder=r"C:\Program Files\Python312",
            accounts=["svc_prefect"],
        )
    """
    folder = windows_path(folder, "folder")
    entries = [Entry(keeper, "full") for keeper in (SYSTEM, ADMINISTRATORS)]
    readers = dict.fromkeys([USERS, *accounts])
    entries += [Entry(reader, "read_and_execute") for reader in readers]
    inner = [rf"{folder}\{name}" for name in _INNER]
    found = read(Paths, paths=inner)
    requests = {folder: Request(entries, exact=True)}
    requests |= {path: Request((), purge=True, inherit=True) for path in inner if found[path]}
    plans = [plan(path, request, lock_out=False) for path, request in requests.items()]
    changes = [one for one in plans if one.changes]
    if not changes:
        host.noop(f"access to {folder} is as wanted")
    for one in changes:
        one.show()
    for one in changes:
        yield Script("set_access", Path=one.path, Sddl=one.sddl, Owner=one.owner)


def default_folder(version: str) -> str:
    """Where python.org's installer puts a version for all users."""
    return rf"C:\Program Files\Python{''.join(str(version).split('.')[:2])}"


def said(found: InterpreterDict | None, wanted: Wanted) -> str:
    """A sentence about an interpreter that is as wanted."""
    return f"Python {found['version'] if found else wanted.version} is in {wanted.folder}"


def refuse(problem: Problem) -> HostFailedError:
    """Show a problem, mark the current host as failed; the caller raises what this returns."""
    message, values = problem
    return fail(message, **values)


def verified(on: Host, wanted: Wanted) -> bool:
    """Whether there now is what is wanted; ``False`` after the reason has been shown."""
    fact = Interpreter()
    succeeded, found = ask(on, fact.command(wanted.folder), _MARGIN)
    problem = python_plan.problem(fact.read(found), wanted, on.name) if succeeded else None
    if problem is not None:
        tell(on, problem)
    return succeeded and problem is None


def tell(on: Host, problem: Problem) -> None:
    """Show a problem while commands run."""
    message, values = problem
    on.log_styled(message.text(**values), fg="red", log_func=logger.error)


def _source(source: str, src: str | None, sha256: str | None, wanted: Wanted) -> Source | None:
    """The installer; ``None`` where nothing is to be installed."""
    if source not in {"installer", "existing"}:
        raise python_plan.refused("source", f"{source!r} is neither installer nor existing")
    if source == "existing":
        return None
    if src is None:
        raise python_plan.refused("src", "it is not given")
    found = Source(src, sha256 or "")
    wanted.check_installer(found.name)
    return found


def _check_possible(found: InterpreterDict | None, wanted: Wanted, problem: Problem) -> bool:
    """Refuse where an installer would do harm, or nothing; whether it is to repair what it has installed."""
    paths = wanted.key, rf"{wanted.key}\InstallPath"
    keys = read(Keys, paths=list(paths))
    key, place = (keys[key_path(path)] for path in paths)
    if other := python_plan.elsewhere(key, place, wanted):
        values = {"version": wanted.minor, "host": host.name, "found": other}
        raise fail(messages.ELSEWHERE, **values)
    broken = found is None or "problem" in found
    if found is not None and not broken and not python_plan.can_be_updated(found, wanted):
        raise refuse(problem)
    if full := python_plan.no_space(read(Drives), wanted.folder, python_plan.NEEDED, host.name):
        raise refuse(full)
    return broken and find_value(key, "SysVersion") is not None


def _show(found: InterpreterDict | None, wanted: Wanted, file: Source) -> None:
    current = None
    if found is not None:
        current = {"version": found.get("version", found.get("problem"))}
    show(f"Python in {wanted.folder}", current, {"version": f"{wanted.version} ({file.name})"})


@dataclass(frozen=True)
class _Work:
    wanted: Wanted
    installer: str
    repair: bool
    allow_reboot: bool


def _install(state: State, host: Host, work: _Work) -> bool:
    """``False`` after the reason has been shown."""
    folder = work.wanted.folder
    script = Script(
        "run_python_installer",
        Path=work.installer,
        Option=[*(["/repair"] if work.repair else []), *python_plan.options(folder)],
        Version=work.wanted.minor,
        TimeoutSeconds=_SECONDS,
    )
    succeeded, ended = ask(host, script, _SECONDS + _MARGIN)
    if not succeeded:
        return False
    if ended["ExitCode"] == RESTART_NEEDED and not work.allow_reboot:
        tell(host, (messages.RESTART, {"folder": folder, "host": host.name}))
        return False
    if ended["ExitCode"] == RESTART_NEEDED:
        if not reboot(state, host, 2, _REBOOT_SECONDS, "Python was installed"):
            return False
    elif ended["ExitCode"] != INSTALLED:
        tell(host, _failure(ended, work, host.name))
        return False
    return verified(host, work.wanted)


def _failure(ended: dict[str, Any], work: _Work, name: str) -> Problem:
    known = {"path": work.installer, "host": name}
    if ended["ExitCode"] == OTHER_VERSION:
        return messages.OTHER_VERSION, {**known, "version": work.wanted.minor}
    code = ended["ExitCode"]
    outcome = f"not ended after {_SECONDS:g} s" if ended["TimedOut"] else f"exit code {code}"
    lines = "; ".join(line.strip().rstrip(".") for line in ended["Lines"]) or "nothing"
    values = {"folder": work.wanted.folder, "outcome": outcome, "said": lines, "log": ended["Log"]}
    return messages.INSTALLER_FAILED, {**known, **values}


def ask(on: Host, script: Script, seconds: float) -> tuple[bool, Any]:
    """A script's answer; what went wrong instead is shown."""
    succeeded, output = on.run_shell_command(
        script, print_output=False, print_input=False, _timeout=seconds
    )
    if succeeded:
        return True, json.loads(output.stdout_lines[-1])
    for line in output.stderr_lines:
        on.log_styled(line, fg="red", log_func=logger.error)
    return False, None
