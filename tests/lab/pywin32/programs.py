"""Pieces of scripts that the tests of processes, jobs and consoles share."""

from __future__ import annotations

START = r"""
    import os, win32api, win32con, win32event, win32file, win32pipe, win32process
    def start(line, flags=0, environment=None, folder=None, inherit=True, application=None):
        '''Its process, its thread, and the end of the pipe that it writes to.'''
        reader, writer = win32pipe.CreatePipe(None, 0)
        win32api.SetHandleInformation(writer, win32con.HANDLE_FLAG_INHERIT, 1)
        info = win32process.STARTUPINFO()
        info.dwFlags = win32con.STARTF_USESTDHANDLES
        info.hStdOutput = info.hStdError = writer
        process, thread, pid, _ = win32process.CreateProcess(
            application, line, None, None, inherit, flags, environment, folder, info)
        writer.Close()
        return process, thread, pid, reader
    def read(reader):
        data = b""
        try:
            while True: data += win32file.ReadFile(reader, 65536)[1]
        except win32file.error:
            return data.decode().replace("\r\n", "\n")
    def line(script, arguments=""):
        return f'"{sys.executable}" -I D:\\scripts\\{script} {arguments}'
    """
HELD = 'import sys, time\nprint("started", flush=True)\ntime.sleep(60)\n'
