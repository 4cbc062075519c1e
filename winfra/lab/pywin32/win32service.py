"""win32service: the numbers of services, and what a service reports.

The functions that configure and control services are not among the lab's: the product has
``sc.exe`` and CIM for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pywintypes import error

from winfra.lab.win32 import services
from winfra.lab.win32.handles import number

SERVICE_KERNEL_DRIVER = 1
SERVICE_FILE_SYSTEM_DRIVER = 2
SERVICE_WIN32_OWN_PROCESS = 16
SERVICE_WIN32_SHARE_PROCESS = 32
SERVICE_WIN32 = 48
SERVICE_INTERACTIVE_PROCESS = 256
SERVICE_NO_CHANGE = -1
SERVICE_BOOT_START = 0
SERVICE_SYSTEM_START = 1
SERVICE_AUTO_START = 2
SERVICE_DEMAND_START = 3
SERVICE_DISABLED = 4
SERVICE_STOPPED = 1
SERVICE_START_PENDING = 2
SERVICE_STOP_PENDING = 3
SERVICE_RUNNING = 4
SERVICE_CONTINUE_PENDING = 5
SERVICE_PAUSE_PENDING = 6
SERVICE_PAUSED = 7
SERVICE_CONTROL_STOP = 1
SERVICE_CONTROL_PAUSE = 2
SERVICE_CONTROL_CONTINUE = 3
SERVICE_CONTROL_INTERROGATE = 4
SERVICE_CONTROL_SHUTDOWN = 5
SERVICE_CONTROL_PARAMCHANGE = 6
SERVICE_CONTROL_NETBINDADD = 7
SERVICE_CONTROL_NETBINDREMOVE = 8
SERVICE_CONTROL_NETBINDENABLE = 9
SERVICE_CONTROL_NETBINDDISABLE = 10
SERVICE_CONTROL_DEVICEEVENT = 11
SERVICE_CONTROL_HARDWAREPROFILECHANGE = 12
SERVICE_CONTROL_POWEREVENT = 13
SERVICE_CONTROL_SESSIONCHANGE = 14
SERVICE_CONTROL_PRESHUTDOWN = 15
SERVICE_ACCEPT_STOP = 1
SERVICE_ACCEPT_PAUSE_CONTINUE = 2
SERVICE_ACCEPT_SHUTDOWN = 4
SERVICE_ACCEPT_PARAMCHANGE = 8
SERVICE_ACCEPT_NETBINDCHANGE = 16
SERVICE_ACCEPT_HARDWAREPROFILECHANGE = 32
SERVICE_ACCEPT_POWEREVENT = 64
SERVICE_ACCEPT_SESSIONCHANGE = 128
SERVICE_ACCEPT_PRESHUTDOWN = 256
SERVICE_SPECIFIC_ERROR = 1066
SERVICE_ERROR_IGNORE = 0
SERVICE_ERROR_NORMAL = 1
SERVICE_ERROR_SEVERE = 2
SERVICE_ERROR_CRITICAL = 3
SERVICE_SID_TYPE_NONE = 0
SERVICE_SID_TYPE_UNRESTRICTED = 1
SERVICE_SID_TYPE_RESTRICTED = 3
UNICODE = True


def SetServiceStatus(scHandle: Any, serviceStatus: Sequence[int], /) -> None:
    """Type, state, accepted controls, two exit codes, checkpoint and wait hint."""
    handle = number(scHandle)
    if not isinstance(serviceStatus, tuple):
        # PyArg_ParseTuple takes nothing else for a tuple.
        raise SystemError("new style getargs format but argument is not a tuple")  # noqa: TRY004
    if len(serviceStatus) != 7:
        raise TypeError(f"function takes exactly 7 arguments ({len(serviceStatus)} given)")
    services.set_status(handle, [_signed(one) for one in serviceStatus])


def _signed(value: object) -> int:
    """``l`` of PyArg_ParseTuple: a signed integer, on Windows of 32 bits."""
    if not isinstance(value, int):
        raise TypeError("an integer is required")
    if not -(2**31) <= value < 2**31:
        raise OverflowError("Python int too large to convert to C long")
    return value & 0xFFFFFFFF


__all__ = [name for name in dir() if name.startswith("SERVICE_")]
__all__ += ["UNICODE", "SetServiceStatus", "error"]
