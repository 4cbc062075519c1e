"""The packages module installs what programs of others need."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, OperationValueError, State
from pyinfra.api.command import PyinfraCommand

from winfra.difference import show
from winfra.facts.packages import Runtime
from winfra.messages import Message, packages as messages
from winfra.operation import fail, operation, read
from winfra.reboot import reboot
from winfra.script import Script
from winfra.sources import Fetched, Source

OLDEST = "14.20"
"""Of Visual Studio 2019, which PostgreSQL 15 was the first to be built with by EDB."""
INSTALLED, NEWER_INSTALLED, REBOOT_NEEDED = 0, 1638, 3010
"""Exit codes of Windows Installer: ERROR_SUCCESS, ERROR_PRODUCT_VERSION, ERROR_SUCCESS_REBOOT_REQUIRED."""
_REBOOT_SECONDS = 600.0


@operation()
def runtime(
    src: str | None = None,
    sha256: str | None = None,
    *,
    version: str = OLDEST,
    allow_reboot: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Have the Visual C++ runtime for x64 on the host; installed where it is missing or too old.

    + src: ``vc_redist.x64.exe``: a path on this machine, ``host:D:\files\vc_redist.x64.exe``, or
      ``https://…``, which the host fetches; not needed where the host has the runtime
    + sha256: of that file
    + version: the oldest that will do
    + allow_reboot: restart the server if the installer asks for it; else the run stops

    **Example:**

    .. code:: python

        from winfra.operations import packages

        packages.runtime(
            name="Have the Visual C++ runtime",
            src="downloads/vc_redist.x64.exe",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    """
    if not re.fullmatch(r"\d+(\.\d+){0,2}", version):
        raise OperationValueError(messages.RUNTIME_VERSION.text(value=version))
    source = Source(src, sha256 or "", "vc_runtime") if src is not None else None
    found = read(Runtime)
    if found is not None and _numbers(found) >= _numbers(version):
        host.noop(f"the Visual C++ runtime {found} is there")
        return
    if source is None:
        raise fail(
            messages.RUNTIME_MISSING, host=host.name, found=found or "nothing", wanted=version
        )
    fetched = Fetched(source)
    current = {"version": found} if found else None
    show("the Visual C++ runtime for x64", current, {"version": f"that of {source.name}"})
    yield from fetched.fetch()
    yield FunctionCommand(_install, (fetched.path, allow_reboot), {})
    yield from fetched.remove()


def _install(state: State, host: Host, path: str, allow_reboot: bool) -> bool:
    """``False`` after the reason has been shown."""
    succeeded, output = host.run_shell_command(Script("install_runtime", Path=path))
    if not succeeded:
        for line in output.stderr_lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    code = json.loads(output.stdout_lines[-1])["ExitCode"]
    if code == REBOOT_NEEDED and allow_reboot:
        return reboot(state, host, 2, _REBOOT_SECONDS, "The Visual C++ runtime was installed")
    if code == REBOOT_NEEDED:
        return _refuse(host, messages.RUNTIME_REBOOT, host=host.name)
    if code not in {INSTALLED, NEWER_INSTALLED}:
        return _refuse(host, messages.RUNTIME_FAILED, path=path, code=code)
    return True


def _refuse(on: Host, message: Message, **values: object) -> bool:
    on.log_styled(message.text(**values), fg="red", log_func=logger.error)
    return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
