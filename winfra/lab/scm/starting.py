"""Starting a service: what it depends on first, then its account, its process, its connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from winfra.lab import logon
from winfra.lab.environment import process_environment
from winfra.lab.installation import MACHINE_ENVIRONMENT
from winfra.lab.machine import LabProcess
from winfra.lab.registry import expand
from winfra.lab.scm import accounts, codes, process
from winfra.lab.scm.accounts import Account
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.core import Core, Record, Status
from winfra.lab.scm.database import Service
from winfra.lab.scm.process import Owner, ServiceProcess
from winfra.lab.scm.windows_services import SERVICES
from winfra.lab.sids import service_sid
from winfra.lab.token import (
    ACCOUNT_VARIABLE,
    GROUPS_VARIABLE,
    LOGON_VARIABLE,
    PRIVILEGES_VARIABLE,
    Token,
)
from winfra.lab.well_known import SYSTEM

FIRST_WAIT_HINT = 2000
NOT_A_PROCESS = 4_194_304
"""Above every process number of Linux: what stands for svchost.exe is no process."""
_BUILT_IN = {one.name.lower(): one for one in SERVICES}


class Starter:
    """Starts services; every method is called by who holds ``core.changed``."""

    def __init__(self, core: Core, owner: Owner) -> None:
        self._core = core
        self._owner = owner

    def start(self, service: Service, arguments: Sequence[str] = ()) -> None:
        """Start a service; returns when its process has connected (StartService)."""
        self._core.must_be_up()
        generation = self._core.generation
        if service.start == codes.DISABLED_START:
            raise codes.error(codes.SERVICE_DISABLED)
        if service.delete_flag:
            raise codes.error(codes.SERVICE_MARKED_FOR_DELETE)
        record = self._core.record(service.name)
        if record.status.state != codes.STOPPED:
            raise codes.error(codes.SERVICE_ALREADY_RUNNING)
        self._start_needed(service, record, generation)
        if record.status.state != codes.STOPPED:
            raise codes.error(codes.SERVICE_ALREADY_RUNNING)
        record.stopping = False
        self._core.update(
            record, type=service.type, state=codes.START_PENDING, win32_exit=0, specific_exit=0,
            checkpoint=0, wait_hint=FIRST_WAIT_HINT,
        )  # fmt: skip
        if service.name.lower() in _BUILT_IN:
            record.status = self.built_in_status(service)
            self._core.update(record)
            self._core.note(7036, service.display_name, "running")
        else:
            self._run(service, record, arguments)

    @staticmethod
    def built_in_status(service: Service) -> Status:
        """A service of Windows: it has no process here, and runs as soon as it is asked to."""
        known = _BUILT_IN[service.name.lower()]
        number = NOT_A_PROCESS + 4 * (1 + list(_BUILT_IN).index(known.name.lower()))
        return Status(service.type, codes.RUNNING, number, known.accepted, win32_exit=0)

    @staticmethod
    def is_built_in(service: Service) -> bool:
        return service.name.lower() in _BUILT_IN

    def wait(self, name: str) -> None:
        """Wait until a service is pending no more, or has hung."""
        core, record = self._core, self._core.record(name)
        generation = core.generation
        while record.status.state == codes.START_PENDING and core.generation == generation:
            seen = record.reports
            seconds = core.lab.config.start_hang_seconds + record.status.wait_hint / 1000
            if not core.changed.wait(seconds) and record.reports == seen:
                return

    def _start_needed(self, service: Service, record: Record, generation: int) -> None:
        for one in service.dependencies:
            failed = self._start_group(one[1:]) if one[:1] == "+" else self._start_one(service, one)
            self._core.must_be_up(generation)
            if failed is not None:
                name, code = failed
                self._core.note(7001, service.display_name, name, f"%%{code}")
                self._core.stopped(record, codes.SERVICE_DEPENDENCY_FAIL)
                raise codes.error(codes.SERVICE_DEPENDENCY_FAIL)

    def _start_one(self, service: Service, name: str) -> tuple[str, int] | None:
        found = self._core.database.find(name)
        if found is None or found.delete_flag:
            self._core.note(7003, service.display_name, name)
            raise codes.error(codes.SERVICE_DEPENDENCY_DELETED)
        code = self._ensure(found)
        return (found.display_name, code) if code else None

    def _start_group(self, group: str) -> tuple[str, int] | None:
        """One running member is enough, after all were tried."""
        members = [self._core.service(name) for name in self._core.graph().members(group)]
        results = [self._ensure(member) for member in members]
        return None if 0 in results or not members else (group, results[0])

    def _ensure(self, service: Service) -> int:
        """Have a service run; 0 or the system error code."""
        if self._core.state(service.name) == codes.STOPPED:
            try:
                self.start(service)
            except ScmError as error:
                return error.code
        self.wait(service.name)
        status = self._core.record(service.name).status
        match status.state:
            case codes.STOPPED:
                return status.win32_exit or codes.PROCESS_ABORTED
            case codes.START_PENDING:
                return codes.SERVICE_START_HANG
            case codes.STOP_PENDING:
                return codes.SERVICE_CANNOT_ACCEPT_CTRL
            case _:
                return 0

    def _run(self, service: Service, record: Record, arguments: Sequence[str]) -> None:
        core = self._core
        try:
            started = self._process(service, arguments)
        except ScmError as error:
            self._fail(service, record, error.code)
            raise
        record.process = started
        core.update(record, pid=started.pid)
        limit, generation = core.limit(), core.generation

        def is_over() -> bool:
            return started.connected or started.ended or core.generation != generation

        core.changed.wait_for(is_over, limit)
        if not started.connected:
            started.kill()
            core.must_be_up(generation)
            # Also where the process ended at once: services.exe tells no difference.
            core.note(7009, f"{limit * 1000:.0f}", service.display_name)
            self._fail(service, record, codes.SERVICE_REQUEST_TIMEOUT)
            raise codes.error(codes.SERVICE_REQUEST_TIMEOUT)

    def _fail(self, service: Service, record: Record, code: int) -> None:
        self._core.note(7000, service.display_name, f"%%{code}")
        self._core.stopped(record, code)

    def _process(self, service: Service, arguments: Sequence[str]) -> ServiceProcess:
        account, groups = self._log_on(service), self.groups(service)
        who = accounts.token_of(self._core.lab.folder, account, groups)
        missing = {*service.privileges} - {*who.privileges}
        if missing and account.sid != SYSTEM:
            raise codes.error(codes.INCOMPATIBLE_PRIVILEGE)
        started = self.launch(service, account, who, self.image(service))
        one = ServiceProcess(started, self._owner, service.name, [*arguments])
        self._core.processes[one.pid] = one
        return one

    def launch(
        self, service: Service, account: Account, who: Token, command_line: str
    ) -> LabProcess:
        environment = self.environment(service, account)
        return process.start(self._core.lab.folder, command_line, environment, who)

    def _log_on(self, service: Service) -> Account:
        core = self._core
        account = accounts.find(core.lab.folder, service.account, service.name)
        code = logon.WRONG
        if account is not None:
            password = core.secrets.get(service.name)
            code = accounts.log_on(core.lab.folder, account, password)
        if code == logon.NOT_GRANTED:
            core.note(7041, service.display_name, service.account)
        elif code:
            core.note(7038, service.display_name, service.account, f"%%{code}")
        if code or account is None:
            raise codes.error(codes.SERVICE_LOGON_FAILED)
        accounts.make_profile(core.lab.folder, account)
        return account

    def image(self, service: Service) -> str:
        return expand(service.path, self._machine_variables())

    @staticmethod
    def groups(service: Service) -> tuple[str, ...]:
        """What its SID type adds to the token of its process."""
        return () if service.sid_type == codes.SID_NONE else (service_sid(service.name),)

    def environment(self, service: Service, account: Account) -> Mapping[str, str]:
        """The machine's variables, those of the account's profile, the service's own."""
        temporary = (
            r"C:\Windows\TEMP"
            if account.sid == SYSTEM
            else rf"{account.profile}\AppData\Local\Temp"
        )
        lines = (line.partition("=") for line in service.environment)
        given = {"TEMP": temporary, "TMP": temporary, **{name: text for name, _, text in lines}}
        lab = self._core.lab
        variables = process_environment(
            lab.folder, lab.config.host_name, account.name, 437, "", given,
            profile=account.profile, domain=account.domain,
        )  # fmt: skip
        variables[ACCOUNT_VARIABLE] = account.sid
        variables[LOGON_VARIABLE] = "service"
        if groups := self.groups(service):
            variables[GROUPS_VARIABLE] = ";".join(groups)
        if service.privileges:
            variables[PRIVILEGES_VARIABLE] = ";".join(service.privileges)
        return variables

    def _machine_variables(self) -> dict[str, str]:
        values = self._core.database.registry.values(MACHINE_ENVIRONMENT)
        fixed = {
            "SystemRoot": r"C:\Windows",
            "SystemDrive": "C:",
            "ProgramFiles": r"C:\Program Files",
            "ProgramData": r"C:\ProgramData",
        }
        return {name: expand(str(data), fixed) for name, (_, data) in values.items()} | fixed
