"""initdb.exe: makes a cluster, with a token that Administrators' rights were taken from."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import console
from winfra.lab.access import AccessLists
from winfra.lab.paths import to_windows
from winfra.lab.pgsql import noted, real, rights, server, start, text, unprivileged
from winfra.lab.pgsql.options import value_of
from winfra.lab.pgsql.pipes import prints_at_start
from winfra.lab.pgsql.postgres import REFUSED
from winfra.lab.pgsql.rights import ADD_FILE, ADD_FOLDER, EXECUTE, LIST, READ, Rights, restricted

NEEDED_BYTES = 45 * 2**20
"""What a new cluster takes."""
_WINDOWS_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})+|[A-Z][a-z]+_[A-Z][A-Za-z ]+(\.\d+)?")


def main(argv: Sequence[str]) -> int:
    _, own, *given = argv
    lab = start.begin()
    who = rights.own(lab)
    if os.environ.get("PG_RESTRICT_EXEC") != "1":
        who = restricted(who)
    elif rights.is_administrator(who):
        # It takes the variable for its own: nothing is restricted, and postgres.exe refuses.
        console.complain(REFUSED)
        return _complain("error: child process exited with exit code 1")
    problem = _refusal(Rights(lab, who), Path(own), given)
    if problem:
        return _complain(problem)
    return _run(lab, Path(own), who.sid, given)


def _refusal(rights_: Rights, own: Path, given: Sequence[str]) -> str | None:
    lab = rights_.lab
    for program in (own, own.with_name("postgres.exe")):
        if not program.is_file():
            return (
                f'error: program "{program.stem}" is needed by initdb but was not found in the '
                f'same directory as "{rights_.spelled(own)[:-4]}"'
            )
        if not rights_.may(program, EXECUTE):
            return "error: could not re-execute with restricted token: error code 5"
    if prints_at_start(lab):
        name = rights_.spelled(own)
        return (
            f'error: program "postgres" was found by "{name}" but was not the same version as '
            "initdb"
        )
    share = own.parent.parent / "share" / "postgres.bki"
    if not share.is_file():
        return (
            f'error: file "{rights_.spelled(share)}" does not exist\n'
            "initdb: hint: This might mean you have a corrupted installation or identified the "
            "wrong directory with the invocation option -L."
        )
    password = value_of(given, "pwfile")
    if password:
        file = server.data_folder(lab, password)
        if file.is_file() and not rights_.may(file, READ):
            name = rights_.spelled(file)
            return f'error: could not open file "{name}" for reading: Permission denied'
    folder = _data(lab, given)
    return None if folder is None else _refused_folder(rights_, folder)


def _refused_folder(rights_: Rights, folder: Path) -> str | None:
    name = rights_.spelled(folder)
    if folder.is_dir():
        if not rights_.may(folder, LIST):
            return f'error: could not access directory "{name}": Permission denied'
        if not any(folder.iterdir()) and not rights_.may(folder, ADD_FILE | ADD_FOLDER):
            return f'error: could not create directory "{name}/pg_wal": Permission denied'
    elif not rights_.may(rights.existing(folder), ADD_FOLDER):
        return f'error: could not create directory "{name}": Permission denied'
    if _free(rights_.lab, folder) < NEEDED_BYTES:
        return f'error: could not write to file "{name}/base/1/2619": No space left on device'
    return None


def _run(lab: Path, own: Path, sid: str, given: Sequence[str]) -> int:
    folder = _data(lab, given)
    is_new = folder is not None and not folder.exists()
    if folder is not None and folder.is_dir():
        real.hand_over(folder)
    # Of a lab nobody asks that it survives a power failure of this machine.
    command = [start.binary("initdb"), *start.arguments(lab, _localised(given)), "--no-sync"]
    programs = (to_windows(lab, own.parent) or "").replace("\\", "/")
    words = {
        str(real.folder()): programs,
        str(real.share()): str(Path(programs).parent / "share"),
        'owned by user "postgres"': f'owned by user "{os.environ["USERNAME"]}"',
        "Sync to disk skipped.": "syncing data to disk ... ok",
        "The data directory might become corrupt if the operating system crashes.\n": "",
    }
    code = text.run(
        unprivileged.command(command),
        start.environment(lab),
        text.spelling(lab, words),
        started=lambda number: noted.note(lab, number),
    )
    if code == 0 and folder is not None and is_new:
        AccessLists(lab).write_owner(folder, sid)
    return code


def _localised(given: Sequence[str]) -> list[str]:
    """Windows' names of locales mean C here, and its default code page is 1252."""
    words = [f"{one.partition('=')[0]}=C" if _names_locale(one) else one for one in given]
    names = {word.partition("=")[0] for word in given}
    if not names & {"--locale", "--no-locale"}:
        words.append("--locale=C")
    is_plain = "--no-locale" in names or value_of(given, "locale") in {"C", "POSIX"}
    if not is_plain and not value_of(given, "encoding"):
        words.append("--encoding=WIN1252")
    return words


def _names_locale(argument: str) -> bool:
    name, _, value = argument.partition("=")
    wanted = name == "--locale" or name.startswith("--lc-")
    return wanted and _WINDOWS_LOCALE.fullmatch(value) is not None


def _data(lab: Path, given: Sequence[str]) -> Path | None:
    found = value_of(given, "pgdata") or _last_word(given) or os.environ.get("PGDATA")
    return server.data_folder(lab, found) if found else None


def _last_word(given: Sequence[str]) -> str:
    """The data folder may be named without an option."""
    last = given[-1] if given else ""
    alone = last and not last.startswith("-") and (len(given) == 1 or "=" in given[-2])
    return last if alone else ""


def _free(lab: Path, folder: Path) -> int:
    drive = (to_windows(lab, folder) or "")[:2]
    disks = {disk["DeviceID"]: disk["FreeSpace"] for disk in console.state("disks")}
    return int(disks.get(drive, NEEDED_BYTES))


def _complain(problem: str) -> int:
    console.complain(f"initdb: {problem}\n")
    return 1
