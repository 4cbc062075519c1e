"""The conda module has Anaconda or Miniforge on the host, and environments that services can run."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from io import BytesIO
from typing import Any

from pyinfra import host
from pyinfra.api import FileUploadCommand, FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand

from winfra import conda_plan, python_plan
from winfra.conda_plan import Package
from winfra.difference import show
from winfra.facts.conda import Prefix, PrefixDict
from winfra.facts.drives import Drives
from winfra.facts.python import Interpreter, InterpreterDict
from winfra.facts.sources import TemporaryFolder
from winfra.halt import Halt
from winfra.local_file import existing, local_path
from winfra.messages import conda as messages
from winfra.operation import fail, operation, read
from winfra.operations.python import ask, refuse, said, tell, verified
from winfra.python_plan import Wanted
from winfra.script import Script
from winfra.service_change import Drain
from winfra.sources import Fetched, Source

ROOT_NEEDED = 1024 * 2**20
"""What Miniforge takes, its cache of packages included."""
FOLDER = r"C:\miniforge3"
_SECONDS = 1800.0
_MARGIN = 60.0


@operation()
def installation(
    folder: str = FOLDER, *, src: str | None = None, sha256: str | None = None
) -> Generator[PyinfraCommand]:
    r"""
    Have a conda on the host, for all its users; one that is there stays as it is.

    + folder: conda's; its installer takes none with spaces
    + src: ``Miniforge3-Windows-x86_64.exe`` or Anaconda's installer: a path on this machine,
      ``host:D:\files\x.exe`` for one on the host, or ``https://…``, which the host fetches; not
      needed where conda is there
    + sha256: of that file

    **Example:**

    .. code:: python

        from winfra.operations import conda

        conda.installation(
            name="Install Miniforge",
            folder=r"C:\miniforge3",
            src="downloads/Miniforge3-25.3.1-0-Windows-x86_64.exe",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    """
    folder = conda_plan.root(folder)
    source = Source(src, sha256 or "") if src is not None else None
    found = read(Prefix, path=folder)
    if found is not None and found["conda"]:
        host.noop(f"conda is in {folder}")
        return
    if source is None:
        raise fail(messages.CONDA_MISSING, folder=folder, host=host.name)
    _check_empty(folder, found, "conda")
    _check_space(folder, ROOT_NEEDED)
    fetched = Fetched(source)
    show(f"conda in {folder}", None, {"installer": source.name})
    yield from fetched.fetch()
    yield FunctionCommand(_install, (fetched.path, folder), {})
    yield from fetched.remove()


@operation()
def environment(
    path: str,
    python: str,
    *,
    packages: str | None = None,
    conda: str = FOLDER,
    offline: bool = True,
    services: Sequence[str] = (),
    drains: Mapping[str, Drain] | None = None,
    stop_seconds: float = 120,
) -> Generator[PyinfraCommand]:
    r"""
    Have an environment with Python and pip, of files of its own, which services can run.

    + path: its folder
    + python: the version of Python, such as ``"3.12"``
    + packages: an explicit file on this machine (``conda list --explicit --md5``); the packages that
      lie beside it are sent along. By default what ``python`` and ``pip`` need, from conda's cache
    + conda: the folder of conda
    + offline: whether conda has to do with what the host has
    + services: those that run from it: they, and what depends on them, are stopped before it is made
      anew, and not started again
    + drains: what lets services finish their work before, by their names
    + stop_seconds: how long each may take to stop

    An environment that lacks one of the packages, or whose Python does not run, is made anew; where
    conda refuses, the old one stays. Packages that are not in the file stay, until then.

    **Example:**

    .. code:: python

        from winfra.operations import conda

        conda.environment(
            name="Make the environment for Prefect",
            path=r"C:\miniforge3\envs\prefect_env",
            python="3.12",
            packages="files/prefect/environment-windows.txt",
        )
    """
    wanted = Wanted(python, conda_plan.root(path))
    program = rf"{conda_plan.root(conda)}\Scripts\conda.exe"
    listed = _listed(packages, wanted)
    found = read(Prefix, path=wanted.folder)
    interpreter = read(Interpreter, folder=wanted.folder) if found else None
    lacking = conda_plan.missing(listed, found["packages"] if found else [])
    problem = python_plan.problem(interpreter, wanted, host.name)
    if not lacking and problem is None:
        host.noop(said(interpreter, wanted))
        return
    if (
        interpreter is not None
        and problem is not None
        and not _can_be_made_anew(interpreter, wanted)
    ):
        raise refuse(problem)
    if found is None or not found["packages"]:
        _check_empty(wanted.folder, found, "environment of conda")
    _check_space(wanted.folder, python_plan.NEEDED)
    work = _Work(wanted, program, listed, offline)
    _show(wanted, interpreter, lacking)
    halt = Halt(services if found is not None else (), drains, stop_seconds)
    halt.show("while the environment is made anew")
    yield from work.send()
    yield from halt.commands()
    yield FunctionCommand(_create, (work,), {})
    yield from work.remove()


def _listed(packages: str | None, wanted: Wanted) -> tuple[Package, ...]:
    if packages is None:
        return ()
    found = conda_plan.read_explicit(existing(local_path(packages), "packages"))
    conda_plan.check(found, wanted)
    return found


def _can_be_made_anew(found: InterpreterDict, wanted: Wanted) -> bool:
    return "problem" in found or python_plan.can_be_updated(found, wanted)


def _check_empty(folder: str, found: PrefixDict | None, wanted: str) -> None:
    if found is not None and found["entries"]:
        entries = ", ".join(found["entries"])
        raise fail(
            messages.NOT_EMPTY, folder=folder, host=host.name, wanted=wanted, entries=entries
        )


def _check_space(folder: str, needed: int) -> None:
    if full := python_plan.no_space(read(Drives), folder, needed, host.name):
        raise refuse(full)


def _show(wanted: Wanted, interpreter: InterpreterDict | None, lacking: Sequence[str]) -> None:
    current = None
    desired: dict[str, object] = {"python": wanted.version}
    if interpreter is not None:
        current = {"python": interpreter.get("version", interpreter.get("problem"))}
        desired |= {"packages": list(lacking)} if lacking else {}
    show(f"environment {wanted.folder}", current, desired)


class _Work:
    """An environment to be made: of packages that are listed, or of what conda has."""

    def __init__(
        self, wanted: Wanted, conda: str, packages: Sequence[Package], offline: bool
    ) -> None:
        self.wanted = wanted
        self.conda = conda
        self.offline = offline
        self._packages = packages
        self._folder = rf"{read(TemporaryFolder)}\winfra-conda" if packages else None

    @property
    def explicit(self) -> str:
        return rf"{self._folder}\explicit.txt"

    @property
    def options(self) -> list[str]:
        # Copies: a link to conda's cache would share its access list with what is linked. And nothing that
        # the host's .condarc adds to each new environment.
        options = ["--yes", "--quiet", "--copy", "--no-default-packages"]
        options += ["--offline"] if self.offline else []
        if self._folder is None:
            return [*options, *conda_plan.specification(self.wanted)]
        return [*options, "--file", self.explicit]

    def send(self) -> Generator[PyinfraCommand]:
        if self._folder is None:
            return
        yield Script("set_directory", Path=self._folder)
        for package in self._packages:
            if package.file is not None:
                yield FileUploadCommand(str(package.file), rf"{self._folder}\{package.archive}")
        lines = ["@EXPLICIT", *(package.there(self._folder) for package in self._packages)]
        yield FileUploadCommand(BytesIO("\n".join([*lines, ""]).encode()), self.explicit)

    def remove(self) -> Generator[PyinfraCommand]:
        if self._folder is not None:
            yield Script("remove_path", Path=self._folder)


def _install(state: State, host: Host, path: str, folder: str) -> bool:
    """``False`` after the reason has been shown."""
    script = Script("install_conda", Path=path, Folder=folder, TimeoutSeconds=_SECONDS)
    succeeded, ended = ask(host, script, _SECONDS + _MARGIN)
    if not succeeded:
        return False
    fact = Prefix()
    succeeded, answer = ask(host, fact.command(folder), _MARGIN)
    found = fact.read(answer) if succeeded else None
    if ended["ExitCode"] == 0 and found is not None and found["conda"]:
        return True
    outcome = _outcome(ended) if ended["ExitCode"] else r"there is no Scripts\conda.exe"
    values = {"path": path, "folder": folder, "host": host.name, "outcome": outcome}
    tell(host, (messages.INSTALLER_FAILED, values))
    return False


def _create(state: State, host: Host, work: _Work) -> bool:
    """``False`` after the reason has been shown."""
    script = Script(
        "create_conda_environment",
        Conda=work.conda,
        Path=work.wanted.folder,
        Argument=work.options,
        TimeoutSeconds=_SECONDS,
    )
    succeeded, ended = ask(host, script, _SECONDS + _MARGIN)
    if not succeeded:
        return False
    for folder in ended["Left"]:
        if not ask(host, Script("remove_path", Path=folder), _SECONDS)[0]:
            return False
    if ended["ExitCode"] == 0:
        return verified(host, work.wanted)
    said = "; ".join(ended["Lines"]) or "nothing"
    values = {"path": work.wanted.folder, "host": host.name, "outcome": _outcome(ended)}
    tell(host, (messages.CREATION_FAILED, {**values, "said": said}))
    return False


def _outcome(ended: dict[str, Any]) -> str:
    if ended["TimedOut"]:
        return f"not ended after {_SECONDS:g} s"
    return f"exit code {ended['ExitCode']}"
