"""pg_ctl register and unregister: the server as a service of Windows."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from winfra.lab import console
from winfra.lab.paths import to_windows
from winfra.lab.pgsql import rights, server
from winfra.lab.scm import client, codes
from winfra.lab.scm.codes import ScmError

if TYPE_CHECKING:
    from winfra.lab.pgsql.pg_ctl import Options

DEPENDENCY = "RPCSS"
DEFAULT_WAIT = 60


def run(lab: Path, own: Path, options: Options) -> int:
    if not rights.own(lab).elevated:
        return _complain("could not open service manager")
    try:
        if options.action == "register":
            return _register(lab, own, options)
        return _unregister(lab, options)
    except ScmError as error:
        return _complain(
            f'could not {options.action} service "{options.service}": error code {error.code}'
        )


def _register(lab: Path, own: Path, options: Options) -> int:
    if _exists(lab, options.service):
        return _complain(f'service "{options.service}" already registered')
    start = options.values.get("S", "auto")
    settings: dict[str, Any] = {
        "path": command_line(lab, own, options),
        "display_name": options.service,
        "type": codes.OWN_PROCESS,
        "start": codes.AUTO_START if start.startswith("a") else codes.DEMAND_START,
        "dependencies": [DEPENDENCY],
    }
    account = options.values.get("U")
    if account:
        settings["account"] = account if "\\" in account else f".\\{account}"
    if "P" in options.values:
        settings["password"] = options.values["P"]
    client.request(lab, "create", name=options.service, settings=settings)
    return 0


def command_line(lab: Path, own: Path, options: Options) -> str:
    program = to_windows(lab, own) or str(own)
    line = f'"{program}" runservice -N "{options.service}"'
    if options.data:
        folder = server.data_folder(lab, options.data)
        data = PureWindowsPath(to_windows(lab, folder) or str(folder))
        line += f' -D "{data}"'
    if "e" in options.values:
        line += f' -e "{options.values["e"]}"'
    if options.wait:
        line += " -w"
    seconds = options.values.get("t")
    if seconds and int(seconds) != DEFAULT_WAIT:
        line += f" -t {int(seconds)}"
    if "s" in options.values:
        line += " -s"
    if "o" in options.values:
        line += f' -o "{options.values["o"]}"'
    return line


def _unregister(lab: Path, options: Options) -> int:
    if not _exists(lab, options.service):
        return _complain(f'service "{options.service}" not registered')
    client.request(lab, "delete", name=options.service)
    return 0


def _exists(lab: Path, service: str) -> bool:
    try:
        client.request(lab, "query", name=service)
    except ScmError as error:
        if error.code == codes.SERVICE_DOES_NOT_EXIST:
            return False
        raise
    return True


def _complain(problem: str) -> int:
    console.complain(f"pg_ctl: {problem}\n")
    return 1
