"""The folder that is published, and what is refused."""

import os
from pathlib import Path

import pytest

from tools.errors import InfraError
from tools.publish import files
from tools.publish.files import read_site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page."""
    made = tmp_path / "dist"
    made.mkdir()
    (made / "index.html").write_text("page")
    return made


def refusal(folder: Path) -> str:
    """How a folder is refused: in one line."""
    with pytest.raises(InfraError) as caught:
        read_site(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files(folder: Path) -> None:
    """Keys are paths with slashes, whatever is below a folder that is empty or not."""
    (folder / "assets" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "assets" / "deep" / "ä b.js").write_text("x")

    assert ["assets/deep/ä b.js", "index.html"] == list(read_site(folder).files)


def test_file(folder: Path) -> None:
    """Of each file its size and hash are known."""
    file = read_site(folder).files["index.html"]

    assert (4, "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274") == (file.size, file.sha256)


def test_dots_are_skipped(folder: Path) -> None:
    """What begins with a dot is not published, and is named; what RFC 8615 puts there is published."""
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    (folder / ".env").write_text("x")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("x")
    site = read_site(folder)

    assert ([".well-known/security.txt", "index.html"], [".env", ".git"]) == (list(site.files), site.skipped)


def test_link_within(folder: Path) -> None:
    """A link to a file of the folder is that file."""
    (folder / "home.html").symlink_to("index.html")

    assert 4 == read_site(folder).files["home.html"].size


def test_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    """The folder itself may be reached by a link."""
    (tmp_path / "current").symlink_to(folder)

    assert ["index.html"] == list(read_site(tmp_path / "current").files)


def test_missing(tmp_path: Path) -> None:
    """No folder."""
    assert refusal(tmp_path / "dist").endswith("is no folder: must be the one that the build wrote")


def test_file_instead(folder: Path) -> None:
    """A file is none either."""
    assert "is no folder" in refusal(folder / "index.html")


def test_empty(tmp_path: Path) -> None:
    """A folder without files."""
    (tmp_path / "sub").mkdir()

    assert refusal(tmp_path).endswith("is empty: build the site first")


def test_no_index(folder: Path) -> None:
    """A folder without the page, such as the one above the right one."""
    assert refusal(folder.parent).endswith("has no index.html: must be the folder that the build wrote")


def test_empty_index(folder: Path) -> None:
    """An empty page is what a build leaves that broke off."""
    (folder / "index.html").write_text("")

    assert refusal(folder).endswith("index.html is empty: build the site again")


def test_link_that_leaves(folder: Path, tmp_path: Path) -> None:
    """A link out of the folder could publish anything."""
    (tmp_path / "secret").write_text("x")
    (folder / "secret.txt").symlink_to(tmp_path / "secret")

    assert "secret.txt is a link that leaves the folder" in refusal(folder)


def test_link_to_a_folder_that_leaves(folder: Path) -> None:
    """So could a link to a folder."""
    (folder / "etc").symlink_to("/etc")

    assert "etc is a link that leaves the folder" in refusal(folder)


@pytest.mark.parametrize(
    ("target", "text"), [("nowhere", "a link to nothing"), (".", "a link to a folder"), ("link", "a link to")]
)
def test_other_links(folder: Path, target: str, text: str) -> None:
    """Links that lead to no file are refused."""
    (folder / "link").symlink_to(target)

    assert text in refusal(folder)


def test_no_file(folder: Path) -> None:
    """What is no file would never end."""
    os.mkfifo(folder / "pipe")

    assert "pipe is no file" in refusal(folder)


def test_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit."""
    monkeypatch.setattr(files, "LARGEST_BYTES", 3)

    assert refusal(folder).endswith("index.html has 4 bytes: must have 3 at most")


def test_long_name(folder: Path) -> None:
    """A name that S3 does not take."""
    deep = folder
    for _ in range(5):
        deep /= "ä" * 100
        deep.mkdir()
    (deep / "x.js").write_text("x")

    assert "the name must have 900 bytes at most" in refusal(folder)


@pytest.mark.parametrize(("name", "text"), [(b"a\nb.js", "printable"), (b"a\xff.js", "UTF-8")])
def test_name(folder: Path, name: bytes, text: str) -> None:
    """A name that no URL has."""
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")

    assert text in refusal(folder)
