"""Files and folders on a lab; its drives are the witness."""

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationTypeError, OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, no_host
from winfra.messages import operations as messages
from winfra.operations import files

ODD_NAMES = ["a b", "it's", "[1]", "é", "日本語", "%TEMP%", "$x", "`n", "a;b&c", "100% (x)"]


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, a folder itself as None."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_a_folder_is_made_once(trial: Trial) -> None:
    """With those above it; a dry run says so and makes none; gone by hand, it is missed."""
    wanted = {"path": r"D:\prefect_data\logs\old"}

    dry = trial.dry(files.directory, **wanted)

    assert dry.will_change
    assert r"Will create folder D:\prefect_data\logs\old" in dry.output
    assert r"folders above  -  ->  D:\prefect_data, D:\prefect_data\logs" in dry.output
    assert contents(trial.lab.drive("D")) == {}

    assert trial.run(files.directory, **wanted).changed
    assert trial.lab.path(r"D:\prefect_data\logs\old").is_dir()

    again = trial.run(files.directory, **wanted)
    assert (again.changed, again.will_change) == (False, False)
    assert r"noop: D:\prefect_data\logs\old exists" in again.output

    trial.lab.path(r"D:\prefect_data\logs\old").rmdir()
    spoilt = trial.dry(files.directory, **wanted)
    assert spoilt.will_change
    assert r"Will create folder D:\prefect_data\logs\old" in spoilt.output
    assert "folders above" not in spoilt.output


def test_a_folder_goes_with_all_that_is_in_it(trial: Trial) -> None:
    """What is read-only as well, and a link's target stays."""
    folder, kept = trial.lab.path(r"D:\old"), trial.lab.path(r"D:\kept")
    for made in (folder / "a b" / "[1]", kept):
        made.mkdir(parents=True)
        (made / "x.txt").write_text("x")
    (folder / "a b" / "[1]" / "x.txt").chmod(0o444)
    (folder / "link").symlink_to(kept)

    dry = trial.dry(files.directory, r"D:\old", present=False)
    assert dry.will_change
    assert r"Will remove folder D:\old" in dry.output
    assert folder.is_dir()

    assert trial.run(files.directory, r"D:\old", present=False).changed
    assert contents(trial.lab.drive("D")) == {"kept": None, "kept/x.txt": b"x"}

    again = trial.run(files.directory, r"D:\old", present=False)
    assert not again.changed
    assert r"noop: D:\old does not exist" in again.output


def test_a_file_in_the_way_of_a_folder(trial: Trial) -> None:
    """It is refused, or moved aside, or removed, as is asked for."""
    path, file = r"D:\x", trial.lab.path(r"D:\x")
    file.write_text("mine")

    refused = trial.dry(files.directory, path)
    assert refused.failed
    said = messages.WRONG_KIND.text(path=path, host="@lab/trial", found="file", wanted="folder")
    assert said in refused.output
    assert trial.run(files.directory, path, present=False).failed
    assert file.read_text() == "mine"

    assert trial.run(files.directory, path, force=True).changed
    (aside,) = (found for found in trial.lab.drive("D").iterdir() if found.is_file())
    assert file.is_dir()
    assert aside.name.startswith("x.20")
    assert aside.read_text() == "mine"

    assert trial.run(files.file, path, force=True).changed
    assert file.is_file()
    assert len([found for found in trial.lab.drive("D").iterdir() if found.is_dir()]) == 1
    assert trial.run(files.directory, path, force=True, force_backup=False).changed
    assert file.is_dir()
    assert len(list(trial.lab.drive("D").iterdir())) == 3


def test_nothing_is_inside_of_a_file(trial: Trial) -> None:
    """Found before anything is made, however deep."""
    trial.lab.path(r"D:\x").write_text("mine")

    for operation, options in (
        (files.directory, {"path": r"D:\x\y\z"}),
        (files.put, {"src": io.StringIO("x"), "dest": r"D:\x\y\z.txt"}),
    ):
        tried = trial.dry(operation, **options)
        assert tried.failed
        path = next(value for value in options.values() if isinstance(value, str))
        said = messages.FILE_ABOVE.text(path=path, parent=r"D:\x", host="@lab/trial")
        assert said in tried.output


def test_a_drive_that_is_not_there(trial: Trial) -> None:
    """No earlier operation makes one: the dry run knows."""
    tried = trial.dry(files.directory, r"Q:\x")

    assert tried.failed
    said = messages.DRIVE_MISSING.text(path=r"Q:\x", drive="Q:", host="@lab/trial")
    assert said in tried.output


def test_an_empty_file(trial: Trial) -> None:
    """It is made with its folder; one with content keeps that; it can go."""
    path, file = r"D:\a\x.txt", trial.lab.path(r"D:\a\x.txt")

    assert trial.dry(files.file, path).will_change
    assert trial.run(files.file, path).changed
    assert file.read_bytes() == b""

    file.write_text("kept")
    assert not trial.run(files.file, path).changed

    assert trial.run(files.file, path, present=False).changed
    assert not file.exists()
    assert not trial.run(files.file, path, present=False).changed


def test_a_files_attribute_and_time(trial: Trial) -> None:
    """Read-only is set, seen and taken away; a touch gives the present time at every run."""
    path, file = r"D:\x.txt", trial.lab.path(r"D:\x.txt")
    file.write_text("kept")
    os.utime(file, (0, 0))

    dry = trial.dry(files.file, path, read_only=True)
    assert dry.will_change
    assert "read_only  no  ->  yes" in dry.output
    assert trial.run(files.file, path, read_only=True).changed
    assert not file.stat().st_mode & 0o222
    assert not trial.run(files.file, path, read_only=True).changed

    assert trial.run(files.file, path, touch=True).changed
    assert file.stat().st_mtime > 1_000_000_000
    assert not file.stat().st_mode & 0o222
    assert trial.dry(files.file, path, touch=True).will_change

    assert trial.run(files.file, path, read_only=False).changed
    assert file.stat().st_mode & 0o200
    assert file.read_text() == "kept"


def test_a_file_is_uploaded_once(trial: Trial, tmp_path: Path) -> None:
    """Into a folder that is made; its text is shown as a unified diff; nothing else is left there."""
    source = tmp_path / "flow.py"
    source.write_bytes(b"import prefect\r\nprint(1)\r\n")
    wanted: dict[str, Any] = {"src": str(source), "dest": r"D:\prefect_data\flows\flow.py"}

    dry = trial.dry(files.put, **wanted)
    assert dry.will_change
    assert r"Will create file D:\prefect_data\flows\flow.py" in dry.output
    assert "+import prefect" in dry.output
    assert contents(trial.lab.drive("D")) == {}

    assert trial.run(files.put, **wanted).changed
    expected = {
        "prefect_data": None,
        "prefect_data/flows": None,
        "prefect_data/flows/flow.py": source.read_bytes(),
    }
    assert contents(trial.lab.drive("D")) == expected

    again = trial.run(files.put, **wanted)
    assert not again.changed
    assert r"noop: D:\prefect_data\flows\flow.py is already uploaded" in again.output
    assert trial.dry(files.put, **wanted, force=True).will_change

    trial.lab.path(r"D:\prefect_data\flows\flow.py").write_bytes(b"import prefect\r\nprint(2)\r\n")
    spoilt = trial.dry(files.put, **wanted)
    assert spoilt.will_change
    assert "-print(2)\n  +print(1)" in spoilt.output

    assert trial.run(files.put, **wanted).changed
    assert contents(trial.lab.drive("D")) == expected


def test_bytes_are_shown_by_size_and_hash(trial: Trial) -> None:
    """They are no text; another size is enough to tell that they differ."""
    trial.lab.path(r"D:\x.bin").write_bytes(b"\x00old")

    dry = trial.dry(files.put, io.BytesIO(b"\x00newer"), r"D:\x.bin")

    assert dry.will_change
    assert "size    4 " in dry.output
    assert "->  6" in dry.output
    assert "sha256" in dry.output
    assert trial.run(files.put, io.BytesIO(b"\x00new"), r"D:\x.bin").changed
    assert trial.lab.path(r"D:\x.bin").read_bytes() == b"\x00new"
    assert not trial.run(files.put, io.BytesIO(b"\x00new"), r"D:\x.bin").changed


def test_a_secret_content_is_not_shown(trial: Trial) -> None:
    """Neither the old nor the new one; that it changes is said."""
    trial.lab.path(r"D:\x.env").write_text("OLD-SECRET")

    for source in (io.StringIO("NEW-SECRET"), io.StringIO("NEW-SECRET\n")):
        dry = trial.dry(files.put, source, r"D:\x.env", sensitive=True)
        assert dry.will_change
        assert "content: changed, not shown" in dry.output
        assert "SECRET" not in dry.output


def test_any_name_is_a_name(trial: Trial) -> None:
    """Nothing in a path is taken for a pattern, a quote or code."""
    for name in ODD_NAMES:
        dest = rf"D:\{name}\{name}.txt"
        assert trial.run(files.put, io.StringIO(name), dest).changed
        assert trial.lab.path(dest).read_text() == name
        assert not trial.dry(files.put, io.StringIO(name), dest).will_change
        assert trial.run(files.file, dest, read_only=True).changed
        assert trial.run(files.directory, rf"D:\{name}", present=False).changed

    assert contents(trial.lab.drive("D")) == {}


def test_a_long_path(trial: Trial) -> None:
    """More than 260 characters."""
    dest = "D:\\" + "\\".join(["folder-" + "x" * 60] * 6) + r"\file.txt"

    assert trial.run(files.put, io.StringIO("x"), dest).changed
    assert trial.lab.path(dest).read_text() == "x"
    assert not trial.run(files.put, io.StringIO("x"), dest).changed
    assert trial.run(files.directory, dest[:70], present=False).changed
    assert contents(trial.lab.drive("D")) == {}


def test_a_folder_is_no_destination(trial: Trial) -> None:
    """The name of the file is not guessed, whatever is forced."""
    trial.lab.path(r"D:\x").mkdir()

    for options in ({}, {"force": True}):
        tried = trial.dry(files.put, io.StringIO("x"), r"D:\x", **options)
        assert tried.failed
        said = messages.UPLOAD_ONTO_FOLDER.text(path=r"D:\x", host="@lab/trial")
        assert said in tried.output


def test_a_source_that_is_missing(trial: Trial, tmp_path: Path) -> None:
    """It is an error of arguments, unless an earlier operation makes the file."""
    missing = tmp_path / "x"

    tried = trial.dry(files.put, str(missing), r"D:\x")
    assert messages.LOCAL_SOURCE_MISSING.text(argument="src", path=missing) in tried.output
    assert (
        messages.LOCAL_SOURCE_MISSING.text(argument="src", path=missing)
        in trial.dry(files.template, str(missing), r"D:\x").output
    )

    later = trial.dry(files.put, str(missing), r"D:\x", assume_exists=True)
    assert later.will_change
    missing.write_text("made")
    assert trial.run(files.put, str(missing), r"D:\x", assume_exists=True).changed
    assert trial.lab.path(r"D:\x").read_text() == "made"


def test_an_uploaded_file_can_be_read_only(trial: Trial) -> None:
    """With its content or alone, and it is replaced all the same."""
    wanted: dict[str, Any] = {"dest": r"D:\x", "read_only": True}

    assert trial.run(files.put, io.StringIO("1"), **wanted).changed
    assert not trial.lab.path(r"D:\x").stat().st_mode & 0o222
    assert not trial.run(files.put, io.StringIO("1"), **wanted).changed
    assert trial.run(files.put, io.StringIO("2"), **wanted).changed
    assert trial.lab.path(r"D:\x").read_text() == "2"

    trial.lab.path(r"D:\x").chmod(0o644)
    spoilt = trial.dry(files.put, io.StringIO("2"), **wanted)
    assert "read_only  no  ->  yes" in spoilt.output
    assert trial.run(files.put, io.StringIO("2"), **wanted).changed
    assert not trial.lab.path(r"D:\x").stat().st_mode & 0o222


def test_a_template_is_rendered_once(trial: Trial, tmp_path: Path) -> None:
    """With Windows' ends of lines and no byte order mark; a secret is in the file and nowhere else."""
    source = tmp_path / "server.env.j2"
    source.write_text("HOST={{ host.name }}\nNAME={{ label }}\nPASSWORD={{ password }}\n")
    wanted: dict[str, Any] = {
        "src": str(source),
        "dest": r"D:\config\server.env",
        "label": "é日",
        "password": HiddenValue("hush-hush"),
    }

    dry = trial.dry(files.template, **wanted)
    assert dry.will_change
    assert "content: not shown" in dry.output
    assert contents(trial.lab.drive("D")) == {}

    ran = trial.run(files.template, **wanted)
    assert ran.changed
    written = trial.lab.path(r"D:\config\server.env").read_bytes()
    assert written == "HOST=@lab/trial\r\nNAME=é日\r\nPASSWORD=hush-hush\r\n".encode()
    assert not trial.run(files.template, **wanted).changed
    assert "hush-hush" not in dry.output + ran.output

    trial.lab.path(r"D:\config\server.env").write_bytes(b"PASSWORD=older-hush\r\n")
    spoilt = trial.dry(files.template, **wanted)
    assert spoilt.will_change
    assert "hush" not in spoilt.output


def test_a_template_without_a_secret_is_shown(trial: Trial) -> None:
    """Line by line, as is what only the ends of lines tell apart."""
    trial.lab.path(r"D:\x.conf").write_bytes(b"port = 1\n")

    def wanted() -> dict[str, Any]:
        return {"src": io.StringIO("port = {{ port }}\n"), "dest": r"D:\x.conf", "newline": "\n"}

    dry = trial.dry(files.template, **wanted(), port=2)
    assert "-port = 1\n  +port = 2" in dry.output
    assert trial.run(files.template, **wanted(), port=2, encoding="utf-8-sig").changed
    assert trial.lab.path(r"D:\x.conf").read_bytes() == b"\xef\xbb\xbfport = 2\n"
    marked = trial.dry(files.template, **wanted(), port=2)
    assert "line ends or encoding: LF, byte order mark  ->  LF" in marked.output


def test_a_file_is_downloaded_once(trial: Trial, tmp_path: Path) -> None:
    """A dry run makes nothing here, the local folder included; the same content is not fetched."""
    trial.lab.path(r"D:\x.log").write_bytes(b"line\r\n")
    local = tmp_path / "logs" / "x.log"
    wanted = {"src": r"D:\x.log", "dest": str(local), "create_local_dir": True}

    dry = trial.dry(files.get, **wanted)
    assert dry.will_change
    assert "size  -  ->  6" in dry.output
    assert not local.parent.exists()

    assert trial.run(files.get, **wanted).changed
    assert local.read_bytes() == b"line\r\n"
    assert not trial.run(files.get, **wanted).changed
    assert trial.dry(files.get, **wanted, force=True).will_change

    local.write_bytes(b"other!")
    assert trial.run(files.get, **wanted).changed
    assert local.read_bytes() == b"line\r\n"


def test_a_download_of_what_is_no_file(trial: Trial, tmp_path: Path) -> None:
    """A folder is refused; what is missing may yet be made, and fails this host when it is not."""
    tried = trial.dry(files.get, r"C:\Windows", str(tmp_path / "x"))
    assert tried.failed
    assert r"C:\Windows on @lab/trial is a folder, and a file is meant" in tried.output

    assert trial.dry(files.get, r"D:\later", str(tmp_path / "x")).will_change
    ran = trial.run(files.get, r"D:\later", str(tmp_path / "x"))
    assert ran.failed
    assert r"D:\later does not exist on the host" in ran.output
    assert list(tmp_path.iterdir()) == []


def test_a_source_is_a_path_or_an_open_file() -> None:
    """A content alone is none, and would be taken for a path."""
    said = messages.UPLOAD_SOURCE_REFUSED.text(kind="bytes")

    content: Any = b"content"
    with no_host(), pytest.raises(OperationTypeError, match=re.escape(said)):
        next(files.put._inner(src=content, dest=r"D:\x"))


@pytest.mark.parametrize(
    ("operation", "options", "said"),
    [
        (files.directory, {"path": "prefect_data"}, "it is not absolute"),
        (files.file, {"path": r"D:\NUL"}, "'NUL' is a reserved name"),
        (files.file, {"path": "D:\\x\\"}, "it names a folder"),
        (files.put, {"src": io.StringIO(), "dest": r"D:\a?b"}, "has the character '?'"),
        (files.template, {"src": io.StringIO(), "dest": r"x.txt"}, "dest: 'x.txt' is no path"),
        (files.get, {"src": r"D:\x.", "dest": "x"}, "src: 'D:\\x.' is no path"),
        (
            files.directory,
            {"path": "D:\\", "present": False},
            messages.REMOVAL_REFUSED.text(path="D:\\"),
        ),
        (files.directory, {"path": r"C:\users", "present": False}, "needed by Windows"),
        (files.directory, {"path": r"\\srv\share", "present": False}, "needed by Windows"),
        (
            files.template,
            {"src": io.StringIO("a\n{{ port }}"), "dest": r"D:\x"},
            messages.TEMPLATE_REFUSED.text(
                path="given as text", line=2, reason="'port' is undefined"
            ),
        ),
        (
            files.template,
            {"src": io.StringIO(), "dest": r"D:\x", "newline": "\r"},
            messages.NEWLINE_REFUSED.text(newline=repr("\r")),
        ),
        (
            files.template,
            {"src": io.StringIO(), "dest": r"D:\x", "encoding": "x"},
            messages.ENCODING_REFUSED.text(reason="'x' is unknown"),
        ),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    operation: Any, options: dict[str, Any], said: str
) -> None:
    """There is no host here."""
    with no_host(), pytest.raises(OperationValueError) as error:
        next(operation._inner(**options))

    assert said in str(error.value)
