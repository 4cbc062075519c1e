"""What the service host runs in tests: does what its arguments say, one after another."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SLEEP = "import time; time.sleep(600)"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def wait(seconds: str = "600") -> None:
    """Until Ctrl-C, which it answers as programs do: with an end in good order."""
    try:
        time.sleep(float(seconds))
    except KeyboardInterrupt:
        say("good bye")
        sys.exit(0)


def ignore(value: str = "") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    say("ignoring")


def flood(size: str) -> None:
    """Lines until so many bytes are written."""
    line = "0123456789" * 10 + "\n"
    for _ in range(int(size) // len(line)):
        sys.stdout.write(line)
    say("flooded")


def line(size: str) -> None:
    sys.stdout.write("x" * int(size))
    say("")


def environment(value: str = "") -> None:
    say(json.dumps(dict(os.environ)))


def leave(count: str) -> None:
    """Processes that Ctrl-C does not reach and that do not end with this one."""
    for _ in range(int(count)):
        subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    say("left")


def once(path: str) -> None:
    """End with an error the first time, which the file tells."""
    if not Path(path).exists():
        Path(path).write_text("")
        sys.exit(7)


def listen(port: str) -> None:
    """Answer until a file says to be deaf."""
    listener = socket.socket()
    # The test holds the port, so that nobody else is given it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(port)))
    listener.listen()
    deaf = Path(f"D:\\deaf-{port}")
    while not deaf.exists():
        connection, _ = listener.accept()
        if not deaf.exists():
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            say("answered")
        connection.close()
    deaf.unlink()
    say("deaf from now on")
    time.sleep(600)


DOES = {
    "say": say,
    "wait": wait,
    "ignore": ignore,
    "flood": flood,
    "line": line,
    "environment": environment,
    "leave": leave,
    "once": once,
    "listen": listen,
    "exit": lambda code: sys.exit(int(code)),
}

for argument in sys.argv[1:]:
    name, _, value = argument.partition("=")
    DOES[name](*[value] if value else [])  # type: ignore[operator]
