"""How fast files go, beside a bare client that sends the same bytes over the same encryption."""

from __future__ import annotations

import io
import os
import statistics

from rich.table import Table
from winrm.protocol import Protocol

from benchmarks.place import fresh_lab, opened, reach, seconds, table
from winfra import transfer
from winfra.connection import EnvelopeProtocol
from winfra.lab.bare import write_executable
from winfra.lab.state import Lab
from winfra.settings import Settings

SIZE = 100 << 20
RUNS = 3
PATH = r"D:\measured.bin"
ENVELOPE = 500 * 1024
"""What the lab, as Windows does, takes at most; pywinrm itself goes no further than 150 KB."""


def measure() -> Table:
    made = table(
        f"{SIZE >> 20} MiB to the host and back, MB/s, NTLM (medians of {RUNS} runs)",
        "over", "direction", "connector", "bare client", "ratio", "150 KB bare", "ratio",
        caption="The bare client is pywinrm's Protocol with a program on the host that only reads "
        "or writes, with messages as large as the connector's, and with its own of 150 KB; it "
        "hashes nothing and writes no file. To reach: a ratio of at least 0.5.",
    )  # fmt: skip
    data = os.urandom(SIZE)
    with fresh_lab() as lab:
        install(lab)
        for scheme in "http", "https":
            rates = rates_over(lab, scheme, data)
            for direction, (own, large, small) in rates.items():
                numbers = own, large, own / large, small, own / small
                shown = [f"{number:.1f}" for number in numbers[:2]]
                shown += [f"{numbers[2]:.2f}", f"{numbers[3]:.1f}", f"{numbers[4]:.2f}"]
                made.add_row(scheme, direction, *shown)
    return made


def rates_over(lab: Lab, scheme: str, data: bytes) -> dict[str, tuple[float, float, float]]:
    """Direction -> MB/s of the connector, of the bare client with large and with small messages."""
    found: dict[str, list[list[float]]] = {"up": [[], [], []], "down": [[], [], []]}
    settings = reach(lab, scheme)
    for _ in range(RUNS):
        # In turns, so that what else the machine does meets all of them.
        trials = connector(lab, scheme, data), bare(settings, data), bare(settings, data, 150)
        for column, (up, down) in enumerate(trials):
            found["up"][column].append(up)
            found["down"][column].append(down)
    rate = len(data) / 1e6
    return {
        direction: (rate / own, rate / large, rate / small)
        for direction, columns in found.items()
        for own, large, small in [map(statistics.median, columns)]
    }


def install(lab: Lab) -> None:
    """Two programs on the host: one reads its input to the end, one writes as much."""
    write_executable(lab.path(r"C:\reads.exe"), "#!/bin/sh\nexec cat > /dev/null\n")
    write_executable(lab.path(r"C:\writes.exe"), f"#!/bin/sh\nexec head -c {SIZE} /dev/zero\n")


def connector(lab: Lab, scheme: str, data: bytes) -> tuple[float, float]:
    """Seconds up and down through the connector's session."""
    back = io.BytesIO()
    lab.path(PATH).unlink(missing_ok=True)
    with opened(lab, scheme) as session:
        up = seconds(lambda: transfer.put(session, io.BytesIO(data), PATH, None, silent))
        down = seconds(lambda: transfer.get(session, PATH, back, None, silent))
    if back.getvalue() != data:
        raise RuntimeError("the file came back changed")
    return up, down


def silent(done: int, length: int) -> None:
    """No word of progress."""


def bare(settings: Settings, data: bytes, kilobytes: int = ENVELOPE // 1024) -> tuple[float, float]:
    """Seconds up and down through pywinrm alone."""
    assert settings.password is not None
    protocol = EnvelopeProtocol(
        settings.endpoint,
        transport="ntlm",
        username=settings.user,
        password=settings.password.unmask(),
        ca_trust_path=settings.ca_trust_path or "legacy_requests",
        message_encryption="auto",
    )
    protocol.envelope = kilobytes * 1024
    shell = protocol.open_shell(codepage=65001)
    try:
        return upload(protocol, shell, data), download(protocol, shell, len(data))
    finally:
        protocol.close_shell(shell)


def upload(protocol: EnvelopeProtocol, shell: str, data: bytes) -> float:
    command = started(protocol, shell, r"C:\reads.exe")
    size = (protocol.envelope - 4096) // 4 * 3

    def send() -> None:
        for begin in range(0, len(data), size):
            last = begin + size >= len(data)
            protocol.send_command_input(shell, command, data[begin : begin + size], end=last)
        while not protocol.get_command_output_raw(shell, command)[3]:
            pass

    took = seconds(send)
    protocol.cleanup_command(shell, command)
    return took


def download(protocol: EnvelopeProtocol, shell: str, length: int) -> float:
    command = started(protocol, shell, r"C:\writes.exe")
    received = 0

    def receive() -> None:
        nonlocal received
        done = False
        while not done:
            output, _, _, done = protocol.get_command_output_raw(shell, command)
            received += len(output)

    took = seconds(receive)
    protocol.cleanup_command(shell, command)
    if received != length:
        raise RuntimeError(f"{received} bytes came instead of {length}")
    return took


def started(protocol: Protocol, shell: str, program: str) -> str:
    command: str = protocol.run_command(
        shell, program, console_mode_stdin=False, skip_cmd_shell=True
    )
    return command
