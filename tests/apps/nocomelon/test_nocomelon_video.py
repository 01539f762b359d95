"""Videos: what FFmpeg is told, what it may see, and what is said when it fails."""

import re
import shutil
import struct
import subprocess
import wave
import zlib
from pathlib import Path

import pytest
from nocomelon import video
from nocomelon.keys import CONTENT_TYPES, Kind

from tests.apps.nocomelon.conftest import write_program

FFMPEG = shutil.which("ffmpeg")


def join(folder: Path, ffmpeg: Path, timeout_s: float = 50) -> str:
    """Render `image.png` and `audio.wav` of a folder, and read what the fake FFmpeg wrote."""
    output = folder / "video.mp4"
    video.render(
        image=folder / "image.png", audio=folder / "audio.wav", output=output, ffmpeg_path=ffmpeg, timeout_s=timeout_s
    )
    return output.read_text()


def test_inputs_are_read_by_a_named_demuxer(tmp_path: Path, fake_ffmpeg: Path) -> None:
    """FFmpeg never guesses a format: a playlist that calls itself a sound could name any file."""
    expected = ["png_pipe -i file:image.png", "wav -i file:audio.wav"]

    assert expected == re.findall(r"-f (\S+ -i \S+)", join(tmp_path, fake_ffmpeg))


def test_every_input_opens_only_files(tmp_path: Path, fake_ffmpeg: Path) -> None:
    """Both inputs may only be files."""
    assert 2 == join(tmp_path, fake_ffmpeg).count("-protocol_whitelist file -f")


def test_ffmpeg_sees_no_secrets(tmp_path: Path, fake_ffmpeg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that parses what strangers send does not have the service's environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "hush")
    text = join(tmp_path, fake_ffmpeg)

    assert (False, False) == ("hush" in text, "AWS_SECRET_ACCESS_KEY" in text)


@pytest.mark.parametrize("suffix", [*CONTENT_TYPES[Kind.IMAGES], *CONTENT_TYPES[Kind.AUDIO]])
def test_every_stored_suffix_has_a_demuxer(suffix: str) -> None:
    """What can be uploaded as an image or a sound can be rendered."""
    assert suffix in video._DEMUXERS


def test_failure_is_its_first_line(tmp_path: Path) -> None:
    """Of all that FFmpeg prints, the caller gets the first line."""
    program = write_program(tmp_path, "echo 'image.png: bad data' >&2; echo more >&2; exit 1")
    with pytest.raises(video.RenderError, match=r"^FFmpeg failed: image\.png: bad data$"):
        join(tmp_path, program)


def test_silent_failure_names_the_exit_code(tmp_path: Path) -> None:
    """A failure without a word still says something."""
    with pytest.raises(video.RenderError, match=r"^FFmpeg failed: exit code 3$"):
        join(tmp_path, write_program(tmp_path, "exit 3"))


def test_slow_render_is_stopped(tmp_path: Path) -> None:
    """A render that takes too long is ended, and the limit is named."""
    with pytest.raises(video.RenderError, match=r"longer than 0\.2 s"):
        join(tmp_path, write_program(tmp_path, "exec /bin/sleep 30"), timeout_s=0.2)


@pytest.mark.slow
@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on PATH; the image has one")
def test_real_ffmpeg_makes_a_video_as_long_as_the_sound(tmp_path: Path) -> None:
    """The real FFmpeg makes H.264 and AAC of the one size, and the file ends with the sound."""
    assert FFMPEG is not None
    write_png(tmp_path / "image.png")
    write_wav(tmp_path / "audio.wav", seconds=1)
    output = tmp_path / "video.mp4"
    video.render(
        image=tmp_path / "image.png",
        audio=tmp_path / "audio.wav",
        output=output,
        ffmpeg_path=Path(FFMPEG),
        timeout_s=50,
    )
    described = subprocess.run([FFMPEG, "-i", output], capture_output=True, text=True, check=False).stderr  # noqa: S603

    assert ["Duration: 00:00:01", "Video: h264", "1280x720", "Audio: aac"] == re.findall(
        r"Duration: [\d:]{8}|Video: \w+|\d{3,}x\d+|Audio: \w+", described
    )


def write_png(path: Path) -> None:
    """Write a grey image of 3 by 2 pixels: odd, smaller than the video, and of another shape."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00\x80\x80\x80" * 2)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def write_wav(path: Path, *, seconds: int) -> None:
    """Write silence."""
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x00\x00" * 8000 * seconds)
