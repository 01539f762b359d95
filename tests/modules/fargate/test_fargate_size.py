"""The pairs of CPU and memory that Fargate offers."""

import pytest
from pydantic_core import PydanticCustomError

from modules.fargate.size import check_memory


@pytest.mark.parametrize(
    ("cpu", "memory_mib"),
    [(256, 512), (256, 2048), (512, 1024), (512, 4096), (1024, 8192), (2048, 16384), (4096, 30720), (16384, 122880)],
)
def test_offered(cpu: int, memory_mib: int) -> None:
    """A pair of AWS's table passes."""
    assert memory_mib == check_memory(memory_mib, cpu)


@pytest.mark.parametrize(
    ("cpu", "memory_mib"), [(256, 4096), (512, 512), (1024, 1024), (4096, 31744), (8192, 17408), (16384, 33792)]
)
def test_not_offered(cpu: int, memory_mib: int) -> None:
    """A pair that is not in AWS's table is refused."""
    with pytest.raises(PydanticCustomError, match=f"when cpu is {cpu}"):
        check_memory(memory_mib, cpu)


def test_message_lists_the_sizes() -> None:
    """The message says what the CPU units allow."""
    with pytest.raises(PydanticCustomError, match="must be one of 1024, 2048, 3072, 4096 when cpu is 512"):
        check_memory(512, 512)
