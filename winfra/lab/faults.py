"""The faults of WS-Management, with the codes, subcodes and texts that Windows gives them.

Codes and texts: ``wsmerror.h``; how a fault is put together: recordings of Windows' answers in
the tests of pypsrp and WinRM for Ruby.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

OPERATION_TIMEOUT = 0x80338029
INVALID_SELECTORS = 0x8033805B
RESOURCE_URI = 0x8033803B
ACTION = 0x80338013
INVALID_XML = 0x80338043
ENCODING_LIMIT = 0x80338035
MAX_SHELLS = 0x803381A5
MAX_OPERATIONS = 0x803381A6
MAX_SHELL_USERS = 0x803381AB
MAX_COMMANDS = 0x803381E9
IDLE_TIMEOUT = 0x803381F2
RECEIVE_IN_PROGRESS = 0x80338127
ACCESS_DENIED = 5
OPERATION_ABORTED = 995
INVALID_PARAMETER = 87
NOT_ENOUGH_QUOTA = 1816
BROKEN_PIPE = 109
NOT_ENOUGH_MEMORY = 0x80070008

_SERVICE = "The WS-Management service cannot process the request. "


@dataclass(frozen=True)
class Kind:
    """What a code stands for."""

    subcode: str
    text: str
    blame: Literal["Sender", "Receiver"] = "Sender"
    detail: str = ""
    plugin: bool = False


KINDS: dict[int, Kind] = {
    OPERATION_TIMEOUT: Kind(
        "w:TimedOut",
        "The WS-Management service cannot complete the operation within the time specified in "
        "OperationTimeout. ",
        "Receiver",
    ),
    INVALID_SELECTORS: Kind(
        "w:InvalidSelectors",
        "The WS-Management service cannot process the request because the request contained "
        "invalid selectors for the resource. ",
        detail="UnexpectedSelectors",
    ),
    RESOURCE_URI: Kind(
        "a:DestinationUnreachable",
        _SERVICE + "The resource URI is missing or it has an incorrect format. Check the "
        "documentation or use the following command for information on how to construct a "
        'resource URI: "winrm help uris". ',
        detail="InvalidResourceURI",
    ),
    ACTION: Kind(
        "a:ActionNotSupported",
        "The WS-Management service does not support the action specified in the request. ",
    ),
    INVALID_XML: Kind(
        "w:SchemaValidationError",
        "The WS-Management service cannot process the request because the XML is invalid. ",
    ),
    ENCODING_LIMIT: Kind(
        "w:EncodingLimit",
        "The WS-Management service cannot process the request because the encoding of the request "
        "exceeds an internal encoding limit. Reconfigure the client to send messages which fit "
        "the encoding limits of the service. ",
        detail="MinimumEnvelopeLimit",
    ),
    MAX_SHELLS: Kind(
        "w:QuotaLimit",
        _SERVICE + "The maximum number of concurrent shells for this user has been exceeded. Close "
        "existing shells or raise the quota for this user. ",
    ),
    MAX_OPERATIONS: Kind(
        "w:QuotaLimit",
        _SERVICE + "The maximum number of concurrent operations for this user has been exceeded. "
        "Close existing operations for this user, or raise the quota for this user. ",
    ),
    MAX_SHELL_USERS: Kind(
        "w:QuotaLimit",
        _SERVICE + "The maximum number of users executing shell operations has been exceeded. "
        "Retry after some time or raise the quota for concurrent shell users. ",
    ),
    MAX_COMMANDS: Kind(
        "w:QuotaLimit",
        _SERVICE + "The maximum number of concurrent commands per shell has been exceeded. Retry "
        "the request later or raise the Maximum Commands per Shell quota. ",
    ),
    IDLE_TIMEOUT: Kind(
        "w:InvalidParameter",
        _SERVICE + "The requested IdleTimeout is outside the allowed range. ",
        detail="InvalidValue",
    ),
    RECEIVE_IN_PROGRESS: Kind(
        "w:Concurrency",
        "The WS-Management service cannot process the request because a Receive operation of this "
        "command is already in progress. ",
    ),
    ACCESS_DENIED: Kind("w:AccessDenied", "Access is denied. "),
    OPERATION_ABORTED: Kind(
        "w:InternalError",
        "The I/O operation has been aborted because of either a thread exit or an application "
        "request. ",
        "Receiver",
    ),
    INVALID_PARAMETER: Kind(
        "w:InvalidParameter",
        "The parameter is incorrect. ",
        detail="InvalidValue",
        plugin=True,
    ),
    NOT_ENOUGH_QUOTA: Kind(
        "w:InternalError",
        "Not enough quota is available to process this command. ",
        "Receiver",
        plugin=True,
    ),
    BROKEN_PIPE: Kind("w:InternalError", "The pipe has been ended. ", "Receiver", plugin=True),
    NOT_ENOUGH_MEMORY: Kind(
        "w:InternalError",
        "Not enough memory resources are available to process this command. ",
        "Receiver",
        plugin=True,
    ),
}

_OTHER = Kind("w:InternalError", "An internal error occurred. ", "Receiver")


class WSManError(Exception):
    """A request answered with a fault.

    + code: one of those above, or any other
    + message: what is said of this case, where Windows says more than the code's own text
    + kind: of a code that is not above
    """

    def __init__(self, code: int, message: str = "", kind: Kind | None = None) -> None:
        self.code = code
        self.kind = kind or KINDS.get(code, _OTHER)
        self.message = message or self.kind.text
        super().__init__(f"{code} {self.message}")

    def body(self, machine: str) -> bytes:
        """The fault as the content of a SOAP body."""
        kind = self.kind
        message = escape(self.message)
        if kind.plugin:
            message = (
                '<f:ProviderFault provider="Shell cmd plugin" '
                f'path="%systemroot%\\system32\\winrscmd.dll">{message}</f:ProviderFault>'
            )
        detail = f"<w:FaultDetail>{DETAIL}{kind.detail}</w:FaultDetail>" if kind.detail else ""
        return (
            f"<s:Fault><s:Code><s:Value>s:{kind.blame}</s:Value><s:Subcode>"
            f"<s:Value>{kind.subcode}</s:Value></s:Subcode></s:Code><s:Reason>"
            f'<s:Text xml:lang="en-US">{escape(kind.text)}</s:Text></s:Reason><s:Detail>{detail}'
            '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" '
            f'Code="{self.code}" Machine="{escape(machine)}"><f:Message>{message}</f:Message>'
            "</f:WSManFault></s:Detail></s:Fault>"
        ).encode()


def no_shell(shell_id: str) -> WSManError:
    return WSManError(
        INVALID_SELECTORS,
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the "
        "shell was not found on the server. Possible causes are: the specified ShellId is "
        "incorrect or the shell no longer exists on the server. Provide the correct ShellId or "
        "create a new shell and retry the operation. ",
    )


def no_command() -> WSManError:
    return WSManError(
        INVALID_SELECTORS,
        "The Windows Remote Shell received a request to perform an operation on a command "
        "identifier that does not exist. Either the command has completed execution or the client "
        "specified an invalid command identifier. ",
    )


def no_resource(uri: str) -> WSManError:
    return WSManError(
        RESOURCE_URI,
        f"{_SERVICE}The resource URI ({uri}) was not found in the WS-Management catalog. The "
        "catalog contains the metadata that describes resources, or logical endpoints. ",
    )


def start_refused(number: int, text: str) -> WSManError:
    """CreateProcess' error: a recording has 0x80070002 for a program that is not there."""
    return WSManError(
        0x80070000 | number, kind=Kind("w:InternalError", text, "Receiver", plugin=True)
    )


def too_many_shells(limit: int) -> WSManError:
    return WSManError(
        MAX_SHELLS,
        f"{_SERVICE}This user is allowed a maximum number of {limit} concurrent shells, which has "
        "been exceeded. Close existing shells or raise the quota for this user. ",
    )


def too_many_operations(limit: int) -> WSManError:
    return WSManError(
        MAX_OPERATIONS,
        f"{_SERVICE}This user is allowed a maximum number of {limit} concurrent operations, which "
        "has been exceeded. Close existing operations for this user, or raise the quota for this "
        "user. ",
    )
