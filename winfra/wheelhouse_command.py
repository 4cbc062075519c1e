"""The command line of ``python -m winfra.wheelhouse``."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

from pyinfra.api import OperationValueError

from winfra.prefect_layout import DEFAULTS
from winfra.wheel_lock import PLATFORMS, Target
from winfra.wheel_locks import Locks
from winfra.wheelhouse import Wheelhouse, default
from winfra.wheelhouse_build import build

_CHECKOUT = Path(__file__).parents[1]
# In a checkout, and in an environment with the wheel.
_LOCKS = (_CHECKOUT / "files" / "prefect", _CHECKOUT / "prefect_on_windows" / "files" / "prefect")
VERSION = "Prefect's, as in 3.4.25"


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except OperationValueError as error:
        sys.exit(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m winfra.wheelhouse", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    building = commands.add_parser("build", help="fetch every wheel that a lock names")
    site = _site()
    building.add_argument("version", nargs="?", default=site["prefect_version"], help=VERSION)
    building.add_argument(
        "--python", default=site["python_version"], help="the host's; %(default)s"
    )
    building.add_argument("--platform", default="windows", choices=PLATFORMS, help="%(default)s")
    building.add_argument("--folder", type=Path, help="build/wheelhouse/prefect-VERSION-PLATFORM-…")
    building.set_defaults(run=_build)
    locking = commands.add_parser("lock", help="make the locks of a version, with uv")
    locking.add_argument("version", help=VERSION)
    locking.add_argument("--before", metavar="DAY", help="ignore what was published since then")
    locking.add_argument("--upgrade", action="store_true", help="forget what was locked before")
    locking.set_defaults(run=_lock)
    for command in building, locking:
        command.add_argument("--locks", type=Path, help="folder of the locks; default: our own")
    return parser


def _site() -> dict[str, Any]:
    """The versions in the group data of this folder, where there are any."""
    file = Path("group_data", "all.py")
    values = runpy.run_path(str(file)) if file.is_file() else {}
    names = ("prefect_version", "python_version")
    return {name: values.get(name) or DEFAULTS[name] for name in names}


def _build(options: argparse.Namespace) -> None:
    target = Target(options.python, options.platform)
    folder = options.folder or default(options.version, options.python, options.platform)
    lock = _locks(options).existing(options.version, options.platform)
    if build(lock, folder, target):
        there = Wheelhouse.read(folder, target.python, target.platform)
        size = f"{there.bytes / 1e6:.0f} MB"
        sys.stdout.write(f"{folder}: {len(there.wheels)} wheels for {target}, {size}\n")


def _lock(options: argparse.Namespace) -> None:
    for file in _locks(options).make(
        options.version, before=options.before, upgrade=options.upgrade
    ):
        sys.stdout.write(f"{file}\n")


def own_locks() -> Path:
    """The folder of the locks that come with this package."""
    return next((folder for folder in _LOCKS if folder.is_dir()), _LOCKS[0])


def _locks(options: argparse.Namespace) -> Locks:
    return Locks(options.locks or own_locks())
