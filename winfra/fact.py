"""What facts about a Windows host have in common: one script, one JSON value."""

from __future__ import annotations

import json
from typing import Generic, TypeVar, cast

from pyinfra.api import FactBase
from pyinfra.api.exceptions import FactProcessError

T = TypeVar("T")


class WindowsFact(FactBase[T], Generic[T]):
    """A fact whose ``command`` is a ``Script`` that answers with one JSON value.

    ``read`` turns the value into what the fact returns. An answer that it cannot read fails this
    host alone.
    """

    abstract = True

    def process(self, output: list[str]) -> T:
        try:
            return self.read(json.loads(output[-1]))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise FactProcessError(f"{self.name}: unexpected answer: {error!r}") from error

    def read(self, value: object) -> T:
        return cast(T, value)
