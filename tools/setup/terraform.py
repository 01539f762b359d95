"""Terraform: the machine's own if it is new enough, else a pinned release whose checksum is verified."""

import hashlib
import http.client
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from tools.errors import InfraError
from tools.setup.layout import Layout, once, say

OLDEST = (1, 11, 0)
"""Write-only arguments came with 1.11, lock files in S3 with 1.10 (Terraform's changelog)."""

PINNED = "1.11.4"
CHECKSUMS = {
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
}
"""SHA-256 of the release's zip files, from its SHA256SUMS."""

PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
TIMEOUT = 30
"""Seconds without a byte after which a download has failed."""

ADVICE = "set TERRAFORM_URL to a copy of it, or install Terraform 1.11.0 or newer"


def install_terraform(layout: Layout) -> None:
    """
    Use the machine's Terraform when it is new enough, else put the pinned release into `.cache/terraform`.

    The variable TERRAFORM_URL (http, https or file) says where the zip is, TERRAFORM_SHA256 its checksum if it is
    another one than the pinned release's.

    :raises InfraError: the release cannot be fetched, is not what its checksum says, or does not run here
    """
    if terraform_version(layout.find_on_machine("terraform")) >= OLDEST:
        layout.unlink("terraform")
        return
    url, checksum = release()
    folder = layout.cache / "terraform" / PINNED

    def install() -> None:
        say(f"Fetching Terraform {PINNED} from {url}")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            archive, binary = Path(temporary, "terraform.zip"), Path(temporary, "terraform")
            fetch(url, checksum, archive)
            extract(url, archive, binary)
            if terraform_version(binary) < OLDEST:
                raise InfraError(f"the Terraform of {url} does not run on this machine or is too old: {ADVICE}")
            binary.replace(folder / "terraform")

    once(folder / ".checksum", checksum, install)
    layout.link("terraform", folder / "terraform")


def release() -> tuple[str, str]:
    """
    Give the address and the SHA-256 of the zip for this machine.

    :raises InfraError: there is no pinned release for this platform, or TERRAFORM_URL is not usable
    """
    name = f"{platform.system().lower()}_{PROCESSORS.get(platform.machine().lower(), platform.machine().lower())}"
    default = f"https://releases.hashicorp.com/terraform/{PINNED}/terraform_{PINNED}_{name}.zip"
    url = os.environ.get("TERRAFORM_URL") or default
    checksum = os.environ.get("TERRAFORM_SHA256") or CHECKSUMS.get(name)
    if checksum is None:
        raise InfraError(f"no Terraform is pinned for {name} ({', '.join(CHECKSUMS)}): install 1.11.0 or newer")
    if not url.startswith(("https://", "http://", "file://")):
        raise InfraError(f"TERRAFORM_URL is {url!r}: must begin with https://, http:// or file://")
    return url, checksum.lower()


def fetch(url: str, checksum: str, archive: Path) -> None:
    """
    Download a file and compare its SHA-256.

    :raises InfraError: it cannot be fetched, or its checksum is another
    """
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as source, archive.open("wb") as target:  # noqa: S310
            shutil.copyfileobj(source, target)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
        raise InfraError(f"cannot fetch Terraform from {url} ({reason}): {ADVICE}") from None
    with archive.open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got != checksum:
        raise InfraError(f"the SHA-256 of {url} is {got}, not {checksum}: nothing was installed")


def extract(url: str, archive: Path, binary: Path) -> None:
    """
    Take the program out of the release's zip.

    :raises InfraError: it is not a zip file, or holds no Terraform
    """
    try:
        with zipfile.ZipFile(archive) as members, members.open("terraform") as source, binary.open("wb") as target:
            shutil.copyfileobj(source, target)
    except zipfile.BadZipFile:
        raise InfraError(f"{url} is not a zip file: nothing was installed") from None
    except KeyError:
        raise InfraError(f"{url} holds no file named terraform: nothing was installed") from None
    binary.chmod(0o755)


def terraform_version(terraform: Path | None) -> tuple[int, ...]:
    """Give the version of a Terraform, (0,) for one that is missing or does not run."""
    if terraform is None:
        return (0,)
    try:
        result = subprocess.run(  # noqa: S603 found on PATH, or fetched and verified
            [terraform, "version", "-json"],
            env=os.environ | {"CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            timeout=20,
        )
        numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", json.loads(result.stdout)["terraform_version"])
        return tuple(int(number) for number in numbers.groups()) if numbers else (0,)
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return (0,)
