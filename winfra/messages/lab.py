"""What can be wrong with a lab."""

from winfra.messages import Message

NO_ENGINE = Message(
    "lab_no_engine",
    "the lab finds no PowerShell engine",
    "Install the wheel in vendor/ (Linux x86-64), or put pwsh 7 on the PATH",
)
NO_POSTGRESQL = Message(
    "lab_no_postgresql",
    "the lab finds no PostgreSQL in {folder}",
    "Install it with `apt-get install postgresql`",
)
NOT_STARTED = Message(
    "lab_not_started",
    "lab {name!r} did not start: {reason}",
    "Read {log}, or start afresh with `python -m winfra.lab reset {name}`",
)
OTHER_MAKER = Message(
    "lab_other_maker",
    "lab {name!r} was made by another version of this project, or by another Python",
    "Make it a bare machine of this one with `python -m winfra.lab reset {name}`",
)
NOT_RUNNING = Message(
    "lab_not_running",
    "lab {name!r} is not running",
    "Start it with `python -m winfra.lab start {name}`",
)
BAD_NAME = Message(
    "lab_bad_name",
    "{name!r} is no name for a lab",
    "Use letters, digits, '-' and '_', at most 32",
)
EXTRA_MISSING = Message(
    "lab_extra_missing",
    "@lab/{name}: the module {module} is not installed",
    "On Linux: pip install 'prefect-on-windows[lab]'; elsewhere there are no labs",
)
