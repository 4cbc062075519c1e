"""What can be wrong with a Prefect server that runs, and with workers."""

from __future__ import annotations

from winfra.messages import Message

BAD_VALUE = Message(
    "prefect_worker_value",
    "{argument}: {reason}",
    "The documentation of the operation says what the argument takes",
)
SERVER_NOT_READY = Message(
    "prefect_server_not_ready",
    "the Prefect server at {url} is not ready after {seconds} s (service {service})",
    "Its log, whose end is below, says what it waits for: most often PostgreSQL, or its port is taken",
)
WORKER_NOT_ONLINE = Message(
    "prefect_worker_not_online",
    "worker {worker} is not online in the work pool {pool} after {seconds} s (service {service})",
    "Its log, whose end is below, says what it waits for: most often the server, or a wrong "
    "PREFECT_AUTH_STRING",
)
NOT_DRAINED = Message(
    "prefect_worker_not_drained",
    "{who} is stopped without letting runs end, since the server cannot be asked: {reason}",
    "Runs that this cuts off are marked as crashed by their worker; run them again",
)
RUNS_CUT_OFF = Message(
    "prefect_runs_cut_off",
    "{who} is stopped while runs go on after {seconds} s: {runs}",
    "They are cut off, and marked as crashed by their worker; give longer ones more worker_drain_seconds",
)
RUNS_LEFT = Message(
    "prefect_runs_left",
    "worker {worker} still has runs after {seconds} s: {runs}",
    "They go on, and the work pool {pool} stays paused; wait for them, or give more seconds",
)
POOL_STAYS_PAUSED = Message(
    "prefect_pool_stays_paused",
    "the work pool {pool} was paused for {who} and stays so, since the server cannot be asked: "
    "{reason}",
    "Once the server answers run again, or: prefect work-pool resume {pool}",
)
