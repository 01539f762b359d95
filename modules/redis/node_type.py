"""
Types of cache nodes: which there are, and how many of them have two CPUs.

docs.aws.amazon.com/AmazonElastiCache, "Supported node types"; the CPUs are those of the instance types of EC2.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from modules.settings import mistake

_BURSTABLE = ("micro", "small", "medium")
_INTEL = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
_ARM = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_SIZES = {
    **dict.fromkeys(("t3", "t4g"), _BURSTABLE),
    **dict.fromkeys(("m5", "r5"), _INTEL),
    **dict.fromkeys(("m6g", "m7g", "r6g", "r7g"), _ARM),
}
_TWO_CPUS = {*_BURSTABLE, "large"}


def _check(name: str) -> str:
    family, _, size = name.removeprefix("cache.").partition(".")
    if not name.startswith("cache.") or family not in _SIZES:
        raise mistake(f"must be a node type such as cache.t4g.micro, of the families {', '.join(_SIZES)}")
    if size not in _SIZES[family]:
        raise mistake(f"must have one of the sizes {', '.join(_SIZES[family])} in the family {family}")
    return name


NodeType = Annotated[str, AfterValidator(_check), Field(description="a type of cache nodes, such as cache.t4g.micro")]


def has_two_cpus(node_type: str) -> bool:
    """
    Say whether a node has two CPUs only, of which the engine takes one.

    >>> has_two_cpus("cache.t3.micro")
    True
    """
    return node_type.rpartition(".")[2] in _TWO_CPUS
