"""What an environment says of every web service, whatever it is: its first image, and how big a task is."""

from pydantic import ValidationInfo, field_validator

from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.settings import Settings
from modules.types import ImageTag


class ImageAndSizeSettings(Settings):
    """The image and the size of one service."""

    image_tag: ImageTag
    """What runs before the first release; a release brings a commit's own tag. In `deploy_mode` "terraform" nothing
    does, until the variable `<service>_image_tag` says what."""

    cpu: Cpu = 512
    memory_mib: MemoryMib = 1024

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))
