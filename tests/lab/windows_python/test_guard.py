"""Access lists, owners and open files, as the lab's Python meets them."""

from __future__ import annotations

from tests.lab.people import new_user, stored
from tests.lab.python_runs import PYTHON, answer, install, write
from winfra.lab.access import AccessLists
from winfra.lab.machine import Machine
from winfra.lab.state import Lab


def test_access_lists(machine: Lab) -> None:
    """What the account's token may not do is refused, as each function's own error."""
    new_user(machine, "reader")
    secret = machine.path(r"D:\secret")
    (secret / "inside").mkdir(parents=True)
    (secret / "file.txt").write_text("x")
    lists = AccessLists(machine.folder)
    lists.write_list(secret, lists.dialect.parse("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"))
    attempts = r"""
        import os, sqlite3
        def refused(function, *arguments):
            try:
                function(*arguments)
            except PermissionError as error:
                return [error.errno, error.winerror, error.filename]
            return "done"
        answer([refused(*one) for one in (
            (open, r"D:\secret\file.txt"), (open, r"D:\secret\file.txt", "w"),
            (open, r"D:\secret\new.txt", "w"), (os.listdir, r"D:\secret"),
            (os.scandir, r"D:\secret"), (os.mkdir, r"D:\secret\folder"),
            (os.remove, r"D:\secret\file.txt"), (os.rmdir, r"D:\secret\inside"),
            (os.rename, r"D:\secret\file.txt", r"D:\file.txt"),
            (sqlite3.connect, r"D:\secret\new.db"),
            (open, r"C:\Windows\win.ini", "w"), (os.listdir, r"C:\Windows"),
        )])
        """
    install(machine)
    write(machine, "", "nothing.py")

    found = answer(machine, attempts, user="reader")

    names = ["file.txt", "file.txt", "new.txt", "", "", "folder", "file.txt", "inside", "file.txt"]
    paths = [r"D:\secret" + (f"\\{name}" if name else "") for name in names]
    assert found[:9] == [[13, 5, path] for path in paths]
    assert found[10:] == [[13, 5, r"C:\Windows\win.ini"], "done"]
    assert sorted(path.name for path in secret.iterdir()) == ["file.txt", "inside"]
    assert (secret / "file.txt").read_text() == "x"


def test_a_changed_list_counts_at_once(machine: Lab) -> None:
    """A process that runs meets a new access list with its next call."""
    install(machine)
    file = machine.path(r"D:\file.txt")
    file.write_text("x")
    new_user(machine, "reader")
    text = r"""
        def read():
            try:
                return open(r"D:\file.txt").read()
            except PermissionError:
                return "refused"
        print(read(), flush=True); sys.stdin.readline()
        print(read(), flush=True)
        """
    write(machine, "import sys\n" + text.replace("\n        ", "\n"))
    process = Machine(machine).start(
        rf'"{PYTHON}" -I D:\scripts\script.py', user="reader", codepage=65001
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"x"

    lists = AccessLists(machine.folder)
    lists.write_list(file, lists.dialect.parse("D:P(A;;FA;;;SY)"))
    output, errors = process.communicate(b"\n", timeout=30)

    assert errors == b""
    assert output.strip() == b"refused"


def test_owner(machine: Lab) -> None:
    """What a plain account makes is its own: CREATOR OWNER stands for it; an administrator's is not."""
    new_user(machine, "writer")
    sid = stored(machine, "users", "writer")["sid"]
    lists = AccessLists(machine.folder)
    text = r"""
        import os
        os.makedirs(r"D:\{0}\deep")
        with open(r"D:\{0}\deep\file.txt", "w") as file: file.write("1")
        with open(r"D:\{0}\deep\file.txt", "a") as file: file.write("2")
        os.remove(r"D:\{0}\deep\file.txt"); os.rmdir(r"D:\{0}\deep")
        answer(0)
        """

    answer(machine, text.format("own"), user="writer")
    answer(machine, text.format("administrators"))

    assert lists.read(machine.path(r"D:\own")).owner == sid
    assert lists.read(machine.path(r"D:\administrators")).owner == "S-1-5-32-544"


def test_open_files(machine_lab: Lab) -> None:
    """What is open anywhere cannot be removed, renamed or replaced; a rename replaces nothing."""
    found = answer(
        machine_lab,
        r"""
        import os, shutil, subprocess
        def failure(function, *arguments):
            try:
                function(*arguments)
            except OSError as error:
                return [type(error).__name__, error.winerror]
            return "done"
        os.makedirs(r"D:\held")
        holder = subprocess.Popen([sys.executable, "-c", r'''if 1:
            file = open(r"D:\held\file.txt", "w"); print(flush=True); input()'''],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        open(r"D:\held\other.txt", "w").close()
        tries = [failure(os.remove, r"D:\held\file.txt"),
                 failure(os.rename, r"D:\held\file.txt", r"D:\held\new.txt"),
                 failure(os.replace, r"D:\held\other.txt", r"D:\held\file.txt"),
                 failure(os.rename, "D:\\held", "D:\\other"),
                 failure(shutil.rmtree, "D:\\held"),
                 failure(open, r"D:\held\file.txt", "a")]
        open(r"D:\held\other.txt", "w").close()
        open(r"D:\held\third.txt", "w").close()
        tries.append(failure(os.rename, r"D:\held\other.txt", r"D:\held\third.txt"))
        holder.communicate(b"\n")
        tries += [failure(os.replace, r"D:\held\other.txt", r"D:\held\file.txt"),
                  failure(os.remove, r"D:\held\file.txt")]
        answer(tries)
        """,
    )

    in_use = ["PermissionError", 32]
    assert found == [
        in_use, in_use, ["PermissionError", 5], in_use, in_use, "done",
        ["FileExistsError", 183], "done", "done",
    ]  # fmt: skip
    assert [path.name for path in machine_lab.path(r"D:\held").iterdir()] == ["third.txt"]
