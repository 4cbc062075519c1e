"""Whether the accounts of the services can run Prefect; ``winfra.operations.prefect`` has this operation."""

# ruff: noqa: SLF001  how pyinfra's operations use one another

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from io import BytesIO

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.difference import say, show
from winfra.facts.files import FileBytes
from winfra.facts.service_host import Digests, Origin
from winfra.operation import operation, read
from winfra.operations import files, service_host
from winfra.path import windows_path
from winfra.service_host import Configuration, Log, Restarts
from winfra.service_host_check import SERVICE

_DIGEST = 12


@operation()
def verified(
    account: str,
    password: str | HiddenValue | None = None,
    *,
    python: str,
    service_host_folder: str,
    directory: str,
    record: str,
    environment: Mapping[str, str] | None = None,
    seconds: float = 300,
) -> Generator[PyinfraCommand]:
    r"""
    Make sure that an account can run the Prefect that is installed, by ``prefect version``.

    + account: of a service, as ``service_host.check`` takes it
    + password: the account's
    + python: the interpreter that runs Prefect
    + service_host_folder: the service host's folder
    + directory: the working folder
    + record: a file on the host with what has been verified, which the account may not write; it is
      tried again when interpreter, packages or service host are others
    + environment: variables, none of them secret
    + seconds: how long it may take

    **Example:**

    .. code:: python

        prefect.verified(
            name="svc_prefect can run Prefect",
            account="svc_prefect",
            password=host.data.service_account_password,
            python=r"C:\Program Files\Python312\python.exe",
            service_host_folder=r"D:\prefect_data\scripts\service_host",
            directory=r"D:\prefect_data\data",
            record=r"D:\prefect_data\scripts\verified-svc_prefect.json",
        )
    """
    record = windows_path(record, "record", file=True)
    python = windows_path(python, "python", file=True)
    directory = windows_path(directory, "directory")
    command = [python, "-m", "prefect", "version"]
    configuration = _configuration(command, directory, record)
    found = read(Digests, folder=service_host_folder, python=python, configuration=configuration)
    wanted = _wanted(account, found)
    before = _recorded(read(FileBytes, path=record))
    if wanted is not None and wanted == before:
        host.noop(f"{account} has run Prefect as it is installed")
        return
    say(f"Will see whether {account} can run Prefect")
    if before is not None:
        show(f"what {account} last ran it with", *_sides(before, wanted))
    yield from service_host.check._inner(
        command,
        account,
        password,
        folder=service_host_folder,
        python=python,
        directory=directory,
        environment=environment,
        seconds=seconds,
    )
    if wanted is not None:
        content = json.dumps(wanted, indent=1).encode()
        yield from files.put._inner(src=BytesIO(content), dest=record)


def _configuration(command: list[str], directory: str, record: str) -> str:
    """What the service host would be told, had it to run the command for good."""
    found = Configuration(
        service=SERVICE,
        command=command,
        directory=directory,
        log=Log(rf"{directory}\{SERVICE}.log"),
        settings=None,
        record=record,
        probe=None,
        stop_seconds=0,
        restarts=Restarts(),
    )
    return found.content.decode()


def _wanted(account: str, found: Origin | None) -> dict[str, str] | None:
    """What stands in the record when all is well; ``None`` while there is nothing to run."""
    digests = found["digests"] if found is not None else {}
    if not digests.get("packages"):
        return None
    return {"account": account, **{name: digest for name, digest in digests.items() if digest}}


def _recorded(content: bytes | None) -> dict[str, str] | None:
    try:
        found = json.loads(content or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _sides(
    before: dict[str, str], wanted: dict[str, str] | None
) -> tuple[dict[str, str], dict[str, str]]:
    if wanted is None:
        return {"with": "what was installed"}, {"with": "what is installed by then"}
    after = {name: text[:_DIGEST] for name, text in wanted.items()}
    return {name: text[:_DIGEST] for name, text in before.items()}, after
