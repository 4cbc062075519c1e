"""Where a large file comes from: this machine, the host itself, or an https address."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from pyinfra import host
from pyinfra.api import FileUploadCommand, OperationValueError
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra.facts.files import Sha256File
from winfra.facts.sources import TemporaryFolder
from winfra.local_file import existing, local_path
from winfra.messages import sources as messages
from winfra.operation import fail, read
from winfra.path import windows_path
from winfra.script import Script
from winfra.upload import UploadSource

_HOST = "host:"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Source:
    r"""
    A file that is to be used on the host, whose content is known.

    + src: a path on this machine, ``host:D:\files\x.zip`` for one on the host, or ``https://…``,
      which the host fetches
    + sha256: of its content
    + argument: the name of the argument it came in, for sentences about it
    """

    src: str
    sha256: str
    argument: str = "src"

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(str(self.sha256)):
            argument = "sha256" if self.argument == "src" else f"{self.argument}_sha256"
            raise OperationValueError(
                messages.SHA256_REFUSED.text(argument=argument, value=self.sha256)
            )
        object.__setattr__(self, "sha256", self.sha256.lower())
        object.__setattr__(self, "src", str(self.src))
        if reason := self._problem():
            raise OperationValueError(
                messages.SOURCE_REFUSED.text(argument=self.argument, src=self.src, reason=reason)
            )
        if self.place == "host":
            self.host_path  # noqa: B018  refuses what is no path

    @property
    def place(self) -> Literal["here", "host", "web"]:
        if self.src.startswith(_HOST):
            return "host"
        return "web" if "://" in self.src else "here"

    @property
    def host_path(self) -> str:
        return windows_path(self.src.removeprefix(_HOST), self.argument, file=True)

    @property
    def name(self) -> str:
        """The file's own name."""
        if self.place == "host":
            return PureWindowsPath(self.host_path).name
        if self.place == "web":
            return unquote(urlsplit(self.src).path.rpartition("/")[2])
        return Path(self.src).name

    @property
    def file(self) -> Path:
        """The file on this machine, checked to be the one that is meant."""
        path = existing(local_path(self.src), self.argument)
        found = UploadSource(path).sha256
        if found != self.sha256:
            values = {"src": self.src, "found": found, "wanted": self.sha256}
            raise OperationValueError(messages.SOURCE_DIFFERS.text(**values))
        return path

    def _problem(self) -> str | None:
        if self.src.startswith("\\\\") and os.name != "nt":
            return "this machine reads a share where it is mounted"
        if self.place != "web":
            return None if self.src.strip() else "it is empty"
        parts = urlsplit(self.src)
        if parts.scheme != "https":
            return f"{parts.scheme} is not https"
        if parts.username or parts.password:
            return "a name or password in it would be on show"
        return None if parts.hostname and self.name else "it names no file"


class Fetched:
    """A source on its way to the host: ``path`` is where the host has it afterwards."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._folder: str | None = None
        if source.place == "host":
            self.path = source.host_path
        else:
            temporary = read(TemporaryFolder)
            # Named after its content: what a run that broke off has left is not sent again.
            self._folder = rf"{temporary}\winfra-{source.sha256[:16]}"
            self.path = rf"{self._folder}\{source.name}"

    def fetch(self) -> Generator[PyinfraCommand]:
        """Bring it to the host, unless the host has it."""
        source = self.source
        if source.place == "host":
            self._check()
            return
        file = source.file if source.place == "here" else None
        yield Script("set_directory", Path=self._folder)
        if file is not None:
            yield FileUploadCommand(str(file), self.path)
        else:
            yield Script("fetch_file", Address=source.src, Path=self.path, Sha256=source.sha256)

    def remove(self) -> Generator[PyinfraCommand]:
        """Remove the copy on the host that was made for this."""
        if self._folder is not None:
            yield Script("remove_path", Path=self._folder)

    def _check(self) -> None:
        found = read(Sha256File, path=self.path)
        if found is None:
            if host.state.current_stage != StateStage.Execute:
                return  # an earlier operation may yet put it there
            raise fail(messages.SOURCE_NOT_ON_HOST, path=self.path, host=host.name)
        if found != self.source.sha256:
            values = {"src": self.source.src, "found": found, "wanted": self.source.sha256}
            raise fail(messages.SOURCE_DIFFERS, **values)
