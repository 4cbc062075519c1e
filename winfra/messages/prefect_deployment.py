"""What can be wrong with a deployment of a flow, and with its runs."""

from __future__ import annotations

from winfra.messages import Message

BAD_ARGUMENT = Message(
    "prefect_deployment_argument",
    "{argument}: {value!r} will not do: {reason}",
    "The documentation of the operation says what the argument takes",
)
NO_DEPLOYMENT = Message(
    "prefect_no_deployment",
    "there is no deployment {deployment} at {url}",
    "Correct its name, or make it first (prefect.deployment)",
)
NO_POOL = Message(
    "prefect_deployment_no_pool",
    "{deployment} is to be in work pool {work_pool}, which is not at {url}",
    "Correct the pool's name, or make it first (prefect.work_pool)",
)
RUN_NOT_TAKEN = Message(
    "prefect_run_not_taken",
    "no worker has taken run {run} of {deployment} within {seconds} s: {reason}",
    "See that a worker is online in its pool, that the pool is neither paused nor full, and that the hosts' clocks "
    "agree; this run is cancelled",
)
RUN_HANGS = Message(
    "prefect_run_hangs",
    "run {run} of {deployment} is {found} after {seconds} s",
    "Its log stands above; it is being cancelled. Give it more seconds, where it needs them",
)
RUN_FAILED = Message(
    "prefect_run_failed",
    "run {run} of {deployment} ended as {found}: {reason}",
    "Its log stands above; one that crashed says more in the worker's log",
)
