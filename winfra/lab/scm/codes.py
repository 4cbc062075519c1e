"""The numbers of the service interface, and the texts of its system errors."""

from __future__ import annotations

from winfra.lab.scm import dispatcher

ScmError = dispatcher.ScmError

# States, controls and accepted controls: SERVICE_STATUS, ControlService ("winsvc.h").
STOPPED, START_PENDING, STOP_PENDING, RUNNING = 1, 2, 3, 4
CONTINUE_PENDING, PAUSE_PENDING, PAUSED = 5, 6, 7
STATES = {
    STOPPED: "STOPPED",
    START_PENDING: "START_PENDING",
    STOP_PENDING: "STOP_PENDING",
    RUNNING: "RUNNING",
    CONTINUE_PENDING: "CONTINUE_PENDING",
    PAUSE_PENDING: "PAUSE_PENDING",
    PAUSED: "PAUSED",
}
STOP, PAUSE, CONTINUE, INTERROGATE, SHUTDOWN = 1, 2, 3, 4, 5
PARAMCHANGE, NETBIND_ADD, NETBIND_REMOVE, NETBIND_ENABLE, NETBIND_DISABLE = 6, 7, 8, 9, 10
PRESHUTDOWN = 15
USER_CONTROLS = range(128, 256)
ACCEPT_STOP, ACCEPT_PAUSE, ACCEPT_SHUTDOWN = 0x1, 0x2, 0x4
ACCEPT_PARAMCHANGE, ACCEPT_NETBIND, ACCEPT_PRESHUTDOWN = 0x8, 0x10, 0x100
NEEDED = {
    STOP: ACCEPT_STOP,
    PAUSE: ACCEPT_PAUSE,
    CONTINUE: ACCEPT_PAUSE,
    SHUTDOWN: ACCEPT_SHUTDOWN,
    PARAMCHANGE: ACCEPT_PARAMCHANGE,
    NETBIND_ADD: ACCEPT_NETBIND,
    NETBIND_REMOVE: ACCEPT_NETBIND,
    NETBIND_ENABLE: ACCEPT_NETBIND,
    NETBIND_DISABLE: ACCEPT_NETBIND,
    PRESHUTDOWN: ACCEPT_PRESHUTDOWN,
}
"""Control -> what a service has to accept for it; the others need nothing."""

KERNEL_DRIVER, FILE_SYSTEM_DRIVER, OWN_PROCESS, SHARE_PROCESS = 0x1, 0x2, 0x10, 0x20
INTERACTIVE_PROCESS = 0x100
WIN32 = OWN_PROCESS | SHARE_PROCESS
BOOT_START, SYSTEM_START, AUTO_START, DEMAND_START, DISABLED_START = 0, 1, 2, 3, 4
ERROR_IGNORE, ERROR_NORMAL, ERROR_SEVERE, ERROR_CRITICAL = 0, 1, 2, 3
SID_NONE, SID_UNRESTRICTED, SID_RESTRICTED = 0, 1, 3
ACTION_NONE, ACTION_RESTART, ACTION_REBOOT, ACTION_COMMAND = 0, 1, 2, 3
INFINITE = 0xFFFFFFFF

FILE_NOT_FOUND, PATH_NOT_FOUND, ACCESS_DENIED, INVALID_HANDLE = 2, 3, 5, 6
INVALID_PARAMETER, BROKEN_PIPE, INVALID_NAME, BAD_EXE_FORMAT, DIRECTORY = 87, 109, 123, 193, 267
DEPENDENT_SERVICES_RUNNING, INVALID_SERVICE_CONTROL, SERVICE_REQUEST_TIMEOUT = 1051, 1052, 1053
SERVICE_DATABASE_LOCKED, SERVICE_ALREADY_RUNNING, INVALID_SERVICE_ACCOUNT = 1055, 1056, 1057
SERVICE_DISABLED, CIRCULAR_DEPENDENCY, SERVICE_DOES_NOT_EXIST = 1058, 1059, 1060
SERVICE_CANNOT_ACCEPT_CTRL, SERVICE_NOT_ACTIVE = 1061, 1062
FAILED_SERVICE_CONTROLLER_CONNECT, SERVICE_SPECIFIC_ERROR, PROCESS_ABORTED = 1063, 1066, 1067
SERVICE_DEPENDENCY_FAIL, SERVICE_LOGON_FAILED, SERVICE_START_HANG = 1068, 1069, 1070
SERVICE_MARKED_FOR_DELETE, SERVICE_EXISTS = 1072, 1073
SERVICE_DEPENDENCY_DELETED, SERVICE_NEVER_STARTED = 1075, 1077
DUPLICATE_SERVICE_NAME, SHUTDOWN_IN_PROGRESS = 1078, 1115
INCOMPATIBLE_PRIVILEGE = 1297

TEXTS = {
    0: "The operation completed successfully.",
    2: "The system cannot find the file specified.",
    3: "The system cannot find the path specified.",
    5: "Access is denied.",
    6: "The handle is invalid.",
    87: "The parameter is incorrect.",
    109: "The pipe has been ended.",
    123: "The filename, directory name, or volume label syntax is incorrect.",
    193: "%1 is not a valid Win32 application.",
    206: "The filename or extension is too long.",
    267: "The directory name is invalid.",
    1051: "A stop control has been sent to a service that other running services are dependent on.",
    1052: "The requested control is not valid for this service.",
    1053: "The service did not respond to the start or control request in a timely fashion.",
    1054: "A thread could not be created for the service.",
    1055: "The service database is locked.",
    1056: "An instance of the service is already running.",
    1057: (
        "The account name is invalid or does not exist, or the password is invalid for the "
        "account name specified."
    ),
    1058: (
        "The service cannot be started, either because it is disabled or because it has no "
        "enabled devices associated with it."
    ),
    1059: "Circular service dependency was specified.",
    1060: "The specified service does not exist as an installed service.",
    1061: "The service cannot accept control messages at this time.",
    1062: "The service has not been started.",
    1063: "The service process could not connect to the service controller.",
    1064: "An exception occurred in the service when handling the control request.",
    1065: "The database specified does not exist.",
    1066: "The service has returned a service-specific error code.",
    1067: "The process terminated unexpectedly.",
    1068: "The dependency service or group failed to start.",
    1069: "The service did not start due to a logon failure.",
    1070: "After starting, the service hung in a start-pending state.",
    1071: "The specified service database lock is invalid.",
    1072: "The specified service has been marked for deletion.",
    1073: "The specified service already exists.",
    1074: "The system is currently running with the last-known-good configuration.",
    1075: "The dependency service does not exist or has been marked for deletion.",
    1077: "No attempts to start the service have been made since the last boot.",
    1078: "The name is already in use as either a service name or a service display name.",
    1079: (
        "The account specified for this service is different from the account specified for "
        "other services running in the same process."
    ),
    1115: "A system shutdown is in progress.",
    1290: (
        "The service start failed since one or more services in the same process have an "
        "incompatible service SID type setting. A service with restricted service SID type can "
        "only coexist in the same process with other services with a restricted SID type. If the "
        "service SID type for this service was just configured, the hosting process must be "
        "restarted in order to start this service."
    ),
    1297: (
        "A privilege that the service requires to function properly does not exist in the "
        "service account configuration. You may use the Services Microsoft Management Console "
        "(MMC) snap-in (services.msc) and the Local Security Settings MMC snap-in (secpol.msc) "
        "to view the service configuration and the account configuration."
    ),
    1311: (
        "We can't sign you in with this credential because your domain isn't available. Make "
        "sure your device is connected to your organization's network and try again. If you "
        "previously signed in on this device with another credential, you can sign in with that "
        "credential."
    ),
}
"""System error code -> Windows' text."""


def text(code: int) -> str:
    return TEXTS.get(code, "")


def error(code: int) -> ScmError:
    return ScmError(code, text(code))
