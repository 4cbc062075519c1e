"""The host's console, without which nothing can be stopped by Ctrl-C."""

from __future__ import annotations

import pywintypes
import win32api
import win32con
import win32console

ERROR_ACCESS_DENIED = 5
CTRL_C_EVENT = 0


def open_console() -> None:
    """Have a console, and stay when Ctrl-C is sent to it.

    In this order: a new console puts the handlers back (AllocConsole).
    """
    try:
        win32console.AllocConsole()
    except pywintypes.error as error:
        if error.winerror != ERROR_ACCESS_DENIED:  # there is one already
            raise
    # Whoever started this may ignore Ctrl-C, and children would inherit that.
    win32api.SetConsoleCtrlHandler(None, False)
    # A function, and not None: that the host ignores Ctrl-C is not inherited this way.
    win32api.SetConsoleCtrlHandler(_stay, True)


def show_no_boxes() -> None:
    """Errors that Windows shows in a box, such as a missing DLL, end a child: nobody is there to click.

    As Microsoft advises for all programs ("Error Mode"); children inherit it.
    """
    before = win32api.SetErrorMode(win32con.SEM_FAILCRITICALERRORS)
    win32api.SetErrorMode(before | win32con.SEM_FAILCRITICALERRORS)


def interrupt() -> None:
    """Send Ctrl-C to everything that has this console."""
    win32console.GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)


def _stay(event: int) -> bool:
    """Also at a log-off, which Windows tells all consoles of services."""
    return True
