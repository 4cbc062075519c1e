"""A worker of pytest-xdist under gevent.

What to run next is put into its queue by a thread that was there before gevent changed
``threading``, and that cannot wake a greenlet: the queue needs a lock and an event of its own.
"""

from __future__ import annotations

import time

from execnet.gateway_base import ThreadExecModel
from gevent import monkey  # type: ignore[import-untyped]

SECONDS = 0.01


class Flag:
    """An event that is looked at again and again."""

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self) -> None:
        while not self._set:
            time.sleep(SECONDS)


def prepare() -> None:
    """Give queues that are made from now on these; ``xdist.remote`` makes one."""
    lock = monkey.get_original("_thread", "RLock")
    ThreadExecModel.Event = staticmethod(Flag)  # type: ignore[assignment,method-assign]
    ThreadExecModel.RLock = staticmethod(lock)  # type: ignore[method-assign]
