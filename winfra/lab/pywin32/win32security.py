"""win32security: whether a handle is inherited."""

from __future__ import annotations

from pywintypes import SECURITY_ATTRIBUTES, error

__all__ = ["SECURITY_ATTRIBUTES", "error"]
