"""What a run has come to, printed once when it ends, after pyinfra's own results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from pyinfra import logger
from pyinfra.api import Host, State
from pyinfra.api.operation import OperationMeta
from pyinfra.api.output import format_text
from pyinfra.api.state import BaseStateCallback, StateStage
from typing_extensions import override

SEPARATOR = " | "
"""Between a section and an operation in it, as pyinfra names them."""
CHANGED, STOPPED = "Changed", "Stopped at"
VERSIONS, ADDRESSES, LOGS, RUN = "Versions", "Addresses", "Logs", "Newest run"
_ORDER = [CHANGED, STOPPED, VERSIONS, ADDRESSES, LOGS, RUN]


class Summary(BaseStateCallback):
    """Rows by host; what has changed is seen from the operations."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, list[str]]] = {}
        self._gone: set[Host] = set()

    def put(self, host: Host, title: str, *lines: str) -> None:
        """Have a row; one with the same title is replaced."""
        # By its name: pyinfra's current host is another one in the end.
        self._rows.setdefault(host.name, {})[title] = [*lines]

    @override
    def host_disconnect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """The run is over when the last host has gone; a dry run has come to nothing."""
        self._gone.add(host)
        if self._gone >= state.activated_hosts and state.current_stage >= StateStage.Execute:
            logger.info("--> Summary:")
            for line in self._lines(state):
                logger.info("%s", line)

    def _lines(self, state: State) -> Iterator[str]:
        hosts = [host for host in state.inventory if host.name in self._rows]
        found = {host.name: {**_changes(state, host), **self._rows[host.name]} for host in hosts}
        width = max(len(title) for rows in found.values() for title in rows)
        for name, rows in found.items():
            if len(found) > 1:
                yield format_text(name, bold=True)
            for title, lines in sorted(rows.items(), key=lambda row: _ORDER.index(row[0])):
                yield from (
                    f"{title if number == 0 else '':<{width}}  {line}"
                    for number, line in enumerate(lines)
                )


def of(state: State) -> Summary:
    """The one of this run."""
    found = [one for one in state.callback_handlers if isinstance(one, Summary)]
    if not found:
        found = [Summary()]
        state.add_callback_handler(found[0])
    return found[0]


def _changes(state: State, host: Host) -> dict[str, list[str]]:
    own = state.ops[host]
    order = [one for one in state.get_op_order() if one in own]
    names = {one: min(state.op_meta[one].names) for one in order}
    metas = {one: own[one].operation_meta for one in order}
    done = [*takewhile(lambda one: metas[one].is_complete(), order)]
    changed = [names[one] for one in done if metas[one].did_change()]
    rows = {CHANGED: [_counted(changed, len(order))]}
    if stop := next((names[one] for one in order if not _succeeded(metas[one])), None):
        rows[STOPPED] = [format_text(stop, "red")]
    return rows


def _counted(changed: list[str], of_all: int) -> str:
    if not changed:
        return f"nothing of {of_all} operations"
    sections = dict.fromkeys(name.partition(SEPARATOR)[0] for name in changed)
    return f"{len(changed)} of {of_all} operations: {', '.join(sections)}"


def _succeeded(meta: OperationMeta) -> bool:
    return bool(meta.is_complete() and meta.did_succeed())
