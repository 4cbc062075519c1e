"""What can be wrong with services."""

from __future__ import annotations

from winfra.messages import Message

REFUSED = Message(
    "service_refused",
    "{argument}: {reason}",
    "The documentation of services.service says what each argument takes",
)
NO_SERVICE = Message(
    "service_missing",
    "there is no service {service} on {host}",
    "Correct the name ('sc.exe query' lists them), or give path to have it made",
)
NO_DEPENDENCY = Message(
    "service_dependency_missing",
    "{service} on {host} is to depend on {missing}, and there is no such service",
    "Correct dependencies ('sc.exe query state= all' lists the names), or make that service first",
)
NO_PASSWORD = Message(
    "service_password_missing",
    "{service} on {host} is to log on as {account}, and there is no password for that",
    "Give password, from .env; a virtual or managed account needs none",
)
MARKED = Message(
    "service_marked_for_deletion",
    "{service} on {host} is marked for deletion and goes when the last program lets go of it",
    "Close services.msc, Task Manager and Process Explorer on the host (all users'), or restart it",
)
NOT_STOPPED = Message(
    "service_not_stopped",
    "{service} on {host} is still {state} {seconds} s after it was told to stop (process {process})",
    "Give it more stop_seconds; where it hangs, end it on the host: taskkill /F /T /PID {process}",
)
NOT_RUNNING = Message(
    "service_not_running",
    "{service} on {host} is still {state} {seconds} s after it was started",
    "Look into its own log for what it waits for, or give it more start_seconds",
)
ENDED = Message(
    "service_ended",
    "{service} on {host} started and stopped again at once, without an error",
    "Look into its own log for the reason; a program that has nothing to do stops like that",
)
NO_STOP = Message(
    "service_no_stop",
    "{service} on {host} runs and takes no stop (error 1052)",
    "Windows itself needs it, or its program was not made to be stopped: restart the server",
)
NO_FILE = Message(
    "service_no_file",
    "{service} on {host}: its program is not there: {path} (error 2)",
    "Correct path, or put the program there first",
)
NO_FOLDER = Message(
    "service_no_folder",
    "{service} on {host}: the folder of its program is not there: {path} (error 3)",
    "Correct path, or put the program there first",
)
DENIED = Message(
    "service_denied",
    "{service} on {host}: access is denied (error 5); it logs on as {account}, its program is {path}",
    "Give that account read and execute on the program and its folder; where the event log has "
    "nothing of it, winrm_user is no administrator",
)
NO_PROGRAM = Message(
    "service_no_program",
    "{service} on {host}: {path} is no program that this Windows can run (error 193)",
    "Name an .exe for 64 bit Windows; scripts need the program that runs them",
)
NOT_CONNECTED = Message(
    "service_not_connected",
    "{service} on {host} did not answer the service control manager in time (error 1053)",
    "Check that {path} is a program made to be a service, and try it on the host at a prompt: "
    "it may end at once, miss a file, or need longer than the 30 s that Windows gives it",
)
BAD_ACCOUNT = Message(
    "service_bad_account",
    "{service} on {host} cannot log on as {account}: that is no account for services (error 1057)",
    r"Correct account: NAME, DOMAIN\NAME, NT SERVICE\{service}, or LocalSystem",
)
DISABLED = Message(
    "service_disabled",
    "{service} on {host} is disabled, or a service that it depends on is (error 1058)",
    "Give enabled, for instance 'manual', here or with that service",
)
CIRCLE = Message(
    "service_circle",
    "{service} on {host} would depend on itself, by way of others (error 1059)",
    "Correct dependencies; 'sc.exe qc' shows those of a service",
)
SPECIFIC = Message(
    "service_specific_error",
    "{service} on {host} stopped with an error of its own, {specific} (error 1066)",
    "Its own log, or its documentation, says what the number means",
)
CRASHED = Message(
    "service_crashed",
    "{service} on {host} ended while it started, without a word to Windows (error 1067)",
    "Look into its own log and the Application event log of the host; try {path} at a prompt",
)
DEPENDENCY = Message(
    "service_dependency_failed",
    "{service} on {host} was not started, since a service that it depends on did not start "
    "(error 1068; it depends on {dependencies})",
    "Start those first: the first that fails says why",
)
LOGON = Message(
    "service_logon_failed",
    "{service} on {host} could not log on as {account} (error 1069)",
    "Check the password given here, that the account is not disabled, locked or expired, and that "
    "it may log on as a service (rights.user_right)",
)
DEPENDENCY_GONE = Message(
    "service_dependency_gone",
    "{service} on {host} depends on {dependencies}, and one of them is not there (error 1075)",
    "Correct dependencies, or install that service",
)
EXISTS = Message(
    "service_exists",
    "{service} on {host} could not be made, since that name is taken (error 1073)",
    "Choose another name; a driver has this one, or a program has made the service just now",
)
DISPLAY_NAME_TAKEN = Message(
    "service_display_name_taken",
    "{service} on {host}: another service has this display name, or this name (error 1078)",
    "Choose another display_name; services.msc shows who has it",
)
NO_PRIVILEGE = Message(
    "service_no_privilege",
    "{service} on {host} is to keep privileges that {account} has not (error 1297)",
    "Give the account those rights first (rights.user_right), or name fewer in privileges",
)
ERROR = Message(
    "service_error",
    "{service} on {host}: Windows refused to {action} it (error {code})",
    "'net helpmsg {code}' on the host says what the number means",
)
STAY_STOPPED = Message(
    "services_stay_stopped",
    "on {host} these depend on {service} and were stopped for it: {services}",
    "They stay stopped until {service} runs: find out why it does not, then start them",
)
PASSWORD_REFUSED = Message(
    "service_password_refused",
    "the new password could not be written to the service {Service}: Win32_Service.Change returned {Code}",
    "Connect as an administrator with a full token; the account still has its old password, so run "
    "again",
)
PORT_CLOSED = Message(
    "port_closed",
    "nothing on the host answers on {Address}:{Port} after {Seconds} s",
    "Look into the log of what should listen there; if it only needs longer, give more seconds",
)
PORT_OPEN = Message(
    "port_open",
    "something on the host still answers on {Address}:{Port} after {Seconds} s",
    "'netstat -ano' on the host shows which process it is",
)
