"""Operations one after another over one connection to a lab, each seen on its own.

Unlike the fixture ``lab``, which is a bare machine for each test, ``trial`` keeps machine and
connection for a module; only the drive D: is empty again for each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pyinfra.api import State
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.facts import get_fact
from pyinfra.api.operation import OperationMeta
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_host, ctx_inventory, ctx_state

from tests.harness import Applied, connected, seen
from winfra.connector import WinRMConnector
from winfra.lab.state import Lab
from winfra.operations import environment


class Trial:
    """A connected lab, on which operations are tried dry or for good."""

    def __init__(self, lab: Lab, state: State) -> None:
        self.lab = lab
        self._state = state
        (self.host,) = state.inventory

    def dry(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Applied:
        """As ``pyinfra --dry --diff`` does it; the operation may be a deploy."""
        self._state.config.DIFF = True
        return self._try(StateStage.Prepare, operation, arguments, options)

    def run(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Applied:
        """As ``pyinfra -y`` does it; the operation may be a deploy."""
        self._state.config.DIFF = False
        return self._try(StateStage.Execute, operation, arguments, options)

    @property
    def connector(self) -> WinRMConnector:
        return cast(WinRMConnector, self.host.connector)

    def forget(self) -> None:
        """What the host has said before: each operation is a run of its own."""
        self.connector._answers.clear()

    def fact(self, kind: type[Any], **arguments: Any) -> Any:
        self.forget()
        return get_fact(self._state, self.host, kind, kwargs=arguments)

    def ask(self, kind: type[Any], **arguments: Any) -> Applied:
        """What a user sees of a fact that fails."""
        applied = Applied()
        with seen(applied.lines):
            try:
                self.fact(kind, **arguments)
            except PyinfraError:
                applied.failed = True
        self._recover()
        return applied

    def _try(
        self, stage: StateStage, operation: Callable[..., Any], arguments: Any, options: Any
    ) -> Applied:
        state, applied = self._state, Applied()
        self.forget()
        state.current_stage = stage
        state.is_executing = stage == StateStage.Execute
        with seen(applied.lines), _context(state, self.host):
            try:
                before = self._metas()
                operation(*arguments, **options)
                metas = [meta for meta in self._metas() if not any(meta is one for one in before)]
                applied.will_change = any(meta.will_change for meta in metas)
                applied.changed = any(meta.is_complete() and meta.did_change() for meta in metas)
            except PyinfraError as error:
                applied.lines.append(str(error))
                applied.failed = True
        applied.failed = applied.failed or bool(state.failed_hosts)
        self._recover()
        return applied

    def _metas(self) -> list[OperationMeta]:
        return [data.operation_meta for data in self._state.ops[self.host].values()]

    def _recover(self) -> None:
        self._state.failed_hosts.clear()
        self._state.active_hosts.add(self.host)


@pytest.fixture(scope="session")
def _trial_lab(lab_home: Path) -> Iterator[Lab]:
    lab = Lab("trial", lab_home)
    lab.start()
    yield lab
    lab.remove()


@pytest.fixture(scope="module")
def _module_trial(_trial_lab: Lab) -> Iterator[Trial]:
    _trial_lab.start()
    _trial_lab.reset()
    with connected_to(_trial_lab) as trial:
        yield trial


@pytest.fixture
def trial(_module_trial: Trial) -> Trial:
    """A connected lab: ``trial.dry(files.directory, path=…)``, ``trial.run(…)``."""
    clear(_module_trial.lab.drive("D"))
    return _module_trial


def clear(folder: Path) -> None:
    """Empty a folder, what is read-only in it included."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def connected_to(lab: Lab, **data: Any) -> Iterator[Trial]:
    """One connection to a lab of one's own, with data of the host."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINFRA_LAB_HOME", str(lab.home))
        with connected(lab, data=data) as state:
            state.print_noop_info = True
            yield Trial(lab, state)


@contextmanager
def _context(state: State, host: Any) -> Iterator[None]:
    with ctx_state.use(state), ctx_inventory.use(state.inventory), ctx_host.use(host):
        yield


@contextmanager
def failing(lab: Lab, program: str, output: str, code: int, when: str = "") -> Iterator[None]:
    """A program of Windows that says this and ends with this exit code.

    + when: only if this is among its arguments; otherwise it does its work
    """
    path = lab.path(rf"C:\Windows\System32\{program}")
    kept = path.with_suffix(".kept")
    path.rename(kept)
    otherwise = f'case "$*" in *"{when}"*) ;; *) exec "{kept}" "$@" ;; esac'
    path.write_text(f"#!/bin/sh\n{otherwise}\necho '{output}'\nexit {code}\n")
    path.chmod(0o755)
    try:
        yield
    finally:
        kept.replace(path)


@contextmanager
def machine_variables(trial: Trial, values: Mapping[str, str]) -> Iterator[None]:
    """Variables that somebody has set for the whole machine, as each session sees them."""
    for name, value in values.items():
        assert not trial.run(environment.variable, name, value).failed
    try:
        yield
    finally:
        for name in values:
            trial.run(environment.variable, name, present=False)


@contextmanager
def no_host() -> Iterator[None]:
    """For arguments that are refused before a host is asked: nothing can be asked."""
    state = SimpleNamespace(cwd=None, inventory=None)
    host = SimpleNamespace(state=SimpleNamespace(failed_hosts=()))
    with ctx_state.use(state), ctx_inventory.use(object()), ctx_host.use(host):
        yield
