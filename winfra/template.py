"""Jinja2 templates as pyinfra has them, for files on Windows."""

from __future__ import annotations

import codecs
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.exceptions import TemplateSyntaxError
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages.operations import ENCODING_REFUSED, NEWLINE_REFUSED, TEMPLATE_REFUSED

NEWLINES = ("\r\n", "\n", None)


@dataclass(frozen=True)
class Rendered:
    """A rendered template: the bytes of the file, and whether a secret went into them."""

    content: bytes
    secret: bool


class Unmasking:
    """Gives templates the value of a secret, and notices that it did."""

    def __init__(self) -> None:
        self.used = False

    def plain(self, value: Any) -> Any:
        """A value without masks, also inside of lists and dicts."""
        if isinstance(value, HiddenValue):
            self.used = True
            return value.unmask()
        if isinstance(value, dict):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        return value


def check_form(newline: str | None, encoding: str) -> None:
    """Refuse an ending of lines or an encoding that there is not."""
    if newline not in NEWLINES:
        raise OperationValueError(NEWLINE_REFUSED.text(newline=repr(newline)))
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise OperationValueError(
            ENCODING_REFUSED.text(reason=f"'{encoding}' is unknown")
        ) from error


def render(
    text: str,
    name: str,
    *,
    data: Mapping[str, Any],
    newline: str | None,
    encoding: str,
    options: Mapping[str, Any],
) -> Rendered:
    """Render a template's text; what is wrong in it is named by its file and line."""
    unmasking = Unmasking()
    environment = Environment(  # noqa: S701  files, not web pages
        **{
            "undefined": StrictUndefined,
            "keep_trailing_newline": True,
            "loader": FileSystemLoader(Path.cwd()),
            "finalize": unmasking.plain,
            **options,
        }
    )
    values = {key: unmasking.plain(value) for key, value in data.items()}
    try:
        rendered = environment.from_string(text).render(values)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
        message = TEMPLATE_REFUSED.text(path=name, line=_line(error), reason=error)
        raise OperationValueError(message) from None
    if newline is not None:
        rendered = re.sub(r"\r\n|\r|\n", newline, rendered)
    return Rendered(_encode(rendered, encoding), unmasking.used)


def template_text(src: str | Path | IO[Any]) -> str:
    """The text of a template: UTF-8, its ends of lines as they are."""
    if isinstance(src, (str, Path)):
        return Path(src).read_bytes().decode("utf-8-sig")
    src.seek(0)
    content = src.read()
    return content.decode("utf-8-sig") if isinstance(content, bytes) else str(content)


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        missing = error.object[error.start]
        raise OperationValueError(
            ENCODING_REFUSED.text(reason=f"{encoding} cannot hold the character {missing!r}")
        ) from None


def _line(error: Exception) -> int:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
    return (lines[-1] if lines else None) or 0
