"""The powershell module runs a user's own PowerShell, each time in a powershell.exe of its own."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.difference import say
from winfra.facts.powershell import Output
from winfra.local_file import existing, local_path
from winfra.messages.operations import SCRIPT_SOURCE_REFUSED
from winfra.operation import operation, read
from winfra.path import windows_path
from winfra.standing import standing
from winfra.user_script import UserScript


@operation(
    is_idempotent=False, idempotent_notice="It runs at every time without creates or unless."
)
def script(
    src: str | Path | None = None,
    *,
    text: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    creates: str | None = None,
    unless: str | None = None,
    add_deploy_dir: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Run a PowerShell script; it fails on an error, and on an exit code that is not 0.

    + src: a .ps1 file on this machine
    + text: PowerShell, instead of src
    + parameters: values for its ``param()`` block: JSON types, never made into text; a
      ``HiddenValue`` arrives as a ``SecureString`` and is never shown
    + creates: a file or folder that the script makes; it is not run where that exists
    + unless: PowerShell that writes ``$true`` when the script need not run. It gets the same
      parameters, also runs in a dry run, and must change nothing
    + add_deploy_dir: src is relative to the folder of the deploy

    ``_timeout``, ``_chdir``, ``_env``, ``_stdin`` and ``_success_exit_codes`` hold for it.

    **Example:**

    .. code:: python

        from winfra.operations import powershell

        powershell.script(
            name="Register the event source",
            src="files/register_event_source.ps1",
            parameters={"Source": "Example"},
            creates=r"D:\example\registered",
        )
    """
    command = _command(src, text, parameters, add_deploy_dir)
    target = windows_path(creates, "creates") if creates is not None else None
    if target is not None and standing(target).entry is not None:
        host.noop(f"{target} exists")
        return
    if unless is not None and _is_done(unless, parameters):
        host.noop(f"{command.label} need not run")
        return
    say(f"Will run PowerShell ({command.label})" + (f", which makes {target}" if target else ""))
    yield command


def _command(
    src: str | Path | None,
    text: str | None,
    parameters: Mapping[str, Any] | None,
    add_deploy_dir: bool,
) -> UserScript:
    if (src is None) == (text is None):
        raise OperationValueError(
            SCRIPT_SOURCE_REFUSED.text(found="neither" if src is None else "both")
        )
    if src is None:
        return UserScript(text or "", "text", parameters)
    file = existing(local_path(src, add_deploy_dir))
    return UserScript(file.read_text(encoding="utf-8-sig"), file.name, parameters)


def _is_done(unless: str, parameters: Mapping[str, Any] | None) -> bool:
    # Core shows the arguments of facts.
    lines = read(Output, text=HiddenValue(unless), parameters=parameters)
    return bool(lines) and lines[-1].strip().lower() == "true"
