"""A file passes through without being held: neither side's memory grows with its size."""

from pathlib import Path

import pytest

from benchmarks.memory import carried, sparse
from winfra.lab.state import Lab

SIZE = 64 << 20
LIMIT = SIZE // 2


@pytest.mark.parametrize("direction", ["up", "down"])
def test_memory_does_not_grow_with_a_file(lab: Lab, tmp_path: Path, direction: str) -> None:
    """Half of the file's size would be too much; `make bench` carries 2 GiB."""
    local = tmp_path / "local.bin"
    if direction == "up":
        sparse(local, SIZE)
    else:
        sparse(lab.path(r"D:\large.bin"), SIZE)

    control, host = carried(lab, direction, local, r"D:\large.bin")

    arrived = lab.path(r"D:\large.bin") if direction == "up" else local
    assert arrived.stat().st_size == SIZE
    assert control.growth < LIMIT
    assert host.growth < LIMIT
