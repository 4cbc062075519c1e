r"""Register a flow with the Prefect server, so that the workers can run it; with --run, have one run it.

    python register.py --run
    python register.py report.py:monthly --folder D:\prefect_data\flows\pengfei --pool local-pool

The flow's folder has to be on each worker's host under the same path, readable for the worker's
account. Whatever is registered runs as that account, not as whoever has registered it.
"""

import argparse
import getpass
import io
import sys
from pathlib import Path

from prefect import Flow
from prefect.deployments import run_deployment


def main() -> int:
    """0, or 1 where the run has not completed."""
    _speak_plainly()
    given = _arguments()
    flow = Flow.from_source(source=str(given.folder), entrypoint=given.entrypoint)
    flow.deploy(
        name=given.name, work_pool_name=given.pool, ignore_warnings=True, print_next_steps=False
    )
    deployment = f"{flow.name}/{given.name}"
    print(f"Registered {deployment}")
    return _run(deployment, given.seconds) if given.run else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("entrypoint", nargs="?", default="etl_flow.py:etl_flow")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument(
        "--name", default=getpass.getuser(), help="the deployment's; default: yours"
    )
    parser.add_argument("--pool", help="the work pool; default: the site's")
    parser.add_argument("--run", action="store_true", help="run it and wait")
    parser.add_argument("--seconds", type=float, default=300, help="how long to wait")
    return parser.parse_args()


def _run(deployment: str, seconds: float) -> int:
    run = run_deployment(deployment, timeout=seconds, poll_interval=1)
    state = run.state
    if state is None or not state.is_final():
        print(f"Run {run.name} has not ended after {seconds:g} s; is a worker online in its pool?")
        return 1
    print(f"Run {run.name}: {state.name}", state.message or "")
    return 0 if state.is_completed() else 1


def _speak_plainly() -> None:
    """A pipe has Windows' code page, which lacks characters that Prefect prints."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
