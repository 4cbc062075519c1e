"""Users' own scripts on a lab; what they make there is the witness."""

import re
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, no_host
from winfra.messages import operations as messages
from winfra.operations import powershell

WRITE = r"""param($Path, [string[]] $Lines, $Options, [securestring] $Password)
$plain = (New-Object Net.NetworkCredential '', $Password).Password
Set-Content -LiteralPath $Path -Encoding UTF8 -Value (@($Lines) + $Options.Name + $plain.Length)
"""


def test_a_script_gets_its_parameters(trial: Trial, tmp_path: Path) -> None:
    """As values, whatever is in them; a secret is on show nowhere."""
    source = tmp_path / "write.ps1"
    source.write_text(WRITE, encoding="utf-8-sig")
    wanted: dict[str, Any] = {
        "src": source,
        "parameters": {
            "Path": r"D:\it's [1].txt",
            "Lines": ["$(throw)", "'; exit 3 #", "é日"],
            "Options": {"Name": '"x"'},
            "Password": HiddenValue("hush-hush"),
        },
        "creates": r"D:\it's [1].txt",
    }

    dry = trial.dry(powershell.script, **wanted)
    assert dry.will_change
    assert r"Will run PowerShell (write.ps1), which makes D:\it's [1].txt" in dry.output
    assert not list(trial.lab.drive("D").iterdir())

    ran = trial.run(powershell.script, **wanted)
    assert ran.changed
    written = trial.lab.path(r"D:\it's [1].txt").read_text(encoding="utf-8-sig")
    assert written.split() == ["$(throw)", "';", "exit", "3", "#", "é日", '"x"', "9"]
    assert "hush-hush" not in dry.output + ran.output
    assert "hush-hush" not in str(trial.lab.processes())

    again = trial.run(powershell.script, **wanted)
    assert not again.changed
    assert r"noop: D:\it's [1].txt exists" in again.output


def test_a_script_runs_unless_it_need_not(trial: Trial) -> None:
    """What `unless` writes decides, in a dry run as well."""
    wanted: dict[str, Any] = {
        "text": "param($Path) $null = New-Item -Path $Path -ItemType Directory",
        "unless": "param($Path) 'checking'; Test-Path -LiteralPath $Path",
        "parameters": {"Path": r"D:\made"},
    }

    assert trial.run(powershell.script, **wanted).changed
    assert trial.lab.path(r"D:\made").is_dir()
    again = trial.run(powershell.script, **wanted)
    assert not again.changed
    assert "noop: text need not run" in again.output

    trial.lab.path(r"D:\made").rmdir()
    assert trial.dry(powershell.script, **wanted).will_change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("throw 'a reason'", "a reason"),
        ("Get-Item -LiteralPath D:\\nothing; 'a' + 'fter'", "D:\\\\nothing"),
        ("exit 4", "exit code 4"),
        ("if (", "Missing condition"),
    ],
)
def test_a_script_that_fails_fails_its_host(trial: Trial, text: str, said: str) -> None:
    """With what it said; nothing after the error runs."""
    tried = trial.run(powershell.script, text=text)

    assert tried.failed
    assert re.search(said, tried.output)
    assert "\nafter" not in tried.output
    assert "] after" not in tried.output


def test_a_check_that_fails_stops_the_script(trial: Trial) -> None:
    """It is not taken for an answer."""
    made = r"D:\made"
    tried = trial.run(
        powershell.script, text=f"New-Item -Path {made} -ItemType Directory", unless="throw 'no'"
    )

    assert tried.failed
    assert not trial.lab.path(made).exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, messages.SCRIPT_SOURCE_REFUSED.text(found="neither")),
        ({"src": "x.ps1", "text": "x"}, messages.SCRIPT_SOURCE_REFUSED.text(found="both")),
        ({"src": "/nothing/x.ps1"}, "there is no file '/nothing/x.ps1'"),
        ({"text": "x", "creates": "x"}, "creates: 'x' is no path"),
        (
            {"text": "x", "parameters": {"a b": 1}},
            messages.SCRIPT_PARAMETER_REFUSED.text(
                parameter="a b", reason="is no name of a parameter"
            ),
        ),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    options: dict[str, Any], said: str
) -> None:
    """There is no host here."""
    with no_host(), pytest.raises(OperationValueError) as error:
        next(powershell.script._inner(**options))

    assert said in str(error.value)
