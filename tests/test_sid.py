"""Security identifiers without a host."""

import pytest

from winfra.sid import is_local, is_managed, is_sid, is_virtual, known_sid, virtual_account_sid


@pytest.mark.parametrize(
    ("account", "sid"),
    [
        # As "sc.exe showsid" and Microsoft's documents have them.
        (
            r"NT SERVICE\TrustedInstaller",
            "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
        ),
        (
            r"nt service\MSSQLSERVER",
            "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003",
        ),
    ],
)
def test_a_virtual_account_has_a_computed_sid(account: str, sid: str) -> None:
    """It is the same on every machine, whatever the case of the name."""
    assert virtual_account_sid(account) == sid
    assert known_sid(account) == sid


def test_english_names_hold_on_every_server() -> None:
    """A German server calls the group Administratoren."""
    assert known_sid("Administrators") == "S-1-5-32-544"
    assert known_sid(r"BUILTIN\administrators") == "S-1-5-32-544"
    assert known_sid("svc_prefect") is None


def test_a_sid_is_its_own() -> None:
    """Whatever its case."""
    assert known_sid("s-1-5-18") == "S-1-5-18"
    assert not is_sid("S-1-5-18x")


@pytest.mark.parametrize(
    ("account", "local", "virtual", "managed"),
    [
        ("svc_prefect", True, False, False),
        (r".\svc_prefect", True, False, False),
        (r"CORP\svc_prefect", False, False, False),
        ("svc@corp.example", False, False, False),
        (r"NT SERVICE\PrefectServer", False, True, False),
        (r"CORP\prefect$", False, False, True),
        ("SYSTEM", False, False, False),
        ("NT SERVICE\\", False, False, False),
    ],
)
def test_kinds_of_accounts(account: str, local: bool, virtual: bool, managed: bool) -> None:
    """Each kind is made, and given its password, in another way."""
    assert (is_local(account), is_virtual(account), is_managed(account)) == (
        local,
        virtual,
        managed,
    )
