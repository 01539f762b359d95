"""The sizes of a Fargate task, which a plan does not check: a wrong pair fails while AWS registers the task."""

from typing import Annotated, Literal

from pydantic import Field

from modules.settings import mistake

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384]
"""CPU units of a Fargate task; 1024 are one vCPU."""

MemoryMib = Annotated[int, Field(ge=512, le=122880)]

_MEMORY_MIB: dict[int, list[int]] = {
    256: [512, 1024, 2048],
    512: [*range(1024, 4096 + 1, 1024)],
    1024: [*range(2048, 8192 + 1, 1024)],
    2048: [*range(4096, 16384 + 1, 1024)],
    4096: [*range(8192, 30720 + 1, 1024)],
    8192: [*range(16384, 61440 + 1, 4096)],
    16384: [*range(32768, 122880 + 1, 8192)],
}
"""docs.aws.amazon.com/AmazonECS, "Fargate task definition parameters", Task CPU and memory (Linux)."""


def check_memory(memory_mib: int, cpu: int | None) -> int:
    """
    Return the memory when Fargate offers it with this many CPU units.

    :param cpu: None when the CPU units have a mistake of their own
    :raises PydanticCustomError: the pair does not exist
    """
    if cpu is None or memory_mib in _MEMORY_MIB[cpu]:
        return memory_mib
    raise mistake(f"must be one of {', '.join(str(size) for size in _MEMORY_MIB[cpu])} when cpu is {cpu}")
