"""The HTTP interface. Endpoints that block are plain functions, which FastAPI runs in its thread pool."""

import logging
import shutil
import threading
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from nocomelon import __version__, video
from nocomelon.config import Settings
from nocomelon.keys import CONTENT_TYPES, InvalidKeyError, Kind, asset_key
from nocomelon.storage import AssetNotFoundError, Storage, StorageError

_STATUS: dict[type[Exception], int] = {
    InvalidKeyError: 422,
    AssetNotFoundError: 404,
    StorageError: 502,
    video.RenderError: 422,
}
_log = logging.getLogger("uvicorn.error")
_one_render = threading.Lock()
"""The task has half a CPU and 1 GiB: two videos at a time would both be late, or the task would run out of memory."""

router = APIRouter()


class Health(BaseModel):
    """The answer of the health check."""

    status: str
    version: str


class Asset(BaseModel):
    """A stored asset: its key, and a link that reads it until it ends."""

    key: str
    url: str


class RenderOrder(BaseModel):
    """The names of the image and the sound to join."""

    image: str
    audio: str


async def _storage(request: Request) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


StorageDep = Annotated[Storage, Depends(_storage)]
SettingsDep = Annotated[Settings, Depends(_settings)]


def create_app(settings: Settings) -> FastAPI:
    """Build the service. It calls nothing outside before the first request for an asset."""
    app = FastAPI(
        title="NoComelon",
        version=__version__,
        max_body_size=settings.max_upload_mib * 1024**2,
        form_limits={"max_files": 1},
    )
    app.state.settings = settings
    app.state.storage = Storage(settings)
    for error in _STATUS:
        app.add_exception_handler(error, _answer)
    app.include_router(router)
    return app


async def _answer(_request: Request, error: Exception) -> Response:
    status = _STATUS[type(error)]
    if status >= 500:
        _log.error("%s", error)
    return JSONResponse({"detail": str(error)}, status)


@router.get("/health")
async def health() -> Health:
    """Say that the process answers. It asks nobody else: S3 being away must not make ECS replace the task."""
    return Health(status="ok", version=__version__)


@router.post("/users/{user_id}/videos/render", status_code=201)
def render(user_id: str, order: RenderOrder, storage: StorageDep, settings: SettingsDep) -> Asset:
    """Join an image and a sound of this user into a new video."""
    image_key = asset_key(user_id, Kind.IMAGES, order.image)
    audio_key = asset_key(user_id, Kind.AUDIO, order.audio)
    key = asset_key(user_id, Kind.VIDEOS, f"{uuid4().hex}.mp4")
    if not _one_render.acquire(blocking=False):
        raise HTTPException(503, "another video is being made: try again", {"Retry-After": "10"})
    try:
        with TemporaryDirectory() as folder:
            image = Path(folder, f"image{PurePosixPath(order.image).suffix}")
            audio = Path(folder, f"audio{PurePosixPath(order.audio).suffix}")
            output = Path(folder, "video.mp4")
            storage.download_file(image_key, image)
            storage.download_file(audio_key, audio)
            video.render(
                image=image,
                audio=audio,
                output=output,
                ffmpeg_path=settings.ffmpeg_path,
                timeout_s=settings.render_timeout_s,
            )
            storage.upload_file(output, key)
    finally:
        _one_render.release()
    return Asset(key=key, url=storage.generate_presigned_url(key))


@router.post("/users/{user_id}/{kind}", status_code=201)
def upload(user_id: str, kind: Kind, file: UploadFile, storage: StorageDep) -> Asset:
    """Store a file under its own name; one of the same name is replaced."""
    name = file.filename or ""
    allowed = CONTENT_TYPES[kind]
    if file.content_type != allowed.get(PurePosixPath(name).suffix):
        pairs = ", ".join(f"{suffix} as {media_type}" for suffix, media_type in allowed.items())
        raise HTTPException(415, f"{kind} must be one of: {pairs}")
    key = asset_key(user_id, kind, name)
    with TemporaryDirectory() as folder:
        local = Path(folder, "upload")
        with local.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        storage.upload_file(local, key)
    return Asset(key=key, url=storage.generate_presigned_url(key))


@router.get("/users/{user_id}/{kind}/{name}")
def read(user_id: str, kind: Kind, name: str, storage: StorageDep) -> Asset:
    """Give a link to an asset."""
    key = asset_key(user_id, kind, name)
    storage.check_exists(key)
    return Asset(key=key, url=storage.generate_presigned_url(key))
