"""What the fact says of access lists; the lab's own reading of its state is the witness."""

from __future__ import annotations

from tests.trial import Trial
from winfra.facts.access import Access
from winfra.lab.access import AccessLists


def test_lists_of_several_paths(trial: Trial) -> None:
    """In one exchange: folders, files, drives; nothing for what is not there."""
    folder = trial.lab.path(r"D:\a b")
    (folder / "x").mkdir(parents=True)
    (folder / "é.txt").write_text("x")
    paths = ["D:\\", r"D:\a b", r"D:\a b\x", r"D:\a b\é.txt", r"D:\no", "Q:\\", r"Q:\x"]

    found = trial.fact(Access, paths=paths)

    lists = AccessLists(trial.lab.folder)
    assert found == {
        path: lists.net_sddl(real) if (real := trial.lab.path(path)).exists() else None
        for path in paths
    }
    assert "(A;OICI;FA;;;BA)" in str(found["D:\\"])
    assert "(A;ID;FA;;;BA)" in str(found[r"D:\a b\é.txt"])


def test_a_long_path(trial: Trial) -> None:
    """More than 260 characters."""
    path = "D:\\" + "\\".join(["folder-" + "x" * 60] * 5)
    trial.lab.path(path).mkdir(parents=True)

    assert str(trial.fact(Access, paths=[path])[path]).startswith("O:BAG:S-1-5-21-")
