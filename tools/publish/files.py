"""The folder that is published: what is in it, and whether it can be a site."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tools.errors import InfraError
from tools.publish.naming import cache_control, content_type

INDEX = "index.html"

LARGEST_BYTES = 512 * 1024 * 1024
"""For one file. S3 takes 5 GB in one request; a page that loads half a gigabyte is a mistake."""

_LONGEST_KEY_BYTES = 900
"""S3's limit is 1024 (S3 user guide, "Naming Amazon S3 objects"), and a key stands behind a prefix for a while."""

_PUBLIC_DOT_NAMES = {".well-known"}
"""RFC 8615. Other names that begin with a dot are the machine's or the developer's own, such as .git or .env."""


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """One file of the folder, and how it is to be served."""

    key: str
    """Its path in the folder, with `/`: the key in the bucket."""

    path: Path
    size: int
    sha256: str
    content_type: str
    cache_control: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """The files of the folder, by key."""

    files: dict[str, LocalFile]
    skipped: list[str]
    """What begins with a dot, and is not published."""


def read_site(folder: Path) -> Site:
    """
    Read the folder and hash its files.

    :raises InfraError: it is no folder, is empty, has no index.html, or holds what cannot be published
    """
    if not folder.is_dir():
        raise InfraError(f"{folder} is no folder: must be the one that the build wrote")
    try:
        paths, skipped = _walk(folder)
        if not paths:
            raise InfraError(f"{folder} is empty: build the site first")
        if INDEX not in paths:
            raise InfraError(f"{folder} has no {INDEX}: must be the folder that the build wrote")
        files = {key: _read(key, path) for key, path in sorted(paths.items())}
    except OSError as error:
        raise InfraError(f"{folder} cannot be read: {error}") from None
    if files[INDEX].size == 0:
        raise InfraError(f"{folder / INDEX} is empty: build the site again")
    return Site(files=files, skipped=sorted(skipped))


def _walk(folder: Path) -> tuple[dict[str, Path], list[str]]:
    root = folder.resolve()
    paths: dict[str, Path] = {}
    skipped: list[str] = []

    def fail(error: OSError) -> None:
        raise error

    for directory, folders, names in os.walk(folder, onerror=fail):
        here = Path(directory)
        for name in [*folders, *names]:
            path = here / name
            if name.startswith(".") and name not in _PUBLIC_DOT_NAMES:
                skipped.append(path.relative_to(folder).as_posix())
            elif path.is_symlink() or name in names:
                _expect_file(path, root)
                paths[_key(path, folder)] = path
        folders[:] = [name for name in folders if not name.startswith(".") or name in _PUBLIC_DOT_NAMES]
    return paths, skipped


def _expect_file(path: Path, root: Path) -> None:
    """:raises InfraError: it is a link that leads out of the folder or to nothing or to a folder, or no file at all"""
    if path.is_symlink():
        try:
            leads_to = path.resolve()
        except RuntimeError:  # as Python before 3.13 says it
            raise InfraError(f"{path} is a link to itself: must be to a file") from None
        if not leads_to.is_relative_to(root):
            raise InfraError(f"{path} is a link that leaves the folder, to {leads_to}: must stay within it")
        if path.is_dir() or not path.exists():
            raise InfraError(f"{path} is a link to {'a folder' if path.is_dir() else 'nothing'}: must be to a file")
    if not path.is_file():
        raise InfraError(f"{path} is no file: must be one, or a folder")


def _key(path: Path, folder: Path) -> str:
    key = path.relative_to(folder).as_posix()
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        raise InfraError(f"{str(path)!a}: the name must be UTF-8") from None
    if not key.isprintable():
        raise InfraError(f"{str(path)!a}: the name must have printable characters only")
    if len(encoded) > _LONGEST_KEY_BYTES:
        raise InfraError(f"{path}: the name must have {_LONGEST_KEY_BYTES} bytes at most, got {len(encoded)}")
    return key


def _read(key: str, path: Path) -> LocalFile:
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise InfraError(f"{path} has {size} bytes: must have {LARGEST_BYTES} at most")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return LocalFile(
        key=key, path=path, size=size, sha256=digest, content_type=content_type(key), cache_control=cache_control(key)
    )
