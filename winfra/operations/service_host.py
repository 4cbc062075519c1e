"""
The service_host module keeps programs alive as Windows' services, and runs commands as their accounts.

The service host is a folder of Python that ``files.sync`` uploads: ``files/service_host``.
"""

# ruff: noqa: SLF001  how pyinfra's operations use one another

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Literal

from pyinfra import host
from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra import service_host_check, service_plan
from winfra.difference import say
from winfra.facts.service_host import Digests
from winfra.identity import resolve
from winfra.messages.accounts import UNKNOWN_ACCOUNT
from winfra.messages.service_host import DIGESTS_FAILED
from winfra.operation import fail, operation, read
from winfra.operations import files, registry, services
from winfra.path import windows_path
from winfra.service_change import Drain
from winfra.service_host import Configuration, Log, Probe, Restarts, check_command, refused
from winfra.services import Recovery, SidType, needs_password, service_name
from winfra.sid import is_virtual

SOURCES = r"HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application"
MESSAGES = r"%SystemRoot%\System32\EventCreate.exe"
"""Has a message of its own for each number from 1 to 1000: the text that is reported, as it is."""
_ALL_TYPES = 7
_DAY = 86_400
_MARGIN = 15
"""Seconds that the host gets beyond those of its program."""
RECOVERY = Recovery([("restart", 5), ("restart", 30), ("restart", 60)])


@operation()
def service(
    service: str,
    command: Sequence[str] = (),
    *,
    configuration: str,
    folder: str = "",
    directory: str = "",
    log: str = "",
    python: str | None = None,
    settings: str | None = None,
    record: str | None = None,
    log_bytes: int = 10 * 1024 * 1024,
    log_keep: int = 5,
    probe: Probe | None = None,
    stop_seconds: float = 30,
    restarts: Restarts | None = None,
    started_from: Mapping[str, str | None] | None = None,
    present: bool = True,
    running: bool | None = True,
    restarted: bool = False,
    enabled: bool | Literal["delayed", "manual"] | None = True,
    display_name: str | None = None,
    description: str | None = None,
    account: str | None = None,
    password: str | HiddenValue | None = None,
    dependencies: Sequence[str] | None = None,
    recovery: Recovery = RECOVERY,
    sid_type: SidType = "unrestricted",
    privileges: Sequence[str] | None = None,
    start_seconds: float = 60,
    drains: Mapping[str, Drain] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Keep a program alive as a service; it is restarted when what it was started from has changed.

    + service: its name
    + command: the program and its arguments
    + configuration: the file that the host reads, such as ``D:\prefect_data\settings\X.json``
    + folder: the service host's folder
    + directory: the program's working folder
    + log: what the program writes, and what the host says of it
    + python: the interpreter that runs the host, the full one and not a virtual environment's; the
      program itself where not given
    + settings: a JSON file ``{"NAME": "text"}``, which becomes the program's environment; the machine's
      variables that begin with ``PREFECT_``, ``PYTHON`` or ``CONDA_`` do not reach it
    + record: where the host writes what it was started from; beside the log where not given
    + log_bytes, log_keep: when a new log is begun, and how many old ones stay
    + probe: how to see that the program answers, see ``winfra.service_host.Probe``
    + stop_seconds: from Ctrl-C until the program is ended with all that it started
    + restarts: how often it is started again before Windows' recovery acts
    + started_from: digests that a dry run knows better than the host, such as ``{"settings": …}``
      of a file that an earlier operation writes
    + present: whether the service should exist; its log stays

    The other arguments are those of ``services.service``.

    **Example:**

    .. code:: python

        from winfra.operations import service_host
        from winfra.service_host import Probe

        service_host.service(
            name="Keep the Prefect server alive",
            service="PrefectServer",
            command=[r"C:\Program Files\Python311\python.exe", "-m", "prefect", "server", "start"],
            configuration=r"D:\prefect_data\settings\PrefectServer.json",
            folder=r"D:\prefect_data\scripts\service_host",
            directory=r"D:\prefect_data\data",
            log=r"D:\prefect_data\logs\PrefectServer.log",
            settings=r"D:\prefect_data\settings\server.json",
            probe=Probe(url="http://127.0.0.1:4200/api/health"),
            account="svc_prefect",
            password=host.data.service_account_password,
        )
    """
    service_name(service)
    configuration = windows_path(configuration, "configuration", file=True)
    if not present:
        yield from _steps(*_removal(service, configuration, drains))
        return
    log = windows_path(log, "log", file=True)
    folder = windows_path(folder, "folder")
    wanted = Configuration(
        service=service,
        command=command,
        directory=windows_path(directory, "directory"),
        log=Log(log, log_bytes, log_keep),
        settings=windows_path(settings, "settings", file=True) if settings else None,
        record=windows_path(
            record or f"{log.removesuffix('.log')}.record.json", "record", file=True
        ),
        probe=probe,
        stop_seconds=stop_seconds,
        restarts=restarts or Restarts(),
    )
    python = windows_path(python or command[0], "python", file=True)
    properties: dict[str, Any] = {
        "path": [python, "-I", folder, "run", configuration],
        "enabled": enabled,
        "display_name": display_name,
        "description": description,
        "account": account,
        "dependencies": dependencies,
        "recovery": recovery,
        "sid_type": sid_type,
        "privileges": privileges,
        "preshutdown_seconds": stop_seconds + _MARGIN,
    }
    service_plan.wanted(environment=None, **properties)
    options = {
        **properties,
        "password": service_plan.secret(account, password),
        "running": running,
        "restarted": restarted,
        "start_seconds": start_seconds,
        "stop_seconds": stop_seconds + 2 * _MARGIN,
        "log": log,
        "record": wanted.record,
        "drains": drains,
    }
    yield from _steps(
        files.put._inner(src=BytesIO(wanted.content), dest=configuration),
        *_source(service),
        _service(wanted, folder, python, started_from or {}, options),
    )


@operation(is_idempotent=False, idempotent_notice="It runs the command at every time.")
def check(
    command: Sequence[str],
    account: str,
    password: str | HiddenValue | None = None,
    *,
    folder: str,
    python: str,
    directory: str,
    settings: str | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
) -> Generator[PyinfraCommand]:
    r"""
    Run a command as the account of a service, and show its output; it fails on an exit code but 0.

    + command: the program and its arguments
    + account: as ``services.service`` takes it; it needs the right to log on as a service
    + password: the account's
    + folder: the service host's folder
    + python: the interpreter that runs the host
    + directory: the command's working folder
    + settings: a JSON file with its environment, as ``service_host.service`` takes it
    + environment: variables beside those, none of them secret
    + seconds: how long it may take

    A service named ``winfra-check`` is made for it and removed afterwards, whatever happens: over a
    network logon there is no other way to be an account without leaving its password behind. The
    command may read what ``NT SERVICE\winfra-check`` may; it runs as that where the account is
    another service's, as which only that one can log on.

    **Example:**

    .. code:: python

        service_host.check(
            name="See that the account can run Prefect",
            command=[r"C:\Program Files\Python311\python.exe", "-m", "prefect", "version"],
            account="svc_prefect",
            password=host.data.service_account_password,
            folder=r"D:\prefect_data\scripts\service_host",
            python=r"C:\Program Files\Python311\python.exe",
            directory=r"D:\prefect_data\data",
        )
    """
    check_command(command)
    if is_virtual(account):
        account = service_host_check.ACCOUNT
    if not 0 < seconds <= _DAY:
        raise refused("seconds", f"{seconds!r} is no time to wait for it")
    if password is None and needs_password(account):
        raise refused("password", f"{account} logs on with one")
    request = service_host_check.Request(
        command=tuple(command),
        account=account,
        password=service_plan.secret(account, password),
        folder=windows_path(folder, "folder"),
        python=windows_path(python, "python", file=True),
        directory=windows_path(directory, "directory"),
        settings=windows_path(settings, "settings", file=True) if settings else None,
        environment=environment or {},
        seconds=seconds,
        sid=resolve(account),
    )
    if request.sid is None and host.state.current_stage == StateStage.Execute:
        raise fail(UNKNOWN_ACCOUNT, Account=account)
    say(f"Will run {request.shown} as {account}")
    yield FunctionCommand(service_host_check.run, (request,), {})


def _steps(*steps: Generator[PyinfraCommand]) -> Generator[PyinfraCommand]:
    """Operations one after another; each of them shows its difference before the first changes anything."""
    if host.state.current_stage == StateStage.Execute:
        for step in steps:
            yield from step
        return
    first = [next(step, None) for step in steps]
    yield from (command for command in first if command is not None)


def _source(service: str) -> Iterator[Generator[PyinfraCommand]]:
    """What Windows' event log needs to show the host's sentences."""
    key = rf"{SOURCES}\{service}"
    yield registry.value._inner(key, "EventMessageFile", MESSAGES, "ExpandString")
    yield registry.value._inner(key, "TypesSupported", _ALL_TYPES)


def _service(
    wanted: Configuration,
    folder: str,
    python: str,
    known: Mapping[str, str | None],
    options: Mapping[str, Any],
) -> Generator[PyinfraCommand]:
    """The service, restarted where it was started from something else than is there now."""
    content = wanted.content
    found = read(Digests, folder=folder, python=python, configuration=content.decode())
    executes = host.state.current_stage == StateStage.Execute
    # A dry run does not know the host that an earlier operation is about to put there.
    if found and found["problem"] and executes:
        raise fail(DIGESTS_FAILED, folder=folder, python=python, reason=found["problem"])
    digests: dict[str, str | None] = (found and found["digests"]) or {
        "configuration": hashlib.sha256(content).hexdigest()
    }
    # When it is carried out, the host has what is known here, or had better not be restarted for it.
    digests |= {} if executes else known
    yield from services.service._inner(wanted.service, started_from=digests, **options)


def _removal(
    service: str, configuration: str, drains: Mapping[str, Drain] | None
) -> Iterator[Generator[PyinfraCommand]]:
    yield services.service._inner(service, present=False, drains=drains)
    yield registry.key._inner(rf"{SOURCES}\{service}", present=False)
    yield files.file._inner(configuration, present=False)
