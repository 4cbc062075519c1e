"""secedit.exe and gpupdate.exe in the lab."""

from __future__ import annotations

import codecs

import pytest

from tests.lab.people import new_user
from tests.lab.runs import Run, run
from winfra.lab.endpoint_config import User
from winfra.lab.state import Lab

SERVICE = "SeServiceLogonRight"
ALL_SERVICES = "S-1-5-80-0"
HEAD = '[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n'


def write(lab: Lab, text: str, name: str = "new.inf") -> None:
    lab.path(rf"D:\{name}").write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))


def configure(lab: Lab, entries: str, *, database: str = "new.sdb", user: str = "") -> Run:
    write(lab, f"{HEAD}[Privilege Rights]\r\n{entries}\r\n")
    line = rf"secedit /configure /db D:\{database} /cfg D:\new.inf /areas USER_RIGHTS"
    return run(lab, line, user=user)


def export(lab: Lab, name: str = "out.inf", more: str = "") -> dict[str, str]:
    """The rights in an export, and its encoding under the empty name."""
    code = run(lab, rf"secedit /export /cfg D:\{name} /areas USER_RIGHTS /quiet {more}").code
    assert code == 0
    data = lab.path(rf"D:\{name}").read_bytes()
    unicode = data.startswith(codecs.BOM_UTF16_LE)
    text = data[2:].decode("utf-16-le") if unicode else data.decode("cp1252")
    assert text.endswith('[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n')
    lines = [line for line in text.splitlines() if line.startswith("Se")]
    return dict(line.split(" = ") for line in lines) | {"": "utf-16" if unicode else "ansi"}


def held(lab: Lab, right: str = SERVICE) -> list[str]:
    holders: list[str] = lab.read_state("rights")[right]
    return holders


def test_export(machine: Lab) -> None:
    """SIDs with a star, rights that nobody has left out; a new file is UTF-16."""
    found = export(machine)

    assert found[SERVICE] == f"*{ALL_SERVICES}"
    assert found["SeBackupPrivilege"] == "*S-1-5-32-544,*S-1-5-32-551"
    assert "SeDenyServiceLogonRight" not in found
    assert found[""] == "utf-16"


def test_export_keeps_the_encoding(machine: Lab) -> None:
    """An existing file stays ANSI, which loses letters, unless it begins as UTF-16."""
    name = "dienst_日本"
    new_user(machine, name)
    configure(machine, f"{SERVICE} = {name}")
    machine.path(r"D:\empty.inf").write_bytes(b"")
    machine.path(r"D:\marked.inf").write_bytes(codecs.BOM_UTF16_LE)

    plain, marked = export(machine, "empty.inf"), export(machine, "marked.inf")

    assert (plain[""], plain[SERVICE]) == ("ansi", "dienst_??")
    assert (marked[""], marked[SERVICE]) == ("utf-16", name)


def test_configure_replaces_the_list(machine: Lab) -> None:
    """A right that the template names goes to whom it names; the others stay; local names export."""
    user = new_user(machine)
    before = machine.read_state("rights")

    result = configure(machine, f"{SERVICE} = *{ALL_SERVICES},*{user.sid},*{user.sid}")

    assert result.code == 0
    assert "The task has completed successfully." in result.lines
    assert machine.read_state("rights") == before | {SERVICE: [ALL_SERVICES, user.sid]}
    assert export(machine)[SERVICE] == f"*{ALL_SERVICES},svc_prefect"
    assert [event["target"] for event in machine.events(4717)] == [user.sid]


def test_names_and_orphans(machine: Lab) -> None:
    """Names resolve in the machine's language; a SID that names nobody may have a right."""
    machine.configure(language="de")
    orphan = "S-1-5-21-1-2-3-4711"

    configure(machine, f"{SERVICE} = Benutzer,NT-AUTORITÄT\\SYSTEM,*{orphan}")

    assert held(machine) == ["S-1-5-32-545", "S-1-5-18", orphan]
    assert export(machine)[SERVICE].endswith(f"*{orphan}")


def test_what_does_not_resolve_is_left_out(machine: Lab) -> None:
    """Only the log says so: the exit code is 0."""
    result = configure(machine, f"{SERVICE} = nobody,*S-1-x,*{ALL_SERVICES}")

    assert result.code == 0
    assert held(machine) == [ALL_SERVICES]
    log = machine.path(r"C:\Windows\security\logs\scesrv.log").read_text("utf-16")
    assert "Cannot find nobody." in log


def test_nobody(machine: Lab) -> None:
    """An empty list takes a right from everybody."""
    configure(machine, f"{SERVICE} =")

    assert held(machine) == []


def test_unknown_right(machine: Lab) -> None:
    """A right that Windows does not have is a warning; what else the template says is done."""
    result = configure(machine, f"SeFlyPrivilege = *S-1-5-18\r\n{SERVICE} =")

    assert (result.code, held(machine)) == (3, [])
    assert "Warnings occurred" in result.output


def test_a_stale_database(machine: Lab) -> None:
    """What a database already holds is configured again, unless it is to be overwritten."""
    configure(machine, "SeTcbPrivilege = *S-1-5-19", database="old.sdb")
    configure(machine, "SeTcbPrivilege =")

    configure(machine, f"{SERVICE} =", database="old.sdb")
    assert held(machine, "SeTcbPrivilege") == ["S-1-5-19"]

    configure(machine, "SeTcbPrivilege =")
    write(machine, f"{HEAD}[Privilege Rights]\r\n{SERVICE} =\r\n")
    run(machine, r"secedit /configure /db D:\old.sdb /cfg D:\new.inf /overwrite /quiet")
    assert held(machine, "SeTcbPrivilege") == []


def test_no_database(machine: Lab) -> None:
    """A file that is none is refused; without one and without a template there is nothing."""
    machine.path(r"D:\new.sdb").write_bytes(b"")

    assert configure(machine, f"{SERVICE} =").code == 1
    assert run(machine, r"secedit /configure /db D:\none.sdb").code == 1
    assert held(machine) == [ALL_SERVICES]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}[Privilege Rights\r\n{SERVICE} =\r\n", "The data is invalid."),
        (f"{SERVICE} =\r\n{HEAD}", "The data is invalid."),
        (f"[Privilege Rights]\r\n{SERVICE} =\r\n", "The style of the INF is different"),
    ],
)
def test_bad_templates(machine: Lab, text: str, said: str) -> None:
    """A template that cannot be read changes nothing."""
    write(machine, text)

    result = run(machine, r"secedit /configure /db D:\new.sdb /cfg D:\new.inf")

    assert (result.code, said in result.output) == (1, True)
    assert "The task has completed with an error." in result.lines
    assert held(machine) == [ALL_SERVICES]


def test_utf_8_is_no_template(machine: Lab) -> None:
    """A UTF-8 mark is letters of ANSI, before the first section; without one the file is ANSI."""
    text = f"{HEAD}[Privilege Rights]\r\n{SERVICE} =\r\n"
    for data, code in ((codecs.BOM_UTF8 + text.encode(), 1), (text.encode(), 0)):
        machine.path(r"D:\new.inf").write_bytes(data)
        assert run(machine, r"secedit /configure /db D:\new.sdb /cfg D:\new.inf").code == code


@pytest.mark.parametrize(
    "line",
    [
        "secedit",
        "secedit /export",
        r"secedit /configure /cfg D:\new.inf",
        r"secedit /export /cfg D:\out.inf /areas NONSENSE",
        r"secedit /export /cfg D:\out.inf /nonsense",
        r"secedit /export /cfg D:\no\such\folder\out.inf",
        r"secedit /configure /db D:\new.sdb /cfg D:\none.inf",
    ],
)
def test_wrong_command_lines(machine: Lab, line: str) -> None:
    """What secedit.exe does not understand or find ends with 1."""
    assert run(machine, line).code == 1


def test_log(machine: Lab) -> None:
    """/log names another log; /quiet says nothing."""
    write(machine, f"{HEAD}[Privilege Rights]\r\n{SERVICE} =\r\n")
    line = r"secedit /configure /db D:\new.sdb /cfg D:\new.inf /log D:\own.log /quiet"

    assert run(machine, line).output == ""
    assert f"Configure {SERVICE}." in machine.path(r"D:\own.log").read_text("utf-16")


def test_access_denied(machine: Lab) -> None:
    """Only an administrator with a full token may read or write rights."""
    plain = User("plain", "p", administrator=False)
    machine.configure(users=(*machine.config.users, plain))
    machine.path(r"C:\Users\plain").mkdir()

    result = configure(machine, f"{SERVICE} =", user="plain")

    assert (result.code, "Access is denied." in result.lines) == (1, True)
    assert run(machine, r"secedit /export /cfg D:\out.inf", user="plain").code == 1
    assert held(machine) == [ALL_SERVICES]


def test_policy_of_a_domain(machine: Lab) -> None:
    """A refresh undoes what was configured where policy says otherwise; the merged export tells."""
    policy = {"right": SERVICE, "accounts": ["*S-1-5-20"], "gpo": "cn={1}", "precedence": 1}
    machine.write_state("policy", {"domain": "CONTOSO", "rights": [policy]})
    configure(machine, f"{SERVICE} = *S-1-5-19")

    assert export(machine)[SERVICE] == "*S-1-5-19"
    assert export(machine, more="/mergedpolicy")[SERVICE] == "*S-1-5-20"
    assert run(machine, "gpupdate /force /target:computer").code == 0
    assert export(machine)[SERVICE] == "*S-1-5-20"


def test_gpupdate_without_a_controller(machine: Lab) -> None:
    """Where no controller answers nothing changes, and gpupdate.exe says so."""
    policy = {"right": SERVICE, "accounts": ["*S-1-5-20"], "gpo": "cn={1}"}
    machine.write_state("policy", {"domain": "X", "reachable": False, "rights": [policy]})

    result = run(machine, "gpupdate")

    assert (result.code, held(machine)) == (1, [ALL_SERVICES])
    assert "could not be updated successfully" in result.output
    assert run(machine, "gpupdate /nonsense").code == 1
