"""Videos: one still image shown for as long as one sound plays, joined by FFmpeg."""

import subprocess
from pathlib import Path

_DEMUXERS = {
    ".png": "png_pipe",
    ".jpg": "jpeg_pipe",
    ".jpeg": "jpeg_pipe",
    ".webp": "webp_pipe",
    ".mp3": "mp3",
    ".wav": "wav",
}
"""
Named, because FFmpeg guesses from the content: a playlist called `song.mp3` would make it open other files.
"""

_MAX_PIXELS = 50_000_000
"""A 25 kB image can claim far more and would take all the task's memory."""

_FRAME_RATE = 10
"""Enough for a still image, and less than half the work of FFmpeg's 25."""

_FILTER = (
    "loop=loop=-1:size=1,scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:-1:-1,setsar=1,format=yuv420p"
)

_TUNE = "stillimage,zerolatency"
"""Without the second, x264 looks 20 frames ahead and the picture stays 2 s longer than the sound."""


class RenderError(Exception):
    """FFmpeg refused the input or took too long; the message is one line."""


def render(*, image: Path, audio: Path, output: Path, ffmpeg_path: Path, timeout_s: float) -> None:
    """
    Write an MP4 (H.264 and AAC, 1280x720) of the image and the sound.

    All three files lie in the same folder and have suffixes that `keys.CONTENT_TYPES` allows.

    :raises RenderError: FFmpeg failed or ran longer than `timeout_s`
    """
    try:
        subprocess.run(  # noqa: S603 no shell, and the file names are the caller's own
            [ffmpeg_path, *_arguments(image, audio, output)],
            cwd=output.parent,
            env={},  # neither API keys nor AWS credentials for a process that parses what strangers send
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"FFmpeg took longer than {timeout_s:g} s") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").split("\n")
        reason = next((line.strip() for line in lines if line.strip()), f"exit code {error.returncode}")
        raise RenderError(f"FFmpeg failed: {reason[:200]}") from error


def _arguments(image: Path, audio: Path, output: Path) -> list[str]:
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error"),
        *("-max_pixels", str(_MAX_PIXELS), "-framerate", str(_FRAME_RATE), *_input(image)),
        *_input(audio),
        *("-map", "0:v:0", "-map", "1:a:0", "-shortest"),
        *("-vf", _FILTER, "-c:v", "libx264", "-preset", "veryfast", "-tune", _TUNE, "-c:a", "aac"),
        *("-movflags", "+faststart", "-f", "mp4", f"file:{output.name}"),
    ]


def _input(file: Path) -> list[str]:
    return ["-protocol_whitelist", "file", "-f", _DEMUXERS[file.suffix], "-i", f"file:{file.name}"]
