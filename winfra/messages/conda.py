"""Sentences about conda on a host, and its environments."""

from __future__ import annotations

from winfra.messages import Message

CONDA_REFUSED = Message(
    "conda_refused",
    "{argument}: {reason}",
    "Correct it where the operation is called, or in group data",
)
CONDA_MISSING = Message(
    "conda_missing",
    "there is no conda in {folder} on {host}",
    "Name the folder of an Anaconda or Miniforge that is there (conda_folder), or an installer and its "
    "SHA-256 (conda_installer and conda_installer_sha256 in group data)",
)
NOT_EMPTY = Message(
    "conda_not_empty",
    "{folder} on {host} is not empty and holds no {wanted}: {entries}",
    "Look at what that is; move it away, or choose another folder (conda_folder, conda_environment)",
)
INSTALLER_FAILED = Message(
    "conda_installer_failed",
    "{path} has not installed conda in {folder} on {host} ({outcome})",
    "It keeps no log: run it on the host without /S to see what it says, then remove {folder} and run "
    "again",
)
CREATION_FAILED = Message(
    "conda_creation_failed",
    "conda has not made {path} on {host} ({outcome}): {said}",
    "What was there is as it was. Packages that the host cannot fetch have to lie beside the explicit "
    "file (conda_packages)",
)
IN_USE = Message(
    "conda_in_use",
    "{Path} cannot be moved aside for its successor: {Reason}",
    "Close the programs that run from it or have files of it open, and run again",
)
LINE_REFUSED = Message(
    "conda_line_refused",
    "{file}: line {line} is no package with its hash: {text}",
    "Make the file with 'conda list --explicit --md5' (or --sha256) in an environment for win-64",
)
PACKAGE_DIFFERS = Message(
    "conda_package_differs",
    "{file} is not the package that is meant: its {kind} is {found}, and {wanted} is wanted",
    "Fetch it again, or make the explicit file anew",
)
