"""The types of machines for hosts: the table of AWS."""

import pytest

from modules.compose_host.instance_type import architecture, host_memory_mib


@pytest.mark.parametrize(
    ("instance_type", "mib", "expected"),
    [
        ("t3.micro", 1024, "X86_64"),
        ("t3.small", 2048, "X86_64"),
        ("t3.medium", 4096, "X86_64"),
        ("t3.large", 8192, "X86_64"),
        ("t4g.large", 8192, "ARM64"),
        ("t4g.xlarge", 16384, "ARM64"),
        ("t4g.2xlarge", 32768, "ARM64"),
    ],
)
def test_type(instance_type: str, mib: int, expected: str) -> None:
    """Rows of AWS's table."""
    assert (mib, expected) == (host_memory_mib(instance_type), architecture(instance_type))
