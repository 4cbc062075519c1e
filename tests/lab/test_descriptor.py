"""Security descriptors as the lab's Windows and .NET Framework handle them."""

from __future__ import annotations

import pytest

from winfra.lab.descriptor import Descriptor, Dialect, inherit, map_generic, of_net, rights_text

DIALECT = Dialect("S-1-5-21-1-2-3")
OWNER, GROUP = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-513"


def net(entries: str, *, container: bool = True) -> str:
    """What .NET Framework makes of entries."""
    aces = DIALECT.parse(f"D:{entries}").aces or ()
    return DIALECT.text(Descriptor(None, None, "", of_net(aces, container=container)))[2:]


def inherited(entries: str, *, container: bool) -> str:
    """What an object gets of the entries of its folder."""
    above = DIALECT.parse(f"D:{entries}").aces or ()
    aces = tuple(inherit(above, container=container, owner=OWNER, group=GROUP))
    return DIALECT.text(Descriptor(None, None, "", aces))[2:]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("O:BAG:SYD:PAI(A;OICI;FA;;;SY)", "O:BAG:SYD:PAI(A;OICI;FA;;;SY)"),
        ("O:S-1-5-21-1-2-3-500D:(A;;0x1f01ff;;;S-1-5-32-544)", "O:LAD:(A;;FA;;;BA)"),
        ("D:(A;;0x4;;;LG)(D;;0x1200a9;;;WD)", "D:(A;;LC;;;LG)(D;;0x1200a9;;;WD)"),
        ("D:(A;OICIIO;SDGXGWGR;;;AU)", "D:(A;OICIIO;SDGXGWGR;;;AU)"),
        ("D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL"),
        ("D:", "D:"),
        ("D:(OA;CI;RP;4c164200-20c0;;BA)", "D:(OA;CI;RP;4c164200-20c0;;BA)"),
        ("D:(XA;;FX;;;WD;(@User.x == (1)))", "D:(XA;;FX;;;WD;(@User.x == (1)))"),
    ],
)
def test_a_descriptor_as_windows_writes_it(text: str, written: str) -> None:
    """Abbreviated where it can be."""
    assert DIALECT.text(DIALECT.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "D:(A;;FA;;;SY", "D:(A;;FA;;SY)", "D:(Q;;FA;;;SY)", "D:(A;QQ;FA;;;SY)",
        "D:(A;;QQ;;;SY)", "D:(A;;F;;;SY)", "D:(A;;FA;;;nobody)", "D:x", "D:(A;;FA;;;SY)x",
        "O:QQ", "D:(A;;FA;x;;SY)", "D:(A;O;FA;;;SY)",
    ],
)  # fmt: skip
def test_what_windows_does_not_convert(text: str) -> None:
    """It is no descriptor."""
    with pytest.raises((ValueError, KeyError)):
        DIALECT.parse(text)


def test_rights_in_letters() -> None:
    """Where letters can say them all; else a number."""
    assert rights_text(0x1F01FF) == "FA"
    assert rights_text(0x120089) == "FR"
    assert rights_text(0x116) == "DCLCRPCR"
    assert rights_text(0x1200A9) == "0x1200a9"
    assert map_generic(0x80000000 | 0x20000000) == 0x1200A9


def test_a_folder_inherits() -> None:
    """What is for folders, and what it hands on to files; the creator's entry becomes the owner's."""
    above = "(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;CIIO;DC;;;BU)(A;OI;FR;;;AU)(A;;FR;;;WD)"

    assert inherited(above, container=True) == (
        f"(A;OICIID;FA;;;BA)(A;ID;FA;;;{OWNER})(A;OICIIOID;GA;;;CO)(A;CIID;DC;;;BU)"
        "(A;OIIOID;FR;;;AU)"
    )
    assert inherited("(A;OICINP;FR;;;BU)(A;OINP;FR;;;BG)", container=True) == "(A;ID;FR;;;BU)"


def test_a_file_inherits() -> None:
    """Without flags, generic rights as those of files, each entry once."""
    above = f"(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;CI;FR;;;BU)(A;OINP;GR;;;AU)(A;OI;FA;;;{OWNER})"

    assert inherited(above, container=False) == f"(A;ID;FA;;;BA)(A;ID;FA;;;{OWNER})(A;ID;FR;;;AU)"


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        # By kind, then by SID; what is inherited as it was.
        (
            "(D;;SD;;;BU)(A;;FA;;;SY)(A;;FR;;;WD)(A;ID;FR;;;BU)(A;ID;FA;;;SY)",
            "(D;;SD;;;BU)(A;;FR;;;WD)(A;;FA;;;SY)(A;ID;FR;;;BU)(A;ID;FA;;;SY)",
        ),
        # One account's entries become one where they can.
        ("(A;OICI;FR;;;BU)(A;OICI;SD;;;BU)", "(A;OICI;0x130089;;;BU)"),
        ("(A;;FA;;;BA)(A;OICIIO;FA;;;BA)", "(A;OICI;FA;;;BA)"),
        ("(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)", "(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)"),
        ("(A;CI;FR;;;BU)(A;OIIO;FR;;;BU)", "(A;OICI;FR;;;BU)"),
        ("(A;CINP;FR;;;BU)(A;OIIO;FR;;;BU)", "(A;CINP;FR;;;BU)(A;OIIO;FR;;;BU)"),
        # What means nothing goes.
        ("(A;IO;FA;;;BA)(A;NP;FA;;;SY)(A;;;;;BU)", "(A;;FA;;;SY)"),
        # In another order than Windows': left alone.
        ("(A;;FA;;;SY)(D;;SD;;;BU)(A;;FR;;;WD)", "(A;;FA;;;SY)(D;;SD;;;BU)(A;;FR;;;WD)"),
        ("(A;ID;FA;;;SY)(A;;FR;;;WD)", "(A;ID;FA;;;SY)(A;;FR;;;WD)"),
    ],
)
def test_what_net_makes_of_a_list(entries: str, kept: str) -> None:
    """Sorted and compacted, as the source of CommonAcl says."""
    assert net(entries) == kept


def test_what_net_makes_of_a_files_list() -> None:
    """Nothing is passed on."""
    assert net("(A;OICI;FA;;;SY)(A;OIIO;FA;;;BA)", container=False) == "(A;;FA;;;SY)"
