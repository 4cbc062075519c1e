"""The pip module installs Python packages from wheels that are at hand, without an index."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, OperationValueError, State
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra import pip_plan
from winfra.difference import show
from winfra.facts.drives import Drives
from winfra.facts.pip import InUse, Packages, PackagesDict
from winfra.halt import Halt
from winfra.local_file import local_path
from winfra.messages import Message, pip as messages, python as python_messages
from winfra.operation import fail, operation, read
from winfra.operations.folder import Transfer, transfer
from winfra.path import windows_path
from winfra.script import Script
from winfra.service_change import Drain
from winfra.services import service_name
from winfra.standing import check_removal
from winfra.wheelhouse import LOCK, Wheelhouse

_MARGIN = 120.0
_NAMED = 3


@operation()
def wheelhouse(
    src: str | Path,
    dest: str,
    python: str,
    version: str,
    *,
    platform: str = "windows",
    contains: Mapping[str, str] | None = None,
    services: Sequence[str] = (),
    drains: Mapping[str, Drain] | None = None,
    stop_seconds: float = 120,
    seconds: float = 1800,
    add_deploy_dir: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Have the packages of a wheelhouse installed for an interpreter, those and their versions; others stay.

    + src: the wheelhouse on this machine, a folder that ``python -m winfra.wheelhouse build`` has made
    + dest: the folder on the host that it is sent to, for it alone; what else is in it goes
    + python: the interpreter on the host
    + version: of that interpreter, such as ``"3.12"``
    + platform: of that interpreter: ``windows``, or ``linux`` as on a lab
    + contains: packages and versions that the wheelhouse has to have
    + services: those that run from the interpreter; they and what depends on them are stopped before
      packages change, since Windows keeps what is loaded from being replaced, and not started again
    + drains: what lets services finish their work before, by their names
    + stop_seconds: how long each may take to stop
    + seconds: how long pip may take
    + add_deploy_dir: src is relative to the folder of the deploy

    Wheels are checked here before anything is sent, and by pip on the host before anything is
    changed. A package counts by its version and by its files' digests, as its RECORD has them; one that
    an installation which broke off has left incomplete is installed anew.

    **Example:**

    .. code:: python

        from winfra.operations import pip

        pip.wheelhouse(
            name="Install Prefect",
            src="build/wheelhouse/prefect-3.4.25-windows-cp312",
            dest=r"D:\prefect_data\packages",
            python=r"C:\Program Files\Python312\python.exe",
            version="3.12",
            services=["PrefectWorker", "PrefectServer"],
        )
    """
    dest = windows_path(dest, "dest")
    check_removal(dest)
    python = windows_path(python, "python", file=True)
    names = [service_name(one) for one in services]
    wheels = Wheelhouse.read(local_path(src, add_deploy_dir), version, platform)
    _check_contains(wheels, contains or {})
    found = _found(python, wheels)
    plan = pip_plan.plan(found, wheels.versions, wheels.contents)
    if not plan.anything:
        host.noop(f"{len(wheels.versions)} packages of {src} are installed for {python}")
        return
    sending = transfer(wheels.folder, dest, delete=True)
    _check_space(python, wheels, plan, sending)
    halt = Halt(names, drains, stop_seconds)
    _show(python, plan, sending)
    halt.show("before packages change; their own sections start them again")
    yield from sending.commands()
    work = _Work(python, dest, wheels, seconds)
    yield FunctionCommand(_rehearse, (work,), {})
    yield from halt.commands()
    if plan.replaced:
        yield FunctionCommand(_replaceable, (work, plan.replaced), {})
    for path in plan.broken:
        yield Script("remove_path", Path=path)
    if plan.rebuilt:
        yield FunctionCommand(_uninstall, (work, plan.rebuilt), {})
    yield FunctionCommand(_install, (work,), {})


@dataclass(frozen=True)
class _Work:
    """One run of pip: for which interpreter, from which folder, how long it may take."""

    python: str
    folder: str
    wheels: Wheelhouse
    seconds: float

    @property
    def arguments(self) -> list[str]:
        """Of ``pip install``; the lock names each package, so that there is nothing to resolve."""
        lock = rf"{self.folder}\{LOCK}"
        options = [*("--no-index", "--no-deps", "--require-hashes"), *("--only-binary", ":all:")]
        options += ["--no-warn-script-location", "--no-cache-dir", "--quiet"]
        return ["install", *options, *("--find-links", self.folder), *("--requirement", lock)]


def _check_contains(wheels: Wheelhouse, wanted: Mapping[str, str]) -> None:
    for name, version in wanted.items():
        found = wheels.versions.get(canonicalize_name(name))
        if found != version:
            values = {"found": f"{name} {found}" if found else f"no {name}"}
            text = messages.OTHER_PACKAGES.text(
                wheels=wheels.folder, wanted=f"{name} {version}", **values
            )
            raise OperationValueError(text)


def _found(python: str, wheels: Wheelhouse) -> PackagesDict | None:
    """What is installed; in a dry run the interpreter may be what an earlier operation is about to make."""
    found = read(Packages, python=python)
    if found is None and host.state.current_stage == StateStage.Execute:
        folder = python.rpartition("\\")[0]
        raise fail(python_messages.MISSING, folder=folder, host=host.name)
    problem = pip_plan.problem(found, wheels.target, wheels.folder, python, host.name)
    if problem is not None:
        message, values = problem
        raise fail(message, **values)
    return found


def _check_space(python: str, wheels: Wheelhouse, plan: pip_plan.Plan, sending: Transfer) -> None:
    changed = {
        package: file for package, file in wheels.wheels.items() if package.name in plan.wanted
    }
    unpacked = replace(wheels, wheels=changed).installed_bytes
    needed = {sending.dest: sending.bytes, python: unpacked * pip_plan.COMPILED}
    problem = pip_plan.no_space(read(Drives), needed, host.name)
    if problem is not None:
        message, values = problem
        raise fail(message, **values)


def _show(python: str, plan: pip_plan.Plan, sending: Transfer) -> None:
    before, after = plan.sides()
    if sending.sent:
        size = f"{len(sending.sent)} files, {-(-sending.bytes // 2**20)} MB"
        after[f"sent to {sending.dest}"] = size
    if sending.removed:
        after[f"removed from {sending.dest}"] = f"{len(sending.removed)} files"
    show(f"packages of {python}", before or None, after)


def _rehearse(state: State, host: Host, work: _Work) -> bool:
    """All of it without installing, so that a refusal leaves everything as it was."""
    arguments = [*work.arguments, "--dry-run", "--ignore-installed"]
    return _succeeds(host, work, arguments, messages.REFUSED)


def _replaceable(state: State, host: Host, work: _Work, entries: Sequence[str]) -> bool:
    """Can all files be replaced? Where one cannot, pip leaves half of a package behind."""
    fact = InUse()
    answer = _answer(host, fact.command(work.python, entries), _MARGIN)
    if answer is None:
        return False
    used = fact.read(answer)
    rest = [f"and {len(used) - _NAMED} more"] if len(used) > _NAMED else []
    return not used or _refuse(host, messages.IN_USE, files=", ".join([*used[:_NAMED], *rest]))


def _uninstall(state: State, host: Host, work: _Work, names: Sequence[str]) -> bool:
    """What pip would not install again, since its version is there."""
    return _succeeds(host, work, ["uninstall", "--yes", "--quiet", *names], messages.FAILED)


def _install(state: State, host: Host, work: _Work) -> bool:
    return _succeeds(host, work, work.arguments, messages.FAILED) and _check(host, work)


def _check(on: Host, work: _Work) -> bool:
    """Others' packages that want other versions are named, and are no failure of ours."""
    answer = _pip(on, work, ["check"])
    if answer is None or answer["ExitCode"] == 0:
        return answer is not None
    lines = answer["Output"].splitlines() or answer["ErrorOutput"].splitlines()
    ours = [line for line in lines if canonicalize_name(line.split(" ")[0]) in work.wheels.versions]
    for line in lines:
        on.log_styled(line, fg="red" if line in ours else "yellow", log_func=logger.warning)
    return not ours or _refuse(on, messages.CONFLICT, python=work.python)


def _succeeds(on: Host, work: _Work, arguments: Sequence[str], message: Message) -> bool:
    answer = _pip(on, work, arguments)
    if answer is None or answer["ExitCode"] == 0:
        return answer is not None
    for line in filter(str.strip, (answer["Output"] + answer["ErrorOutput"]).splitlines()):
        on.log_styled(f"  {line}", fg="red", log_func=logger.error)
    code = answer["ExitCode"]
    outcome = f"no end within {work.seconds:g} s" if code is None else f"exit code {code}"
    return _refuse(on, message, wheels=work.folder, python=work.python, outcome=outcome)


def _pip(on: Host, work: _Work, arguments: Sequence[str]) -> Any:
    """What became of a run; ``None`` after the reason has been shown why there was none."""
    script = Script(
        "invoke_pip", Python=work.python, Argument=list(arguments), TimeoutSeconds=work.seconds
    )
    return _answer(on, script, work.seconds + _MARGIN)


def _answer(on: Host, script: Script, seconds: float) -> Any:
    """What a script answers; ``None`` after the reason has been shown why it does not."""
    succeeded, output = on.run_shell_command(
        script, print_output=False, print_input=False, _timeout=seconds
    )
    if succeeded:
        return json.loads(output.stdout_lines[-1])
    for line in output.stderr_lines:
        on.log_styled(line, fg="red", log_func=logger.error)
    return None


def _refuse(on: Host, message: Message, **values: object) -> bool:
    on.log_styled(message.text(host=on.name, **values), fg="red", log_func=logger.error)
    return False
