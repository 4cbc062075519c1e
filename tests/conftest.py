from gevent import monkey  # type: ignore[import-untyped]  # isort: skip

# Before anything imports ssl or requests, as pyinfra's own program does.
monkey.patch_all()

import os  # noqa: E402
import signal  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402

from tests import harness, worker  # noqa: E402

if "PYTEST_XDIST_WORKER" in os.environ:
    worker.prepare()

# A shell without job control starts its background commands deaf to both, and their children inherit it.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (getattr(signal, "SIGQUIT", signal.SIGINT), signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

LAB_TESTS = Path(__file__).with_name("lab")
pytest_plugins = [
    "winfra.lab.fixtures",
    "tests.trial",
    "tests.database",
    "tests.prefect_server",
    "tests.prefect_site",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a lab: every fixture that does has it made in ``lab_home``."""
    for item in items:
        of_the_lab = LAB_TESTS in item.path.parents
        if of_the_lab or "lab_home" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.lab)


@pytest.fixture
def apply() -> Callable[..., harness.Applied]:
    """Run an operation or a deploy: ``apply(lab, files.put, src=…, dest=…)``."""
    return harness.apply


@pytest.fixture
def pyinfra_cli() -> Callable[..., Any]:
    """Run the program ``pyinfra``: ``pyinfra_cli("inventory.py", "deploy.py", "-y")``."""
    return harness.pyinfra_cli
