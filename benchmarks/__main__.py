"""``python -m benchmarks [PART …]``: what the connector and the lab cost, measured here and now."""

from gevent import monkey  # type: ignore[import-untyped]  # isort: skip

# As pyinfra's own program does it.
monkey.patch_all()

import argparse  # noqa: E402

from rich.console import Console  # noqa: E402

from benchmarks import memory, questions, speed, transfers  # noqa: E402

PARTS = {
    "questions": questions.measure,
    "transfers": transfers.measure,
    "memory": memory.measure,
    "speed": speed.measure,
}

WIDTH = 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = parser.parse_args().parts or [*PARTS]
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    console = Console(width=max(WIDTH, Console().width))
    for part in parts:
        with console.status(f"measuring {part} …"):
            made = PARTS[part]()
        console.print(made)
        console.print()


if __name__ == "__main__":
    main()
