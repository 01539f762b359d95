"""What an Aldeia environment says of each service, wherever it runs."""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.container.settings import Command, ContainerUser, Port
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.file_system.file_system import FileSystemSettings
from modules.settings import Settings, mistake
from modules.types import ImageTag, UrlPath
from modules.web_service.image_and_size import ImageAndSizeSettings


class AldeiaFrontendSettings(ImageAndSizeSettings):
    """The pages, which are all that the domain's own name leads to."""

    cpu: Cpu = 256
    memory_mib: MemoryMib = Field(default=512, validate_default=True)
    port: Port = 3002
    user: ContainerUser | None = "1000:1000"
    """By default "node" of Node.js's official images."""

    health_check_path: UrlPath = "/"
    scaling: ServiceScalingSettings | None = None
    """None: one task on Fargate, or one container a host."""


class AldeiaBackendSettings(AldeiaFrontendSettings):
    """The API, which alone reaches ChromaDB and the database."""

    cpu: Cpu = 512
    memory_mib: MemoryMib = Field(default=1024, validate_default=True)
    port: Port = 3001
    health_check_path: UrlPath = "/api/health"
    """Answers without a session. The container asks itself too, with curl, as the design has it."""

    migration_command: Command | None = None
    """What a release runs once, with the new image, before traffic moves. None: nothing to migrate."""


class AldeiaChromaDbSettings(Settings):
    """
    The vector database: one server, on one folder that stays.

    The variables are those of ChromaDB 0.6, the last line that checks a token itself: 1.0 leaves that to a proxy
    (cookbook.chromadb.dev, "Authentication in Chroma v1.0.x"), and the design's CHROMA_SERVER_AUTH_CREDENTIALS is of
    0.4, which later versions do not read: everybody would be let in.
    """

    image: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9]+([._/-][a-z0-9]+)*$", max_length=255),
        Field(description="the name of an image that anybody may pull, without a tag"),
    ] = "chromadb/chroma"
    """On Docker Hub, which counts pulls by address; the design's own repository for it is optional, and is left out."""

    image_tag: ImageTag = "0.6.3"
    """On Fargate Terraform rolls another one out, on a host it comes with the next release."""

    cpu: Cpu = 1024
    memory_mib: MemoryMib = Field(default=2048, validate_default=True)
    port: Port = 8000
    server_count: int = 1
    """Always 1, and here for those who look for the design's 2."""

    file_system: FileSystemSettings = Field(default_factory=FileSystemSettings)
    """Where the folder is when ChromaDB runs on Fargate; a host has a volume, `hosts.data_volume_gib`."""

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))

    @field_validator("server_count")
    @classmethod
    def _is_one(cls, count: int) -> int:
        if count != 1:
            raise mistake("must be 1: two servers on one folder corrupt ChromaDB's SQLite files")
        return count


class AldeiaBackupSettings(Settings):
    """The bucket that the backend writes its backups to."""

    expire_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """When a backup is deleted. None: never. What is overwritten or deleted is kept for 30 days more."""
