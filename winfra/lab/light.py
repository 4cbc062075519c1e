"""Start a module of the lab by its path, without what its package imports: ``light.py MODULE [ARGUMENT …]``.

``winfra/__init__.py`` imports pyinfra, which takes longer than a simulated program may run.
"""

from __future__ import annotations

import sys

# Python puts the folder of a script first: the lab's modules would hide the standard library's.
sys.path.pop(0)

import importlib
import types
from pathlib import Path


def main() -> int:
    package = types.ModuleType("winfra")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["winfra"] = package
    code: int = importlib.import_module(sys.argv[1]).main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
