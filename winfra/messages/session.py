"""What can be wrong in the session: its process, its requests, its files."""

from winfra.messages import Message

LANGUAGE_MODE = Message(
    "language_mode",
    "PowerShell on {host} runs in {mode}, in which it calls no .NET methods",
    "Let the device control policy (AppLocker, WDAC, __PSLockdownPolicy) except this account's "
    "administration, or manage this host by hand",
)
NO_PROCESS = Message(
    "no_process",
    "PowerShell did not start on {host}: {reason}",
    "Run 'powershell.exe -NoProfile -Command $PSVersionTable' on the host; an antivirus may have "
    "stopped it",
)
PROCESS_ENDED = Message(
    "process_ended",
    "the PowerShell process on {host} ended during {script} (exit code {code})",
    "Something on the host ended it (an antivirus, an administrator, a memory quota): look into its "
    "event log, then run again",
)
CONNECTION_LOST = Message(
    "connection_lost",
    "the connection to {host} was lost during {script}: {reason}",
    "Whether it was done is not known; run again: what is already done will not be done twice",
)
SHELL_LOST = Message(
    "shell_lost",
    "{host} has ended the session during {script}: {reason}",
    "The host or its WinRM service restarted, or an idle time ran out; run again",
)
DAMAGED_REPLY = Message(
    "damaged_reply",
    "a reply of {host} to {script} was damaged: {reason}",
    "Run again; if it repeats, something between here and the host changes the data",
)
DEADLINE = Message(
    "deadline",
    "{script} on {host} took longer than {seconds} s and was ended with all it had started",
    "Give it a larger _timeout, or find out on the host what it waits for",
)
SCRIPT_FAILED = Message(
    "script_failed",
    "{reason} ({script}, line {line}: {statement})",
    "This is the host's own error; where it does not say what to do, run with -vvv and report it",
)
EXIT_CODE = Message(
    "exit_code",
    "the command ended with exit code {code}",
    "If that is a success, name it in _success_exit_codes",
)
PROGRAM_NOT_STARTED = Message(
    "program_not_started",
    "{Path} could not be started: {Reason}",
    "Check that the program is there and that this account may run it",
)
NO_MEANING = Message(
    "no_meaning",
    "{argument}={value!r} has no meaning on Windows",
    "Leave it out: the session runs as winrm_user; a service runs as its own account",
)
NO_DIRECTORY = Message(
    "no_directory",
    "_chdir names {path}, which is no folder on the host",
    "Make it first, or correct the path",
)
