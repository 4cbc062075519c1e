"""The process of a scheduled task: its program, its account, its environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

from winfra.lab import command_line as lines, process_log, program_search
from winfra.lab.config import LabConfig
from winfra.lab.environment import process_environment
from winfra.lab.machine import LabProcess
from winfra.lab.paths import to_real
from winfra.lab.program_search import SCRIPTS, SYSTEM_FOLDERS
from winfra.lab.registry import expand
from winfra.lab.resolve import names
from winfra.lab.scm import accounts
from winfra.lab.task_schema import Node
from winfra.lab.token import ACCOUNT_VARIABLE, LOGON_VARIABLE
from winfra.lab.well_known import LOCAL_SERVICE, NETWORK_SERVICE, SYSTEM

_STORED = {
    SYSTEM: "LocalSystem",
    LOCAL_SERVICE: r"NT AUTHORITY\LocalService",
    NETWORK_SERVICE: r"NT AUTHORITY\NetworkService",
}


class TaskError(Exception):
    """A task that does not start, with the result that the scheduler shows."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08x}")
        self.code = code


FILE_NOT_FOUND = 0x80070002
ACCESS_DENIED = 0x80070005
BAD_DIRECTORY = 0x8007010B
NOT_EXECUTABLE = 0x800700C1
NO_SUCH_ACCOUNT = 0x80070534


def start(lab: Path, config: LabConfig, task: Node, mark: str) -> LabProcess:
    """Start the first action of a task.

    + mark: what its processes have in their environment as the shell that they belong to
    """
    sid = task.value("Principals/Principal/UserId", SYSTEM)
    found = names(lab).find_sid(sid)
    stored = _STORED.get(sid) or (found.full_name if found else "")
    account = accounts.find(lab, stored, "")
    if account is None:
        raise TaskError(NO_SUCH_ACCOUNT)
    accounts.make_profile(lab, account)
    environment = process_environment(
        lab, config.host_name, account.name, 437, mark, {},
        profile=account.profile, domain=account.domain,
    )  # fmt: skip
    environment |= {ACCOUNT_VARIABLE: sid, LOGON_VARIABLE: "service" if sid in _STORED else "batch"}
    command, arguments, directory = (
        expand(task.value(f"Actions/Exec/{name}"), environment).strip('"')
        if name != "Arguments"
        else expand(task.value(f"Actions/Exec/{name}"), environment)
        for name in ("Command", "Arguments", "WorkingDirectory")
    )
    folder = to_real(lab, directory or SYSTEM_FOLDERS[0])
    if not folder.is_dir():
        raise TaskError(BAD_DIRECTORY)
    line = f'"{command}" {arguments}'.rstrip()
    if command.lower().endswith(SCRIPTS):
        command, line = "cmd.exe", f'cmd.exe /c "{line}"'
    file = program_search.find(lab, command, environment["PATH"], folder)
    if file is None:
        raise TaskError(FILE_NOT_FOUND)
    if not accounts.may_execute(lab, file, accounts.token_of(lab, account, ())):
        raise TaskError(ACCESS_DENIED)
    return _popen(lab, file, line, environment, folder)


def _popen(
    lab: Path, file: Path, line: str, environment: dict[str, str], folder: Path
) -> LabProcess:
    argv = [str(file), "--line", line]
    if not program_search.is_simulated(file):
        argv[1:] = lines.split(line)[1:]
        if not program_search.logs_itself(file):
            process_log.append(lab, environment, line)
    nothing = subprocess.DEVNULL
    try:
        process = LabProcess(
            argv, stdin=nothing, stdout=nothing, stderr=nothing,
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
    except OSError:
        raise TaskError(NOT_EXECUTABLE) from None
    process.lab = lab
    return process
