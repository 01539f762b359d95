"""
What a file's name says: its content type, and whether another content would have another name.

The table of content types is fixed, because Python's `mimetypes` reads the machine's own tables. The types are those
that browsers expect, of IANA's registry where it has one: RFC 9239 (JavaScript), RFC 8081 (fonts).
"""

import re
from pathlib import PurePosixPath

IMMUTABLE = "public, max-age=31536000, immutable"
"""For a name that no other content will ever have: kept for a year without asking (RFC 8246)."""

REVALIDATED = "no-cache"
"""Kept, but asked about each time (RFC 9111, "no-cache")."""

_UTF_8 = "; charset=utf-8"
_TYPES = {
    "text/html": "html htm",
    "text/css": "css",
    "text/javascript": "js mjs cjs",
    "text/plain": "txt text",
    "text/markdown": "md",
    "text/csv": "csv",
    "text/vtt": "vtt",
    "text/calendar": "ics",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/geo+json": "geojson",
    "application/manifest+json": "webmanifest",
    "application/xml": "xml xsl",
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/wasm": "wasm",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/vnd.ms-fontobject": "eot",
    "font/woff2": "woff2",
    "font/woff": "woff",
    "font/ttf": "ttf",
    "font/otf": "otf",
    "image/svg+xml": "svg",
    "image/avif": "avif",
    "image/webp": "webp",
    "image/png": "png apng",
    "image/jpeg": "jpg jpeg",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/x-icon": "ico cur",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg oga opus",
    "audio/wav": "wav",
    "video/mp4": "mp4 m4v",
    "video/webm": "webm",
    "model/gltf-binary": "glb",
    "model/gltf+json": "gltf",
}
_BY_EXTENSION = {extension: type_ for type_, names in _TYPES.items() for extension in names.split()}
_BY_NAME = {"apple-app-site-association": "application/json"}
"""Files that have a type and no extension."""

_INNER = re.compile(r"\.(?:m?js|cjs|css|wasm|min|chunk|bundle|module|worker|esm|async|license)$", re.IGNORECASE)
"""What may stand between hash and last extension: `main.3f2a91bc.chunk.js.map`."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_HEX = re.compile(r"(?:^|[-._])(?=[0-9]*[a-f]+[0-9]+[a-f]|[a-f]*[0-9]+[a-f]+[0-9])[0-9a-f]{8,64}$")
_BASE32 = re.compile(r"(?:^|.*[-._])(?P<name>[^-._]*)[-.](?=[A-Z]*[2-7])(?P<hash>[A-Z2-7]{8})$")
_BASE64 = re.compile(r"[-.](?P<hash>(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{8})$")
_LOOSE = re.compile(r"(?:^|[-._])[A-Za-z0-9_-]{8,64}$")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LONG_WORD = re.compile(r"[a-z]{3}|[A-Z]{3}")
_ENTRIES = {"main", "chunk", "polyfills", "styles", "scripts", "vendor", "runtime"}


def content_type(key: str) -> str:
    """Give the content type of a file; text is UTF-8."""
    name = PurePosixPath(key).name
    type_ = _BY_NAME.get(name, _BY_EXTENSION.get(PurePosixPath(key).suffix.lower()[1:], "application/octet-stream"))
    return type_ + _UTF_8 if type_.startswith("text/") else type_


def is_page(key: str) -> bool:
    """Whether visitors come to it, and it names the other files."""
    return content_type(key).startswith("text/html")


def cache_control(key: str) -> str:
    """Say how long browsers and CloudFront keep a file."""
    return IMMUTABLE if is_hashed(key) else REVALIDATED


def is_hashed(key: str) -> bool:
    """
    Whether a name ends, before its extensions, in a hash of the content; a page never does.

    A hash stands behind `-` or `.`, or is the whole name, and is one of

    - 8 to 64 hexadecimal digits, changing between letters and digits at least twice, as dates and words with a number
      do not (webpack, Parcel, Next.js): `name.3f2a91bc.js`;
    - 8 of rollup's and Vite's base64 characters that make no words: upper and lower case, changing between words, cases
      and digits at least 5 times, or 4 times and never three letters of one case in a row: `name-BDf3kx9_.js`;
    - 8 of esbuild's and Angular's base32 characters, with a digit, behind one of their own names (`main-5OBLYQBC.js`),
      or else changing as often.

    Some hashes look like words or numbers (four in ten of Vite's). These are asked about each time, which costs a
    request. The other mistake would be kept for a year. So `app-settings.js`, `jquery-3.7.1.min.js`,
    `photo-20261121.jpg` and `lib-Version2.js` are no hashes.
    """
    if is_page(key):
        return False
    stem = _stem(key)
    if _UUID.search(stem):
        return False
    return _HEX.search(stem) is not None or _is_base32(stem) or _is_base64(stem)


def may_be_hashed(key: str) -> bool:
    """
    Whether a name may have a hash in it: it ends in 8 letters and digits or more, words too.

    For deciding what is kept for open pages, where the other mistake is the harmful one.
    """
    return not is_page(key) and _LOOSE.search(_stem(key)) is not None


def _stem(key: str) -> str:
    stem = PurePosixPath(key).stem
    while match := _INNER.search(stem):
        stem = stem[: match.start()]
    return stem


def _is_base32(stem: str) -> bool:
    match = _BASE32.search(stem)
    return match is not None and (match["name"] in _ENTRIES or _is_no_word(match["hash"]))


def _is_base64(stem: str) -> bool:
    match = _BASE64.search(stem)
    return match is not None and _is_no_word(match["hash"])


def _is_no_word(text: str) -> bool:
    words = len(_WORD.findall(text))
    return words >= 5 or (words == 4 and _LONG_WORD.search(text) is None)
