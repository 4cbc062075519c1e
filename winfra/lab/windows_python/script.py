r"""A script or folder that Python was given as ``D:\x\y.py``: its own start opens files by themselves.

Before that, it asks ``sys.path_hooks`` whether somebody can import a ``__main__`` from that name,
which it takes for a relative one.
"""

from __future__ import annotations

import posixpath
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType

from winfra.lab.windows_python.names import is_windows


def install(folder: str) -> None:
    """Be ready for the script of this process.

    + folder: the real current one
    """
    name = sys.argv[0] if sys.argv else ""
    if is_windows(name) and posixpath.exists(name):
        entry = posixpath.join(folder, "x")[:-1] + name
        sys.path_hooks.insert(0, _Hook(entry, name))


class _Hook:
    def __init__(self, entry: str, script: str) -> None:
        self._entry = entry
        self._script = script

    def __call__(self, entry: str) -> _Finder:
        if entry != self._entry:
            raise ImportError(entry)
        return _Finder(entry, self._script)


class _Finder:
    def __init__(self, entry: str, script: str) -> None:
        self._entry = entry
        self._script = script

    def find_spec(self, name: str, target: object = None) -> ModuleSpec | None:
        if name != "__main__":
            return None
        if posixpath.isdir(self._script) or self._script.endswith((".zip", ".pyz")):
            self._put_first([self._script.rstrip("\\/")])
            return PathFinder.find_spec(name, [self._script.rstrip("\\/")])
        # The folder of a script, with -I and -P nothing.
        safe = getattr(sys.flags, "safe_path", False)
        self._put_first([] if safe else [posixpath.dirname(self._script)])
        spec = ModuleSpec(name, _Loader(name, self._script), origin=self._script)
        spec.has_location = True
        return spec

    def invalidate_caches(self) -> None:
        pass

    def _put_first(self, folders: list[str]) -> None:
        if sys.path[:1] == [self._entry]:
            sys.path[:1] = folders


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """The script's own code: no file is kept of it."""
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code
