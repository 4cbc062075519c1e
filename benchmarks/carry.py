"""Carry one file in a process of its own, whose memory is then its alone.

``python -m benchmarks.carry HOME LAB up|down LOCAL REMOTE``: says the number of the host's process,
waits for a line, and carries.
"""

from gevent import monkey  # type: ignore[import-untyped]  # isort: skip

# As pyinfra's own program does it.
monkey.patch_all()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.place import reach  # noqa: E402
from winfra import transfer  # noqa: E402
from winfra.lab.state import Lab  # noqa: E402
from winfra.script import Script  # noqa: E402
from winfra.session import Session  # noqa: E402


def main(home: str, lab: str, direction: str, local: str, remote: str) -> None:
    session = Session("localhost", reach(Lab(lab, Path(home))))
    answer = session.ask(Script("get_session"))
    sys.stdout.write(f"{answer['ProcessId']}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    if direction == "up":
        transfer.put(session, local, remote, None, lambda *_: None)
    else:
        transfer.get(session, remote, local, None, lambda *_: None)
    session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
