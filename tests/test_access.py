"""Access lists composed of what is there and what is wanted, without a host."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pyinfra.api import OperationValueError

from winfra.access import (
    PLACES,
    RIGHTS,
    Entry,
    Grant,
    Wanted,
    blocking,
    compose,
    is_granted,
    locked_out,
)
from winfra.access_words import describe, difference, place_words, rights_words
from winfra.lab.descriptor import Dialect, of_net
from winfra.messages.access import ENTRY_REFUSED
from winfra.sddl import ALIASES, Ace, Place, new_ace, parse

SERVICE, OTHER = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"
ROOT = (
    "O:BAG:SYD:AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)"
)
MODIFY = f"(A;OICI;0x1301bf;;;{SERVICE})"

masks = st.sampled_from([*RIGHTS.values(), 0x10000000, 0x80000000, 0x1301BF, 0x1F01FF])
sids = st.sampled_from([SERVICE, OTHER, "BA", "SY", "BU", "WD", "LA", "AU"])
flags = st.sampled_from(["", "OI", "CI", "OICI", "OICIIO", "CIIO", "OINP", "OICINPIO"])
kinds = st.sampled_from(["A", "A", "A", "D"])
explicit = st.builds("({};{};0x{:x};;;{})".format, kinds, flags, masks, sids)
inherited = st.builds("({};{}ID;0x{:x};;;{})".format, kinds, flags, masks, sids)
odd = st.sampled_from(["(XA;OICI;FX;;;WD;(@User.x))", "(A;ZZ;FA;;;BA)"])
ODD = re.compile(r"\(XA[^)]*\)\)|\(A;ZZ[^)]*\)")
descriptors = st.builds(
    lambda control, own, above: f"O:BAG:SYD:{control}" + "".join(own + above),
    st.sampled_from(["", "AI", "PAI", "P"]),
    st.lists(st.one_of(explicit, explicit, odd), max_size=6),
    st.lists(inherited, max_size=4),
)
# What one entry grants and another denies the same account: test_more_may_be_granted_than_one_denies.
grants = st.builds(
    lambda account, mask, place: Grant(account, mask, account == OTHER, place),
    st.sampled_from([SERVICE, OTHER, "S-1-5-32-545"]),
    st.sampled_from([RIGHTS["modify"], RIGHTS["read"], RIGHTS["full"], RIGHTS["write"]]),
    st.sampled_from([*PLACES.values()]),
)
wishes = st.builds(
    Wanted,
    st.lists(grants, max_size=3).map(tuple),
    st.sampled_from([False, True, frozenset({SERVICE}), frozenset({OTHER, "S-1-5-32-545"})]),
    st.sampled_from([None, True, False]),
    st.booleans(),
)


def entry(rights: Any = "modify", account: str = SERVICE, **options: Any) -> Grant:
    return Grant.of(Entry("x", rights, **options), account, folder=True)


def composed(text: str, *wanted: Grant, folder: bool = True, **options: Any) -> str:
    return compose(parse(text), Wanted(tuple(wanted), **options), folder=folder).text()


# What an operation asks for


@pytest.mark.parametrize(
    ("rights", "mask"),
    [
        ("full", 0x1F01FF),
        ("modify", 0x1301BF),
        ("read_and_execute", 0x1200A9),
        ("read", 0x120089),
        ("write", 0x100116),
        ("create_folders", 0x100004),
        (["read", "write"], 0x12019F),
    ],
)
def test_the_rights_of_an_entry(rights: Any, mask: int) -> None:
    """As Explorer's dialog writes them, with the right to synchronize."""
    assert Entry("x", rights).mask == mask


def test_a_denial_leaves_synchronizing_alone() -> None:
    """Without it nothing could be opened."""
    assert Entry("x", "write", type="deny").mask == 0x116
    assert Entry("x", "full", type="deny").mask == 0x1F01FF


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"account": " ", "rights": "read"}, "no account"),
        ({"account": "x", "rights": []}, "no right"),
        ({"account": "x", "rights": "all"}, "'all' is none of the rights"),
        ({"account": "x", "rights": ["read", "RX"]}, "'RX' is none"),
        ({"account": "x", "rights": "read", "type": "grant"}, "'grant' is neither"),
        ({"account": "x", "rights": "read", "applies_to": "all"}, "'all' is no place"),
    ],
)
def test_an_entry_that_makes_no_sense(options: dict[str, Any], words: str) -> None:
    """It is refused with its account and the word that is wrong."""
    with pytest.raises(OperationValueError, match=words) as caught:
        Entry(**options)

    assert ENTRY_REFUSED.remedy in str(caught.value)


def test_the_flags_of_an_entry() -> None:
    """A folder's apply to all below it; a file has none."""
    assert composed("D:", entry()) == f"D:{MODIFY}"
    assert composed("D:", entry(applies_to="folder only")) == f"D:(A;;0x1301bf;;;{SERVICE})"
    file = Grant.of(Entry("x", "modify"), SERVICE, folder=False)
    assert composed("D:", file, folder=False) == f"D:(A;;0x1301bf;;;{SERVICE})"


# Adding


def test_an_entry_is_added_behind_the_lists_own() -> None:
    """Before what is inherited; all else stays to the byte."""
    own = '(D;;WD;;;BU)(A;CI;LC;;;BU)(XA;;FX;;;WD;(@User.Title=="x"))'
    before = ROOT.replace("(A;OICIID;FA;;;BA)", own + "(A;OICIID;FA;;;BA)")

    assert composed(before, entry()) == before.replace(own, own + MODIFY)


@pytest.mark.parametrize(
    "there",
    [
        MODIFY,
        f"(A;OICI;FA;;;{SERVICE})",
        f"(A;OICI;GA;;;{SERVICE})",
        f"(A;OICIID;0x1301bf;;;{SERVICE})",
        f"(A;OICIID;0x1301ff;;;{SERVICE})",
        f"(A;;0x1301bf;;;{SERVICE})(A;OICIIO;SDGXGWGR;;;{SERVICE})",
        f"(A;OICI;0x1200a9;;;{SERVICE})(A;OICIID;0x1301bf;;;{SERVICE})",
        f"(D;OICI;WDWO;;;{SERVICE}){MODIFY}",
        f"(D;OICI;FA;;;BG){MODIFY}",
        f"{MODIFY}(D;OICIID;FA;;;{SERVICE})",
    ],
)
def test_what_is_granted_is_left_alone(there: str) -> None:
    """By a larger right, by several entries, by what is inherited."""
    assert composed(f"O:BAG:SYD:{there}", entry()) == f"O:BAG:SYD:{there}"


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        # Less than was asked for, in rights or in reach.
        (f"(A;OICI;0x1200a9;;;{SERVICE})", MODIFY),
        (f"(A;OICI;0x301bf;;;{SERVICE})", MODIFY),
        (f"(A;;FA;;;{SERVICE})", f"(A;;FA;;;{SERVICE}){MODIFY}"),
        (f"(A;OICINP;FA;;;{SERVICE})", f"(A;OICINP;FA;;;{SERVICE}){MODIFY}"),
        (f"(A;OICI;FA;;;{OTHER})", f"(A;OICI;FA;;;{OTHER}){MODIFY}"),
        # A group's entry is not the account's.
        ("(A;OICI;FA;;;BU)", f"(A;OICI;FA;;;BU){MODIFY}"),
        # Denied to the account itself: as much of that goes as is to be granted.
        (f"(D;OICI;FA;;;{SERVICE}){MODIFY}", f"(D;OICI;0xc0040;;;{SERVICE}){MODIFY}"),
        (f"(D;OICI;DC;;;{SERVICE}){MODIFY}", MODIFY),
        # Denied from above: an entry of one's own comes first.
        (
            f"(D;OICIID;FA;;;{SERVICE})(A;OICIID;FA;;;{SERVICE})",
            f"{MODIFY}(D;OICIID;FA;;;{SERVICE})(A;OICIID;FA;;;{SERVICE})",
        ),
        (
            f"(D;OICIID;DC;;;WD)(A;OICIID;FA;;;{SERVICE})",
            f"{MODIFY}(D;OICIID;DC;;;WD)(A;OICIID;FA;;;{SERVICE})",
        ),
        # With a condition: nobody knows what it grants.
        (f"(XA;OICI;FA;;;{SERVICE};(x))", f"(XA;OICI;FA;;;{SERVICE};(x)){MODIFY}"),
    ],
)
def test_what_is_not_granted_is_added(there: str, becomes: str) -> None:
    """And nothing else."""
    assert composed(f"O:BAG:SYD:{there}", entry()) == f"O:BAG:SYD:{becomes}"


def test_the_wrong_order_is_put_right_where_it_matters() -> None:
    """With a denial behind what it denies, or an inherited entry before the list's own."""
    late = f"D:{MODIFY}(D;OICI;SD;;;{SERVICE})"
    above = f"D:AI(D;OICIID;SD;;;{SERVICE}){MODIFY}"

    assert composed(late, entry()) == f"D:{MODIFY}"
    assert composed(late, entry("read", OTHER)) == (
        f"D:(D;OICI;SD;;;{SERVICE}){MODIFY}(A;OICI;0x120089;;;{OTHER})"
    )
    assert composed(late, entry("delete", type="deny")) == f"D:(D;OICI;SD;;;{SERVICE}){MODIFY}"
    assert composed(above, entry()) == f"D:AI{MODIFY}(D;OICIID;SD;;;{SERVICE})"
    assert composed(above) == above


def test_a_denial_elsewhere_stays() -> None:
    """What is granted for files leaves folders denied."""
    after = composed(f"D:(D;OICI;SD;;;{SERVICE})", entry("delete", applies_to="files only"))

    assert after == f"D:(D;CI;0x10000;;;{SERVICE})(A;OIIO;0x110000;;;{SERVICE})"


def test_a_denial_is_put_first() -> None:
    """Before what is allowed, since the first entry decides."""
    after = composed(f"D:{MODIFY}", entry("delete", OTHER, type="deny"))

    assert after == f"D:(D;OICI;0x10000;;;{OTHER}){MODIFY}"
    assert composed(after, entry("delete", OTHER, type="deny")) == after


def test_more_may_be_granted_than_one_denies() -> None:
    """Both entries were asked for: they do not take turns."""
    both = entry("modify"), entry("delete", type="deny")

    for wanted in permutations(both):
        after = composed("D:", *wanted)
        assert after == f"D:(D;OICI;0x10000;;;{SERVICE}){MODIFY}"
        assert composed(after, *wanted) == after
        assert blocking(parse(after), wanted) == []


def test_no_list_grants_everything() -> None:
    """There is nothing to add for Everyone; for another, Everyone's right is kept."""
    none = "O:BAG:BAD:NO_ACCESS_CONTROL"

    assert composed(none, entry("full", ALIASES["WD"])) == none
    assert composed(none, entry()) == f"O:BAG:BAD:(A;OICI;FA;;;S-1-1-0){MODIFY}"


# Less than there is


def test_exactly_these() -> None:
    """Own entries beyond them go, and those from above; larger rights are not left."""
    system = entry("full", ALIASES["SY"])
    exact = {"purge": True, "inherit": False, "keep_inherited": False}
    before = f"O:BAG:SYD:AI(D;;SD;;;{SERVICE})(A;OICI;FA;;;{SERVICE})(XA;;FX;;;WD;(x))" + ROOT[12:]

    after = composed(before, entry(), system, **exact)

    assert after == f"O:BAG:SYD:PAI{MODIFY}(A;OICI;FA;;;S-1-5-18)"
    spelt = f"O:BAG:SYD:PAI(A;OICI;FA;;;SY){MODIFY}"
    assert composed(spelt, entry(), system, **exact) == spelt
    split = f"D:P(A;;FA;;;SY)(A;OICIIO;GA;;;SY){MODIFY}"
    assert composed(split, entry(), system, **exact) == split


def test_the_other_entries_of_an_account_go() -> None:
    """Those of the accounts named; others', and what is inherited, stay."""
    own = f"(D;;SD;;;{SERVICE})(A;OICI;FA;;;{SERVICE})(XA;;FX;;;{SERVICE};(x))(A;;FA;;;{OTHER})"
    above = f"(A;OICIID;FA;;;BA)(A;ID;FR;;;{SERVICE})"

    after = composed(f"D:AI{own}{above}", entry("read"), purge=frozenset({SERVICE}))
    assert after == f"D:AI(A;;FA;;;{OTHER})(A;OICI;0x120089;;;{SERVICE}){above}"

    gone = composed(f"D:AI{own}{above}", purge=frozenset({SERVICE, OTHER}))
    assert gone == f"D:AI{above}"
    assert composed(gone, purge=frozenset({SERVICE, OTHER})) == gone


def test_all_other_entries_go() -> None:
    """Of the list's own; inheritance goes on."""
    assert composed(ROOT.replace("D:AI", "D:AI(A;;FA;;;BG)"), purge=True) == ROOT


def test_inheritance_ends() -> None:
    """What came from above stays as the list's own, or goes."""
    kept = composed(ROOT, entry(), inherit=False)
    assert kept == ROOT.replace("D:AI", "D:PAI").replace("ID;", ";") + MODIFY
    assert composed(kept, entry(), inherit=False) == kept

    dropped = composed(ROOT, entry(), inherit=False, keep_inherited=False)
    assert dropped == f"O:BAG:SYD:PAI{MODIFY}"


def test_inheritance_begins() -> None:
    """What comes from above is Windows' to add; the list's own stay."""
    assert composed(f"D:PAI{MODIFY}", inherit=True) == f"D:AI{MODIFY}"
    assert composed(ROOT, inherit=True) == ROOT


# What is refused


def test_a_denial_of_others_is_named() -> None:
    """One for Everyone comes before each account's own right."""
    for there in ("(D;OICI;SD;;;WD)", "(D;;DC;;;AU)", "(D;OIIO;DC;;;BU)"):
        after = compose(parse(f"D:{there}"), Wanted((entry(),)))
        assert [ace.text for ace in blocking(after, (entry(),))] == [there]
        assert compose(after, Wanted((entry(),))) == after

    for there in ("(D;OICI;WO;;;WD)", "(D;OICI;FA;;;BG)", "(D;OICIID;FA;;;WD)"):
        after = compose(parse(f"D:{there}"), Wanted((entry(),)))
        assert blocking(after, (entry(),)) == []


def test_nobody_is_locked_out_unawares() -> None:
    """Who could look after a list and could no longer is named."""
    accounts = {
        "SYSTEM": frozenset({ALIASES["SY"], ALIASES["WD"]}),
        "Administrators": frozenset({ALIASES["BA"], ALIASES["WD"]}),
    }
    before = parse(ROOT)

    def out(text: str) -> list[str]:
        return locked_out(before, parse(text), accounts)

    assert out(f"D:P{MODIFY}") == ["SYSTEM", "Administrators"]
    assert out("D:P(A;;FA;;;SY)(A;OICIIO;FA;;;BA)") == ["Administrators"]
    assert out("D:P(A;;FA;;;SY)(A;;0x1301bf;;;BA)") == ["Administrators"]
    assert out("D:P(D;;RC;;;WD)(A;;FA;;;SY)(A;;FA;;;BA)") == ["SYSTEM", "Administrators"]
    assert out("D:P(D;;RC;;;AN)(A;;FA;;;SY)(A;;GA;;;BA)") == []
    # It was so before: this run does not do it.
    assert locked_out(parse("D:P"), parse(f"D:P{MODIFY}"), accounts) == []
    assert locked_out(parse("D:P(A;;FA;;;SY)"), parse("D:"), accounts) == []


# Laws


@given(descriptors, wishes)
def test_twice_is_as_good_as_once(text: str, wanted: Wanted) -> None:
    """The second run changes nothing."""
    after = compose(parse(text), wanted)

    assert compose(parse(after.text()), wanted).text() == after.text()


@given(descriptors, wishes)
def test_what_was_asked_for_is_granted(text: str, wanted: Wanted) -> None:
    """Unless another's denial is named that forbids it."""
    after = compose(parse(text), wanted)

    for grant in wanted.grants:
        if not grant.denies and not blocking(after, [grant]):
            assert is_granted(after.aces, grant)


@given(descriptors, wishes)
def test_windows_may_sort_and_merge(text: str, wanted: Wanted) -> None:
    """.NET writes a list in its own form; the second run knows it again."""
    after = compose(parse(ODD.sub("", text)), wanted)
    dialect = Dialect("S-1-5-21-1-2-3")
    written = dialect.parse(after.text())
    sorted_text = dialect.text(
        replace(written, aces=written.aces and of_net(written.aces, container=True))
    )

    assert compose(parse(sorted_text), wanted).text() == sorted_text


@given(descriptors, st.lists(grants, max_size=3).map(tuple))
def test_entries_of_others_are_untouched(text: str, asked: tuple[Grant, ...]) -> None:
    """To the byte, each as often as it was there, and so is what is inherited."""
    before, accounts = parse(text), {grant.sid for grant in asked}
    after = compose(before, Wanted(asked))

    def others(aces: tuple[Ace, ...]) -> list[str]:
        return sorted(a.text for a in aces if a.inherited or a.sid not in accounts)

    assert others(after.aces) == others(before.aces)
    assert (after.owner, after.group, after.rest) == (before.owner, before.group, before.rest)


@given(descriptors, wishes)
def test_a_changed_list_is_in_order(text: str, wanted: Wanted) -> None:
    """Denied, allowed, inherited; as Windows' own programs want it."""
    after = compose(parse(text), wanted)
    if after.text() != text:
        order = [2 if ace.inherited else 0 if ace.denies else 1 for ace in after.aces]
        assert order == sorted(order)


# In words


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (0x1F01FF, "full control"),
        (0x1301BF, "modify"),
        (0x1200A9, "read and execute"),
        (0x120089, "read"),
        (0x100116, "write"),
        (0x12019F, "read, write"),
        (0x1201BF, "read and execute, write"),
        (0x1301FF, "modify, delete subfolders and files"),
        (0x4, "create folders"),
        (0x10000, "delete"),
        (0x2120089, "read, 0x2000000"),
        (0x100000, "nothing"),
    ],
)
def test_rights_in_words(mask: int, words: str) -> None:
    """The largest name that is in them comes first."""
    assert rights_words(mask) == words


def test_places_in_words() -> None:
    """As Explorer says them."""
    assert place_words(Place.THIS) == "this folder only"
    assert place_words(PLACES["subfolders and files only"]) == "subfolders and files only"
    assert place_words(Place.THIS | Place.FILES) == "this folder and files, one level deep"
    assert place_words(Place(0)) == "nowhere"


def test_entries_in_words() -> None:
    """One that is not understood is shown as it stands."""
    texts = (MODIFY, "(D;IOOIID;SD;;;BU)", "(XA;;FX;;;WD;(x))")
    folder = [describe(ace, folder=True) for ace in parse("D:" + "".join(texts)).aces]

    assert folder == [
        "modify, this folder, subfolders and files",
        "deny delete, files only (inherited)",
        "entry with a meaning of its own: (XA;;FX;;;WD;(x))",
    ]
    assert describe(parse("D:(A;ID;FR;;;WD)").aces[0], folder=False) == "read (inherited)"


def test_a_difference_in_words() -> None:
    """One line an account: what is there, what is wanted; what stays the same is left out."""
    before = parse(f"D:AI(A;OICI;0x1200a9;;;{SERVICE})(A;OICI;FR;;;BG)(A;OICIID;FA;;;BA)")
    exact = Wanted((entry(), entry("full", ALIASES["SY"])), True, False, False)

    current, desired = difference(before, compose(before, exact), str.lower, folder=True)

    everything = "this folder, subfolders and files"
    assert current == {
        "s-1-5-21-1-2-3-1001": f"read and execute, {everything}",
        "s-1-5-32-546": f"read, {everything}",
        "s-1-5-32-544": f"full control, {everything} (inherited)",
        "inheritance": "on",
    }
    assert desired == {
        "s-1-5-21-1-2-3-1001": f"modify, {everything}",
        "s-1-5-18": f"full control, {everything}",
        "inheritance": "off",
    }


def test_the_difference_to_nothing() -> None:
    """What does not exist yet has no entries; that nothing is inherited is said."""
    after = parse(f"D:P{MODIFY}")

    current, desired = difference(None, after, str, folder=True)

    assert current == {}
    assert desired == {
        SERVICE: "modify, this folder, subfolders and files",
        "inheritance": "off",
    }


def test_a_new_entry_is_plain() -> None:
    """The product's own entries are ones that it understands."""
    assert new_ace(deny=False, place=Place.THIS, mask=RIGHTS["read"], sid=SERVICE).plain
