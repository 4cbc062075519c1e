"""uninstall-postgresql.exe: takes away service, files and keys; data folder and account stay."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import console
from winfra.lab.pgsql import rights
from winfra.lab.pgsql.setup import records, steps
from winfra.lab.pgsql.setup.log import Log
from winfra.lab.scm import client, codes
from winfra.lab.scm.codes import ScmError


def main(argv: Sequence[str]) -> int:
    _, own, *_ = argv
    lab = console.lab()
    if not rights.own(lab).elevated:
        console.complain("Error: The uninstaller must be run with administrative privileges\n")
        return 1
    log = Log(lab, "uninstall-postgresql.log")
    found = records.read(lab)
    name = found.get("Service ID") or records.product()
    with contextlib.suppress(ScmError):
        client.request(lab, "control", name=name, control=codes.STOP)
        steps.wait_for(lab, name, codes.STOPPED)
    with contextlib.suppress(ScmError):
        client.request(lab, "delete", name=name)
    records.remove(lab)
    for folder in ("bin", "lib", "share", "pgAdmin 4", "installer"):
        shutil.rmtree(Path(own).parent / folder, ignore_errors=True)
    data = found.get("Data Directory", "")
    log.write(f"The data directory ({data}) and service user account have not been removed.")
    log.close()
    Path(own).unlink()
    return 0
