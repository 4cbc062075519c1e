"""Waiting for a real Prefect server and its workers, and letting runs end; the server is the witness."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.prefect_server import AUTH, PrefectServer
from tests.service_trial import clean, is_running, make, process, run
from tests.trial import Trial, no_host
from winfra import prefect_drain, prefect_layout
from winfra.lab import postgresql
from winfra.messages import prefect_api, prefect_worker as messages
from winfra.operations import prefect, services
from winfra.operations.prefect_secrets import DatabaseLogin
from winfra.prefect_api import Api, Client, RefusedError
from winfra.prefect_drain import Drain
from winfra.prefect_layout import Layout
from winfra.prefect_settings import content
from winfra.service_change import Refused

POOL = "local pool-é"
WORKER = "SRV1-1"
LOG = r"D:\services\Worker.log"


@pytest.fixture
def pool(prefect_server: PrefectServer) -> PrefectServer:
    """A server with a work pool, and without what an earlier test has left."""
    for one in prefect_server.ask("POST", "variables/filter", {}):
        prefect_server.ask("DELETE", f"variables/{one['id']}")
    prefect_server.ask("POST", "work_pools/", {"name": POOL, "type": "process"})
    return prefect_server


def paused(server: PrefectServer) -> bool:
    found: bool = server.ask("GET", f"work_pools/{POOL}")["is_paused"]
    return found


def variables(server: PrefectServer) -> list[Any]:
    return [one["value"]["worker"] for one in server.ask("POST", "variables/filter", {})]


def beat(server: PrefectServer, worker: str = WORKER) -> None:
    """What a worker tells the server now and then."""
    server.ask("POST", f"work_pools/{POOL}/workers/heartbeat", {"name": worker})


def begin(
    server: PrefectServer, name: str, worker: str | None = WORKER, state: str = "RUNNING"
) -> str:
    """A run of the pool that a worker has taken."""
    flow = server.ask("POST", "flows/", {"name": "flow"})["id"]
    wanted = {"name": "deployment", "flow_id": flow, "work_pool_name": POOL}
    deployment = server.ask("POST", "deployments/", wanted)["id"]
    path = f"deployments/{deployment}/create_flow_run"
    made: str = server.ask("POST", path, {"name": name})["id"]
    if worker is not None:
        server.ask("PATCH", f"flow_runs/{made}/labels", {prefect_drain.WORKER_LABEL: worker})
    end(server, made, state)
    return made


def end(server: PrefectServer, flow_run: str, state: str = "COMPLETED") -> None:
    wanted = {"state": {"type": state}, "force": True}
    server.ask("POST", f"flow_runs/{flow_run}/set_state", wanted)


@contextmanager
def meanwhile(step: Callable[[], object], path: str, error: str = "") -> Iterator[None]:
    """Something that happens once the server has been asked in vain; it may fail once at that time.

    + path: how that ends what the server is asked for
    """
    looks, ask = 0, Client.read

    def read(client: Client, asked: str, *given: Any, **options: Any) -> Any:
        nonlocal looks
        if asked.endswith(path):
            looks += 1
            if looks == 2:
                step()
                if error:
                    raise RefusedError(error)
        return ask(client, asked, *given, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "read", read)
        yield
    assert looks > 1


def ends_while_waited_for(
    server: PrefectServer, flow_run: str, error: str = ""
) -> AbstractContextManager[None]:
    """The run ends after it has been seen to go on; the server may fail once at that time."""
    return meanwhile(lambda: end(server, flow_run), "flow_runs/filter", error)


def drain(server: PrefectServer, **given: Any) -> dict[str, Any]:
    return {"worker": WORKER, "work_pool": POOL, "api": server.api, "seconds": 20, **given}


def test_a_server_that_is_ready(trial: Trial, prefect_server: PrefectServer) -> None:
    """There is nothing to wait for."""
    ran = trial.run(prefect.ready, prefect_server.api, service="PrefectServer")
    assert (ran.changed, ran.failed) == (False, False)
    assert f"noop: the Prefect server at {prefect_server.url} is ready" in ran.output


@pytest.mark.parametrize(("runs", "least", "seconds"), [(True, 2, 2), (False, 4, 3600)])
def test_a_server_that_does_not_become_ready(
    trial: Trial, runs: bool, least: float, seconds: float
) -> None:
    """The end of its log is shown; where its service has stopped, that is not waited for."""
    clean(trial)
    make(trial.lab, "Worker")
    if runs:
        run(trial.lab, "Worker")
    trial.lab.path(LOG).write_text("an old line\n" * 30 + "no database: é\x1b[31m\n")
    api = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    assert trial.dry(prefect.ready, api, service="Worker").will_change

    begun = time.monotonic()
    tried = trial.run(prefect.ready, api, seconds, service="Worker", log=LOG)

    assert tried.failed
    assert time.monotonic() - begun >= least
    message = messages.SERVER_NOT_READY
    assert f"the Prefect server at {api.url} is not ready after " in tried.output
    assert message.remedy in tried.output
    assert tried.output.count("an old line") == 19
    assert "    no database: é\\x1b[31m" in tried.output


def test_a_worker_comes_online(trial: Trial, pool: PrefectServer) -> None:
    """It is waited for; once it is there, not any more."""
    wanted: dict[str, Any] = {"work_pool": POOL, "api": pool.api, "service": "Worker"}
    beat(pool, "another")
    dry = trial.dry(prefect.worker_online, WORKER, **wanted)
    assert dry.will_change
    assert f"Will wait until worker {WORKER} is online in {POOL}" in dry.output
    with meanwhile(lambda: beat(pool), "/workers/filter"):
        applied = trial.run(prefect.worker_online, WORKER, seconds=120, **wanted)
    assert applied.changed, applied.output
    again = trial.run(prefect.worker_online, WORKER, **wanted)
    assert (again.changed, again.failed) == (False, False)
    assert f"noop: worker {WORKER} is online in {POOL}" in again.output


def test_a_worker_that_does_not_come_online(trial: Trial, pool: PrefectServer) -> None:
    """It is said with its log, if there is one; a login that is refused is said at once."""
    wanted: dict[str, Any] = {"work_pool": POOL, "service": "Worker", "log": LOG}
    tried = trial.run(prefect.worker_online, WORKER, seconds=1, api=pool.api, **wanted)
    assert tried.failed
    values = {"worker": WORKER, "pool": POOL, "service": "Worker", "seconds": "seconds"}
    said = re.escape(messages.WORKER_NOT_ONLINE.text(**values))
    assert re.search(said.replace("seconds", r"\d+"), tried.output)
    refused = trial.run(prefect.worker_online, WORKER, api=Api(pool.url, "admin:wrong"), **wanted)
    assert refused.failed
    assert prefect_api.LOGIN_REFUSED.remedy in refused.output


def test_a_worker_finishes_its_runs(trial: Trial, pool: PrefectServer) -> None:
    """Those of others are not waited for; the pool stays paused until it is to go on."""
    begin(pool, "of another", "SRV2-1")
    mine = begin(pool, "mine", state="PENDING")
    dry = trial.dry(prefect.worker_drain, **drain(pool))
    assert dry.will_change
    assert "mine" in dry.output
    assert "of another" not in dry.output
    assert not paused(pool)
    with ends_while_waited_for(pool, mine):
        applied = trial.run(prefect.worker_drain, **drain(pool))
    assert applied.changed, applied.output
    assert f"{WORKER} waits for mine" in applied.output
    assert paused(pool)
    assert not trial.run(prefect.worker_drain, **drain(pool)).changed

    assert "goes on" in trial.dry(prefect.worker_drain, **drain(pool, drained=False)).output
    assert trial.run(prefect.worker_drain, **drain(pool, drained=False)).changed
    assert not paused(pool)
    assert variables(pool) == []
    assert not trial.run(prefect.worker_drain, **drain(pool, drained=False)).changed


def test_runs_that_do_not_end_in_time(trial: Trial, pool: PrefectServer) -> None:
    """They are named, also one that no worker has put its name on yet."""
    begin(pool, "mine")
    begin(pool, "nobody's", None)
    tried = trial.run(prefect.worker_drain, **drain(pool, seconds=1))
    assert tried.failed
    for name in ("mine", "nobody's"):
        assert name in tried.output
    assert messages.RUNS_LEFT.remedy.partition("{")[0] in tried.output
    assert paused(pool)


def test_a_pool_that_somebody_has_paused_stays_so(trial: Trial, pool: PrefectServer) -> None:
    """It was not this that paused it."""
    pool.ask("PATCH", f"work_pools/{POOL}", {"is_paused": True})
    assert not trial.run(prefect.worker_drain, **drain(pool)).changed
    begin(pool, "mine")
    assert trial.run(prefect.worker_drain, **drain(pool, seconds=0.1)).failed
    assert not trial.run(prefect.worker_drain, **drain(pool, drained=False)).changed
    assert paused(pool)


def test_two_workers_of_a_pool(trial: Trial, pool: PrefectServer) -> None:
    """It goes on with the last of them."""
    both = (WORKER, "SRV2-1")
    for worker in both:
        assert trial.run(prefect.worker_drain, **drain(pool, worker=worker)).changed
    assert sorted(variables(pool)) == [*both]
    for worker, stays in zip(both, (True, False), strict=True):
        assert trial.run(prefect.worker_drain, **drain(pool, worker=worker, drained=False)).changed
        assert paused(pool) is stays


def test_no_pool_and_no_server(trial: Trial, prefect_server: PrefectServer) -> None:
    """No worker has anything to finish there."""
    nowhere = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    for api in (prefect_server.api, nowhere):
        ran = trial.run(prefect.worker_drain, WORKER, work_pool=POOL, api=api)
        assert (ran.changed, ran.failed) == (False, False), ran.output


@pytest.mark.parametrize("service", ["Example", "Worker"])
def test_a_restart_lets_the_worker_finish(trial: Trial, pool: PrefectServer, service: str) -> None:
    """Its own, and that of the service that it depends on; the pool goes on afterwards."""
    services_of(trial)
    mine = begin(pool, "mine")
    before = process(trial.lab, "Worker")
    drains = {"Worker": Drain(pool.api, POOL, WORKER, 20)}
    with ends_while_waited_for(pool, mine):
        applied = trial.run(services.service, service, restarted=True, drains=drains)
    assert applied.changed, applied.output
    assert f"{WORKER} waits for mine" in applied.output
    assert process(trial.lab, "Worker") != before
    assert not paused(pool)
    assert variables(pool) == []


def test_a_restart_does_not_wait_for_ever(trial: Trial, pool: PrefectServer) -> None:
    """What is cut off is named; what an earlier run left paused goes on."""
    services_of(trial)
    begin(pool, "mine")
    trial.run(prefect.worker_drain, **drain(pool, seconds=0.1))
    drains = {"Worker": Drain(pool.api, POOL, WORKER, 0.1)}
    applied = trial.run(services.service, "Worker", restarted=True, drains=drains)
    assert applied.changed
    values = {"who": f"worker {WORKER}", "seconds": "0.1", "runs": "mine"}
    assert messages.RUNS_CUT_OFF.text(**values) in applied.output
    assert not paused(pool)


def test_a_worker_without_its_server_is_stopped(trial: Trial, pool: PrefectServer) -> None:
    """It does nothing anyway; a refused login is said."""
    services_of(trial)
    nowhere = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    wrong = Api(pool.url, "admin:wrong")
    for api in (nowhere, wrong):
        drains = {"Worker": Drain(api, POOL, WORKER)}
        applied = trial.run(services.service, "Worker", restarted=True, drains=drains)
        assert applied.changed
        assert (messages.NOT_DRAINED.remedy in applied.output) == (api is wrong)


def test_a_server_that_gets_another_login(trial: Trial, pool: PrefectServer) -> None:
    """The worker finishes by the login that it has, and is stopped before it would be refused."""
    services_of(trial)
    file = r"D:\PrefectWorker.json"
    trial.lab.path(file).write_text(content({"PREFECT_API_AUTH_STRING": HiddenValue(AUTH)}))
    api = Api(pool.url, "admin:new")
    drains = {"Worker": Drain(api, POOL, WORKER, 20, login_file=file)}
    given: dict[str, Any] = {"workers": ["Worker"], "drains": drains}
    dry = trial.dry(prefect.new_secrets, api, **given)
    assert (
        f"Will stop Worker (its work ends first) while {api.url} gets another login" in dry.output
    )
    assert is_running(trial.lab, "Worker")

    mine = begin(pool, "mine")
    with ends_while_waited_for(pool, mine):
        applied = trial.run(prefect.new_secrets, api, **given)
    assert applied.changed, applied.output
    assert f"{WORKER} waits for mine" in applied.output
    assert not is_running(trial.lab, "Worker")
    assert (paused(pool), variables(pool)) == (False, [])

    nowhere = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    for other in (api, pool.api, nowhere):
        ran = trial.run(prefect.new_secrets, other, **given)
        assert (ran.changed, ran.failed) == (False, False), ran.output


def database(trial: Trial, password: str, file: str = r"D:\PrefectServer.json") -> DatabaseLogin:
    """A role that is to have this password, and the settings of a server that has an old one."""
    old = {"PREFECT_SERVER_DATABASE_PASSWORD": HiddenValue("old, ')\"")}
    trial.lab.path(r"D:\PrefectServer.json").write_text(content({**old, "PREFECT_UI_URL": "x"}))
    return DatabaseLogin(file, "prefect", HiddenValue(password))


def test_a_role_that_gets_another_password(trial: Trial, pool: PrefectServer) -> None:
    """The worker finishes while its server has the database; then both are stopped, the server last."""
    services_of(trial)
    drains = {"Worker": Drain(pool.api, POOL, WORKER, 20)}
    given: dict[str, Any] = {"workers": ["Worker"], "servers": ["Example"], "drains": drains}
    new = database(trial, "new")
    dry = trial.dry(prefect.new_secrets, Api(pool.url, "admin:new"), new, **given)
    said = "Will stop Worker (its work ends first), Example while "
    assert f"{said}{pool.url} gets another login and role prefect gets another pass" in dry.output
    for same in (database(trial, "old, ')\""), database(trial, "new", r"D:\none.json")):
        assert not trial.run(prefect.new_secrets, pool.api, same, **given).changed
    assert is_running(trial.lab, "Worker")

    mine = begin(pool, "mine")
    with ends_while_waited_for(pool, mine):
        applied = trial.run(prefect.new_secrets, pool.api, new, **given)
    assert applied.changed, applied.output
    assert f"{WORKER} waits for mine" in applied.output
    assert not is_running(trial.lab, "Worker")
    assert not is_running(trial.lab, "Example")
    assert (paused(pool), variables(pool)) == (False, [])
    ran = trial.run(prefect.new_secrets, pool.api, new, **given)
    assert (ran.changed, ran.failed) == (False, False), ran.output


def test_a_server_with_workers_on_other_hosts(trial: Trial, pool: PrefectServer) -> None:
    """All runs end before; the pool stays paused until its server is there again."""
    services_of(trial)
    drain = Drain(pool.api, POOL, "Example", 20, server="Example")
    given: dict[str, Any] = {"workers": [], "servers": ["Example"], "drains": {"Example": drain}}
    theirs = begin(pool, "theirs", "SRV2-1")
    with ends_while_waited_for(pool, theirs):
        new = database(trial, "new")
        applied = trial.run(prefect.new_secrets, database=new, **given)
    assert applied.changed, applied.output
    assert "server Example waits for theirs" in applied.output
    assert f"{POOL} stays paused until server Example runs again" in applied.output
    assert not is_running(trial.lab, "Example")
    assert (paused(pool), variables(pool)) == (True, ["Example"])

    assert f"paused for {drain.who}" in trial.dry(prefect.pool_goes_on, drain).output
    assert trial.run(prefect.pool_goes_on, drain).changed
    assert (paused(pool), variables(pool)) == (False, [])
    assert not trial.run(prefect.pool_goes_on, drain).changed

    run(trial.lab, "Example")
    restart = {"restarted": True, "drains": {"Example": drain}}
    assert trial.run(services.service, "Example", **restart).changed
    assert (paused(pool), variables(pool)) == (False, [])


def test_a_server_that_fails_while_runs_end(trial: Trial, pool: PrefectServer) -> None:
    """For a moment, as one that its service starts again: they are waited for all the same."""
    services_of(trial)
    mine = begin(pool, "mine")
    drains = {"Worker": Drain(pool.api, POOL, WORKER, 20)}
    with ends_while_waited_for(pool, mine, "HTTP 500"):
        applied = trial.run(services.service, "Worker", restarted=True, drains=drains)
    assert applied.changed, applied.output
    assert messages.NOT_DRAINED.remedy not in applied.output
    assert not paused(pool)


def test_a_server_that_is_gone_while_runs_end(
    trial: Trial, pool: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not waited for without end, and what cannot be waited for is said."""
    begin(pool, "mine")
    work = prefect_drain.Work(trial.host, Drain(pool.api, POOL, WORKER, 20, ready_seconds=0.1))
    assert work.pause()
    nowhere = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    monkeypatch.setattr(work.client, "api", nowhere)
    with pytest.raises(RefusedError):
        work.wait()


@pytest.mark.parametrize(
    ("groups", "apart", "drained"),
    [
        ((), False, {"PrefectWorker": WORKER}),
        (("server", "workers"), False, {"PrefectWorker": WORKER}),
        (("server", "workers"), True, {"PrefectWorker": WORKER, "PrefectServer": "PrefectServer"}),
        (("server",), True, {"PrefectServer": "PrefectServer"}),
        (("workers",), True, {"PrefectWorker": WORKER}),
    ],
)
def test_what_is_drained_on_a_host(
    groups: tuple[str, ...], apart: bool, drained: dict[str, str]
) -> None:
    """Its worker; and its server, where workers are on hosts that do not stop with it."""
    found = prefect_drain.of(Layout(prefect_layout.DEFAULTS, groups, apart), "SRV1")
    assert {service: drain.worker for service, drain in found.items()} == drained
    assert {drain.server for drain in found.values()} - {None} == drained.keys() & {"PrefectServer"}


def test_a_server_that_does_not_come_back(trial: Trial) -> None:
    """That the pool stays paused is said, with what to do."""
    nowhere = Api(f"http://127.0.0.1:{postgresql.free_port()}/api")
    work = prefect_drain.Work(trial.host, Drain(nowhere, POOL, WORKER, ready_seconds=0.1))
    work.paused = True
    with pytest.raises(Refused) as caught:
        prefect_drain._leave(work)
    assert messages.POOL_STAYS_PAUSED.remedy.format(pool=POOL) in caught.value.lines[0]


def services_of(trial: Trial) -> None:
    clean(trial)
    make(trial.lab, "Example")
    make(trial.lab, "Worker", dependencies=["Example"])
    run(trial.lab, "Worker")


@pytest.mark.parametrize(
    ("operation", "options", "reason"),
    [
        (prefect.worker_drain, {"worker": "a/b"}, "worker"),
        (prefect.worker_drain, {"work_pool": ""}, "work_pool"),
        (prefect.worker_drain, {"seconds": 0}, "0 is no time to wait"),
        (prefect.worker_online, {"seconds": 90_000, "service": "x"}, "no time to wait"),
        (prefect.worker_online, {"log": "x", "service": "x"}, "log: "),
    ],
)
def test_bad_values_are_refused(operation: Any, options: dict[str, Any], reason: str) -> None:
    """Before a host is asked."""
    given = {"worker": WORKER, "work_pool": POOL, "api": Api("http://127.0.0.1:1/api"), **options}
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(operation._inner(**given))
    assert reason in str(caught.value)
    if "seconds" in options:
        text = f"{options['seconds']!r} is no time to wait"
        assert str(caught.value) == messages.BAD_VALUE.text(argument="seconds", reason=text)
