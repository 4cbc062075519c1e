"""powershell.exe: its command line, and the engine started in its stead."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
import sys
from pathlib import Path

from winfra.lab.exit_code import claim
from winfra.lab.paths import to_real, to_windows
from winfra.lab.standard_input import is_redirected

INIT_FAILED = -196608  # 0xFFFD0000, as ConsoleHost ends when it cannot go on
START = Path(__file__).parents[1] / "windows" / "start.ps1"
MODULES = START.parent
SUCCEEDED = "WinfraLabSucceeded"
SCRIPT = "WinfraLabScript"
POLICIES = (
    "unrestricted",
    "remotesigned",
    "allsigned",
    "restricted",
    "default",
    "bypass",
    "undefined",
)
VERSIONS = ("3.0", "4.0", "5.0", "5.1", "3", "4", "5")

# Name -> the shortest text that stands for it, and abbreviations of its own.
FLAGS = {
    "nologo": ("nol", ()),
    "noexit": ("noe", ()),
    "noprofile": ("nop", ()),
    "noninteractive": ("noni", ()),
    "sta": ("s", ()),
    "mta": ("mta", ()),
}
VALUED = {
    "command": ("c", ()),
    "file": ("f", ()),
    "encodedcommand": ("e", ("ec",)),
    "encodedarguments": ("encodeda", ("ea",)),
    "executionpolicy": ("ex", ("ep",)),
    "inputformat": ("i", ("if",)),
    "outputformat": ("o", ("of",)),
    "windowstyle": ("w", ()),
    "version": ("v", ()),
    "psconsolefile": ("p", ()),
    "configurationname": ("config", ()),
}


class RefusedError(Exception):
    """powershell.exe does not start with this command line."""


class Options:
    """What the command line says."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.file: str | None = None
        self.arguments: list[str] = []
        self.encoded = False
        self.reads_input = True
        self.plain_errors = False
        self.profile = True
        self.from_input = False

    @property
    def uses_input(self) -> bool:
        return self.reads_input and is_redirected() and "$input" in (self.text or "").lower()

    @property
    def errors_as_clixml(self) -> bool:
        return self.encoded and not self.plain_errors and not os.isatty(2)


def parse(argv: list[str]) -> Options:
    """Read the command line as Windows PowerShell's CommandLineParameterParser does."""
    options = Options()
    position = 0
    while position < len(argv):
        name = _name(argv[position])
        if name in FLAGS:
            options.profile = options.profile and name != "noprofile"
            position += 1
        elif name in {"command", ""}:
            # The first word that is no option begins the command.
            _take_command(options, argv[position + (name == "command") :], named=name == "command")
            break
        elif name == "file":
            _take_file(options, argv[position + 1 :])
            break
        else:
            value = argv[position + 1] if position + 1 < len(argv) else None
            _take_value(options, name, value)
            position += 2
    if options.text is None and options.file is None:
        options.from_input = True
    return options


def _name(argument: str) -> str:
    """The option that an argument stands for; empty where it is none."""
    if argument[:1] not in {"-", "/"}:
        return ""
    given = argument[1:].lower()
    for name, (least, others) in {**FLAGS, **VALUED}.items():
        if given in others or (len(given) >= len(least) and name.startswith(given)):
            return name
    return ""


def _take_command(options: Options, words: list[str], *, named: bool) -> None:
    if not words:
        raise RefusedError(
            "Cannot process the command because of a missing parameter. "
            "A command must follow -Command."
        )
    if words == ["-"]:
        options.from_input = True
        return
    if named and words[0] == "-":
        raise RefusedError(
            "'-' was specified with the -Command parameter; "
            "no other arguments to -Command are permitted."
        )
    options.text = " ".join(words)


def _take_file(options: Options, words: list[str]) -> None:
    if not words:
        raise RefusedError("The -File parameter needs the path of a script.")
    if words[0] == "-":
        options.from_input = True
        return
    real = _real(words[0])
    if not real.is_file():
        raise RefusedError(
            f"The argument '{words[0]}' to the -File parameter does not exist. Provide the path "
            "to an existing '.ps1' file as an argument to the -File parameter."
        )
    if real.suffix.lower() != ".ps1":
        raise RefusedError(
            f"Processing -File '{words[0]}' failed because the file does not have a '.ps1' "
            "extension. Specify a valid Windows PowerShell script file name, and then try again."
        )
    options.file = str(real)
    options.arguments = words[1:]


def _take_value(options: Options, name: str, value: str | None) -> None:
    if value is None:
        raise RefusedError(
            f"Cannot process the command because of a missing parameter after -{name}."
        )
    lower = value.lower()
    match name:
        case "encodedcommand":
            options.text = _decoded(value)
            options.encoded = True
        case "inputformat" | "outputformat" if lower not in {"text", "xml", "none"}:
            raise RefusedError(
                f"Cannot process the command because the value '{value}' of -{name} "
                "is not valid. Specify Text or XML."
            )
        case "inputformat":
            options.reads_input = lower != "none"
        case "outputformat":
            options.plain_errors = lower == "text"
        case "executionpolicy" if lower not in POLICIES:
            raise RefusedError(
                f"Invalid ExecutionPolicy value '{value}' specified. "
                f"Specify one of {', '.join(POLICIES)}."
            )
        case "version" if value not in VERSIONS:
            raise RefusedError(
                f"Cannot start Windows PowerShell version {value} because it is not installed."
            )
        case _:
            pass


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        raise RefusedError(
            "Cannot process the command because the value specified with -EncodedCommand is not "
            "properly encoded. The value must be Base64 encoded."
        ) from None


def _real(path: str) -> Path:
    lab = Path(os.environ["WINFRA_LAB"])
    if path[1:2] == ":":
        return to_real(lab, path)
    return Path.cwd() / path.replace("\\", "/")


def main(argv: list[str]) -> int:
    try:
        options = parse(argv)
    except RefusedError as refusal:
        print(refusal, file=sys.stderr)
        return INIT_FAILED
    if options.from_input:
        options.text = sys.stdin.buffer.read().decode("utf-8", "replace")
        options.reads_input = False
    environment = dict(os.environ) | _session(options)
    command = _engine_command(options)
    if not (options.reads_input and is_redirected()):
        os.execve(command[0], command, environment)
    return _run_with_input(command, environment, wants_input=options.uses_input)


def _session(options: Options) -> dict[str, str]:
    """What start.ps1 is told: it takes these variables away again."""
    lab = Path(os.environ["WINFRA_LAB"])
    config = json.loads((lab / "config.json").read_text(encoding="utf-8"))
    told = {
        "text": options.text,
        "file": options.file,
        # The engine's own functions split paths at slashes only.
        "name": options.file and _windows_name(lab, Path(options.file)).replace("\\", "/"),
        "location": to_windows(lab, Path.cwd()) or "C:\\",
        "language": config.get("language_mode", "FullLanguage"),
        "codepage": os.environ.get("WINFRA_LAB_CODEPAGE", "437"),
        "succeeded": SUCCEEDED,
    }
    return {"PSModulePath": str(MODULES), "WINFRA_LAB_SESSION": json.dumps(told)}


def _windows_name(lab: Path, file: Path) -> str:
    return to_windows(lab, file) or str(file)


def _profiles() -> list[str]:
    lab = Path(os.environ["WINFRA_LAB"])
    names = (
        r"C:\Windows\System32\WindowsPowerShell\v1.0\profile.ps1",
        os.environ.get("USERPROFILE", "C:\\") + r"\Documents\WindowsPowerShell\profile.ps1",
    )
    return [str(file) for file in (to_real(lab, name) for name in names) if file.is_file()]


def _engine_command(options: Options) -> list[str]:
    words = " ".join(_word(argument) for argument in options.arguments)
    start = ""
    script = f". (& {_literal(str(START))}) {words}"
    profiles = "".join(f". {_literal(file)}; " for file in _profiles()) if options.profile else ""
    if profiles:
        start = f"$global:{SCRIPT} = & {_literal(str(START))}; {profiles}"
        script = f". $global:{SCRIPT} {words}"
    if options.uses_input:
        script = f"@(while ($null -ne ($_ = [Console]::In.ReadLine())) {{ $_ }}) | {script}"
    text = f"{start}{script}; if (-not $global:{SUCCEEDED}) {{ exit 1 }}"
    # The engine writes errors as CLIXML after -EncodedCommand and as text after -Command.
    engine = [os.environ["WINFRA_LAB_ENGINE"], "-NoProfile", "-NonInteractive"]
    if options.errors_as_clixml:
        return [*engine, "-EncodedCommand", base64.b64encode(text.encode("utf-16-le")).decode()]
    return [*engine, "-Command", text]


def _word(argument: str) -> str:
    """An argument after -File as PowerShell text: a name stays a name, all else is a string."""
    name, colon, value = argument.partition(":")
    if name[:1] == "-" and name[1:2].isalpha() and name[1:].replace("_", "").isalnum():
        if not colon:
            return name
        return f"{name}:{value if value.lower() in {'$true', '$false'} else _literal(value)}"
    return _literal(argument)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _run_with_input(command: list[str], environment: dict[str, str], *, wants_input: bool) -> int:
    """As the console host does with redirected input: it reads all of it, the script gets ``$input``.

    The script cannot read it by other means, and the process ends when both have ended.
    """
    # A script that uses $input waits for it: all is read before, what follows is the same.
    given = sys.stdin.buffer.read() if wants_input else b""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        process.stdin.write(given)
        process.stdin.close()
    except BrokenPipeError:
        pass
    status = process.wait()
    while sys.stdin.buffer.read(65536):
        pass
    return claim(Path(os.environ["WINFRA_LAB"]), process.pid, status)
