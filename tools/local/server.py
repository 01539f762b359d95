"""
The server process: `python -m tools.local.server --directory DIRECTORY --fd FD`.

It serves on the listening socket that it inherits, so the port was taken before it started and nobody can take it
in between; a client that connects while the emulators load waits and is then answered.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from tools.local import emulators

GRACE = 2.0
"""Seconds that open requests have to end."""


def main() -> None:
    """Serve until SIGTERM or SIGINT, or, with `--tied`, until standard input closes."""
    parser = argparse.ArgumentParser(prog="tools.local.server")
    parser.add_argument("--directory", type=Path, required=True, help="where logs and scratch files go")
    parser.add_argument("--fd", type=int, required=True, help="a listening socket on the loopback interface")
    parser.add_argument("--tied", action="store_true", help="stop when standard input closes")
    arguments = parser.parse_args()
    listener = socket.socket(fileno=os.dup(arguments.fd))
    host, port = listener.getsockname()
    listener.close()
    if host != emulators.HOST:
        sys.exit(f"refusing to serve on {host}: only {emulators.HOST} is allowed")
    asyncio.run(_serve(arguments.directory, arguments.fd, port, tied=arguments.tied))
    # Threads of the emulators must not keep the process alive.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _serve(directory: Path, fd: int, port: int, *, tied: bool) -> None:
    gateway = emulators.load(directory, port)

    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{fd}"]
    config.graceful_timeout = GRACE
    # Longer than any client keeps a connection (Go: 90 s): a request on one that closes under it is sent twice.
    config.keep_alive_timeout = 3600
    config.keep_alive_max_requests = 1_000_000
    config.loglevel = "WARNING"
    await serve(gateway, config, shutdown_trigger=_stop_event(tied=tied).wait)  # type: ignore[arg-type]


def _stop_event(*, tied: bool) -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if tied:

        def wait_for_owner() -> None:
            sys.stdin.buffer.read()
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=wait_for_owner, daemon=True).start()
    return stop


if __name__ == "__main__":
    main()
