"""`python -m nocomelon`, what the container runs."""

import argparse
import signal
import sys

import uvicorn

from nocomelon.api import create_app
from nocomelon.config import load_settings

KEEP_ALIVE_S = 75
"""Longer than the load balancer's idle timeout of 60 s: else it may reuse a connection that this side just closed."""

SHUTDOWN_S = 25
"""Shorter than the 30 s that ECS waits between SIGTERM and SIGKILL."""


def main() -> None:
    """Serve until SIGTERM: exit code 0 after a graceful stop, 1 when a setting is missing or wrong."""
    parser = argparse.ArgumentParser(prog="nocomelon")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    # uvicorn stops gracefully and then raises the signal again, which would make a normal stop look like a failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(load_settings()),
        host=options.host,
        port=options.port,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )


if __name__ == "__main__":
    main()
