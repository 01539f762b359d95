"""The two emulators, loaded into this process so that they listen nowhere and write nowhere but in our folder."""

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any, cast

from tools.local.gateway import App, Gateway

HOST = "127.0.0.1"

PACKAGES = ("ministack", "moto")


def environment(directory: Path, port: int) -> dict[str, str]:
    """
    Say what the emulators read from the environment, which they do when they are imported.

    No further listeners (IoT, SFTP), no Docker even where a daemon runs, nothing kept, files in `directory` only.
    """
    data = str(directory / "data")
    return {
        "DOCKER_HOST": f"unix://{data}/no-docker.sock",
        "EDGE_PORT": str(port),
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_HOST": HOST,
        "PERSIST_STATE": "0",
        "S3_DATA_DIR": data,
        "S3_PERSIST": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": data,
        "TMPDIR": data,
    }


def load(directory: Path, port: int) -> Gateway:
    """Import and patch the emulators. Once a process: they keep their state in modules."""
    (directory / "data").mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(directory, port))

    from a2wsgi import WSGIMiddleware
    from ministack.app import app  # type: ignore[import-untyped]
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from tools.local import inventory, patches

    patches.apply()
    moto: Any = DomainDispatcherApplication(create_backend_app)
    return Gateway(
        ministack=app,
        # One worker: moto's backends are not written for threads.
        moto=cast(App, WSGIMiddleware(moto, workers=1)),
        account_of=account_of,
        local={
            "/_local/status": lambda _: {"versions": versions(), "accounts": inventory.accounts()},
            "/_local/inventory": lambda query: inventory.take(query["account"], query["region"]),
        },
    )


def account_of(access_key_id: str) -> str:
    """Tell the account of an access key id as ministack does: 12 digits are the account."""
    from ministack.core import responses  # type: ignore[import-untyped]

    responses.set_request_account_id(access_key_id)
    return cast(str, responses.get_account_id())


def versions() -> dict[str, str]:
    """List the versions of the emulators."""
    return {package: importlib.metadata.version(package) for package in PACKAGES} | {
        "python": sys.version.split()[0],
    }
