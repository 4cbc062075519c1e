"""Python on the lab's Windows: started like there, with Windows' paths, access lists and open files."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.lab.python_runs import PYTHON, answer, install, script, write
from tests.lab.runs import run
from winfra.lab.machine import Machine
from winfra.lab.state import Lab

ENVIRONMENT = r"D:\environments\one"


def test_interpreter(machine_lab: Lab) -> None:
    """It is where it was installed, takes Python's own options, and knows its packages."""
    found = answer(
        machine_lab,
        """
        import importlib.metadata, os
        answer([sys.executable, sys.prefix, sys.base_prefix, sys.flags.isolated, os.getcwd(),
                sys.orig_argv, importlib.metadata.version("pywin32")])
        """,
        "a 'b c'",
    )

    folder = r"C:\Program Files\Python311"
    assert found[:5] == [PYTHON, folder, folder, 1, r"C:\Users\deploy"]
    assert found[5] == [PYTHON, "-I", r"D:\scripts\script.py", "a", "'b", "c'"]
    assert found[6] == "310"
    key = r"HKLM\SOFTWARE\Python\PythonCore\3.11\InstallPath"
    assert machine_lab.keys.get(key, "ExecutablePath") == PYTHON


def test_packages_of_its_own(machine_lab: Lab) -> None:
    r"""What lies in Lib\site-packages is found, with .pth files, and nothing of this machine's."""
    install(machine_lab)
    packages = machine_lab.path(r"C:\Program Files\Python311\Lib\site-packages")
    (packages / "mine.py").write_text("value = 5\n")
    (packages / "more.pth").write_text("more\n")
    (packages / "more").mkdir(exist_ok=True)
    (packages / "more" / "deep.py").write_text("value = 6\n")

    found = answer(
        machine_lab,
        """
        import importlib.util, mine, deep
        answer([mine.value, deep.value, importlib.util.find_spec("psutil") is None])
        """,
    )

    assert found == [5, 6, True]


def test_without_pywin32(machine: Lab) -> None:
    """An interpreter can be had without pywin32."""
    machine.install_python(pywin32=False)

    result = script(machine, "import win32api")

    assert result.code == 1
    assert "No module named 'win32api'" in result.errors


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('-c "import sys; print(sys.argv)" D:\\x', ["['-c', 'D:\\\\x']"]),
        ("-V", ["Python 3.11"]),
        (r"-m json.tool --compact D:\scripts\one.json", ['{"a":1}']),
        (r"D:\scripts\say.py x", [r"['D:\\scripts\\say.py', 'x'] D:\scripts\say.py D:\scripts"]),
        (r"D:/scripts/say.py", [r"['D:/scripts/say.py'] D:/scripts/say.py D:/scripts"]),
        (
            r"-I D:\scripts\app x",
            [r"['D:\\scripts\\app', 'x'] D:\scripts\app\__main__.py D:\scripts\app 7"],
        ),
    ],
)
def test_command_lines(machine_lab: Lab, line: str, expected: list[str]) -> None:
    """Scripts, folders, modules and texts; files by Windows' paths, however they are spelled."""
    install(machine_lab)
    say = "import sys; print(sys.argv, __file__, sys.path[0]"
    write(machine_lab, '{"a": 1}', "one.json")
    write(machine_lab, f"{say})", "say.py")
    write(machine_lab, f"{say}, __import__('part').number)", r"app\__main__.py")
    write(machine_lab, "number = 7", r"app\part.py")

    result = run(machine_lab, f'"{PYTHON}" {line}')

    assert result.errors == ""
    assert [text[: len(expected[0])] for text in result.lines] == expected


def test_script_that_is_not_there(machine_lab: Lab) -> None:
    """Python's own sentence and exit code."""
    install(machine_lab)

    result = run(machine_lab, rf'"{PYTHON}" D:\scripts\nowhere.py')

    assert result.code == 2
    assert r"D:\\scripts\\nowhere.py" in result.errors


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("raise SystemExit(3)", 3),
        ("import sys; sys.exit(70000)", 70000),
        ("import sys; sys.exit(-1)", 0xFFFFFFFF),
        ("import os; os._exit(0xC0000005)", 0xC0000005),
        ("1 / 0", 1),
    ],
)
def test_exit_codes(machine_lab: Lab, text: str, code: int) -> None:
    """An exit code has 32 bits."""
    assert script(machine_lab, text).code == code


def test_variables(machine_lab: Lab) -> None:
    """Found in any case; a name that a shell of Linux would drop arrives."""
    found = answer(
        machine_lab,
        """
        import os
        os.environ["Given"] = "y"
        answer([os.environ["SYSTEMROOT"], os.environ["programfiles(x86)"], os.environ["GIVEN"],
                "given" in os.environ, "nothing" in os.environ, os.environ.get("my-Own.name")])
        """,
        environment={"given": "x", "my-own.name": "é"},
    )

    assert found == [r"C:\Windows", r"C:\Program Files (x86)", "y", True, False, "é"]


def test_nothing(machine_lab: Lab) -> None:
    """Has Windows' name: what is written there is gone, and children can be given it."""
    install(machine_lab)
    found = answer(
        machine_lab,
        """
        import os, subprocess, sys
        with open("NUL", "w") as nothing:
            nothing.write("x")
        done = subprocess.run([sys.executable, "-c", "print(1)"], stdout=subprocess.DEVNULL)
        answer([os.devnull, open(os.devnull).read(), os.path.exists("NUL"), done.returncode])
        """,
    )

    assert found == ["nul", "", True, 0]


def test_children(machine_lab: Lab) -> None:
    """subprocess finds Windows' programs and folders, and no child leaves its lab."""
    found = answer(
        machine_lab,
        r"""
        import os, subprocess
        text = "import os; print(os.getcwd(), sorted(n for n in os.environ if n[:7] == 'WINFRA_'))"
        both = [subprocess.run([sys.executable, "-c", text], cwd="D:\\", env=env, check=True,
                               capture_output=True, text=True).stdout for env in (None, {"A": "b"})]
        where = subprocess.run([r"C:\Windows\System32\HOSTNAME.EXE"], capture_output=True).returncode
        answer([*both, where])
        """,
    )

    assert found[0] == found[1]
    assert found[0].startswith("D:\\ [")
    assert "'WINFRA_LAB'" in found[0]
    assert found[2] == 0


def test_starts_are_logged_once(machine_lab: Lab) -> None:
    """Each process has one entry, whoever started it."""
    install(machine_lab)
    child = write(machine_lab, "import sys", "child.py")
    machine_lab.clear_logs()

    script(
        machine_lab,
        rf'import subprocess, sys; subprocess.run([sys.executable, r"{child}", "a b"], check=True)',
    )

    lines = [entry["command_line"] for entry in machine_lab.processes()]
    assert lines == [
        rf'"{PYTHON}" -I D:\scripts\script.py',
        rf'"{PYTHON}" D:\scripts\child.py "a b"',
    ]


def test_virtual_environment(machine_lab: Lab) -> None:
    """Its python.exe starts the interpreter it was made of, under another number, and ends as it ends."""
    install(machine_lab)
    machine_lab.install_virtual_environment(ENVIRONMENT, r"C:\Program Files\Python311")
    packages = machine_lab.path(rf"{ENVIRONMENT}\Lib\site-packages")
    (packages / "only_here.py").write_text("")
    write(
        machine_lab,
        """
        import json, os, sys, only_here
        print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, os.getppid()]), flush=True)
        input()
        sys.exit(70000)
        """,
    )
    program = rf"{ENVIRONMENT}\Scripts\python.exe"

    process = Machine(machine_lab).start(rf"{program} D:\scripts\script.py")

    assert process.stdout is not None
    found = json.loads(process.stdout.readline())
    assert found == [program, ENVIRONMENT, r"C:\Program Files\Python311", process.pid]
    process.communicate(b"\n", timeout=30)
    assert process.returncode == 70000
    settings = machine_lab.path(rf"{ENVIRONMENT}\pyvenv.cfg").read_text()
    assert r"home = C:\Program Files\Python311" in settings.splitlines()


def test_virtual_environment_dies_as_a_whole(machine_lab: Lab) -> None:
    """Who ends the redirector ends the interpreter."""
    install(machine_lab)
    machine_lab.install_virtual_environment(ENVIRONMENT, r"C:\Program Files\Python311")
    write(machine_lab, "import os; print(os.getpid(), flush=True); input()")
    process = Machine(machine_lab).start(rf"{ENVIRONMENT}\Scripts\python.exe D:\scripts\script.py")
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))

    os.kill(process.pid, signal.SIGKILL)

    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    process.communicate(timeout=10)


def test_virtual_environment_without_its_interpreter(machine_lab: Lab) -> None:
    """The redirector says what it misses."""
    machine_lab.install_virtual_environment(ENVIRONMENT, r"C:\Nowhere")

    result = run(machine_lab, rf"{ENVIRONMENT}\Scripts\python.exe -V")

    assert result.code == 103
    assert r"C:\Nowhere\python.exe" in result.errors


def test_no_trace_on_the_drive(machine: Lab) -> None:
    """The folder holds what Windows' one holds, no file of Linux."""
    install(machine)

    folder = machine.path(r"C:\Program Files\Python311")
    assert sorted(path.name for path in folder.iterdir()) == ["Lib", "Scripts", "python.exe"]
    assert Path(folder, "Lib", "site-packages", "pywin32-310.dist-info").is_dir()
