"""What a server or its client library says when something is wrong, as an entry of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from winfra.messages import Message, postgresql as messages

# What libpq says in English under LC_MESSAGES=C, what the server says in English unless lc_messages has
# it otherwise; 10060 and 10061 are Windows' numbers, whose texts are in Windows' language.
_CONNECTING: tuple[tuple[str, Message], ...] = (
    (r"the database system is|57P03", messages.NOT_READY),
    (r"too many clients|too many connections|remaining connection slots", messages.TOO_MANY),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects", messages.NO_RULE),
    (r"FATAL: +database .* does not exist", messages.NO_DATABASE),
    (r"authentication failed|no password supplied|FATAL: +role ", messages.LOGIN_REFUSED),
    (r"refused|10061|timeout expired|timed out|10060", messages.NO_SERVER),
    (r"could not translate|could not resolve|failed to resolve|unreachable", messages.NO_SERVER),
    (r"SSL|certificate|TLS", messages.TLS_REFUSED),
)
_STATES = {"42501": messages.SQL_DENIED, "57014": messages.SQL_TIMEOUT}
_ERROR = re.compile(r"^(?:psql:[^\n]*?:\d+: )?[^\s:]+: +([0-9A-Z]{5}): (.*)$", re.MULTILINE)
_MORE = re.compile(r"^(?:DETAIL|HINT): +(.*)$", re.MULTILINE)
_HIDDEN = "*MASKED*"


class SqlError(OSError):
    """A sentence of the catalogue about a server."""

    def __init__(self, message: Message, **values: object) -> None:
        super().__init__(message.text(**values))
        self.catalogued = message


def connecting(text: str, values: Mapping[str, Any]) -> SqlError:
    """Why there is no connection."""
    for pattern, message in _CONNECTING:
        if re.search(pattern, text):
            return SqlError(message, **values, reason=_reason(text))
    return SqlError(messages.CONNECTION_FAILED, **values, reason=_reason(text))


def refused(
    state: str, parts: Iterable[str | None], values: Mapping[str, Any], hidden: Iterable[str]
) -> SqlError:
    """Why a statement was not done: message, detail, hint."""
    reason = "; ".join(" ".join(part.split()).rstrip(".") for part in parts if part)
    message = _STATES.get(state, messages.SQL_FAILED)
    return SqlError(message, **values, state=state, reason=masked(reason, hidden))


def psql_failed(
    code: int, output: str, values: Mapping[str, Any], hidden: Iterable[str]
) -> SqlError:
    """What psql's exit code and error output mean ("psql", exit status: 2 connection, 3 script)."""
    if code == 2:
        return connecting(masked(output, hidden), values)
    # The last one: psql stops at an error, and before it there may be notices, which look the same.
    for found in list(_ERROR.finditer(output))[-1:]:
        # LINE, which quotes the statement, is left out: a password may stand in it.
        more = _MORE.findall(output[found.end() :])
        return refused(found[1], [found[2], *more], values, hidden)
    return program_failed("psql", code, output, values, hidden)


def program_failed(
    program: str, code: int, output: str, values: Mapping[str, Any], hidden: Iterable[str]
) -> SqlError:
    """What another program of PostgreSQL says: why it has no connection, or its first line."""
    if "connection to server" in output or "could not translate host name" in output:
        return connecting(masked(output, hidden), values)
    reason = masked(_reason(output), hidden) or "it said nothing"
    return SqlError(messages.PROGRAM_FAILED, program=program, code=code, reason=reason)


def masked(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, _HIDDEN)
    return text


def _reason(text: str) -> str:
    """The last part of libpq's text, which first says what it tried, often at several addresses."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    said = re.split(r"(?<!connection) failed: ", first, maxsplit=1)[-1]
    return re.sub(r"^(psql|pg_dump|pg_restore): error: *|^[A-Z]+: +", "", said).rstrip(".")
