"""What can be wrong with where a Prefect server listens."""

from __future__ import annotations

from winfra.messages import Message

BAD_ADDRESS = Message(
    "prefect_bad_address",
    "{key} is {value!r}: {reason}",
    "Correct it in group data",
)
NO_LOGIN = Message(
    "prefect_opened_without_login",
    "prefect_listen is {address}, so whoever reaches port {port} of {host} could have any program run by "
    "the worker",
    "Give PREFECT_AUTH_STRING='user:password' in .env, or listen on 127.0.0.1",
)
NO_NETWORKS = Message(
    "prefect_opened_to_nobody",
    "prefect_listen is {address}, and the firewall of {host} lets nobody reach port {port}",
    "Name the networks of those who shall in prefect_networks, such as 10.0.0.0/8; where other rules let "
    "them, nothing is to be done",
)
OPENED = Message(
    "prefect_opened",
    "port {port} of {host} is open to {networks}; in Prefect {version} {what} without a login, and nothing "
    "is encrypted",
    "Put a proxy with TLS and a login of its own before it, which takes the server's own name alone as Host; "
    "the README says what each version leaves open",
)
