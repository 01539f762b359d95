"""Which Terraform is used, and how the pinned one is fetched."""

import hashlib
import os
import platform
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.errors import InfraError
from tools.setup import terraform
from tools.setup.layout import Layout
from tools.setup.terraform import install_terraform

Fake = Callable[[Path, str], Path]

pytestmark = pytest.mark.usefixtures("machine", "archive")


def script(version: str) -> str:
    """Give the body of a Terraform that knows only its version."""
    return f"""echo '{{"terraform_version": "{version}"}}'"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a release whose Terraform is a shell script, and let the variables name it."""
    path = tmp_path / "served" / "terraform.zip"
    path.parent.mkdir()
    write_zip(path, "terraform", f"#!/bin/sh\n{script('1.11.4')}\n", monkeypatch)
    monkeypatch.setenv("TERRAFORM_URL", path.as_uri())
    return path


def write_zip(path: Path, member: str, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a zip file with one member and announce its checksum."""
    with zipfile.ZipFile(path, "w") as target:
        target.writestr(member, content)
    monkeypatch.setenv("TERRAFORM_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface and give its address."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def refusal(layout: Layout) -> str:
    """Give the message with which an installation is refused."""
    with pytest.raises(InfraError) as caught:
        install_terraform(layout)
    return str(caught.value)


def left(layout: Layout) -> list[Path]:
    """List the files that an installation left."""
    return [path for path in (layout.cache / "terraform").rglob("*") if path.name != terraform.PINNED]


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.15.0", "2.0.0"])
def test_a_new_enough_terraform_of_the_machine_is_used(layout: Layout, machine: Path, fake: Fake, version: str) -> None:
    """Nothing is fetched when the machine has what it takes."""
    fake(machine / "terraform", script(version))

    install_terraform(layout)

    assert not os.path.lexists(layout.bin / "terraform")


def test_the_pinned_one_gives_way_to_a_new_enough_one(layout: Layout, machine: Path, fake: Fake) -> None:
    """Our link goes when the machine's Terraform became new enough."""
    install_terraform(layout)
    fake(machine / "terraform", script("1.12.0"))

    install_terraform(layout)

    assert not os.path.lexists(layout.bin / "terraform")


@pytest.mark.parametrize("body", [script("1.10.5"), script("0.12.31"), "echo Terraform v1.12.0", "exit 1"])
def test_another_terraform_is_not_used(layout: Layout, machine: Path, fake: Fake, body: str) -> None:
    """An old Terraform, or one that does not say its version, is left alone and the pinned one fetched."""
    fake(machine / "terraform", body)

    install_terraform(layout)

    assert Path("../../.cache/terraform/1.11.4/terraform") == (layout.bin / "terraform").readlink()


def test_the_fetched_terraform_runs(layout: Layout) -> None:
    """The link leads to a program."""
    install_terraform(layout)

    assert (1, 11, 4) == terraform.terraform_version(layout.bin / "terraform")


def test_terraform_comes_over_http(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror in the operator's own network serves as well."""
    with served(archive.parent) as address:
        monkeypatch.setenv("TERRAFORM_URL", f"{address}/terraform.zip")
        install_terraform(layout)

    assert (layout.bin / "terraform").exists()


def test_terraform_is_fetched_once(layout: Layout, archive: Path) -> None:
    """The second run needs no network."""
    install_terraform(layout)
    archive.unlink()

    install_terraform(layout)

    assert (layout.bin / "terraform").exists()


def test_another_checksum_fetches_again(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cached is the release that the checksum names, no other."""
    install_terraform(layout)
    write_zip(archive, "terraform", f"#!/bin/sh\n{script('1.12.0')}\n", monkeypatch)

    install_terraform(layout)

    assert (1, 12, 0) == terraform.terraform_version(layout.bin / "terraform")


def test_a_wrong_checksum_is_refused(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both checksums are named."""
    got = os.environ["TERRAFORM_SHA256"]
    monkeypatch.setenv("TERRAFORM_SHA256", "0" * 64)

    assert f"the SHA-256 of {archive.as_uri()} is {got}, not {'0' * 64}: nothing was installed" == refusal(layout)


def test_another_address_must_still_match_the_pin(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """TERRAFORM_URL alone does not weaken the check."""
    monkeypatch.delenv("TERRAFORM_SHA256")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    assert terraform.CHECKSUMS["linux_arm64"] in refusal(layout)


def test_a_refused_release_leaves_nothing(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the download nor a link stays behind."""
    monkeypatch.setenv("TERRAFORM_SHA256", "0" * 64)
    refusal(layout)

    assert [] == left(layout)


def test_a_missing_file_is_refused(layout: Layout, archive: Path) -> None:
    """The address, the reason and the way out are named."""
    archive.unlink()

    assert (
        f"cannot fetch Terraform from {archive.as_uri()} ([Errno 2] No such file or directory: '{archive}'): "
        "set TERRAFORM_URL to a copy of it, or install Terraform 1.11.0 or newer"
    ) == refusal(layout)


def test_an_unreachable_address_is_refused(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port is one clear line."""
    with served(archive.parent) as address:
        pass
    monkeypatch.setenv("TERRAFORM_URL", address)

    assert "Connection refused" in refusal(layout)


def test_a_page_that_is_not_there_is_refused(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's answer is named."""
    with served(archive.parent) as address:
        monkeypatch.setenv("TERRAFORM_URL", f"{address}/none.zip")

        assert "HTTP Error 404" in refusal(layout)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x.zip", "/terraform.zip", "terraform.zip"])
def test_another_kind_of_address_is_refused(layout: Layout, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Only http, https and file are allowed, and the message says so."""
    monkeypatch.setenv("TERRAFORM_URL", url)
    monkeypatch.setenv("TERRAFORM_SHA256", "0" * 64)

    assert f"TERRAFORM_URL is {url!r}: must begin with https://, http:// or file://" == refusal(layout)


def test_what_is_no_zip_is_refused(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login page in place of the file, for example."""
    archive.write_text("<html>")
    monkeypatch.setenv("TERRAFORM_SHA256", hashlib.sha256(b"<html>").hexdigest())

    assert f"{archive.as_uri()} is not a zip file: nothing was installed" == refusal(layout)


def test_a_zip_without_terraform_is_refused(layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another product's release, for example."""
    write_zip(archive, "vault", "", monkeypatch)

    assert f"{archive.as_uri()} holds no file named terraform: nothing was installed" == refusal(layout)


def test_a_terraform_that_does_not_run_is_refused(
    layout: Layout, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release for another platform, for example, is not linked."""
    write_zip(archive, "terraform", "\x7fELF", monkeypatch)

    assert "does not run on this machine or is too old" in refusal(layout)


def test_an_unknown_platform_is_refused(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform and the pinned ones are named."""
    monkeypatch.delenv("TERRAFORM_SHA256")
    monkeypatch.setattr(platform, "system", lambda: "FreeBSD")
    monkeypatch.setattr(platform, "machine", lambda: "amd64")

    assert (
        "no Terraform is pinned for freebsd_amd64 (linux_amd64, linux_arm64, darwin_amd64, darwin_arm64): "
        "install 1.11.0 or newer" == refusal(layout)
    )


@pytest.mark.parametrize(
    ("system", "processor", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "x86_64", "darwin_amd64"),
        ("Darwin", "arm64", "darwin_arm64"),
    ],
)
def test_each_platform_has_its_release(monkeypatch: pytest.MonkeyPatch, system: str, processor: str, name: str) -> None:
    """Address and checksum belong to the machine."""
    monkeypatch.delenv("TERRAFORM_URL", raising=False)
    monkeypatch.delenv("TERRAFORM_SHA256", raising=False)
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    address = f"https://releases.hashicorp.com/terraform/1.11.4/terraform_1.11.4_{name}.zip"

    assert (address, terraform.CHECKSUMS[name]) == terraform.release()
