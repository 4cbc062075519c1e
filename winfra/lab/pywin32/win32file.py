"""win32file: files and pipes by their handles."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any

from pywintypes import check_attributes, error

from winfra.lab.win32 import handles
from winfra.lab.win32.errors import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    BROKEN_PIPE,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    INVALID_PARAMETER,
    NO_DATA,
    PATH_NOT_FOUND,
    error as refusal,
)
from winfra.lab.win32.handles import File, PyHANDLE

# SWIG makes it a signed number.
GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE = -0x80000000, 0x40000000, 0x20000000
FILE_APPEND_DATA = 0x4
FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE = 0x1, 0x2, 0x4
CREATE_NEW, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING = 1, 2, 3, 4, 5
FILE_ATTRIBUTE_NORMAL, FILE_FLAG_WRITE_THROUGH = 0x80, -0x80000000
FILE_BEGIN, FILE_CURRENT, FILE_END = 0, 1, 2
INVALID_HANDLE_VALUE = -1
UNICODE = True
_DISPOSITIONS = {
    CREATE_NEW: os.O_CREAT | os.O_EXCL,
    CREATE_ALWAYS: os.O_CREAT | os.O_TRUNC,
    OPEN_EXISTING: 0,
    OPEN_ALWAYS: os.O_CREAT,
    TRUNCATE_EXISTING: os.O_TRUNC,
}

__all__ = [
    "CREATE_ALWAYS", "CREATE_NEW", "FILE_ATTRIBUTE_NORMAL", "FILE_BEGIN", "FILE_CURRENT",
    "FILE_END", "FILE_FLAG_WRITE_THROUGH", "FILE_SHARE_DELETE", "FILE_SHARE_READ",
    "FILE_SHARE_WRITE", "GENERIC_EXECUTE", "GENERIC_READ", "GENERIC_WRITE",
    "INVALID_HANDLE_VALUE", "OPEN_ALWAYS", "OPEN_EXISTING", "TRUNCATE_EXISTING", "UNICODE",
    "CloseHandle", "CreateFile", "FlushFileBuffers", "GetFileSize", "ReadFile", "SetFilePointer",
    "WriteFile", "error",
]  # fmt: skip


def CreateFile(
    fileName: str,
    desiredAccess: int,
    shareMode: int,
    attributes: Any,
    CreationDisposition: int,
    flagsAndAttributes: int,
    hTemplateFile: Any,
    /,
) -> PyHANDLE:
    inheritable = check_attributes(attributes)
    if CreationDisposition not in _DISPOSITIONS:
        raise refusal(INVALID_PARAMETER, "CreateFile")
    if CreationDisposition == CREATE_NEW and os.path.exists(fileName):  # noqa: PTH110
        raise refusal(FILE_EXISTS, "CreateFile")
    reads = bool(desiredAccess & 0x80000001)
    writes = bool(desiredAccess & 0x40000006)
    how = os.O_RDWR if reads and writes else os.O_WRONLY if writes else os.O_RDONLY
    # FILE_APPEND_DATA without FILE_WRITE_DATA writes at the end only.
    appends = desiredAccess & FILE_APPEND_DATA and not desiredAccess & 0x40000002
    how |= os.O_APPEND if appends else 0
    try:
        number = os.open(fileName, how | _DISPOSITIONS[CreationDisposition], 0o666)
    except OSError as failure:
        raise refusal(_number(failure, fileName), "CreateFile") from None
    return handles.new(File(number), inheritable=inheritable)


def ReadFile(hFile: Any, bufSize: int, ol: None = None, /) -> tuple[int, bytes]:
    _refuse_overlapped(ol)
    file = handles.find(hFile, File, "ReadFile")
    data = os.read(file.number, bufSize)
    if not data and bufSize and _is_pipe(file):
        raise refusal(BROKEN_PIPE, "ReadFile")
    return 0, data


def WriteFile(hFile: Any, data: bytes, ol: None = None, /) -> tuple[int, int]:
    _refuse_overlapped(ol)
    file = handles.find(hFile, File, "WriteFile")
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(file.number, left) :]
        except BrokenPipeError:
            raise refusal(NO_DATA, "WriteFile") from None
        except OSError:
            raise refusal(ACCESS_DENIED, "WriteFile") from None
    return 0, len(data)


def FlushFileBuffers(hFile: Any, /) -> None:
    file = handles.find(hFile, File, "FlushFileBuffers")
    with contextlib.suppress(OSError):  # a pipe is through when it has been read
        os.fsync(file.number)


def GetFileSize(hFile: Any, /) -> int:
    return os.fstat(handles.find(hFile, File, "GetFileSize").number).st_size


def SetFilePointer(handle: Any, offset: int, moveMethod: int, /) -> int:
    return os.lseek(handles.find(handle, File, "SetFilePointer").number, offset, moveMethod)


def CloseHandle(handle: Any, /) -> None:
    import win32api

    win32api.CloseHandle(handle)


def _refuse_overlapped(overlapped: object) -> None:
    if overlapped is not None:
        raise NotImplementedError("the lab's files are read and written at once")


def _is_pipe(file: File) -> bool:
    return os.fstat(file.number).st_mode & 0o170000 == 0o010000


def _number(failure: OSError, name: str) -> int:
    if failure.errno == errno.ENOENT:
        folder = os.path.dirname(name)  # noqa: PTH120 - Windows' paths as texts
        return FILE_NOT_FOUND if os.path.isdir(folder or ".") else PATH_NOT_FOUND  # noqa: PTH112
    return {errno.ENOTDIR: PATH_NOT_FOUND, errno.EEXIST: ALREADY_EXISTS}.get(
        failure.errno or 0, ACCESS_DENIED
    )
