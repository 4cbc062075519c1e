"""icacls.exe of the lab: what it shows, what it changes, how it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.people import new_user
from tests.lab.runs import Run, run
from winfra.lab import rights
from winfra.lab.access import AccessLists
from winfra.lab.state import Lab

FOREIGN = "S-1-5-21-11-22-33-1104"
DONE = "Successfully processed 1 files; Failed processing 0 files"
FAILED = "Successfully processed 0 files; Failed processing 1 files"


@pytest.fixture
def folder(machine: Lab) -> Path:
    """A folder with a file and a folder in it."""
    made = machine.path(r"D:\x")
    (made / "sub").mkdir(parents=True)
    (made / "f.txt").write_text("x")
    return made


def icacls(lab: Lab, arguments: str, **options: Any) -> Run:
    return run(lab, f"icacls.exe {arguments}", **options)


def own(lab: Lab, path: Path) -> list[str]:
    return AccessLists(lab.folder).own(path).entries or []


def put(lab: Lab, path: Path, sddl: str) -> None:
    lists = AccessLists(lab.folder)
    lists.write_list(path, lists.dialect.parse(sddl))


def test_a_list_is_shown(machine: Lab) -> None:
    """Each entry on a line behind the path; what it says in icacls' letters."""
    assert icacls(machine, "D:\\").lines == [
        "D:\\ BUILTIN\\Administrators:(OI)(CI)(F)",
        "    NT AUTHORITY\\SYSTEM:(OI)(CI)(F)",
        "    CREATOR OWNER:(OI)(CI)(IO)(F)",
        "    BUILTIN\\Users:(OI)(CI)(RX)",
        "    BUILTIN\\Users:(CI)(AD)",
        "    BUILTIN\\Users:(CI)(IO)(WD)",
        "    Everyone:(RX)",
        "",
        DONE,
    ]


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ("(A;OICI;0x1301bf;;;BG)", "(OI)(CI)(M)"),
        ("(A;;0x12019f;;;BG)", "(R,WD,AD,WEA,WA)"),
        ("(A;OICIIO;GXGR;;;BG)", "(OI)(CI)(IO)(GR,GE)"),
        ("(A;OINP;FW;;;BG)", "(OI)(NP)(W)"),
        ("(D;;FA;;;BG)", "(N)"),
        ("(D;;SDDC;;;BG)", "(DENY)(DE,WD)"),
        ("(A;CI;0x100026;;;BG)", "(CI)(S,WD,AD,X)"),
    ],
)
def test_rights_are_shown(machine: Lab, folder: Path, entry: str, shown: str) -> None:
    """Simple rights where one fits, single ones beside."""
    put(machine, folder, f"D:P(A;;FA;;;BA){entry}")

    assert any(
        line.strip() == f"BUILTIN\\Guests:{shown}" for line in icacls(machine, r"D:\x").lines
    )


def test_names_are_those_of_windows(machine: Lab, folder: Path) -> None:
    """In its language; a SID where there is no name."""
    machine.configure(language="de")
    put(machine, folder, f"D:P(A;;FA;;;BA)(A;;FR;;;{FOREIGN})")

    assert icacls(machine, r"D:\x").lines[:2] == [
        r"D:\x VORDEFINIERT\Administratoren:(F)",
        rf"     {FOREIGN}:(R)",
    ]


def test_rights_are_granted(machine: Lab, folder: Path) -> None:
    """By name or by SID; added to what is there, or instead of it."""
    first = icacls(machine, rf'D:\x /grant "Guests:(OI)(CI)M" *{FOREIGN}:(RD,WD)')

    assert (first.code, first.lines) == (0, [r"processed file: D:\x", DONE])
    assert own(machine, folder) == ["(A;OICI;0x1301bf;;;BG)", f"(A;;CCDC;;;{FOREIGN})"]

    icacls(machine, rf"D:\x /grant *{FOREIGN}:(X) /q")
    assert own(machine, folder)[1] == f"(A;;CCDCWP;;;{FOREIGN})"
    icacls(machine, r"D:\x /grant:r BUILTIN\Guests:R")
    assert own(machine, folder) == [f"(A;;CCDCWP;;;{FOREIGN})", "(A;;FR;;;BG)"]


def test_a_file_gets_no_flags(machine: Lab, folder: Path) -> None:
    """Nor an entry that is only for what is below."""
    icacls(machine, r"D:\x\f.txt /grant Guests:(OI)(CI)M Everyone:(OI)(IO)F")

    assert own(machine, folder / "f.txt") == ["(A;;0x1301bf;;;BG)"]


def test_rights_are_denied(machine: Lab, folder: Path) -> None:
    """Before all that is allowed; what was granted of them goes."""
    put(machine, folder, "D:AI(A;;FR;;;AU)(A;;FA;;;BG)")

    icacls(machine, r"D:\x /deny Guests:(DE,WD)")

    assert own(machine, folder)[:2] == ["(D;;DCSD;;;BG)", "(A;;FR;;;AU)"]
    assert own(machine, folder)[2] == "(A;;0x1e01fd;;;BG)"


def test_entries_are_removed(machine: Lab, folder: Path) -> None:
    """All of an account's own, or those that grant, or deny."""
    start = "D:AI(D;;SD;;;BG)(A;;FR;;;BG)(A;;FR;;;AU)"

    for option, left in (
        ("/remove", ["(A;;FR;;;AU)"]),
        ("/remove:g", ["(D;;SD;;;BG)", "(A;;FR;;;AU)"]),
        ("/remove:d", ["(A;;FR;;;BG)", "(A;;FR;;;AU)"]),
    ):
        put(machine, folder, start)
        assert icacls(machine, rf"D:\x {option} Guests").code == 0
        assert own(machine, folder) == left


def test_inheritance(machine: Lab, folder: Path) -> None:
    """Ended with its entries kept or dropped, and begun again."""
    icacls(machine, r"D:\x /grant Guests:R /inheritance:d")
    assert "(A;OICI;0x1200a9;;;BU)" in own(machine, folder)

    icacls(machine, r"D:\x /inheritance:e")
    icacls(machine, r"D:\x /reset")
    assert own(machine, folder) == []
    assert "P" not in AccessLists(machine.folder).own(folder).control

    icacls(machine, r"D:\x /inheritance:r /grant:r Administrators:(OI)(CI)F")
    assert AccessLists(machine.folder).sddl(folder).endswith("D:PAI(A;OICI;FA;;;BA)")


def test_all_that_is_below(machine: Lab, folder: Path) -> None:
    """With /T; a pattern names several."""
    tree = icacls(machine, r"D:\x /grant Guests:R /T")
    assert tree.lines == [
        r"processed file: D:\x",
        r"processed file: D:\x\f.txt",
        r"processed file: D:\x\sub",
        "Successfully processed 3 files; Failed processing 0 files",
    ]
    assert own(machine, folder / "sub") == ["(A;;FR;;;BG)"]

    some = icacls(machine, r"D:\x\*.TXT /remove Guests /q")
    assert some.lines == [DONE]
    assert own(machine, folder / "f.txt") == []


def test_an_owner(machine: Lab, folder: Path) -> None:
    """Anybody, with the privilege to restore files; also where the list grants nothing."""
    put(machine, folder, "O:SYD:P(A;;FA;;;SY)")

    assert icacls(machine, rf"D:\x /setowner *{FOREIGN} /q").lines == [DONE]
    assert AccessLists(machine.folder).own(folder).owner == FOREIGN
    assert own(machine, folder) == ["(A;;FA;;;SY)"]


def test_an_owner_without_privileges(machine: Lab, folder: Path) -> None:
    """One may take what one may take, and give it to no other."""
    new_user(machine, "reader")
    assert icacls(machine, r"D:\x /setowner reader", user="reader").code == 5

    put(machine, folder, "D:AI(A;;FA;;;BU)")
    refused = icacls(machine, r"D:\x /setowner SYSTEM", user="reader")
    assert refused.code == 1307
    text = "This security ID may not be assigned as the owner of this object."
    assert refused.errors.strip() == rf"D:\x: {text}"
    assert icacls(machine, r"D:\x /setowner reader", user="reader").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (r"D:\no", 2, r"D:\no: The system cannot find the file specified."),
        (r"D:\no\x", 3, r"D:\no\x: The system cannot find the path specified."),
        (r"D:\x /grant nobody:R", 1332, "nobody: No mapping between account names"),
        (r"D:\x /remove *S-1-x", 1332, "*S-1-x: No mapping between account names"),
        (r"D:\x /setowner nobody", 1332, "nobody: No mapping between account names"),
        (r"D:\x /grant Guests:Q", 87, 'Invalid parameter "Guests:Q"'),
        (r"D:\x /grant Guests", 87, 'Invalid parameter "Guests"'),
        (r"D:\x /grant", 87, 'Invalid parameter "/grant"'),
        (r"D:\x /frobnicate", 87, 'Invalid parameter "/frobnicate"'),
        ("", 87, 'Invalid parameter ""'),
    ],
)
def test_what_cannot_be_done(
    machine: Lab, folder: Path, arguments: str, code: int, error: str
) -> None:
    """The exit code is the system's; nothing is changed."""
    result = icacls(machine, arguments)

    assert result.code == code
    assert result.errors.startswith(error)
    assert result.lines == ([] if code == 87 else [FAILED])
    assert not (machine.state / "access").exists()


def test_access_denied(machine: Lab, folder: Path) -> None:
    """To show and to change; /C goes on with the rest, of which one file is the administrators' own."""
    put(machine, folder, "O:SYD:P(A;OICI;FA;;;SY)")
    put(machine, folder / "sub", "O:SYD:P(A;OICI;FA;;;BA)")

    for arguments in (r"D:\x", r"D:\x /grant Everyone:F", r"D:\x /T /grant Guests:R"):
        refused = icacls(machine, arguments)
        assert refused.code == 5
        assert refused.errors.strip() == r"D:\x: Access is denied."
    assert own(machine, folder / "sub") == ["(A;OICI;FA;;;BA)"]

    went_on = icacls(machine, r"D:\x /T /C /grant Guests:R")
    assert went_on.lines[-1] == "Successfully processed 2 files; Failed processing 1 files"
    assert went_on.code == 5
    assert own(machine, folder / "sub") == ["(A;OICI;FA;;;BA)", "(A;;FR;;;BG)"]


def test_no_privilege_to_restore(machine: Lab, folder: Path) -> None:
    """An administrator without it makes Administrators the owner, and no stranger."""
    rights.write(machine.folder, {"SeRestorePrivilege": []}, "S-1-5-18")

    assert icacls(machine, r"D:\x /setowner SYSTEM").code == 1307
    assert icacls(machine, r"D:\x /setowner Administrators").code == 0
