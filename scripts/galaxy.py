#!/usr/bin/env python3
"""Start a Galaxy with the deep learning suite, its workflows and sample data, run a workflow, print what it found, and stay up.

Needs nothing but Python 3.11 and pip: the first run sets up Galaxy and the tools' environment under .env/.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from environments import NAMES, ensure, python_of, told
from running import wait_for
from server import EMAIL, PASSWORD, Server

WORKFLOWS = ("feedforward-tabular", "small-data-tabular", "sequence-classification", "image-classification")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--exit", action="store_true", help="end when the workflow has run, with status 0 if it did")
    parser.add_argument(
        "--run",
        choices=(*WORKFLOWS, "all", "none"),
        default=WORKFLOWS[0],
        metavar="WORKFLOW",
        help=f"workflow to run: {', '.join(WORKFLOWS)}, all or none (default: {WORKFLOWS[0]})",
    )
    arguments = parser.parse_args()
    return told(lambda: _run(arguments.port, arguments.run, arguments.exit))


def _run(port: int, run: str, leave: bool) -> int:
    """Status of the workflow that ran; without ``leave``, Galaxy stays up until somebody ends it."""
    server = Server(port)
    server.claim()
    ensure(*NAMES)
    began = time.monotonic()
    print("Starting Galaxy", flush=True)
    with server:
        print(f"Galaxy is up after {time.monotonic() - began:.0f} s: {server.url} (log in as {EMAIL}, password {PASSWORD})", flush=True)
        status = _demo(server, run)
        if leave:
            return status
        print(f"Galaxy stays up at {server.url}; press Ctrl-C to end it.", flush=True)
        wait_for(server)


def _demo(server: Server, run: str) -> int:
    """Fill the server through its API, in the environment that holds a client for it."""
    script = Path(__file__).with_name("demo.py")
    chosen = {"all": WORKFLOWS, "none": ()}.get(run, (run,))
    command: list[str | Path] = [python_of("planemo"), script, "--url", server.url, "--key", server.key, *chosen]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
