"""Access lists on a lab; its files in state/access and what they grant are the witness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, failing, no_host
from winfra.access import Entry
from winfra.connector import WinRMConnector
from winfra.lab.access import AccessLists
from winfra.lab.sids import service_sid
from winfra.messages import access as messages
from winfra.operations import files
from winfra.script import Script

FOLDER = r"D:\prefect_data"
EVERYTHING = "this folder, subfolders and files"
SERVICE = r"NT SERVICE\PrefectServer"
SERVICE_SID = service_sid("PrefectServer")
READ_DATA = 0x1
GUESTS, SYSTEM, ADMINISTRATORS = "S-1-5-32-546", "S-1-5-18", "S-1-5-32-544"
KEPT = [Entry("SYSTEM", "full"), Entry("Administrators", "full")]


def made(trial: Trial, path: str = FOLDER) -> Path:
    """A folder, made as another program makes it."""
    folder = trial.lab.path(path)
    folder.mkdir(parents=True)
    return folder


def own(trial: Trial, path: str = FOLDER) -> list[str]:
    """The entries that a file or folder has of its own, as the lab's state has them."""
    stored = [json.loads(file.read_text()) for file in (trial.lab.state / "access").glob("*.json")]
    return next((list(one["entries"]) for one in stored if one["path"] == path), [])


def change(trial: Trial, entries: list[str], control: str = "AI", path: str = FOLDER) -> None:
    """By hand: the list's own entries are these."""
    lists = AccessLists(trial.lab.folder)
    wanted = lists.dialect.parse(f"D:{control}{''.join(entries)}")
    lists.write_list(trial.lab.path(path), wanted)


def granted(trial: Trial, sid: str, path: str = FOLDER) -> int:
    lists = AccessLists(trial.lab.folder)
    return lists.granted(trial.lab.path(path), lists.of(sid))


@pytest.fixture(autouse=True)
def _no_lists(trial: Trial) -> None:
    """What other tests set has gone with their files; the witness is not to find it."""
    for file in (trial.lab.state / "access").glob("*.json"):
        file.unlink()


def test_an_entry_is_added_once(trial: Trial) -> None:
    """The dry run says so in an administrator's words; below the folder it holds as well."""
    folder = made(trial)
    (folder / "logs").mkdir()
    (folder / "logs" / "x.log").write_text("x")
    wanted: dict[str, Any] = {"path": FOLDER, "entries": [Entry(SERVICE, "modify")]}
    before = trial.lab.snapshot()

    dry = trial.dry(files.access, **wanted)

    assert dry.will_change
    assert rf"Will change access to {FOLDER}" in dry.output
    assert f"{SERVICE} ({SERVICE_SID})  -  ->  modify, {EVERYTHING}" in dry.output
    assert trial.lab.snapshot() == before

    assert trial.run(files.access, **wanted).changed
    assert own(trial) == [f"(A;OICI;0x1301bf;;;{SERVICE_SID})"]
    assert granted(trial, SERVICE_SID, rf"{FOLDER}\logs\x.log") & 0x1301BF == 0x1301BF

    again = trial.run(files.access, **wanted)
    assert (again.changed, again.will_change) == (False, False)
    assert rf"noop: access to {FOLDER} is as wanted" in again.output


@pytest.mark.parametrize(
    ("spoilt", "shown"),
    [
        ([], "-  ->  modify"),
        (["(A;OICI;0x1200a9;;;{0})"], f"read and execute, {EVERYTHING}  ->  modify"),
        (["(A;;0x1301bf;;;{0})"], f"modify, this folder only  ->  modify, {EVERYTHING}"),
        (["(D;OICI;SD;;;{0})", "(A;OICI;0x1301bf;;;{0})"], f"deny delete, {EVERYTHING}  ->  -"),
    ],
)
def test_an_entry_that_was_spoilt(trial: Trial, spoilt: list[str], shown: str) -> None:
    """Gone, made smaller, of no reach or denied: it is found and mended, and others' stay."""
    made(trial)
    other = "(A;CI;LC;;;S-1-5-21-9-9-9-1234)"
    change(trial, [text.format(SERVICE_SID) for text in spoilt] + [other])
    wanted: dict[str, Any] = {"path": FOLDER, "entries": [Entry(SERVICE, "modify")]}

    dry = trial.dry(files.access, **wanted)
    assert dry.will_change
    assert any(
        SERVICE in line and " ".join(shown.split()) in " ".join(line.split()) for line in dry.lines
    )

    assert trial.run(files.access, **wanted).changed
    # What is larger than another entry of the account has taken it in (CommonAcl).
    assert sorted(own(trial)) == sorted([other, f"(A;OICI;0x1301bf;;;{SERVICE_SID})"])
    assert not trial.run(files.access, **wanted).will_change


@pytest.mark.parametrize(
    "there",
    [
        ["(A;OICI;FA;;;{0})"],
        ["(A;OICI;GA;;;{0})"],
        ["(A;;0x1301bf;;;{0})", "(A;OICIIO;SDGXGWGR;;;{0})"],
    ],
)
def test_as_much_or_more_is_left_alone(trial: Trial, there: list[str]) -> None:
    """Nothing is written."""
    made(trial)
    change(trial, [text.format(SERVICE_SID) for text in there])
    before = trial.lab.snapshot()

    run = trial.run(files.access, FOLDER, [Entry(SERVICE, "modify")])

    assert not run.will_change
    assert trial.lab.snapshot() == before


def test_what_is_inherited_counts(trial: Trial) -> None:
    """A folder in it needs no entry of its own."""
    made(trial, rf"{FOLDER}\logs")
    change(trial, [f"(A;OICI;0x1301bf;;;{SERVICE_SID})"])

    assert not trial.run(files.access, rf"{FOLDER}\logs", [Entry(SERVICE, "modify")]).will_change
    assert trial.run(files.access, rf"{FOLDER}\logs", [Entry(SERVICE, "full")]).changed
    assert own(trial, rf"{FOLDER}\logs") == [f"(A;OICI;FA;;;{SERVICE_SID})"]


def test_a_file_has_no_flags(trial: Trial) -> None:
    """An entry for a folder and all in it is the file's own there."""
    path = rf"{FOLDER}\server.env"
    made(trial)
    trial.lab.path(path).write_text("secret")

    dry = trial.dry(files.access, path, [Entry(SERVICE, "read")])
    assert f"{SERVICE} ({SERVICE_SID})  -  ->  read\n" in dry.output + "\n"

    assert trial.run(files.access, path, [Entry(SERVICE, "read")]).changed
    assert own(trial, path) == [f"(A;;FR;;;{SERVICE_SID})"]
    assert not trial.run(files.access, path, [Entry(SERVICE, "read")]).will_change


def test_an_entry_for_what_a_file_does_not_have(trial: Trial) -> None:
    """Subfolders of a file: the entry is wrong."""
    made(trial)
    trial.lab.path(rf"{FOLDER}\x").write_text("x")
    entry = Entry("Guests", "read", applies_to="subfolders only")

    dry = trial.dry(files.access, rf"{FOLDER}\x", [entry])

    assert dry.failed
    said = messages.NO_FILE_PLACE.text(
        path=rf"{FOLDER}\x", host="@lab/trial", account="Guests", place="subfolders only"
    )
    assert said in dry.output


def test_exactly_these(trial: Trial) -> None:
    """What was inherited goes, and so do all others; each spoilt entry is found."""
    made(trial)
    wanted: dict[str, Any] = {
        "path": FOLDER, "entries": [*KEPT, Entry(SERVICE, "read")], "exact": True,
    }  # fmt: skip
    exact = ["(A;OICI;FA;;;SY)", "(A;OICI;FA;;;BA)", f"(A;OICI;FR;;;{SERVICE_SID})"]

    dry = trial.dry(files.access, **wanted)
    for line in (
        f"full control, {EVERYTHING} (inherited)",
        "CREATOR OWNER (S-1-3-0)",
        "subfolders and files only (inherited)",
        f"BUILTIN\\Users (S-1-5-32-545)  read and execute, {EVERYTHING} (inherited); ",
        "inheritance  on",
    ):
        assert " ".join(line.split()) in " ".join(dry.output.split())

    assert trial.run(files.access, **wanted).changed
    assert sorted(own(trial)) == sorted(exact)
    assert not granted(trial, GUESTS) & READ_DATA
    assert not trial.run(files.access, **wanted).will_change

    for spoilt in (
        [*exact, "(A;;FR;;;BG)"],
        exact[:2],
        [*exact[:2], f"(A;OICI;0x1301bf;;;{SERVICE_SID})"],
        ["(D;;SD;;;BG)", *exact],
    ):
        change(trial, spoilt, "PAI")
        assert trial.dry(files.access, **wanted).will_change
        assert trial.run(files.access, **wanted).changed
        assert sorted(own(trial)) == sorted(exact)

    change(trial, exact, "AI")
    assert "inheritance" in trial.dry(files.access, **wanted).output
    assert trial.run(files.access, **wanted).changed
    assert not granted(trial, GUESTS) & READ_DATA


def test_inheritance_ends_and_begins(trial: Trial) -> None:
    """With what was inherited kept, or dropped; nothing at the second run."""
    made(trial)
    users = "S-1-5-32-545"

    assert trial.run(files.access, FOLDER, inherit=False).changed
    assert "(A;OICI;0x1200a9;;;BU)" in own(trial)
    assert not trial.run(files.access, FOLDER, inherit=False).will_change

    assert trial.run(files.access, FOLDER, purge=["Users"]).changed
    assert granted(trial, users) & 0x1 == 0
    assert not trial.run(files.access, FOLDER, purge=["Users"]).will_change

    dry = trial.dry(files.access, FOLDER, inherit=True)
    assert "inheritance  off  ->  on" in dry.output
    assert trial.run(files.access, FOLDER, inherit=True).changed
    assert granted(trial, users) & 0x1

    assert trial.run(files.access, FOLDER, purge=True).changed
    assert trial.run(files.access, FOLDER, KEPT, inherit=False, keep_inherited=False).changed
    assert sorted(own(trial)) == ["(A;OICI;FA;;;BA)", "(A;OICI;FA;;;SY)"]


def test_other_entries_of_accounts_go(trial: Trial) -> None:
    """Those of the accounts named, or everybody's."""
    made(trial)
    guests = ["(D;;SD;;;BG)", "(A;OICI;FA;;;BG)"]
    other = "(A;OICI;FR;;;S-1-5-21-9-9-9-1234)"
    change(trial, [guests[0], other, guests[1]])

    wanted: dict[str, Any] = {"entries": [Entry("Guests", "read")], "purge": ["Guests"]}
    dry = trial.dry(files.access, FOLDER, **wanted)
    line = next(line for line in dry.lines if "Guests" in line)
    assert f"deny delete, this folder only; full control, {EVERYTHING}" in line
    assert f"->  read, {EVERYTHING}" in line
    assert trial.run(files.access, FOLDER, **wanted).changed
    assert sorted(own(trial)) == sorted([other, "(A;OICI;FR;;;BG)"])
    assert not trial.run(files.access, FOLDER, **wanted).will_change

    dry = trial.dry(files.access, FOLDER, purge=True)
    assert "an account that is gone (S-1-5-21-9-9-9-1234)" in dry.output
    assert trial.run(files.access, FOLDER, purge=True).changed
    assert own(trial) == []
    assert not trial.run(files.access, FOLDER, purge=True).will_change


def test_names_of_a_german_server(trial: Trial) -> None:
    """English names are understood, and its own are shown."""
    made(trial)
    trial.lab.configure(language="de")
    try:
        dry = trial.dry(files.access, FOLDER, [*KEPT, Entry("Users", "read")], exact=True)
        assert "ERSTELLER-BESITZER (S-1-3-0)  " in dry.output
        assert trial.run(files.access, FOLDER, KEPT, exact=True).changed
        assert not trial.run(files.access, FOLDER, KEPT, exact=True).will_change
        assert trial.run(files.access, FOLDER, [Entry("Gäste", "read")]).changed
    finally:
        trial.lab.configure(language="en")
    assert "(A;OICI;FR;;;BG)" in own(trial)


def test_an_owner(trial: Trial) -> None:
    """By name or SID; shown by name; the list stays."""
    made(trial)
    change(trial, ["(A;OICI;FA;;;BG)"])

    dry = trial.dry(files.access, FOLDER, owner="SYSTEM")
    assert "owner  BUILTIN\\Administrators (S-1-5-32-544)  ->  SYSTEM (S-1-5-18)" in dry.output
    assert trial.run(files.access, FOLDER, owner="SYSTEM").changed
    assert AccessLists(trial.lab.folder).own(trial.lab.path(FOLDER)).owner == SYSTEM
    assert own(trial) == ["(A;OICI;FA;;;BG)"]
    assert not trial.run(files.access, FOLDER, owner=SYSTEM).will_change

    both = trial.run(files.access, FOLDER, [Entry("Guests", "read")], owner=ADMINISTRATORS)
    assert both.changed
    assert AccessLists(trial.lab.folder).own(trial.lab.path(FOLDER)).owner == ADMINISTRATORS


def test_what_earlier_operations_will_make(trial: Trial) -> None:
    """A folder and an account that are not there yet: prepare assumes them, a run does not."""
    entries = [Entry("svc_new", "modify"), Entry("Administrators", "full")]

    dry = trial.dry(files.access, r"D:\new", entries)
    assert dry.will_change
    assert not dry.failed
    assert f"svc_new (not there yet)        -  ->  modify, {EVERYTHING}" in dry.output

    run = trial.run(files.access, r"D:\new", entries)
    assert run.failed
    assert messages.PATH_MISSING.text(path=r"D:\new", host="@lab/trial") in run.output

    made(trial, r"D:\new")
    run = trial.run(files.access, r"D:\new", entries)
    assert run.failed
    assert "nothing on the host knows the account svc_new" in run.output
    assert own(trial, r"D:\new") == []


def test_nobody_is_locked_out(trial: Trial) -> None:
    """Unless it is asked for; it is said before anything changes."""
    made(trial)
    alone: dict[str, Any] = {"entries": [Entry(SERVICE, "full")], "exact": True}

    for path in (FOLDER, r"D:\new"):
        tried = trial.dry(files.access, path, **alone)
        assert tried.failed
        said = messages.LOCKED_OUT.text(
            path=path, host="@lab/trial", accounts="SYSTEM and Administrators"
        )
        assert said in tried.output
    assert own(trial) == []

    user = trial.lab.config.users[0].name
    denied = [*KEPT, Entry(user, "full", type="deny")]
    tried = trial.dry(files.access, FOLDER, denied)
    assert f"with this list {user} could no longer" in tried.output

    assert trial.run(files.access, FOLDER, **alone, lock_out=True).changed
    assert granted(trial, SERVICE_SID) & 0x1F01FF == 0x1F01FF


def test_a_denial_for_everyone_is_named(trial: Trial) -> None:
    """No entry of the account's own wins over it."""
    made(trial)
    change(trial, ["(D;OICI;SD;;;WD)"])

    tried = trial.dry(files.access, FOLDER, [Entry(SERVICE, "modify")])

    assert tried.failed
    entry = f"Everyone (S-1-1-0): deny delete, {EVERYTHING}"
    said = messages.DENIED_BY_OTHERS.text(path=FOLDER, host="@lab/trial", entry=entry)
    assert said in tried.output


def test_a_list_that_may_not_be_seen(trial: Trial) -> None:
    """Not even an administrator's token reads a list that grants it nothing."""
    made(trial)
    change(trial, ["(A;OICI;FA;;;SY)"], "PAI")
    lists = AccessLists(trial.lab.folder)
    lists.write_owner(trial.lab.path(FOLDER), SYSTEM)

    tried = trial.dry(files.access, FOLDER, [Entry(SERVICE, "modify")])

    assert tried.failed
    assert messages.NOT_READABLE.text(Path=FOLDER) in tried.output


def test_a_list_that_may_not_be_changed(trial: Trial) -> None:
    """It can be read, and that is all."""
    made(trial)
    change(trial, ["(A;OICI;FA;;;SY)", "(A;OICI;0x1301bf;;;BA)"], "PAI")
    AccessLists(trial.lab.folder).write_owner(trial.lab.path(FOLDER), SYSTEM)

    run = trial.run(files.access, FOLDER, [Entry(SERVICE, "modify")])

    assert run.failed
    reason = "Attempted to perform an unauthorized operation."
    assert messages.NOT_CHANGEABLE.text(Path=FOLDER, Reason=reason) in run.output
    assert len(own(trial)) == 2

    taken = trial.run(files.access, FOLDER, [Entry(SERVICE, "modify")], owner="Administrators")
    assert taken.changed
    assert len(own(trial)) == 3


def test_odd_names(trial: Trial) -> None:
    """Blanks, quotes, brackets and letters of all kinds in a path."""
    for name in ("a b", "it's", "[1]", "é", "日本語", "$x`n", "a;b&c"):
        made(trial, rf"D:\{name}")
        assert trial.run(files.access, rf"D:\{name}", [Entry("Guests", "read")]).changed
        assert own(trial, rf"D:\{name}") == ["(A;OICI;FR;;;BG)"]
        assert not trial.run(files.access, rf"D:\{name}", [Entry("Guests", "read")]).will_change
        assert trial.run(files.access, rf"D:\{name}", owner="SYSTEM").changed


def test_a_long_path(trial: Trial) -> None:
    """More than 260 characters, which icacls.exe takes with a prefix alone."""
    path = "D:\\" + "\\".join(["folder-" + "x" * 60] * 5)
    made(trial, path)

    assert trial.run(files.access, path, [Entry("Guests", "read")], owner="SYSTEM").changed
    assert own(trial, path) == ["(A;OICI;FR;;;BG)"]
    assert AccessLists(trial.lab.folder).own(trial.lab.path(path)).owner == SYSTEM
    lines = [one["command_line"] for one in trial.lab.processes() if "icacls" in str(one)]
    assert any(rf"\\?\{path}" in line for line in lines)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": FOLDER}, "nothing is asked for"),
        ({"path": FOLDER, "entries": KEPT, "exact": True, "purge": True}, "purge: "),
        ({"path": FOLDER, "entries": KEPT, "exact": True, "inherit": True}, "inherit: "),
        ({"path": FOLDER, "entries": KEPT, "purge": "Users"}, "one name, 'Users'"),
    ],
)
def test_arguments_that_are_refused(options: dict[str, Any], words: str) -> None:
    """Before a host is asked."""
    with no_host(), pytest.raises(OperationValueError, match=words) as caught:
        list(files.access._inner(**options))

    assert messages.ACCESS_REFUSED.remedy in str(caught.value)


def test_a_path_that_is_refused() -> None:
    """As in the other operations of the module."""
    with no_host(), pytest.raises(OperationValueError, match="not absolute"):
        list(files.access._inner("x", KEPT))


def test_an_owner_that_cannot_be_set(trial: Trial) -> None:
    """What icacls.exe says is quoted, and nothing has changed."""
    made(trial)
    before = AccessLists(trial.lab.folder).own(trial.lab.path(FOLDER))

    with failing(trial.lab, "icacls.exe", "Access is denied.", 5):
        run = trial.run(files.access, FOLDER, owner="SYSTEM")

    sentence = messages.OWNER_NOT_CHANGEABLE.text(
        Path=FOLDER, Owner=SYSTEM, Reason="Access is denied.", Code=5
    )
    assert run.failed
    assert sentence in run.output
    assert AccessLists(trial.lab.folder).own(trial.lab.path(FOLDER)) == before


def test_a_list_that_is_no_sddl(trial: Trial) -> None:
    """Whatever wrote it: it is quoted, and left alone."""
    made(trial)
    session = cast(WinRMConnector, trial.host.connector).session
    kept = session.ask
    answer = {"Items": [{"Path": FOLDER, "Sddl": "D:PAI(A;OICI"}]}

    def ask(script: Script, **options: Any) -> Any:
        return answer if script.source.name == "get_access.ps1" else kept(script, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ask", ask)
        tried = trial.dry(files.access, FOLDER, [Entry("Guests", "read")])

    sentence = messages.LIST_NOT_UNDERSTOOD.text(
        path=FOLDER, host="@lab/trial", sddl="D:PAI(A;OICI"
    )
    assert tried.failed
    assert sentence in tried.output
