"""Windows paths, checked before a host is asked."""

import ntpath

import pytest
from hypothesis import given, strategies as st
from pyinfra.api import OperationValueError

from winfra.messages.operations import PATH_REFUSED
from winfra.path import ancestors, windows_path

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40
)


@pytest.mark.parametrize(
    ("given_path", "expected"),
    [
        (r"D:\prefect_data\x.txt", r"D:\prefect_data\x.txt"),
        ("d:/prefect_data//logs/", r"D:\prefect_data\logs"),
        ("D:\\", "D:\\"),
        ("D:/", "D:\\"),
        (r"D:\a b\it's [1] (é) 日本語 %x% $y `z", r"D:\a b\it's [1] (é) 日本語 %x% $y `z"),
        (r"D:\x\CONSOLE.txt", r"D:\x\CONSOLE.txt"),
        (r"D:\x\.hidden", r"D:\x\.hidden"),
        (r"\\server\share", "\\\\server\\share\\"),
        (r"\\server\share\a\b", r"\\server\share\a\b"),
    ],
)
def test_a_path_is_written_in_one_way(given_path: str, expected: str) -> None:
    """Slashes and separators too many are put right; names stay as they are."""
    assert windows_path(given_path) == expected


@pytest.mark.parametrize(
    ("given_path", "reason"),
    [
        ("", "not absolute"),
        (r"prefect_data\x", "not absolute"),
        (r"\prefect_data", "not absolute"),
        (r"D:x", "not absolute"),
        ("D:", "not absolute"),
        (r"\\server", "not absolute"),
        (r"\\?\D:\x", "device path"),
        (r"\\.\PhysicalDrive0", "device path"),
        (r"D:\x\..\y", "dot"),
        (r"D:\x.\y", "dot"),
        ("D:\\x \\y", "space"),
        (r"D:\x:stream", "':'"),
        (r"D:\a<b", "'<'"),
        ('D:\\"x"', "'\"'"),
        ("D:\\a|b", "'|'"),
        (r"D:\*.log", "'*'"),
        (r"D:\what?", "'?'"),
        ("D:\\a\nb", "'\\n'"),
        (r"D:\NUL", "device"),
        (r"D:\x\con", "device"),
        (r"D:\com1.txt\x", "device"),
        ("D:\\LPT²", "device"),
        ("D:\\" + "x" * 256, "255"),
        ("D:\\" + "\\".join(["x" * 200] * 170), "32000"),
        ("D:\\\ud800", "Unicode"),
        (r"\\server\sh:are\x", "':'"),
    ],
)
def test_what_windows_refuses_is_refused_here(given_path: str, reason: str) -> None:
    """The error names the argument, the path and what is wrong with it."""
    with pytest.raises(OperationValueError) as error:
        windows_path(given_path, "dest")

    assert PATH_REFUSED.problem.partition("{path}")[0].format(argument="dest") in str(error.value)
    assert reason in str(error.value)


@pytest.mark.parametrize("folder", ["D:\\", "D:\\x\\", "D:/x/", r"\\server\share"])
def test_a_folders_path_is_no_files_path(folder: str) -> None:
    """A drive, a share, or a path that ends with a separator cannot be a file's."""
    with pytest.raises(OperationValueError, match="names a folder"):
        windows_path(folder, file=True)


def test_a_long_path_is_taken() -> None:
    """Only a single name is limited to 255 characters."""
    path = "D:\\" + "\\".join(["x" * 200] * 20)

    assert windows_path(path) == path


def test_a_name_counts_in_utf_16() -> None:
    """NTFS counts code units: an emoji is two."""
    assert windows_path("D:\\" + "😀" * 127)
    with pytest.raises(OperationValueError):
        windows_path("D:\\" + "😀" * 128)


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_a_path_that_is_taken_means_itself(names: list[str]) -> None:
    """What passes is what Windows' own normalisation leaves unchanged, and passes again."""
    try:
        path = windows_path("D:\\" + "\\".join(names))
    except OperationValueError:
        return

    assert ntpath.normpath(path) == path
    assert ntpath.isabs(path)
    assert windows_path(path) == path


def test_ancestors_end_with_the_drive() -> None:
    """The nearest comes first."""
    assert ancestors(r"D:\a\b\c.txt") == [r"D:\a\b", r"D:\a", "D:\\"]
    assert ancestors(r"\\server\share\a") == ["\\\\server\\share\\"]
    assert ancestors("D:\\") == []
