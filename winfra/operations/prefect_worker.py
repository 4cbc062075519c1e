"""A Prefect server that runs, and its workers; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, OperationValueError, State
from pyinfra.api.command import PyinfraCommand

from winfra.difference import say, show
from winfra.facts.prefect_api import Answer
from winfra.facts.prefect_work_pool import WorkerInfo, Workers, WorkPool, worker_info
from winfra.messages import prefect_worker as messages
from winfra.operation import operation, read
from winfra.path import windows_path
from winfra.prefect_api import ABSENT, Api, Client, RefusedError, check_name, route
from winfra.prefect_drain import (
    Drain,
    Query,
    Work,
    active,
    drained_query,
    drained_workers,
    runs_query,
)
from winfra.prefect_wait import Waiting

_DAY = 86_400


@operation()
def ready(
    api: Api, seconds: float = 120, *, service: str, log: str | None = None
) -> Generator[PyinfraCommand]:
    r"""
    Wait until a Prefect server is ready: it answers, and has its database.

    + api: the server
    + seconds: how long to wait
    + service: its service on this host; where that has stopped, nothing is waited for
    + log: its log, whose end is shown when it is not ready in time

    **Example:**

    .. code:: python

        from winfra.operations import prefect
        from winfra.prefect_api import Api

        prefect.ready(
            name="Wait for the server",
            api=Api("http://127.0.0.1:4200/api"),
            service="PrefectServer",
            log=r"D:\prefect_data\logs\PrefectServer.log",
        )
    """
    _check_seconds(seconds)
    log = windows_path(log, "log", file=True) if log is not None else None
    if read(Answer, api=api, path="ready", absent=True) is not None:
        host.noop(f"the Prefect server at {api.url} is ready")
        return
    say(f"Will wait until the Prefect server at {api.url} is ready")

    def done(client: Client) -> bool:
        return client.read("ready", tolerated=ABSENT) is not None

    values = {"url": api.url}
    waiting = Waiting(api, seconds, service, log, done, messages.SERVER_NOT_READY, values)
    yield FunctionCommand(waiting.run, (), {})


@operation()
def worker_online(
    worker: str,
    *,
    work_pool: str,
    api: Api,
    seconds: float = 120,
    service: str,
    log: str | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Wait until a worker is online in its work pool.

    + worker: its name
    + work_pool: the pool's name
    + api: the Prefect server
    + seconds: how long to wait
    + service: its service on this host; where that has stopped, nothing is waited for
    + log: its log, whose end is shown when it is not online in time

    **Example:**

    .. code:: python

        prefect.worker_online(
            name="Wait for the worker",
            worker="SRV1-1",
            work_pool="local-pool",
            api=api,
            service="PrefectWorker",
            log=r"D:\prefect_data\logs\PrefectWorker.log",
        )
    """
    _check_names(worker, work_pool)
    _check_seconds(seconds)
    log = windows_path(log, "log", file=True) if log is not None else None
    if _online(read(Workers, api=api, work_pool=work_pool, absent=True), worker):
        host.noop(f"worker {worker} is online in {work_pool}")
        return
    say(f"Will wait until worker {worker} is online in {work_pool}")

    def done(client: Client) -> bool:
        path = route("work_pools", work_pool, "workers", "filter")
        found = client.read(path, {}, tolerated=ABSENT) or ()
        return _online([worker_info(one) for one in found], worker)

    values = {"worker": worker, "pool": work_pool}
    waiting = Waiting(api, seconds, service, log, done, messages.WORKER_NOT_ONLINE, values)
    yield FunctionCommand(waiting.run, (), {})


@operation()
def worker_drain(
    worker: str,
    drained: bool = True,
    *,
    work_pool: str,
    api: Api,
    seconds: float = 300,
) -> Generator[PyinfraCommand]:
    """
    Let a worker finish its runs and get no new ones, or go on; its pool is paused meanwhile.

    + worker: its name
    + drained: ``False``: the pool goes on, where this operation or a service's drain has paused it
    + work_pool: the pool's name, which other workers may take runs from, too
    + api: the Prefect server
    + seconds: how long its runs may take; it fails when some have not ended then

    A pool that somebody else has paused stays so.

    **Example:**

    .. code:: python

        prefect.worker_drain(
            name="Let the worker finish before the host is restarted",
            worker="SRV1-1",
            work_pool="local-pool",
            api=api,
        )
    """
    _check_names(worker, work_pool)
    _check_seconds(seconds)
    drain = Drain(api, work_pool, worker, seconds)
    if not drained:
        yield from _go_on(drain)
        return
    pool = read(WorkPool, api=api, work_pool=work_pool, absent=True)
    runs = active(_ask(api, runs_query(work_pool)), worker)
    others = {*drained_workers(_ask(api, drained_query(work_pool)))}
    # One that is paused for others alone goes on without asking whether this one may.
    kept = pool is not None and pool["paused"] and (not others or worker in others)
    if pool is None or (kept and not runs):
        host.noop(f"worker {worker} has no runs, and {work_pool} gives it none")
        return
    before = {"work pool": _word(pool["paused"]), "runs": runs}
    show(f"worker {worker}", before, {"work pool": _word(paused=True), "runs": []})
    yield FunctionCommand(_finish, (drain,), {})


@operation()
def pool_goes_on(drain: Drain) -> Generator[PyinfraCommand]:
    """
    Let a work pool go on that a service's drain has paused, where that could not be done after the stop.

    + drain: the one of the service, as ``services.service`` takes it

    A pool that somebody else has paused stays so.

    **Example:**

    .. code:: python

        from winfra.operations import prefect
        from winfra.prefect_drain import Drain

        prefect.pool_goes_on(
            name="Workers get runs again",
            drain=Drain(api, "local-pool", "PrefectServer", server="PrefectServer"),
        )
    """
    yield from _go_on(drain)


def _go_on(drain: Drain) -> Generator[PyinfraCommand]:
    if drain.worker not in drained_workers(_ask(drain.api, drained_query(drain.pool))):
        host.noop(f"{drain.pool} is not paused for {drain.who}")
        return
    before = {drain.pool: f"paused for {drain.who}"}
    show(f"work pool {drain.pool}", before, {drain.pool: "goes on"})
    yield FunctionCommand(_resume, (drain,), {})


def _finish(state: State, host: Host, drain: Drain) -> bool:
    def finish() -> None:
        work = Work(host, drain)
        if work.pause() and (runs := work.wait()):
            values = {**drain.values, "worker": drain.worker, "runs": ", ".join(runs)}
            raise RefusedError(messages.RUNS_LEFT.text(**values))

    return _shown(host, finish)


def _resume(state: State, host: Host, drain: Drain) -> bool:
    return _shown(host, Work(host, drain).resume)


def _shown(host: Host, step: Callable[[], None]) -> bool:
    try:
        step()
    except RefusedError as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True


def _ask(api: Api, query: Query) -> Any:
    return read(Answer, api=api, path=query.path, body=query.body, absent=True)


def _word(paused: bool) -> str:
    return "paused" if paused else "goes on"


def _online(workers: list[WorkerInfo] | None, worker: str) -> bool:
    return any(one["worker"] == worker and one["status"] == "ONLINE" for one in workers or ())


def _check_names(worker: str, work_pool: str) -> None:
    check_name("worker", worker)
    check_name("work_pool", work_pool)


def _check_seconds(seconds: float) -> None:
    if not 0 < seconds <= _DAY:
        reason = f"{seconds!r} is no time to wait"
        raise OperationValueError(messages.BAD_VALUE.text(argument="seconds", reason=reason))
