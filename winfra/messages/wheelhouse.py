"""Sentences about wheelhouses, the folders of wheels that hosts install Prefect from, and their locks."""

from __future__ import annotations

from winfra.messages import Message

_BUILD = "`make wheelhouse`, for a lab `make lab-wheelhouse`, or `python -m winfra.wheelhouse build --help`"

TARGET_REFUSED = Message(
    "wheelhouse_target",
    "{argument}: {value!r} is none of {choices}",
    "Give one of these; other locks can be made with `python -m winfra.wheelhouse lock`",
)
NO_FOLDER = Message(
    "wheelhouse_missing",
    "there is no wheelhouse {folder}",
    f"Build it, on a machine that reaches a package index: {_BUILD}",
)
INCOMPLETE = Message(
    "wheelhouse_incomplete",
    "{folder} is no wheelhouse for {target}: {problems}",
    f"Build it again: {_BUILD}",
)
NO_LOCK = Message(
    "wheelhouse_no_lock",
    "there is no lock {file}",
    "Choose a version that has one ({versions}), or make it: `python -m winfra.wheelhouse lock {version}`",
)
LOCK_UNREADABLE = Message(
    "lock_unreadable",
    "{file}, line {line}: {text!r} is no package with one version and the hashes of its wheels",
    "Make the lock anew: `python -m winfra.wheelhouse lock VERSION`",
)
LOCK_WITHOUT_WHEEL = Message(
    "lock_without_wheel",
    "{package} has no wheel for {target}",
    "Choose another version of it in {constraints}",
)
LOCK_FAILED = Message(
    "lock_failed",
    "uv has found no versions for {target}: {reason}",
    "Change what the lock is made from; --upgrade forgets the versions that were locked before, and --before "
    "DAY says how new packages may be",
)
DOWNLOAD_FAILED = Message(
    "wheelhouse_download_failed",
    "pip has not fetched the wheels for {target}: {reason}",
    "Look at the index that pip is set to (`python -m pip config list`); {folder} is as it was",
)
