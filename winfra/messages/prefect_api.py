"""What can be wrong between a host and the API of a Prefect server."""

from __future__ import annotations

from winfra.messages import Message

BAD_API = Message(
    "prefect_bad_api",
    "{argument}: {reason}",
    "Correct it where the Api is made",
)
BAD_NAME = Message(
    "prefect_bad_name",
    "{argument}: {name!r} is no name that Prefect takes: {reason}",
    "Choose one of letters, digits, - and _, such as local-pool",
)
NO_SERVER = Message(
    "prefect_no_server",
    "no Prefect server answers at {url}: {reason}",
    "Check that its service runs, that it listens there (prefect_server, prefect_port), and no firewall is "
    "between; its log says why it stopped",
)
NOT_READY = Message(
    "prefect_not_ready",
    "the Prefect server at {url} is not ready: {reason}",
    "Wait until it has started; without its database it never is, so check that PostgreSQL runs",
)
NOT_PREFECT = Message(
    "prefect_not_prefect",
    "what answers at {url} is no Prefect server: {reason}",
    "Correct prefect_server and prefect_port, or stop what listens there",
)
LOGIN_REFUSED = Message(
    "prefect_login_refused",
    "the Prefect server at {url} refuses the login: {reason}",
    "Correct PREFECT_AUTH_STRING in .env; a server takes a new one when it is restarted",
)
NOT_FOUND = Message(
    "prefect_not_found",
    "the Prefect server at {url} has nothing for {request}: {reason}",
    "Correct the name, or make first what it names",
)
REFUSED = Message(
    "prefect_refused",
    "the Prefect server at {url} refuses {request}: {reason} (HTTP {status})",
    "Correct what it names; where nothing is wrong with it, the server may be of a version that is not known here",
)
SERVER_FAILED = Message(
    "prefect_server_failed",
    "the Prefect server at {url} fails at {request}: {reason} (HTTP {status})",
    "Its log says why",
)
