"""Operations and deploys run as pyinfra runs them, against a lab."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyinfra import logger
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.deploy import add_deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.facts import get_fact
from pyinfra.api.operations import run_ops
from pyinfra.api.output import set_echo
from pyinfra.api.state import StateStage

from winfra.lab.state import Lab

ROOT = Path(__file__).parents[1]
PROGRAM = "from pyinfra_cli.main import main; main()"
"""What the program ``pyinfra`` does; where that lies differs by platform."""


@dataclass
class Applied:
    """What came of a run.

    + changed: an operation ran commands
    + will_change: an operation would run commands, as the prepare phase says
    + output: every line that a user would see
    + failed: the host failed
    """

    changed: bool = False
    will_change: bool = False
    failed: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)


def apply(
    lab: Lab,
    target: Callable[..., Any],
    *arguments: Any,
    dry: bool = False,
    diff: bool = False,
    data: Mapping[str, Any] | None = None,
    **options: Any,
) -> Applied:
    """Prepare and run an operation or a deploy on a lab; with ``dry`` only prepare it.

    + data: of the host, beside the lab's own
    """
    applied = Applied()
    with seen(applied.lines), connected(lab, diff=diff, data=data) as state:
        try:
            add_deploy(state, target, *arguments, **options)
            applied.will_change = any(meta.will_change for meta in _metas(state))
            if not dry:
                state.set_stage(StateStage.Execute)
                run_ops(state)
                applied.changed = any(
                    meta.is_complete() and meta.executed for meta in _metas(state)
                )
        except PyinfraError as error:
            applied.lines.append(str(error))
            applied.failed = True
        applied.failed = applied.failed or bool(state.failed_hosts)
    return applied


def fact(lab: Lab, kind: type[Any], *arguments: Any, **options: Any) -> Any:
    """The fact of a lab."""
    with connected(lab) as state:
        (host,) = state.inventory
        return get_fact(state, host, kind, args=arguments, kwargs=options)


@contextmanager
def connected(
    lab: Lab, *, diff: bool = False, data: Mapping[str, Any] | None = None
) -> Iterator[State]:
    """pyinfra's state with one connected host, the lab."""
    name = f"@lab/{lab.name}"
    inventory = Inventory(([(name, dict(data or {}))], {}))
    state = State(inventory, Config(DIFF=diff, CONNECT_TIMEOUT=20))
    state.set_stage(StateStage.Connect)
    connect_all(state)
    state.set_stage(StateStage.Prepare)
    try:
        yield state
    finally:
        disconnect_all(state)


@contextmanager
def seen(lines: list[str]) -> Iterator[None]:
    """Collect what pyinfra logs and echoes."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    collector = Collector()
    level = logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.INFO)
    set_echo(lambda message=None, **_: lines.append(str(message or "")))
    try:
        yield
    finally:
        set_echo(lambda *_, **__: None)
        logger.setLevel(level)
        logger.removeHandler(collector)


def pyinfra_cli(
    *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the program ``pyinfra``; standard error is part of its standard output."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def _metas(state: State) -> list[Any]:
    return [
        operation.operation_meta
        for operations in state.ops.values()
        for operation in operations.values()
    ]
