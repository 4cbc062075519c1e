"""Labs for the tests of any repository: ``pytest_plugins = ["winfra.lab.fixtures"]``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from winfra.lab.state import Lab

LabFactory = Callable[..., Lab]


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this test run's labs."""
    return tmp_path_factory.mktemp("labs")


@pytest.fixture(scope="session")
def _shared_lab(lab_home: Path) -> Iterator[Lab]:
    lab = Lab("windows", lab_home)
    lab.start()
    yield lab
    lab.remove()


@pytest.fixture
def lab(_shared_lab: Lab, lab_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A bare, running lab named ``windows``; ``@lab/windows`` is this one."""
    monkeypatch.setenv("WINFRA_LAB_HOME", str(lab_home))
    _shared_lab.start()
    _shared_lab.reset()
    settings = vars(_shared_lab.config)
    yield _shared_lab
    if vars(_shared_lab.config) != settings:
        _shared_lab.configure(**settings)


@pytest.fixture
def lab_factory(lab_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabFactory]:
    """Makes further labs: ``lab_factory("other", reboot_seconds=0.1)``; they end with the test."""
    monkeypatch.setenv("WINFRA_LAB_HOME", str(lab_home))
    made: list[Lab] = []

    def make(name: str, **settings: Any) -> Lab:
        lab = Lab(name, lab_home)
        lab.make()
        made.append(lab)
        if settings:
            lab.configure(**settings)
        lab.start()
        return lab

    yield make
    for lab in made:
        lab.remove()
