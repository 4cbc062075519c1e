"""Local accounts and groups: what Windows refuses, whom it lets log on, how names resolve."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab.people import PASSWORD, edit, new_user, refusal, sam, stored
from tests.lab.runs import run
from winfra.lab import accounts, logon, resolve, rights, sids, token
from winfra.lab.endpoint_config import User as EndpointUser
from winfra.lab.sam import now
from winfra.lab.state import Lab

ADMINISTRATORS = "S-1-5-32-544"
FOREIGN = "S-1-5-21-11-22-33-1104"


def test_a_new_machine(machine: Lab) -> None:
    """Setup's accounts have their numbers; the lab's own user is an administrator."""
    own = lab_sid(machine)
    users = {user["name"]: user for user in machine.read_state("accounts")["users"]}

    assert users["Administrator"]["sid"] == f"{own}-500"
    assert users["Guest"]["sid"] == f"{own}-501"
    assert not users["Guest"]["enabled"]
    assert users["deploy"]["sid"] == f"{own}-1000"
    assert stored(machine, "groups", ADMINISTRATORS)["members"] == [f"{own}-500", f"{own}-1000"]


def test_create(machine: Lab) -> None:
    """A new account gets the next number and its properties, and is in no group."""
    user = new_user(machine, comment="runs flows")

    found = stored(machine, "users", "svc_prefect")
    assert found["sid"] == user.sid == f"{lab_sid(machine)}-1001"
    assert (found["comment"], found["password_expires"]) == ("runs flows", False)
    groups = machine.read_state("accounts")["groups"]
    assert not [group for group in groups if user.sid in group["members"]]
    assert accounts.password_is(machine.folder, "SVC_PREFECT", PASSWORD)
    assert not accounts.password_is(machine.folder, "svc_prefect", PASSWORD.lower())


def test_no_password_in_the_clear(machine: Lab) -> None:
    """Neither state nor logs hold a password, old or new."""
    new_user(machine)
    sam(machine).change("svc_prefect", "An0ther-Word", {})
    logon.log_on(machine.folder, "svc_prefect", "wr0ng-W0rd")

    for folder in (machine.state, machine.log):
        for file in folder.rglob("*"):
            text = file.read_text() if file.is_file() else ""
            assert not [one for one in (PASSWORD, "An0ther", "wr0ng") if one in text], file


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deploy", "UserExists"),
        ("DEPLOY", "UserExists"),
        ("Users", "NameInUse"),
        ("a/b", "InvalidName"),
        ("a@b", "InvalidName"),
        ("...", "InvalidName"),
        ("dot.", "InvalidName"),
        ("x" * 21, "InvalidName"),
        ("svc prefect", ""),
        ("dienst_é", ""),
    ],
)
def test_names(machine: Lab, name: str, kind: str) -> None:
    """A name that is taken, a group's or malformed is refused; spaces and accents are fine."""
    assert refusal(lambda: new_user(machine, name))[0] == kind


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("Abcdef1", True),
        ("abcdef1", False),
        ("ABCdef!", True),
        ("xSvc_Prefect1", False),
        ("x-Flow-1", False),
        ("日本Aa", True),
        ("A1!" * 43, False),
    ],
)
def test_complexity(machine: Lab, password: str, is_good: bool) -> None:
    """Three of five kinds of letters, without the account's names, at most 127 of them."""
    new_user(machine, full_name="Flow Runner")

    kind, code = refusal(lambda: sam(machine).change("svc_prefect", password, {}))

    assert (kind, code) == (("", 0) if is_good else ("InvalidPassword", 1325))
    assert accounts.password_is(machine.folder, "svc_prefect", password) == is_good


def test_length(machine: Lab) -> None:
    """The policy's length counts for new accounts, of which nothing is left behind."""
    edit(machine, lambda known: setattr(known.policy, "minimum_length", 12))

    assert refusal(lambda: new_user(machine))[0] == "InvalidPassword"
    assert accounts.read(machine.folder).user("svc_prefect") is None


def test_history_and_age(machine: Lab) -> None:
    """They bind who changes the own password, not an administrator who resets it."""
    new_user(machine)
    edit(machine, lambda known: vars(known.policy).update(history=2, minimum_age_days=1))
    own = sam(machine, "svc_prefect")

    too_young = refusal(lambda: own.change_own_password("svc_prefect", PASSWORD, "An0ther-Word"))
    sam(machine).change("svc_prefect", "An0ther-Word", {})
    edit(machine, lambda known: setattr(known.policy, "minimum_age_days", 0))
    used = refusal(lambda: own.change_own_password("svc_prefect", "An0ther-Word", PASSWORD))
    sam(machine).change("svc_prefect", PASSWORD, {})

    assert too_young[0] == used[0] == "InvalidPassword"
    assert accounts.password_is(machine.folder, "svc_prefect", PASSWORD)


def test_a_refused_password_leaves_the_properties(machine: Lab) -> None:
    """Set-LocalUser writes the properties first, then the password."""
    new_user(machine)

    assert refusal(lambda: sam(machine).change("svc_prefect", "x", {"comment": "new"}))[1] == 1325
    assert stored(machine, "users", "svc_prefect")["comment"] == "new"


def test_unknown_and_built_in(machine: Lab) -> None:
    """An unknown account is told; those of setup cannot be deleted."""
    assert refusal(lambda: sam(machine).remove("nobody")) == ("UserNotFound", 2221)
    assert refusal(lambda: sam(machine).remove("Administrator")) == ("Internal", 1371)
    assert refusal(lambda: sam(machine).add_member("Nothing", "deploy")) == ("GroupNotFound", 2220)


def test_members(machine: Lab) -> None:
    """A member is added once and removed once; a deleted account stays as a SID."""
    user = new_user(machine)
    own = sam(machine)

    own.add_member("Administrators", "svc_prefect")
    assert refusal(lambda: own.add_member(ADMINISTRATORS, user.sid)) == ("MemberExists", 1378)
    own.remove("svc_prefect")
    assert user.sid in stored(machine, "groups", ADMINISTRATORS)["members"]
    own.remove_member("Administrators", user.sid)
    assert user.sid not in stored(machine, "groups", ADMINISTRATORS)["members"]
    again = refusal(lambda: own.remove_member("Administrators", user.sid))
    assert again == ("MemberNotFound", 1377)


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("nobody", ("PrincipalNotFound", 1332)),
        ("{machine}-4711", ("MemberNotFound", 1387)),
        ("Users", ("Internal", 1388)),
        (FOREIGN, ("", 0)),
        ("S-1-5-11", ("", 0)),
        ("NT AUTHORITY\\SERVICE", ("", 0)),
    ],
)
def test_what_may_be_a_member(machine: Lab, member: str, expected: tuple[str, int]) -> None:
    """No unknown name or number of this machine, no other local group; a foreign SID may."""
    given = member.format(machine=lab_sid(machine))

    assert refusal(lambda: sam(machine).add_member("Administrators", given)) == expected


def test_administrator_stays_administrator(machine: Lab) -> None:
    """The built-in account cannot be taken out of Administrators."""
    kind, code = refusal(lambda: sam(machine).remove_member(ADMINISTRATORS, "Administrator"))

    assert (kind, code) == ("Internal", 1371)


@pytest.mark.parametrize(
    "user",
    [
        EndpointUser("plain", "p", administrator=False),
        EndpointUser("filtered", "p", full_token=False),
    ],
)
def test_access_denied(machine: Lab, user: EndpointUser) -> None:
    """Only an administrator with a full token changes accounts."""
    machine.configure(users=(*machine.config.users, user))
    own = sam(machine, user.name)

    assert refusal(lambda: own.create("other", PASSWORD, {})) == ("AccessDenied", 5)
    assert refusal(lambda: own.change("deploy", None, {"comment": "x"})) == ("AccessDenied", 5)
    assert refusal(lambda: own.remove("deploy")) == ("AccessDenied", 5)
    assert refusal(lambda: own.add_member(ADMINISTRATORS, user.name)) == ("AccessDenied", 5)
    assert refusal(lambda: own.remove_member(ADMINISTRATORS, "deploy")) == ("AccessDenied", 5)


def test_the_wire_follows(machine: Lab) -> None:
    """What changes a user of the endpoint changes how it logs on."""
    machine.configure(users=(*machine.config.users, EndpointUser("second", "Old-Word-1")))

    sam(machine).change("second", PASSWORD, {"enabled": "false"})
    sam(machine).remove_member(ADMINISTRATORS, "second")

    user = machine.config.user("second")
    assert user is not None
    assert (user.password, user.disabled, user.administrator) == (PASSWORD, True, False)
    sam(machine).remove("second")
    assert machine.config.user("second") is None


def test_log_on(machine: Lab) -> None:
    """The wrong password is counted, the right one logs on and leaves the accounts as they were."""
    user = new_user(machine)
    before = machine.read_state("accounts")

    assert logon.log_on(machine.folder, "svc_prefect", "wrong") == logon.WRONG
    assert stored(machine, "users", "svc_prefect")["bad_passwords"] == 1
    assert logon.log_on(machine.folder, "svc_prefect", PASSWORD) == 0
    assert logon.log_on(machine.folder, "nobody", PASSWORD) == logon.WRONG
    assert [event["name"] for event in machine.events(4625)] == ["svc_prefect", "nobody"]
    assert stored(machine, "users", "svc_prefect") in before["users"]
    assert list(logon.last_logons(machine.folder)) == [user.sid]
    (success,) = machine.events(4624)
    assert (success["sid"], success["logon_type"]) == (user.sid, 3)


def test_lockout(machine: Lab) -> None:
    """The account is locked at the threshold, for the right password too, until its time is up."""
    new_user(machine)
    edit(machine, lambda known: setattr(known.policy, "lockout_threshold", 2))

    codes = [logon.log_on(machine.folder, "svc_prefect", word) for word in ("a", "b", PASSWORD)]
    edit(machine, age_lockout)
    later = logon.log_on(machine.folder, "svc_prefect", PASSWORD)

    assert codes == [logon.WRONG, logon.WRONG, logon.LOCKED]
    assert len(machine.events(4740)) == 1
    assert later == 0


def test_old_attempts_are_forgotten(machine: Lab) -> None:
    """A wrong password after the observation window is the first again."""
    new_user(machine)
    logon.log_on(machine.folder, "svc_prefect", "a")
    hour_ago = (now() - timedelta(hours=1)).isoformat()
    edit(machine, lambda known: vars(known.user("svc_prefect")).update(bad_time=hour_ago))

    logon.log_on(machine.folder, "svc_prefect", "b")

    assert stored(machine, "users", "svc_prefect")["bad_passwords"] == 1


def test_the_built_in_account_is_never_locked(machine: Lab) -> None:
    """Wrong passwords of Administrator are counted, and no more."""
    edit(machine, lambda known: setattr(known.policy, "lockout_threshold", 1))

    codes = [logon.log_on(machine.folder, "Administrator", "x") for _ in range(3)]

    assert codes == [logon.WRONG] * 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": False}, logon.DISABLED),
        ({"account_expires": "2020-01-01T00:00:00+00:00"}, logon.EXPIRED),
        ({"password_expires": True, "password_set": None}, logon.MUST_CHANGE),
        (
            {"password_expires": True, "password_set": "2020-01-01T00:00:00+00:00"},
            logon.PASSWORD_EXPIRED,
        ),
        ({"password_set": "2020-01-01T00:00:00+00:00"}, 0),
    ],
)
def test_restrictions(machine: Lab, change: dict[str, Any], code: int) -> None:
    """Who knows the password is told what keeps the account out; who does not is not."""
    new_user(machine)
    edit(machine, lambda known: vars(known.user("svc_prefect")).update(change))

    assert logon.log_on(machine.folder, "svc_prefect", "wrong") == logon.WRONG
    assert logon.log_on(machine.folder, "svc_prefect", PASSWORD) == code


def test_rights_to_log_on(machine: Lab) -> None:
    """A right that is missing or denied, by a group too, is told after the password."""
    user = new_user(machine)
    folder = machine.folder

    assert logon.log_on(folder, "svc_prefect", PASSWORD, "service") == logon.NOT_GRANTED
    rights.write(folder, {"SeServiceLogonRight": [user.sid]}, "S-1-5-18")
    assert logon.log_on(folder, "svc_prefect", PASSWORD, "service") == 0
    rights.write(folder, {"SeDenyNetworkLogonRight": ["S-1-5-113"]}, "S-1-5-18")
    assert logon.log_on(folder, "svc_prefect", PASSWORD) == logon.NOT_GRANTED
    assert logon.log_on(folder, "svc_prefect", "wrong") == logon.WRONG
    given = [(event["event"], event["right"]) for event in machine.events() if "right" in event]
    assert given == [
        (4717, "SeServiceLogonRight"),
        (4718, "SeServiceLogonRight"),
        (4717, "SeDenyNetworkLogonRight"),
    ]


def test_no_network_logon_without_a_password(machine: Lab) -> None:
    """A blank password is for the console alone."""
    edit(machine, lambda known: setattr(known.policy, "complexity", False))
    sam(machine).create("blank", None, {})

    assert logon.log_on(machine.folder, "blank", "") == logon.RESTRICTED


def test_events(machine: Lab) -> None:
    """Each change is noted with who did it."""
    user = new_user(machine)
    sam(machine).change("svc_prefect", None, {"enabled": "false"})
    sam(machine).add_member("Administrators", "svc_prefect")
    sam(machine).remove_member("Administrators", "svc_prefect")
    sam(machine).remove("svc_prefect")

    numbers = [event["event"] for event in machine.events()]
    assert numbers == [4720, 4722, 4724, 4725, 4738, 4732, 4733, 4726]
    assert {event["subject"] for event in machine.events()} == {f"{lab_sid(machine)}-1000"}
    assert machine.events(4732)[0]["member"] == user.sid


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("BUILTIN\\Administrators", "NT AUTHORITY\\SYSTEM", "Guest", "Everyone")),
        ("de", ("VORDEFINIERT\\Administratoren", "NT-AUTORITÄT\\SYSTEM", "Gast", "Jeder")),
        ("fr", ("BUILTIN\\Administrateurs", "AUTORITE NT\\Système", "Invité", "Tout le monde")),
    ],
)
def test_languages(machine: Lab, language: str, names: tuple[str, ...]) -> None:
    """Names are those of the language, and only those; the SIDs are the same."""
    machine.configure(language=language)
    found = resolve.names(machine.folder)

    expected = (ADMINISTRATORS, "S-1-5-18", f"{lab_sid(machine)}-501", "S-1-1-0")
    assert [sid_of(found, name) for name in names] == list(expected)
    assert found.display(ADMINISTRATORS) == names[0]
    assert (sid_of(found, "Administrators") == ADMINISTRATORS) == (language == "en")


def test_a_renamed_account_keeps_its_name(machine: Lab) -> None:
    """The language changes names that setup gave, no others."""
    edit(machine, lambda known: setattr(known.users[0], "name", "root"))
    machine.configure(language="fr")

    assert resolve.names(machine.folder).display(f"{lab_sid(machine)}-500") == "WINLAB\\root"


def test_names_resolve(machine: Lab) -> None:
    """With the machine's name or without, whatever the case; not with another's or a dot."""
    found = resolve.names(machine.folder)
    deploy = f"{lab_sid(machine)}-1000"

    assert sid_of(found, "deploy") == sid_of(found, "winlab\\DEPLOY") == deploy
    assert sid_of(found, "OTHER\\deploy") is None
    assert sid_of(found, ".\\deploy") is None
    # Groups of BUILTIN are in no other domain.
    assert sid_of(found, "WINLAB\\Administrators") is None


def test_services(machine: Lab) -> None:
    """A service's account resolves once the service exists; its SID is known before."""
    name = "NT SERVICE\\PrefectServer"

    assert sid_of(resolve.names(machine.folder), name) is None
    machine.write_state("services", {"PrefectServer": {}})
    found = resolve.names(machine.folder)
    assert sid_of(found, name) == sids.service_sid("prefectserver")
    assert sid_of(found, "PrefectServer") is None
    assert sid_of(found, "nt service\\all services") == "S-1-5-80-0"


def test_service_sid() -> None:
    """TrustedInstaller's SID is the one that every Windows has."""
    expected = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

    assert sids.service_sid("TrustedInstaller") == expected


def test_domain(machine: Lab) -> None:
    """Accounts of the domain resolve by either of its names, while a controller answers."""
    policy = {
        "domain": "CONTOSO",
        "dns": "contoso.example",
        "accounts": [
            {"name": "svc_flow$", "sid": "S-1-5-21-1-2-3-1105"},
            {"name": "Operators", "sid": "S-1-5-21-1-2-3-1106", "kind": "group"},
        ],
    }
    machine.write_state("policy", policy)
    found = resolve.names(machine.folder)

    assert sid_of(found, "contoso\\svc_flow$") == "S-1-5-21-1-2-3-1105"
    assert sid_of(found, "operators@contoso.example") == "S-1-5-21-1-2-3-1106"
    assert found.display("S-1-5-21-1-2-3-1105") == "CONTOSO\\svc_flow$"
    machine.write_state("policy", {**policy, "reachable": False})
    assert sid_of(resolve.names(machine.folder), "contoso\\svc_flow$") is None


def test_policy_overrides_rights(machine: Lab) -> None:
    """A refresh of policy gives a right to exactly whom the first policy names."""
    given = [
        {"right": "SeBatchLogonRight", "accounts": ["*S-1-5-19"], "gpo": "b", "precedence": 2},
        {"right": "SeBatchLogonRight", "accounts": ["deploy", "gone"], "gpo": "a"},
    ]
    machine.write_state("policy", {"domain": "CONTOSO", "rights": given})

    rights.refresh(machine.folder, resolve.names(machine.folder))

    assert machine.read_state("rights")["SeBatchLogonRight"] == [f"{lab_sid(machine)}-1000"]


def test_tokens(machine: Lab) -> None:
    """A token has the groups that its account is in by itself or by another of its SIDs."""
    user = new_user(machine)
    known = accounts.read(machine.folder)
    own = token.make(known, user.sid, "service", (sids.service_sid("PrefectWorker"),))
    system = token.make(known, "S-1-5-18", "service")
    boss = token.of_process(machine.folder, {"USERNAME": "deploy"})

    assert {"S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6"} <= set(own.groups)
    assert not own.elevated
    assert "SeDebugPrivilege" not in own.privileges
    assert system.elevated
    assert boss.elevated
    assert "SeDebugPrivilege" in boss.privileges


def test_whoami(machine: Lab) -> None:
    """Groups and privileges follow the accounts and rights, in the names of the language."""
    machine.configure(language="de")
    new_user(machine)
    sam(machine).add_member("Gäste", "svc_prefect")
    rights.write(machine.folder, {"SeDebugPrivilege": ["S-1-5-32-546"]}, "S-1-5-18")
    machine.path(r"C:\Users\svc_prefect").mkdir()

    def whoami(options: str) -> list[list[str]]:
        output = run(machine, f"whoami.exe {options} /fo csv /nh", user="svc_prefect").output
        return list(csv.reader(output.splitlines()))

    sid = stored(machine, "users", "svc_prefect")["sid"]
    groups = {row[2]: row[0] for row in whoami("/groups")}
    assert whoami("/user") == [["winlab\\svc_prefect", sid]]
    assert groups["S-1-5-32-546"] == "VORDEFINIERT\\Gäste"
    assert groups["S-1-5-11"] == "NT-AUTORITÄT\\Authentifizierte Benutzer"
    assert "S-1-5-32-544" not in groups
    names = [row[0] for row in whoami("/priv")]
    expected = ["SeChangeNotifyPrivilege", "SeDebugPrivilege", "SeIncreaseWorkingSetPrivilege"]
    assert names == expected


def test_a_lab_made_before_accounts(machine: Lab) -> None:
    """Without the file the machine has the accounts of a new one."""
    (machine.state / "accounts.json").unlink()

    assert accounts.password_is(machine.folder, "deploy", machine.config.users[0].password)


def lab_sid(lab: Lab) -> str:
    return str(lab.read_state("system")["machine_sid"])


def sid_of(names: resolve.Names, name: str) -> str | None:
    found = names.find_name(name)
    return None if found is None else found.sid


def age_lockout(known: accounts.Accounts) -> None:
    user = known.user("svc_prefect")
    assert user is not None
    user.locked_time = (now() - timedelta(minutes=31)).isoformat()


def test_logs_are_private(machine: Lab) -> None:
    """Only the lab's owner reads the event log."""
    new_user(machine)

    assert (Path(machine.log) / "security.jsonl").stat().st_mode & 0o077 == 0
