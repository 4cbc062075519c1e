from __future__ import annotations

from pathlib import Path

import pytest

from winfra.lab.state import Lab


@pytest.fixture(scope="module")
def machine_lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A machine without its daemon, shared by the tests of a module."""
    lab = Lab("machine", Path(tmp_path_factory.mktemp("labs")))
    lab.make()
    return lab


@pytest.fixture
def machine(tmp_path: Path) -> Lab:
    """A machine without its daemon, of this test alone."""
    lab = Lab("machine", tmp_path)
    lab.make()
    return lab
