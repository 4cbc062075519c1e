"""An event that ``poll`` can wait for together with pipes and sockets."""

from __future__ import annotations

import os
import threading
import weakref


class Latch:
    """Set once and for ever; readable from then on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read, self._write = os.pipe()
        self._set = False
        # Not before the last thread that may poll it has let go: the number would be used again.
        weakref.finalize(self, os.close, self._read)
        self._close = weakref.finalize(self, os.close, self._write)

    @property
    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with self._lock:
            self._set = True
            self._close()

    def fileno(self) -> int:
        return self._read
