"""What a file's name says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.publish.naming import cache_control, content_type, is_hashed, is_page, may_be_hashed

HASHED = [
    "assets/index-BDf3kx9_.js",
    "assets/index-BDf3kx9_.css",
    "assets/index--9xKq3Zr.js",
    "assets/index-BDf3kx9_.js.map",
    "_app/immutable/entry/start.BDf3kx9_.js",
    "name.3f2a91bc.js",
    "static/js/main.3f2a91bc.chunk.js",
    "static/js/2.3f2a91bc.chunk.js.map",
    "static/js/main.3f2a91bc.js.LICENSE.txt",
    "_next/static/chunks/117-3f2a91bc4d5e6f70.js",
    "3f2a91bc4d5e6f708192.png",
    "styles.5f0a3a36d2f3e2a1c9b8.css",
    "main-5OBLYQBC.js",
    "chunk-ABCDEFG7.js",
    "fonts/inter-BX7q2LmZ.woff2",
]
UNHASHED = [
    "index.html",
    "index-BDf3kx9_.html",
    "app.js",
    "styles.css",
    "app-settings.js",
    "jquery-3.7.1.min.js",
    "jquery.min.js",
    "bootstrap.bundle.min.js",
    "photo-20261121.jpg",
    "photo-20261121a.jpg",
    "decade12.js",
    "photo-IMG_2041.jpg",
    "lib-Version2.js",
    "page-Section1.js",
    "my-DOCUMENT.pdf",
    "app-userData.js",
    "guide-HTML5App.svg",
    "run-e2eTests.js",
    "i18n-i18nText.json",
    "lib-arm64_v8.wasm",
    "lib-x86_64v2.wasm",
    "intro-H264LOGO.png",
    "site.webmanifest",
    "deadbeef.js",
    "facade-decade.js",
    "12345678.js",
    "123e4567-e89b-12d3-a456-426614174abc.png",
    "roboto-v30-latin-regular.woff2",
    "apple-touch-icon-180x180.png",
    "BDf3kx9_/app.js",
    "3f2a91b.js",
]


@pytest.mark.parametrize("key", HASHED)
def test_hashed(key: str) -> None:
    """What bundlers name after its content is kept for a year without asking."""
    assert (True, "public, max-age=31536000, immutable") == (is_hashed(key), cache_control(key))


@pytest.mark.parametrize("key", UNHASHED)
def test_unhashed(key: str) -> None:
    """Words, versions, dates and numbers are no hashes: such files are asked about each time."""
    assert (False, "no-cache") == (is_hashed(key), cache_control(key))


@pytest.mark.parametrize("key", [*HASHED, "app-settings.js", "index-DkWordLi.js"])
def test_may_be_hashed(key: str) -> None:
    """For pages that are open, more names count as hashed."""
    assert may_be_hashed(key)


@pytest.mark.parametrize("key", ["app.js", "styles.css", "about-us.html", "page-BDf3kx9_.html", "logo.svg"])
def test_cannot_be_hashed(key: str) -> None:
    """Short names and pages do not."""
    assert not may_be_hashed(key)


@given(st.from_regex(r"[a-z]{1,12}([-.][A-Z]?[a-z]{1,12}){0,3}\.(js|css|png|woff2)", fullmatch=True))
def test_words_are_no_hashes(key: str) -> None:
    """Names made of words, capitalised or not, are never taken for hashed."""
    assert not is_hashed(key)


@given(st.from_regex(r"[a-z]{1,8}-v?[0-9]{1,4}(\.[0-9]{1,4}){0,3}(\.min)?\.(js|css)", fullmatch=True))
def test_versions_are_no_hashes(key: str) -> None:
    """Neither are versions."""
    assert not is_hashed(key)


@given(st.from_regex(r"[0-9a-f]{8,40}", fullmatch=True), st.sampled_from(["js", "css", "chunk.js", "js.map"]))
def test_hexadecimal(digits: str, extension: str) -> None:
    """Hexadecimal digits are a hash when they change between letters and digits at least twice."""
    mixed = len(re.findall("[a-f]+|[0-9]+", digits)) >= 3

    assert mixed == is_hashed(f"name.{digits}.{extension}")


@given(st.text(max_size=40))
def test_hashed_is_kept(key: str) -> None:
    """Whatever is hashed may be hashed, and is no page."""
    assert not is_hashed(f"x/{key}") or (may_be_hashed(f"x/{key}") and not is_page(f"x/{key}"))


@pytest.mark.parametrize(
    ("key", "type_"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("INDEX.HTM", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("app.js.map", "application/json"),
        ("data.json", "application/json"),
        ("site.webmanifest", "application/manifest+json"),
        ("sitemap.xml", "application/xml"),
        ("app.wasm", "application/wasm"),
        ("logo.svg", "image/svg+xml"),
        ("logo.png", "image/png"),
        ("photo.jpeg", "image/jpeg"),
        ("photo.avif", "image/avif"),
        ("photo.webp", "image/webp"),
        ("favicon.ico", "image/x-icon"),
        ("font.woff2", "font/woff2"),
        ("font.ttf", "font/ttf"),
        ("film.mp4", "video/mp4"),
        ("manual.pdf", "application/pdf"),
        (".well-known/apple-app-site-association", "application/json"),
        ("LICENSE", "application/octet-stream"),
        ("app.unknown", "application/octet-stream"),
    ],
)
def test_content_type(key: str, type_: str) -> None:
    """Each type is the web's own, whatever the machine thinks; text is UTF-8."""
    assert type_ == content_type(key)
