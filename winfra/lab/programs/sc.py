"""sc.exe: asks the service control manager; its exit code is the system error code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from winfra.lab import accounts, console, token
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.sc_options import Refused, failure, parse, privileges, settings
from winfra.lab.scm.sc_output import configuration, failures, listed, status
from winfra.lab.sids import service_sid

Command: TypeAlias = Callable[[str, Sequence[str]], str]

INVALID_COMMAND_LINE = 1639
RPC_SERVER_UNAVAILABLE = 1722
USAGE = """DESCRIPTION:
        SC is a command line program used for communicating with the
        Service Control Manager and services.
USAGE:
        sc <server> [command] [service name] <option1> <option2>...

"""
CONTROLS = {
    "stop": codes.STOP,
    "pause": codes.PAUSE,
    "continue": codes.CONTINUE,
    "interrogate": codes.INTERROGATE,
}
NAMED_CONTROLS = {
    "paramchange": codes.PARAMCHANGE,
    "netbindadd": codes.NETBIND_ADD,
    "netbindremove": codes.NETBIND_REMOVE,
    "netbindenable": codes.NETBIND_ENABLE,
    "netbinddisable": codes.NETBIND_DISABLE,
}
SID_TYPES = {
    "none": codes.SID_NONE,
    "unrestricted": codes.SID_UNRESTRICTED,
    "restricted": codes.SID_RESTRICTED,
}
DESCRIPTOR = (
    "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;IU)"
    "(A;;CCLCSWLOCRRC;;;SU)"
)


def main(argv: list[str]) -> int:
    if argv[:1] and argv[0].startswith("\\\\"):
        if argv[0].strip("\\").lower() not in {accounts.read(console.lab()).computer.lower(), "."}:
            console.write(_refusal("OpenSCManager", RPC_SERVER_UNAVAILABLE))
            return RPC_SERVER_UNAVAILABLE
        argv = argv[1:]
    verb = argv[0].lower() if argv else ""
    try:
        console.write(_command(argv)(verb, argv[1:]))
    except Refused as refusal:
        console.write(str(refusal))
        return INVALID_COMMAND_LINE
    except ScmError as error:
        console.write(_refusal(_function(verb, error.code), error.code))
        return error.code
    return 0


def _command(argv: Sequence[str]) -> Command:
    if not argv:
        raise Refused(USAGE)
    verb = argv[0].lower()
    if verb not in COMMANDS:
        raise Refused(f"*** Unrecognized Command ***\n{USAGE}")
    if len(argv) < 2 and verb not in {"query", "queryex"}:
        raise Refused(f"{USAGE}        sc {verb} [service name] ...\n")
    return COMMANDS[verb]


def ask(verb: str, **arguments: Any) -> Any:
    return request(console.lab(), verb, **arguments)


def _create(verb: str, words: Sequence[str]) -> str:
    given = settings(parse(words[1:]))
    if "path" not in given:
        raise Refused(f"{USAGE}        sc create [service name] [binPath= ] <option1>...\n")
    if not given.get("delayed"):
        given.pop("delayed", None)
    ask("create", name=words[0], settings=given)
    return "[SC] CreateService SUCCESS\n"


def _config(verb: str, words: Sequence[str]) -> str:
    given = settings(parse(words[1:]))
    if not given:
        raise Refused(f"{USAGE}        sc config [service name] <option1> <option2>...\n")
    if given.get("delayed") is False and not ask("query", name=words[0])["delayed"]:
        del given["delayed"]
    ask("change", name=words[0], settings=given)
    return "[SC] ChangeServiceConfig SUCCESS\n"


def _delete(verb: str, words: Sequence[str]) -> str:
    ask("delete", name=words[0])
    return "[SC] DeleteService SUCCESS\n"


def _change(name: str, **given: Any) -> str:
    ask("change", name=name, settings=given)
    return "[SC] ChangeServiceConfig2 SUCCESS\n"


def _description(verb: str, words: Sequence[str]) -> str:
    return _change(words[0], description=words[1] if words[1:] else "")


def _failure(verb: str, words: Sequence[str]) -> str:
    return _change(words[0], failure=failure(parse(words[1:])))


def _failure_flag(verb: str, words: Sequence[str]) -> str:
    if words[1:2] not in (["0"], ["1"]):
        raise Refused(f"{USAGE}        sc failureflag [service name] [flag]\n")
    return _change(words[0], failure_flag=words[1] == "1")


def _sid_type(verb: str, words: Sequence[str]) -> str:
    kind = SID_TYPES.get(words[1].lower() if words[1:] else "")
    if kind is None:
        raise Refused(f"{USAGE}        sc sidtype [service name] [type]\n")
    return _change(words[0], sid_type=kind)


def _privileges(verb: str, words: Sequence[str]) -> str:
    return _change(words[0], privileges=privileges(words[1] if words[1:] else ""))


def _start(verb: str, words: Sequence[str]) -> str:
    return status(ask("start", name=words[0], arguments=list(words[1:])), extended=True)


def _control(verb: str, words: Sequence[str]) -> str:
    number = CONTROLS.get(verb)
    if verb == "control":
        text = words[1].lower() if words[1:] else ""
        number = NAMED_CONTROLS.get(text, int(text) if text.isdecimal() else None)
    if number is None:
        raise Refused(f"{USAGE}        sc control [service name] <value>\n")
    return status(ask("control", name=words[0], control=number))


def _query(verb: str, words: Sequence[str]) -> str:
    extended = verb == "queryex"
    if words and not words[0].endswith("="):
        return status(ask("query", name=words[0]), extended=extended)
    options = parse(words)
    wanted = options.get("state", "active").lower()
    if wanted not in {"active", "inactive", "all"}:
        raise Refused(USAGE)
    if options.get("type", "service").lower() == "driver":
        return ""
    shown = [
        one
        for one in ask("list")
        if wanted == "all" or (one["state"] == codes.STOPPED) == (wanted == "inactive")
    ]
    return "".join(listed(one, extended=extended) for one in shown)


def _query_configuration(verb: str, words: Sequence[str]) -> str:
    return f"[SC] QueryServiceConfig SUCCESS\n\n{configuration(ask('query', name=words[0]))}"


def _query_second(show: Callable[[dict[str, Any]], str]) -> Command:
    """A command that shows what QueryServiceConfig2 gives."""

    def command(verb: str, words: Sequence[str]) -> str:
        found = ask("query", name=words[0])
        return f"[SC] QueryServiceConfig2 SUCCESS\n\nSERVICE_NAME: {found['name']}\n{show(found)}\n"

    return command


def _shown_privileges(found: dict[str, Any]) -> str:
    names = found["privileges"] or [""]
    return "        PRIVILEGES       : " + f"\n{'':25}: ".join(names)


def _shown_sid_type(found: dict[str, Any]) -> str:
    names = {number: name.upper() for name, number in SID_TYPES.items()}
    return f"SERVICE_SID_TYPE:  {names.get(found['sid_type'], '')}"


def _show_sid(verb: str, words: Sequence[str]) -> str:
    """Computed, whether there is such a service or not."""
    try:
        active = ask("query", name=words[0])["state"] != codes.STOPPED
    except ScmError:
        active = False
    state = "Active" if active else "Inactive"
    return f"\nNAME: {words[0]}\nSERVICE SID: {service_sid(words[0])}\nSTATUS: {state}\n"


def _show_descriptor(verb: str, words: Sequence[str]) -> str:
    ask("query", name=words[0])
    return f"\n{DESCRIPTOR}\n"


def _dependents(verb: str, words: Sequence[str]) -> str:
    names = ask("dependents", name=words[0])
    shown = "".join(listed(ask("query", name=name)) for name in names)
    return f"Enum: entriesread = {len(names)}\n{shown}"


def _key_name(verb: str, words: Sequence[str]) -> str:
    name = ask("find", display_name=words[0])
    return f"[SC] GetServiceKeyName SUCCESS\nName = {name}\n"


def _display_name(verb: str, words: Sequence[str]) -> str:
    name = ask("query", name=words[0])["display_name"]
    return f"[SC] GetServiceDisplayName SUCCESS\nName = {name}\n"


COMMANDS: dict[str, Command] = {
    "create": _create,
    "config": _config,
    "delete": _delete,
    "description": _description,
    "failure": _failure,
    "failureflag": _failure_flag,
    "sidtype": _sid_type,
    "privs": _privileges,
    "start": _start,
    **dict.fromkeys((*CONTROLS, "control"), _control),
    "query": _query,
    "queryex": _query,
    "qc": _query_configuration,
    "qdescription": _query_second(lambda found: f"DESCRIPTION:  {found['description']}"),
    "qfailure": _query_second(failures),
    "qfailureflag": _query_second(
        lambda found: f"FAILURE_ACTIONS_ON_NONCRASH_FAILURES: {str(found['failure_flag']).upper()}"
    ),
    "qsidtype": _query_second(_shown_sid_type),
    "qprivs": _query_second(_shown_privileges),
    "showsid": _show_sid,
    "sdshow": _show_descriptor,
    "enumdepend": _dependents,
    "getkeyname": _key_name,
    "getdisplayname": _display_name,
}
_CONFIGURES_SECOND = {"description", "failure", "failureflag", "sidtype", "privs"}
_OPENS = {codes.ACCESS_DENIED, codes.SERVICE_DOES_NOT_EXIST, codes.INVALID_NAME}


def _function(verb: str, code: int) -> str:
    """The function of Windows that failed."""
    opens = code in _OPENS
    if verb in {"query", "queryex"}:
        return "EnumQueryServicesStatus:OpenService" if opens else "EnumQueryServicesStatus"
    if verb == "create":
        return "OpenSCManager" if code == codes.ACCESS_DENIED else "CreateService"
    if verb == "start":
        # An administrator may open every service: 5 is the program's then.
        own = code == codes.ACCESS_DENIED and token.of_process(console.lab()).elevated
        return "StartService: OpenService" if opens and not own else "StartService"
    if opens:
        return "OpenService"
    if verb in _CONFIGURES_SECOND:
        return "ChangeServiceConfig2"
    names = {"config": "ChangeServiceConfig", "delete": "DeleteService"}
    return names.get(verb, "ControlService")


def _refusal(function: str, code: int) -> str:
    message = codes.text(code) or "The RPC server is unavailable."
    return f"[SC] {function} FAILED {code}:\n\n{message}\n\n"
