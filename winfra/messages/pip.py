"""Sentences about packages that pip installs on a host from a wheelhouse."""

from __future__ import annotations

from winfra.messages import Message

OTHER_PACKAGES = Message(
    "pip_other_packages",
    "{wheels} has {found}, and {wanted} is wanted",
    "Build the wheelhouse for that version (`make wheelhouse`), or correct prefect_version",
)
UNFIT = Message(
    "pip_unfit",
    "{python} on {host} is {found}, and the wheels in {wheels} are for {target}",
    "Correct python_version, or build a wheelhouse for that Python; nothing has been changed",
)
OLD_PIP = Message(
    "pip_old",
    "the Python in {folder} on {host} has pip {found}, and {wanted} or newer is needed",
    "Update it there (conda update pip, or a newer Python)",
)
NO_SPACE = Message(
    "pip_no_space",
    "drive {drive} of {host} has {free} MB free, and the packages need {needed} MB there",
    "Free space on it; nothing has been changed",
)
REFUSED = Message(
    "pip_refused",
    "pip on {host} would not install the packages of {wheels} ({outcome})",
    "What it says is above; nothing has been changed for {python}",
)
IN_USE = Message(
    "pip_in_use",
    "{host} has files open that would be replaced with their packages: {files}",
    "End what has them open, and run again, which starts the services too; no package has been changed",
)
FAILED = Message(
    "pip_failed",
    "pip on {host} has not installed all packages of {wheels} ({outcome})",
    "What it says is above; end what else uses {python}, and run again: the run goes on where this one "
    "stopped",
)
CONFLICT = Message(
    "pip_conflict",
    "the packages of {python} on {host} do not fit one another",
    "What pip check says is above: change the lock, or remove what somebody else has installed",
)
