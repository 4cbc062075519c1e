"""What can be wrong with scheduled tasks."""

from winfra.messages import Message

TASK_NAME = Message(
    "task_name",
    "task: {task!r} cannot name a scheduled task: {reason}",
    r"Give a name such as Backup, or with its folders such as \Prefect\Backup",
)
COMMAND_MISSING = Message(
    "task_command_missing",
    "command: the task {task} has none",
    r"Give the full path of the program, such as D:\python\python.exe",
)
TASK_ACCOUNT = Message(
    "task_account",
    "account: the task {task} cannot run as {account}, whose password Windows would have to store",
    "Give SYSTEM or LOCAL SERVICE; what must run as another account belongs into a service",
)
TASK_ARGUMENT = Message(
    "task_argument",
    "{argument}: {value!r} {reason}",
    "See winfra.operations.scheduled_tasks for what a task can be told",
)
TASK_DENIED = Message(
    "task_denied",
    "the scheduled task {Task} cannot be read or changed: {Reason}",
    "Connect as an administrator with a full token",
)
TASK_REFUSED = Message(
    "task_refused",
    "Windows refuses the scheduled task {Task}: {Reason}",
    "Compare its arguments with what the task scheduler of this version of Windows takes; the place "
    "in brackets is the line and the column of the XML that -vvv shows",
)
