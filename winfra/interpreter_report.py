"""What an interpreter says of itself: the host's Python gets this text on its standard input.

It has to run in any Python 3; ``facts.python.Interpreter`` reads its answer.
"""

from __future__ import annotations

import json
import struct
import sys
import sysconfig


def report() -> dict[str, object]:
    return {
        "implementation": sys.implementation.name,
        "version": ".".join(str(number) for number in sys.version_info[:3]),
        "final": sys.version_info[3] == "final",
        "bits": struct.calcsize("P") * 8,
        "platform": sysconfig.get_platform(),
        "prefix": sys.prefix,
        "base": sys.base_prefix,
        "pip": pip(),
    }


def pip() -> str | None:
    """The version of pip among the interpreter's own packages."""
    try:
        import importlib.metadata

        return importlib.metadata.version("pip")
    except ImportError:  # metadata.PackageNotFoundError is one
        return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(report()))
