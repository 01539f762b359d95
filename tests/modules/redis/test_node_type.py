"""The types of cache nodes: the table of AWS."""

import pytest
from pydantic import TypeAdapter, ValidationError

from modules.redis.node_type import NodeType, has_two_cpus


@pytest.mark.parametrize(
    ("node_type", "two_cpus"),
    [
        ("cache.t3.micro", True),
        ("cache.t4g.medium", True),
        ("cache.m7g.large", True),
        ("cache.r7g.xlarge", False),
        ("cache.m5.24xlarge", False),
        ("cache.r6g.16xlarge", False),
    ],
)
def test_type(node_type: str, two_cpus: bool) -> None:
    """Burstable nodes and the smallest others have two CPUs."""
    assert node_type == TypeAdapter[str](NodeType).validate_python(node_type)
    assert two_cpus is has_two_cpus(node_type)


FAMILIES = "of the families t3, t4g, m5, r5, m6g, m7g, r6g, r7g"


@pytest.mark.parametrize(
    ("node_type", "message"),
    [
        ("t3.micro", f"must be a node type such as cache.t4g.micro, {FAMILIES}"),
        ("db.t3.micro", f"must be a node type such as cache.t4g.micro, {FAMILIES}"),
        ("cache.t2.micro", f"must be a node type such as cache.t4g.micro, {FAMILIES}"),
        ("cache.t3", "must have one of the sizes micro, small, medium in the family t3"),
        ("cache.t3.large", "must have one of the sizes micro, small, medium in the family t3"),
        (
            "cache.m5.8xlarge",
            "must have one of the sizes large, xlarge, 2xlarge, 4xlarge, 12xlarge, 24xlarge in the family m5",
        ),
    ],
)
def test_refused(node_type: str, message: str) -> None:
    """What is no type, or none that is offered."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[str](NodeType).validate_python(node_type)

    assert [message] == [error["msg"] for error in caught.value.errors()]
