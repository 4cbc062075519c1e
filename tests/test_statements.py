"""Which statements of PowerShell have run, and which need not."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import statements
from tests.harness import connected
from tests.statements import Exemption, Statement
from winfra.lab.fixtures import LabFactory
from winfra.lab.state import STATEMENTS

WRITE = Statement("a.ps1", 3, 5, "Write-It")
STOP = Statement("a.ps1", 9, 5, "exit 1")


def exempt(statement: Statement, count: int = 1) -> Exemption:
    return Exemption(statement.script, statement.text, "a reason", count)


@pytest.mark.parametrize(
    ("left", "exemptions", "expected"),
    [
        ([], [], []),
        ([STOP], [exempt(STOP)], []),
        ([STOP, STOP._replace(line=12)], [exempt(STOP, 2)], []),
        (
            [STOP, STOP._replace(line=12)],
            [exempt(STOP)],
            ["nothing ran a.ps1:9:5: exit 1", "nothing ran a.ps1:12:5: exit 1"],
        ),
        ([WRITE, STOP], [exempt(STOP)], ["nothing ran a.ps1:3:5: Write-It"]),
        ([], [exempt(STOP)], ["it ran, or is not there, and is exempt: a.ps1: exit 1"]),
        ([], [replace(exempt(STOP), sometimes=True)], []),
    ],
)
def test_what_did_not_run_needs_a_reason(
    left: list[Statement], exemptions: list[Exemption], expected: list[str]
) -> None:
    """Statements without a reason are named, and reasons without a statement."""
    assert list(statements.problems(left, exemptions)) == expected


def test_each_exemption_has_a_reason_and_a_statement() -> None:
    """The list is about statements that there are."""
    listed = {(one.script, one.text) for one in statements.statements(statements.product())}

    for one in statements.exemptions(statements.EXEMPTIONS):
        assert (one.script, one.statement) in listed
        assert len(one.reason.split()) > 3


def test_the_parts_of_a_statement_count() -> None:
    """What may be passed by is listed on its own; what merely holds it together is not."""
    text = "function A {\n    if ($x) { return }\n    try { $y = D } finally { B | C }\n}\nreturn 7"

    found = [(one.line, one.text) for one in statements.statements({"a.ps1": text})]

    expected = [(2, "$x"), (2, "return"), (3, "$y = D"), (3, "B | C"), (5, "7")]
    assert sorted(found) == expected


def test_a_folder_that_was_not_prepared_proves_nothing(tmp_path: Path) -> None:
    """No file there means that all has run only where there were files."""
    with pytest.raises(FileNotFoundError, match="was not prepared"):
        statements.missed(tmp_path, [WRITE])


@pytest.mark.lab
def test_the_lab_notes_what_ran(
    lab_factory: LabFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting runs the loader, the bootstrap and get_session.ps1, and nothing else."""
    folder = tmp_path / "it's new"
    statements.prepare(folder)
    listed = statements.statements(statements.product())
    monkeypatch.setenv(STATEMENTS, str(folder))

    with connected(lab_factory("statements")):
        pass

    left = statements.missed(folder, listed)
    untouched = {"loader.ps1", "bootstrap.ps1", "get_session.ps1"}
    assert not [one for one in left if one.script == "get_session.ps1"]
    assert [one.text for one in left if one.script == "loader.ps1"][-1] == "exit 65"
    assert {one for one in listed if one.script not in untouched} <= set(left)
    bootstrap = [one for one in listed if one.script == "bootstrap.ps1"]
    assert 0 < sum(one.script == "bootstrap.ps1" for one in left) < len(bootstrap)
