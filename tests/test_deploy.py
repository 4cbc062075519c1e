"""The whole deploy on one lab, as a person runs it: from a bare host over new secrets to a reboot.

A first run takes minutes, so each stage comes about once, after the one before it, and tests look at it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from tests import recording
from tests.deployed import (
    HOME,
    LOUDEST,
    Deployed,
    Done,
    announced,
    carried_out,
    results,
    until,
)
from tests.harness import ROOT
from tests.written import forms
from winfra.lab import accounts, postgresql, prefect as lab_prefect
from winfra.lab.state import Lab
from winfra.messages import prefect_worker

SECRETS = {
    "SERVICE_ACCOUNT_PASSWORD": "Account-Hobby-é-6608",
    "POSTGRESQL_SUPERUSER_PASSWORD": "Superuser-Kite-2214",
    "PREFECT_DATABASE_PASSWORD": "Database-Lanner-'\"9075",
    "PREFECT_AUTH_STRING": "people:Login-Merlin-'\"3391",
}
NEW = {
    "SERVICE_ACCOUNT_PASSWORD": "Account-Osprey-5172",
    "POSTGRESQL_SUPERUSER_PASSWORD": "Superuser-Buzzard-é'\"\\8843",
    "PREFECT_DATABASE_PASSWORD": "Database-Harrier-7719",
    "PREFECT_AUTH_STRING": "admin:Login-Sparrow-$\\5026",
}
FIRST = ("54", "-", "16")
AGAIN = ("-", "-", "70")
MENDED = ("3", "-", "67")
ROTATED = ("10", "-", "60")
SECTIONS = [
    "service_account.service_account", "postgresql.postgresql_server", "python.python_interpreter",
    "prefect.prefect_packages", "settings.prefect_settings", "server.prefect_server",
    "work_pool.work_pool", "worker.prefect_worker", "first_flow.first_flow",
]  # fmt: skip
CROWD = 16
"""More at once than the sessions of its database that a server keeps open (SQLAlchemy's pool_size is 5)."""
SETTINGS = {rf"{HOME}\settings\PrefectServer.json", rf"{HOME}\settings\PrefectWorker.json"}


@pytest.fixture(scope="module")
def site(_shared_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A bare lab, all of whose messages are kept."""
    if not (postgresql.is_available() and lab_prefect.is_available()):
        pytest.skip("no PostgreSQL, or no wheels of Prefect: make lab-wheelhouse")
    _shared_lab.start()
    _shared_lab.reset()
    _shared_lab.configure(record=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINFRA_LAB_HOME", str(_shared_lab.home))
        yield Deployed(_shared_lab, tmp_path_factory.mktemp("site"), SECRETS)
    _shared_lab.configure(record=False)
    _shared_lab.reset()


@pytest.fixture(scope="module")
def bare(site: Deployed) -> tuple[Done, bool]:
    """What would be done, and whether the machine is as it was."""
    before = site.lab.snapshot()
    done = site.by_inventory("deploy.py", "--dry", "--diff")
    return done, site.lab.snapshot() == before


@pytest.fixture(scope="module")
def first(site: Deployed, bare: tuple[Done, bool]) -> Done:
    return site.by_inventory("deploy.py", "-y", *LOUDEST)


@dataclass
class Again:
    """A run that finds all as it should be, and what makes up the machine before and after."""

    done: Done
    before: dict[str, str]
    after: dict[str, str]
    dry: Done


@pytest.fixture(scope="module")
def again(site: Deployed, first: Done) -> Again:
    assert first.returncode == 0, first.stdout[-5000:]
    before = still(site.lab)
    done = site.by_inventory("deploy.py", "-y")
    dry = site.by_inventory("deploy.py", "--dry", "--diff")
    return Again(done, before, still(site.lab), dry)


def still(lab: Lab) -> dict[str, str]:
    """What makes up the machine, but for what changes by itself.

    That is what services write; and the lab keeps the access lists of files that are gone.
    """
    moving = re.compile(
        r"drives/D/pgsql/|drives/D/prefect_data/(data|logs)/|drives/C/Users/svc_prefect/|state/access/"
    )
    return {path: mark for path, mark in lab.snapshot().items() if not moving.match(path)}


def test_a_dry_run_changes_nothing(bare: tuple[Done, bool]) -> None:
    """Under --dry the table and all to come are shown, and no byte of the host changes."""
    done, unchanged = bare
    assert done.returncode == 0, done.stdout
    assert unchanged
    assert re.search(r" ok +account +", done.stdout)
    for folder in ("", *(f"\\{name}" for name in ("data", "flows", "logs", "scripts", "settings"))):
        assert f"Will create folder {HOME}{folder}\n" in done.stdout
    for thing in ("role prefect", "service PrefectServer", "service PrefectWorker", "work pool"):
        assert f"Will create {thing}" in done.stdout


def test_what_a_dry_run_announces_is_done(bare: tuple[Done, bool], first: Done) -> None:
    """All of it and no more, but for what an earlier operation of the same run has brought about."""
    would, did = announced(bare[0]), carried_out(first)
    assert {*would} == {*did}
    assert len(did) == sum(int(number) for number in FIRST if number != "-")
    assert {name for name in did if did[name] and not would[name]} == set()
    assert {name for name in did if would[name] and not did[name]} == {
        # initdb and the section before have given it.
        r"2 PostgreSQL | Installation | The service may use D:\pgsql\data",
        r"2 PostgreSQL | Installation | Nobody else may use D:\pgsql\data",
        "8 Worker | Scripts",
    }


def test_a_bare_host_gets_all(site: Deployed, first: Done) -> None:
    """One run, from nothing to the table of a completed run; the README shows what it prints."""
    assert results(first) == FIRST
    assert site.are_running()
    assert re.search(r"etl-flow/first: run \S+ Completed in .* by WINLAB-1", first.stdout)
    for line in ("extract-", "transform-", "load-", r"Loaded [10, 20, 30], in all 60"):
        assert line in first.stdout
    runs = site.ask("flow_runs/filter", {})
    assert [(one["state"]["type"], one["work_pool_name"]) for one in runs] == [
        ("COMPLETED", "local-pool")
    ]
    assert not [*site.lab.folder.rglob("prefect.db*")]
    shown = timeless(first.stdout)
    assert [line for line in example() if line not in shown] == []


def example() -> list[str]:
    """The lines that the README shows of a first run, but for its target."""
    readme = (ROOT / "README.md").read_text()
    [text] = re.findall(r"^```text\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return [line for line in timeless(text) if line != "…" and not line.startswith("Target: ")]


def timeless(text: str) -> list[str]:
    """The lines without what no two runs share, the clocks, and no two machines, what is installed."""
    return re.sub(
        r"\d+ s (ahead|behind)|(postgresql|python)-[\d.]+|newer +\d+|3\.1\d", "", text
    ).splitlines()


def test_the_next_run_changes_nothing(again: Again) -> None:
    """Not a byte of what does not change by itself; and a dry run after it announces nothing."""
    assert results(again.done) == AGAIN
    assert again.after == again.before
    assert "Will " not in again.dry.stdout
    assert [*announced(again.dry).values()] == [False] * int(AGAIN[2])


def test_what_is_spoilt_is_named_and_mended(site: Deployed, again: Again) -> None:
    """A file and a stopped service are what a dry run names, alone, and the next run mends."""
    site.lab.path(rf"{HOME}\flows\etl-flow\etl_flow.py").write_text("# gone\n")
    site.stop("PrefectWorker")
    before = still(site.lab)
    dry = site.by_inventory("deploy.py", "--dry", "--diff")
    untouched = still(site.lab)
    mended = site.by_inventory("deploy.py", "-y")

    named = re.findall(r"\] Will (\w+ .*)", dry.stdout)
    assert named == [
        "change service PrefectWorker",
        "wait until worker WINLAB-1 is online in local-pool",
        rf"change folder {HOME}\flows\etl-flow",
    ]
    assert untouched == before
    assert results(mended) == MENDED
    after = still(site.lab)
    # Where the number of the worker's process stands.
    assert {path for path in after if after[path] != again.before.get(path)} == {
        "state/services.json"
    }
    assert site.online()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_runs_alone(site: Deployed, again: Again, section: str) -> None:
    """It finds what the others have made, and changes nothing; the last one tells of its proof."""
    done = site.by_inventory(f"tasks.{section}", "-y", "-v")

    assert results(done)[:2] == ("-", "-")
    if "first_flow" in section:
        assert re.search(r"run \S+ of etl-flow/first has completed", done.stdout)


@dataclass
class Rotated:
    """
    A run with new secrets, begun while a flow ran that a worker had taken; and the next one.

    + said: what dry runs said before, of the whole and of section 2 alone
    + accepted: whether the database took the old password while the flow ran and no other could begin
    + statuses: of requests at that time
    """

    said: list[str]
    done: Done
    run: str
    next: Done
    accepted: bool
    statuses: set[int]


@pytest.fixture(scope="module")
def rotated(site: Deployed, again: Again) -> Rotated:
    run, old = site.begin(), SECRETS["PREFECT_AUTH_STRING"]
    met = threading.Event()
    accepted, statuses = [], set[int]()

    def end() -> None:
        """It lasts until the worker gets no new runs, of which the server still says by the old login."""
        while not met.wait(0.2):
            if site.paused(old):
                accepted.append(site.logs_in("prefect", SECRETS["PREFECT_DATABASE_PASSWORD"]))
                statuses.update(site.ask_at_once(CROWD, "flow_runs/filter", old))
                site.may_end()
                return

    site.secrets = NEW
    parts = ("deploy.py", "tasks.postgresql.postgresql_server")
    said = [site.by_env(part, "--dry", "--diff").stdout for part in parts]
    thread = threading.Thread(target=end, daemon=True)
    thread.start()
    try:
        done = site.by_env("deploy.py", "-y", *LOUDEST)
    finally:
        met.set()
        thread.join(60)
    assert done.returncode == 0, done.stdout[-5000:]
    following = site.by_env("deploy.py", "-y")
    return Rotated(said, done, run, following, accepted == [True], statuses)


def test_all_secrets_are_changed_by_one_run(site: Deployed, rotated: Rotated) -> None:
    """By .env and @winrm; who has an old one is refused, and the next run changes nothing."""
    assert f"Target: localhost by {site.folder / 'site.env'}\n" in rotated.done.stdout
    assert results(rotated.done) == ROTATED
    assert results(rotated.next) == AGAIN
    for number, secrets in enumerate((SECRETS, NEW)):
        right = bool(number)
        own = secrets["SERVICE_ACCOUNT_PASSWORD"]
        assert accounts.password_is(site.lab.folder, "svc_prefect", own) == right
        assert site.logs_in("postgres", secrets["POSTGRESQL_SUPERUSER_PASSWORD"]) == right
        assert site.logs_in("prefect", secrets["PREFECT_DATABASE_PASSWORD"]) == right
    assert site.ask("version")
    with pytest.raises(requests.HTTPError, match="401"):
        site.ask("version", login=SECRETS["PREFECT_AUTH_STRING"])


def test_what_new_secrets_stop_is_said_before(rotated: Rotated) -> None:
    """Once, with the reasons; a section that runs alone stops what its own secret cuts off."""
    stopped = "PrefectWorker (its work ends first), PrefectServer while "
    role = "role prefect gets another password"
    whole, alone = (re.findall(r"\] Will stop (.*)", said) for said in rotated.said)
    assert [line for line in whole if role in line] == whole
    assert re.fullmatch(re.escape(stopped) + r"http://\S+ gets another login and " + role, *whole)
    assert alone == [stopped + role]


def test_new_secrets_cut_no_run_off(site: Deployed, rotated: Rotated) -> None:
    """The run that was under way has ended by itself, and workers get the next ones."""
    assert re.search(r"WINLAB-1 waits for \S+\n", rotated.done.stdout)
    assert prefect_worker.NOT_DRAINED.remedy not in rotated.done.stdout
    assert site.run_state(rotated.run) == "COMPLETED"
    assert not site.paused()


def test_a_run_has_its_server_until_it_ends(rotated: Rotated) -> None:
    """The server's password is not changed under it: neither it nor its flows are refused anything."""
    assert rotated.accepted
    assert rotated.statuses == {200}


@dataclass
class Rebooted:
    """The proof after a reboot while a flow ran, and what there is of that run."""

    done: Done
    process_exists: bool
    state: str


@pytest.fixture(scope="module")
def rebooted(site: Deployed, rotated: Rotated) -> Rebooted:
    run, before = site.begin(), site.processes()
    process = int(site.ask(f"flow_runs/{run}")["infrastructure_pid"])
    site.lab.reboot()
    until(lambda: len(site.processes() - before) == len(before))
    until(site.online)
    # The server knows no better until a worker tells it.
    until(lambda: site.run_state(run) != "RUNNING")
    left = psutil.pid_exists(process), site.run_state(run)
    again = site.by_env("tasks.first_flow.first_flow", "-y", "--data=flow_again=true")
    return Rebooted(again, *left)


def test_a_reboot_leaves_no_run_behind(rebooted: Rebooted) -> None:
    """Once a worker is online, what ran before is over: its process has ended, and it is not Running."""
    assert (rebooted.process_exists, rebooted.state) == (False, "CRASHED")


def test_a_reboot_needs_nobody(site: Deployed, rebooted: Rebooted) -> None:
    """The services start one after the other, with the new secrets; the proof can be had once more."""
    running = [
        one["data"][0]
        for one in site.lab.event_log("System", 7036)
        if one["data"][1:] == ["running"]
    ]
    names = [one["display_name"] for one in site.services]
    assert [one for one in running if one in names][-3:] == names
    assert site.are_running()
    assert results(rebooted.done)[0] == "1"
    assert re.search(r"etl-flow/first: run \S+ Completed", rebooted.done.stdout)
    assert results(site.by_env("deploy.py", "-y")) == AGAIN


def named(data: bytes | str) -> set[str]:
    """The names of the secrets that stand in what was written down."""
    data = data.encode() if isinstance(data, str) else data
    both = [*SECRETS.items(), *NEW.items()]
    return {name for name, text in both if any(form in data for form in forms(_bare(text)))}


def _bare(text: str) -> str:
    """Of a login the password."""
    return text.partition(":")[2] or text


def test_no_output_has_a_secret(site: Deployed, rotated: Rotated) -> None:
    """With every difference and all of pyinfra's debugging; no mistake of ours is in it either."""
    for section in ("2 PostgreSQL", "5 Settings", "9 First flow"):
        assert f"Starting operation: {section}" in site.outputs[1]
    assert [named(output) for output in site.outputs] == [set()] * len(site.outputs)
    assert not [output for output in site.outputs if "Traceback" in output]


def test_no_command_line_has_a_secret(site: Deployed, rotated: Rotated) -> None:
    """Windows records command lines (event 4688); initdb.exe, psql.exe and Prefect are among them."""
    lines = "\n".join(process["command_line"] for process in site.lab.processes())

    for program in ("initdb", "psql", "pg_ctl", "prefect"):
        assert program in lines
    assert not named(lines)


def test_secrets_travel_beside_the_json_alone(site: Deployed, rotated: Rotated) -> None:
    """Not in a script's text or its JSON, not in a file that is sent, not in a reply."""
    messages = recording.messages(site.lab)
    requests_ = recording.all_requests(messages)
    replies = [message for message in messages if message.kind == "reply"]
    said = b"\n".join(message.stream("stdout") + message.stream("stderr") for message in replies)

    assert set().union(*(named(request.secrets) for request in requests_)) == set(SECRETS)
    assert not named("\n".join(request.json for request in requests_))
    assert not set().union(*(named(request.content) for request in requests_))
    assert not named(said)
    assert not named("\n".join(message.bare for message in messages))


def test_no_file_has_a_secret_but_the_services_settings(site: Deployed, rotated: Rotated) -> None:
    """No log, no password file, nothing of PostgreSQL's: it keeps a verifier."""
    folder = site.lab.folder
    files = [path for path in folder.rglob("*") if is_file(path) and "messages" not in path.parts]

    assert site.lab.path(r"D:\pgsql\data\PG_VERSION") in files
    found = {path for path in files if named(path.read_bytes())}
    assert found == {site.lab.path(path) for path in SETTINGS}


def is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
