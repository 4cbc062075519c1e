r"""secedit.exe: user rights to and from security templates (``/export``, ``/configure``).

A database is a file of its own: what a template says is added to what stands in it already, and
all of it is configured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from winfra.lab import console, paths, resolve, rights, secedit_file, token
from winfra.lab.resolve import Names
from winfra.lab.secedit_file import RIGHTS, TemplateError

DONE = 0
FAILED = 1
WARNINGS = 3
DEFAULT_LOG = r"C:\Windows\security\logs\scesrv.log"
AREAS = ("SECURITYPOLICY", "GROUP_MGMT", "USER_RIGHTS", "REGKEYS", "FILESTORE", "SERVICES")
DATABASE = b"\xef\xcd\xab\x89winfra lab security database\n"
"""How a database begins; an ESE database has these four bytes behind its checksum."""

_VALUED = {"/db", "/cfg", "/log", "/areas"}
_FLAGS: dict[str, set[str]] = {
    "/export": {"/quiet", "/mergedpolicy"},
    "/configure": {"/quiet", "/overwrite"},
    "/validate": set(),
}
_USAGE = "The syntax of this command is:\n\nsecedit [/configure | /analyze | /import | /export | /validate | /generaterollback]\n"
Options: TypeAlias = dict[str, list[str]]


class RefusedError(Exception):
    """secedit.exe cannot do it; the text is what it prints before its last lines."""


def main(argv: list[str]) -> int:
    verb = argv[0].lower() if argv else ""
    options = _options(verb, argv[1:])
    if options is None:
        console.write(_USAGE)
        return FAILED
    log: list[str] = []
    try:
        code = _VERBS[verb](options, log)
        text = _OUTCOMES[code]
    except RefusedError as refusal:
        log.append(f"Error: {refusal}")
        code, text = FAILED, f"{refusal}\n\nThe task has completed with an error."
    name = _write_log(options, log)
    if "/quiet" not in options:
        console.write(f"\n{text}\nSee log {name} for detail info.\n")
    return code


_OUTCOMES = {
    DONE: "The task has completed successfully.",
    WARNINGS: (
        "The task is completed. Warnings occurred for some attributes during this operation. "
        "It's ok to ignore."
    ),
}


def _options(verb: str, words: list[str]) -> Options | None:
    """The options with their values; None where secedit.exe would print how it is used."""
    if verb not in _VERBS:
        return None
    options: Options = {}
    current = ""
    for word in words:
        name = word.lower()
        if name.startswith("/") and name in _VALUED | _FLAGS[verb]:
            current = name
            options[current] = []
        elif current in _VALUED and (current == "/areas" or not options[current]):
            options[current].append(word)
        elif verb == "/validate" and not options.get("/cfg"):
            options["/cfg"] = [word]
        else:
            return None
    complete = all(values for name, values in options.items() if name in _VALUED)
    known = all(area.upper() in AREAS for area in options.get("/areas", ()))
    needed = {"/export": "/cfg", "/configure": "/db", "/validate": "/cfg"}[verb]
    return options if complete and known and needed in options else None


def _export(options: Options, log: list[str]) -> int:
    _need_administrator()
    file = _real(options["/cfg"][0])
    if not file.parent.is_dir():
        raise RefusedError("The system cannot find the path specified.")
    lab = console.lab()
    names = resolve.names(lab)
    held = rights.read(lab)
    if "/mergedpolicy" in options:
        held |= {right: rights.resolved(names, some) for right, some in rights.policy(lab).items()}
    wanted = {
        right: ",".join(_entry(names, sid) for sid in sids)
        for right, sids in held.items()
        if sids and _has_area(options)
    }
    # secedit writes through WritePrivateProfileSection: a file that is there keeps its encoding.
    before = file.read_bytes() if file.is_file() else None
    unicode = before is None or secedit_file.is_unicode(before)
    text = secedit_file.text_of(secedit_file.rights_template(wanted))
    file.write_bytes(secedit_file.encode(text, unicode=unicode))
    log.append("Export User Rights.")
    return DONE


def _entry(names: Names, sid: str) -> str:
    """Accounts of this machine by their names, all others by SID."""
    found = names.find_sid(sid)
    is_local = found is not None and found.domain == names.accounts.computer
    return found.name if found is not None and is_local else f"*{sid}"


def _configure(options: Options, log: list[str]) -> int:
    _need_administrator()
    database = _real(options["/db"][0])
    if not database.parent.is_dir():
        raise RefusedError("The system cannot find the path specified.")
    stored = {} if "/overwrite" in options else _stored(database)
    if "/cfg" in options:
        stored |= _template_rights(_real(options["/cfg"][0]))
    elif not database.is_file():
        raise RefusedError("The system cannot find the file specified.")
    # Every run keeps a database and, beside it, the flush map of the engine that writes it.
    database.write_bytes(DATABASE + json.dumps(stored).encode())
    database.with_suffix(".jfm").write_bytes(b"")
    return _apply(stored, log) if _has_area(options) else DONE


def _apply(stored: dict[str, str], log: list[str]) -> int:
    lab = console.lab()
    names = resolve.names(lab)
    log.append("----Configure User Rights...")
    wanted: dict[str, list[str]] = {}
    code = DONE
    for right, entries in stored.items():
        known = next((one for one in rights.RIGHTS if one.lower() == right.lower()), None)
        if known is None:
            log.append(f"Error 1313: A specified privilege does not exist.\n\tConfigure {right}.")
            code = WARNINGS
            continue
        log.append(f"\tConfigure {known}.")
        wanted[known] = list(_resolved(names, entries, log))
    rights.write(lab, wanted, token.of_process(lab).sid)
    log.append("User Rights configuration was completed successfully.")
    return code


def _resolved(names: Names, entries: str, log: list[str]) -> Iterator[str]:
    for entry in (part.strip() for part in entries.split(",")):
        sid = rights.resolve(names, entry) if entry else None
        if sid is not None:
            yield sid
        elif entry:
            # Nothing but the log says so.
            log.append(
                "Error 1332: No mapping between account names and security IDs was done.\n"
                f"\tCannot find {entry}."
            )


def _validate(options: Options, log: list[str]) -> int:
    _template_rights(_real(options["/cfg"][0]))
    return DONE


_VERBS: dict[str, Callable[[Options, list[str]], int]] = {
    "/export": _export,
    "/configure": _configure,
    "/validate": _validate,
}


def _stored(database: Path) -> dict[str, str]:
    """What a database holds from the runs before."""
    if not database.is_file():
        return {}
    data = database.read_bytes()
    if not data.startswith(DATABASE):
        raise RefusedError("The database file is corrupt or is no security database.")
    stored: dict[str, str] = json.loads(data[len(DATABASE) :])
    return stored


def _template_rights(file: Path) -> dict[str, str]:
    if not file.is_file():
        raise RefusedError("The system cannot find the file specified.")
    try:
        template = secedit_file.parse(file.read_bytes())
    except TemplateError as error:
        raise RefusedError("The data is invalid.") from error
    if template.signature.upper() not in {"$CHICAGO$", "$WINDOWS NT$"}:
        raise RefusedError("The style of the INF is different than what was requested.")
    return template.section(RIGHTS)


def _has_area(options: Options) -> bool:
    areas = [area.upper() for area in options.get("/areas", AREAS)]
    return "USER_RIGHTS" in areas


def _need_administrator() -> None:
    if not token.of_process(console.lab()).elevated:
        raise RefusedError("Access is denied.")


def _real(path: str) -> Path:
    if paths.is_windows(path):
        return paths.to_real(console.lab(), path)
    return Path.cwd() / path.replace("\\", "/")


def _write_log(options: Options, lines: list[str]) -> str:
    name = options.get("/log", [DEFAULT_LOG])[0]
    file = _real(name)
    if name == DEFAULT_LOG:
        file.parent.mkdir(parents=True, exist_ok=True)
    if file.parent.is_dir():
        before = file.read_bytes() if file.is_file() else b""
        stamp = f"{datetime.now(UTC):%A, %B %d, %Y %H:%M:%S}"
        text = secedit_file.decode(before) + "\n".join(["-" * 43, stamp, *lines, ""]).replace(
            "\n", "\r\n"
        )
        file.write_bytes(secedit_file.encode(text, unicode=True))
    return r"%windir%\security\logs\scesrv.log" if name == DEFAULT_LOG else name
