"""What can be wrong with the place where Prefect keeps what it does."""

from __future__ import annotations

from winfra.messages import Message

NO_RUN = Message(
    "prefect_proof_no_run",
    "no run of {deployment} has completed at {url}",
    "Run it first (prefect.flow_run)",
)
NOT_STORED = Message(
    "prefect_run_not_stored",
    "run {run} of {deployment} has completed, and is not in {database} on {address}:{port}",
    "The Prefect server keeps its data elsewhere: see PREFECT_SERVER_DATABASE_* in its settings, and restart it",
)
HOST_AWAY = Message(
    "prefect_database_host_away",
    "whether a run is in {database} cannot be asked: {host} is not connected",
    "Let the run have this host, too (--limit)",
)
OWN_DATABASE = Message(
    "prefect_own_database",
    "Prefect has written to a database of its own: {files}",
    "A service has no server in its settings (PREFECT_API_URL), or no database (PREFECT_SERVER_DATABASE_*); "
    "run section 5 and restart it, then remove these files",
)
