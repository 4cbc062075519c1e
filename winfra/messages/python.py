"""Sentences about Python on a host: the interpreter that runs Prefect."""

from __future__ import annotations

from winfra.messages import Message

PYTHON_REFUSED = Message(
    "python_refused",
    "{argument}: {reason}",
    "Correct it where the installation is called, or in group data",
)
SOURCE_REFUSED = Message(
    "python_source_refused",
    "python_source is {source!r}, and it can be {sources}",
    "Correct it in group data",
)
SOURCE_UNSET = Message(
    "python_source_unset",
    "{key} is not set in group data, and python_source is {source!r}",
    "Name the file and its SHA-256 there; or use a Python that is there, with python_source = 'existing'",
)
MISSING = Message(
    "python_missing",
    "there is no python.exe in {folder} on {host}",
    "Name the folder of a full Python (python_folder), or have one installed (python_source)",
)
SILENT = Message(
    "python_silent",
    "{folder}\\python.exe on {host} does not run: {problem}",
    "Repair that Python or remove it, and run again",
)
VIRTUAL = Message(
    "python_virtual",
    "{folder} on {host} is a virtual environment of {base}",
    "Its python.exe only starts another process, which a service cannot be: name a full Python "
    "(python_folder)",
)
WRONG_VERSION = Message(
    "python_wrong_version",
    "{folder} on {host} has Python {found}, and {wanted} is wanted",
    "Correct python_version, or choose another folder (python_folder, conda_environment); this one is "
    "left alone",
)
WRONG_KIND = Message(
    "python_wrong_kind",
    "{folder} on {host} has {found}, and wheels are for CPython on 64-bit x64",
    "Install python.org's Windows installer (64-bit), or Miniforge for x86_64",
)
NO_PIP = Message(
    "python_no_pip",
    "the Python in {folder} on {host} has no pip",
    "Install it there (python.exe -m ensurepip; conda install pip), or choose a Python that has it; "
    "python.org's embeddable package is none",
)
ELSEWHERE = Message(
    "python_elsewhere",
    "Python {version} is installed for all users of {host} in {found}, and Windows has room for one",
    "Set python_folder to that folder, or uninstall it there; to have one beside it, use conda "
    "(python_source)",
)
OTHER_VERSION = Message(
    "python_other_version",
    "{path} does not install on {host}: there is another version of Python {version} (1638)",
    "Give an installer that is as new as that one, or uninstall it (Apps & features names it)",
)
INSTALLER_FAILED = Message(
    "python_installer_failed",
    "{path} has not installed Python in {folder} on {host} ({outcome}): {said}",
    "Its whole log is {log} there; 1618 is another installation under way, 1625 and 1642 a policy "
    "that forbids it",
)
RESTART = Message(
    "python_restart",
    "Python is installed in {folder} on {host}, and Windows has to restart before it is used (3010)",
    "Restart the host and run again; with allow_reboot=True in group data the run does it",
)
NO_SPACE = Message(
    "python_no_space",
    "drive {drive} of {host} has {free} MB free, and Python in {folder} needs {needed} MB",
    "Free space on it, or choose a folder on another drive (python_folder, conda_folder)",
)
