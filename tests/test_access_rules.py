"""Rules of pg_hba.conf as text; the server's own reading is in the tests of the operation."""

from typing import Any

import pytest
from pyinfra.api import OperationValueError

from winfra.access_rules import BEGIN, END, Rule, keeps, loopback, outside, with_block
from winfra.facts.postgresql import AccessRule
from winfra.messages.postgresql_configuration import BAD_RULE
from winfra.sql import Connection

RULE = Rule("one", "me", "127.0.0.1")


def row(number: int = 9, **given: Any) -> AccessRule:
    found: dict[str, Any] = {
        "line_number": number, "type": "host", "database": ["all"], "user_name": ["all"],
        "address": "127.0.0.1", "netmask": "255.255.255.255", "auth_method": "scram-sha-256",
        "options": None, "error": None,
    }  # fmt: skip
    return AccessRule(**{**found, **given})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (RULE, 'host  "one"  "me"  127.0.0.1/32  scram-sha-256'),
        (Rule(None, None, "::1", "reject"), "host  all  all  ::1/128  reject"),
        (
            Rule(["a b", 'q"q'], ["all", "+x", "@y"], "10.1.2.3/8", kind="hostssl"),
            'hostssl  "a b","q""q"  "all","+x","@y"  10.1.2.3/8  scram-sha-256',
        ),
        (
            Rule("replication", "é", "db.example.org", "sspi", options=(("map", "a b"),)),
            'host  "replication"  "é"  db.example.org  sspi  map="a b"',
        ),
        (Rule("a", "b", "samenet"), 'host  "a"  "b"  samenet  scram-sha-256'),
    ],
)
def test_a_rule_as_a_line(rule: Rule, line: str) -> None:
    """A name in quotes is nothing but a name."""
    assert rule.line == line


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("one", "me", "300.1.1.1/8"), "no address"),
        (("one", "me", ""), "no address"),
        (("one", "me", "a b"), "no address"),
        (("", "me", "all"), "is empty"),
        (((), "me", "all"), "is empty"),
        (("one", "a\nb", "all"), "line end"),
        (("/one", "me", "all"), "regular expression"),
        (("one", "x" * 256, "all"), "too long"),
        (("one", "me", "all", "peer"), "none of scram-sha-256"),
        (("one", "me", "all", "trust", "local"), "none of host"),
        (("one", "me", "all", "ldap", "host", (("a b", "c"),)), "cannot stand"),
    ],
)
def test_a_rule_is_refused(given: Any, reason: str) -> None:
    """Before a host is asked."""
    with pytest.raises(OperationValueError) as refused:
        Rule(*given)

    assert reason in str(refused.value)
    assert BAD_RULE.remedy in str(refused.value)


def test_both_loopbacks() -> None:
    """One name may mean either."""
    assert [rule.address for rule in loopback("one", "me")] == ["127.0.0.1/32", "::1/128"]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_block_stands_first(ends: str, end: str) -> None:
    """What else there is stays, to the byte; again, nothing changes; a changed block is replaced."""
    content = f"# é\nhost all all 0.0.0.0/0 md5{end}".replace("\n", ends).encode()

    once = with_block(content, [RULE], exact=False)

    assert once.decode().startswith(BEGIN)
    assert once.endswith(content)
    assert once.count(RULE.line.encode()) == 1
    assert with_block(once, [RULE], exact=False) == once
    assert with_block(once.replace(b"me", b"you"), [RULE], exact=False) == once
    assert (b"\r\n" in once) == (ends == "\r\n")


def test_a_block_further_down_is_moved_up() -> None:
    """The first rule that fits counts."""
    block = with_block(b"", [RULE], exact=False)

    assert with_block(b"host all all all trust\n" + block, [RULE], exact=False) == (
        block + b"host all all all trust\n"
    )


def test_with_exact_no_other_rule_stays() -> None:
    """Comments do; so does what is no text; a line that goes on in the next goes as a whole."""
    content = (
        b"# one\n\nhost all \\\n all all trust\n  local all all trust # x\n\xff # two\n#\n# \xfe\n"
    )

    found = with_block(b"\xef\xbb\xbf" + content, [RULE], exact=True)

    _, _, rest = found.partition(END.encode() + b"\n")
    assert rest == b"# one\n\n#\n# \xfe\n"


def test_the_rules_that_are_not_of_the_block() -> None:
    """By their lines."""
    content = with_block(b"host all all all trust\n", [RULE, RULE], exact=False)

    rows = [row(2), row(3), row(5)]

    assert outside(content, rows) == [row(5)]
    assert outside(b"host all all all trust\n", [row(1)]) == [row(1)]


ME = Connection(user="me", database="one")


@pytest.mark.parametrize(
    ("rules", "others", "expected"),
    [
        ([RULE], [], True),
        ([], [], False),
        ([Rule("two", "me", "all")], [], False),
        ([Rule("one", "you", "all")], [row()], True),
        ([Rule(None, None, "all", "reject"), RULE], [row()], False),
        ([RULE, Rule(None, None, "all", "reject")], [], True),
        ([Rule("one", "me", "10.0.0.0/8")], [], False),
        ([Rule("one", "me", "all", kind="hostssl")], [], False),
        ([Rule("one", "me", "db.example.org")], [], False),
        ([], [row(auth_method="reject")], False),
        ([], [row(user_name=["you"])], False),
        ([], [row(user_name=["+admins"])], True),
        ([], [row(database=["two"])], False),
        ([], [row(error="bad")], False),
    ],
)
def test_whether_somebody_is_still_let_in(
    rules: list[Rule], others: list[AccessRule], expected: bool
) -> None:
    """As far as the rules tell without the server."""
    assert keeps(rules, others, ME, "127.0.0.1") == expected


def test_tls_lets_in_where_it_is_used() -> None:
    """A rule for TLS alone fits a connection that insists on it."""
    rules = [Rule("one", "me", "10.0.0.0/8", kind="hostssl")]
    encrypted = Connection(user="me", database="one", tls="verify-full")

    assert keeps(rules, [], encrypted, "10.1.2.3")
    assert not keeps(rules, [], encrypted, "11.1.2.3")
    assert not keeps(rules, [], encrypted, "")
