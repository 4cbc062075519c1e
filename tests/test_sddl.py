"""Security descriptors as text, without a host."""

import pytest
from hypothesis import given, strategies as st

from winfra.sddl import (
    ALIASES,
    Place,
    flags_of,
    map_generic,
    new_ace,
    parse,
    places,
    same_account,
)

# As Windows Server wrote them.
REAL = [
    "O:BAG:SYD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;BU)"
    "(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;;0x1200a9;;;WD)",
    "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "G:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "D:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;CI;DCLCRPCR;;;BU)",
    "O:LAG:S-1-5-21-1-2-3-513D:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)",
    "O:BAG:BAD:NO_ACCESS_CONTROL",
    "O:BAG:BAD:P",
    "O:BAG:BA",
    "D:PARAI(D;;WPDT;;;AN)",
    'D:(XA;;FX;;;S-1-1-0;(@User.Title=="PM (a" && (@User.Level > 1)))(A;;FA;;;SY)'
    'S:AI(RA;;;;;WD;("(x)",TS,0,"a;b"))',
    "D:(OA;CI;RP;4c164200-20c0-11d0-a768-00aa006e0529;;BA)S:(AU;SAFA;WD;;;WD)",
    "D:(A;OIQQ;FA;;;SY)(A;;ZZ;;;SY)(A;;FA;;;nobody)",
]


@pytest.mark.parametrize("text", REAL)
def test_a_descriptor_is_written_as_it_was_read(text: str) -> None:
    """To the byte, what is not understood included."""
    assert parse(text).text() == text


@pytest.mark.parametrize(
    "text",
    ["", "x", "D:X(A;;FA;;;SY)", "D:(A;;FA;;;SY", "D:(A;;FA)", "D:(A;;FA;;;SY)x", "O:B AD:", "BA"],
)
def test_what_is_no_descriptor(text: str) -> None:
    """Half of one is none."""
    with pytest.raises(ValueError, match=r"descriptor|entry"):
        parse(text)


def test_the_parts_of_a_descriptor() -> None:
    """Owner, group, flags, entries; the SIDs in full, generic rights as those of files."""
    found = parse("O:LGG:SYD:PAI(D;OICINP;SDWD;;;BU)(A;OICIIOID;GA;;;CO)S:(AU;SA;FA;;;WD)")

    denied, granted = found.aces
    assert (found.owner, found.group, found.protected) == ("LG", "SY", True)
    assert found.rest == "S:(AU;SA;FA;;;WD)"
    assert (denied.denies, denied.mask, denied.sid) == (True, 0x50000, "S-1-5-32-545")
    assert denied.places == Place.THIS | Place.SUBFOLDERS | Place.FILES
    assert (granted.denies, granted.mask, granted.inherited) == (False, 0x1F01FF, True)
    assert granted.own().text == "(A;OICIIO;GA;;;CO)"


def test_no_list_is_told_from_an_empty_one() -> None:
    """The first grants everything, the second nothing."""
    assert parse("O:BAD:NO_ACCESS_CONTROL").everyone
    assert parse("O:BAG:BA").everyone
    assert not parse("O:BAD:").everyone


@pytest.mark.parametrize(
    ("text", "mask"),
    [("0x1301BF", 0x1301BF), ("1179785", 0x120089), ("010", 0x8), ("FRFX", 0x1200A9), ("", 0)],
)
def test_rights_are_numbers_or_letters(text: str, mask: int) -> None:
    """Numbers in any of the three ways, letters in pairs."""
    (ace,) = parse(f"D:(A;;{text};;;SY)").aces

    assert ace.plain
    assert ace.mask == mask


def test_an_entry_that_is_not_understood_is_left_alone() -> None:
    """Conditions, objects, unknown letters: none is taken for a plain one."""
    texts = (
        "(XA;;FX;;;WD;(x))",
        "(OA;;FA;a;;WD)",
        "(A;;FA;;;WD;(x))",
        "(A;QQ;FA;;;WD)",
        "(A;;ZZ;;;WD)",
        "(A;;0x1g;;;WD)",
    )
    for ace in parse("D:" + "".join(texts)).aces:
        assert not ace.plain


@given(st.integers(0, 0xFFFFFFFF))
def test_generic_rights_are_mapped_once(mask: int) -> None:
    """None is left, and no other right is lost."""
    mapped = map_generic(mask)

    assert not mapped & 0xF0000000
    assert mask & 0x0FFFFFFF & ~mapped == 0
    assert map_generic(mapped) == mapped


@given(
    st.booleans(),
    st.sampled_from(
        [("OI", "CI"), ("CI",), (), ("OI", "NP"), ("CI", "IO"), ("OI", "CI", "NP", "IO")]
    ),
    st.integers(1, 0x1FFFFF),
    st.sampled_from([*ALIASES.values(), "S-1-5-21-1-2-3-1001"]),
)
def test_a_new_entry_says_what_it_is_made_of(
    deny: bool, flags: tuple[str, ...], mask: int, sid: str
) -> None:
    """Read again it is the same."""
    made = new_ace(deny=deny, place=places(flags), mask=mask, sid=sid)

    assert parse(f"D:{made.text}").aces == (made,)
    assert flags_of(made.places) == flags


def test_a_place_that_no_flags_say() -> None:
    """Files deep down and no others."""
    with pytest.raises(ValueError, match="no entry"):
        flags_of(Place.DEEPER_FILES)


def test_the_machines_own_administrator() -> None:
    """Windows writes LA where the inventory may have the SID."""
    assert same_account("LA", "S-1-5-21-1-2-3-500")
    assert same_account("S-1-5-21-1-2-3-500", "LA")
    assert not same_account("LA", "S-1-5-21-1-2-3-1500")
    assert not same_account("LA", "LG")
    assert same_account("LG", "LG")
