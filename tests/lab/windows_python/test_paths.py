"""Windows' paths in the lab's Python: os, open, shutil, pathlib, importlib."""

from __future__ import annotations

import sys

from tests.lab.python_runs import answer, write
from winfra.lab.state import Lab


def test_files(machine_lab: Lab) -> None:
    """Functions of os, shutil, open and pathlib reach the drive; the drive itself is the witness."""
    folder = machine_lab.drive("D") / "work"
    found = answer(
        machine_lab,
        r"""
        import os, pathlib, shutil, tempfile
        top = pathlib.Path(r"D:\work")
        (top / "a" / "b").mkdir(parents=True)
        (top / "a" / "b" / "File.txt").write_text("one", encoding="utf-8")
        with open(r"d:/work/a/B/file.TXT", "a") as file:
            file.write(" two")
            name = file.name
        os.rename(r"D:\work\a\b\File.txt", r"D:\work\moved.txt")
        shutil.copytree(top / "a", r"D:\work\copy")
        os.replace(r"\\?\D:\work\moved.txt", top / "copy" / "last.txt")
        os.makedirs(r"D:\work\gone\deep")
        shutil.rmtree(r"D:\work\gone")
        made = tempfile.mkdtemp(dir=r"D:\work")
        os.rmdir(made)
        os.chdir(top)
        with open(r"copy\last.txt") as file:
            text = file.read()
        listed = [sorted(os.listdir(top)), sorted(entry.path for entry in os.scandir(top))]
        answer([text, name, made[:8], listed, os.getcwd(),
                sorted(str(one) for one in top.rglob("*")),
                [(where, sorted(folders)) for where, folders, _ in os.walk(top)][0]])
        """,
    )

    assert (folder / "copy" / "last.txt").read_text() == "one two"
    assert sorted(path.name for path in folder.iterdir()) == ["a", "copy"]
    text, name, made, listed, here, all_, walked = found
    assert (text, name, made) == ("one two", r"d:/work/a/B/file.TXT", "D:\\work\\")
    assert listed == [["a", "copy"], [r"D:\work\a", r"D:\work\copy"]]
    assert here == r"D:\work"
    assert all_ == [
        rf"D:\work\{name}" for name in ("a", r"a\b", "copy", r"copy\b", r"copy\last.txt")
    ]
    assert walked == [r"D:\work", ["a", "copy"]]


def test_errors_name_windows_paths(machine_lab: Lab) -> None:
    """What is not there, and what cannot be a name."""
    found = answer(
        machine_lab,
        r"""
        import os
        def failure(function, *arguments):
            try:
                function(*arguments)
            except OSError as error:
                return [type(error).__name__, error.filename, error.filename2]
        answer([
            failure(open, r"D:\nowhere\x"),
            failure(os.stat, r"D:\nowhere"),
            failure(os.rename, r"D:\nowhere", r"D:\other"),
            failure(open, r"D:\what?.txt", "w"),
            os.path.exists(r"D:\nowhere"), os.path.exists(r"D:\*.txt"),
        ])
        """,
    )

    assert found == [
        ["FileNotFoundError", r"D:\nowhere\x", None],
        ["FileNotFoundError", r"D:\nowhere", None],
        ["FileNotFoundError", r"D:\nowhere", r"D:\other"],
        ["OSError", r"D:\what?.txt", None],
        False,
        False,
    ]


def test_paths_are_taken_apart_as_on_windows(machine_lab: Lab) -> None:
    """A path with a drive is Windows', every other one is Linux'."""
    found = answer(
        machine_lab,
        r"""
        import os.path, pathlib
        os.chdir = __import__("os").chdir; os.chdir("D:\\")
        path = pathlib.Path(r"D:\one\two.txt")
        answer([
            os.path.split(r"D:\one\two.txt"), os.path.splitext(r"D:\a.b\c"), os.path.isabs("D:/x"),
            os.path.join("D:\\one", "two", "three"), os.path.join("D:\\one", "C:\\x"),
            os.path.normpath(r"D:\one\..\two/./x"), os.path.abspath("x"), os.path.splitdrive("D:\\x"),
            os.path.relpath(r"D:\one\two", "D:\\one"), os.path.commonpath([r"D:\a\b", r"D:\a\c"]),
            os.path.realpath(r"D:\a\..\b"), os.path.dirname("/usr/lib"), os.path.join("/usr", "x"),
            str(path.parent / "x"), path.name, path.suffix, type(path).__name__,
            str(pathlib.Path("x").resolve()), str(pathlib.Path("x").absolute()),
            type(pathlib.Path("/usr")).__name__, str(pathlib.Path("C:/x") / "y"),
            path == pathlib.Path("d:/ONE/two.txt"), pathlib.PurePath(r"C:\x\y").name,
        ])
        """,
    )

    assert found == [
        ["D:\\one", "two.txt"], [r"D:\a.b\c", ""], True,
        r"D:\one\two\three", r"C:\x",
        r"D:\two\x", r"D:\x", ["D:", "\\x"],
        "two", r"D:\a",
        r"D:\b", "/usr", "/usr/x",
        r"D:\one\x", "two.txt", ".txt", "WindowsPath",
        r"D:\x", r"D:\x",
        "PosixPath", r"C:\x\y",
        True, "y",
    ]  # fmt: skip


def test_imports_by_windows_paths(machine_lab: Lab) -> None:
    """sys.path and importlib take them; the compiled file lies beside the source."""
    write(machine_lab, "value = 1", r"library\first.py")
    write(machine_lab, "value = 2", r"library\second.py")

    found = answer(
        machine_lab,
        r"""
        import importlib.util
        sys.path.insert(0, r"D:\scripts\library")
        import first
        spec = importlib.util.spec_from_file_location("second", r"D:\scripts\library\second.py")
        second = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(second)
        answer([first.value, first.__file__, second.value, second.__file__])
        """,
    )

    library = machine_lab.path(r"D:\scripts\library")
    assert found == [1, r"D:\scripts\library\first.py", 2, r"D:\scripts\library\second.py"]
    assert (library / "__pycache__" / f"first.{sys.implementation.cache_tag}.pyc").is_file()
