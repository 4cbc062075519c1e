"""What can be wrong with services of the service host, and with the folder it is in."""

from __future__ import annotations

from winfra.messages import Message

LOCAL_FOLDER_MISSING = Message(
    "local_folder_missing",
    "src: there is no folder '{path}' on this machine",
    "Correct src; a relative path starts at the folder of the deploy",
)
REFUSED = Message(
    "service_host_refused",
    "{argument}: {reason}",
    "The documentation of service_host.service says what each argument takes",
)
DIGESTS_FAILED = Message(
    "service_host_digests_failed",
    "the service host in {folder} cannot say what it would start: {reason}",
    "Run files.sync for that folder first, and check that {python} is a Python of 3.10 or later",
)
CHECK_RUNS = Message(
    "service_host_check_runs",
    "the service {Service}, in which commands run as a service's account, runs already",
    "Wait until the other run has ended; if there is none, remove it: sc.exe stop {Service}, then "
    "sc.exe delete {Service}",
)
CHECK_NOT_STARTED = Message(
    "service_host_check_not_started",
    "{command} on {host} could not be started as {account}: {problem}",
    "Give that account read and execute on the program, and on the folders it needs",
)
CHECK_FAILED = Message(
    "service_host_check_failed",
    "{command} on {host} ended with exit code {code} as {account}",
    "Its output is above",
)
CHECK_TIMEOUT = Message(
    "service_host_check_timeout",
    "{command} on {host} did not end within {seconds} s as {account}, and was ended",
    "Give it more seconds, or find out from its output above what it waits for",
)
CHECK_NO_ANSWER = Message(
    "service_host_check_no_answer",
    "the service {service} on {host} ended without a result (exit code {code}, {specific})",
    "What it logged is below; give {account} read and execute on {python} and on {folder}",
)
