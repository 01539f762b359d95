"""The classes of instances for PostgreSQL: the table of AWS."""

import pytest
from pydantic import TypeAdapter, ValidationError

from modules.postgres.instance_class import InstanceClass, is_burstable, memory_gib


@pytest.mark.parametrize(
    ("instance_class", "gib", "burstable"),
    [
        ("db.t3.micro", 1, True),
        ("db.t4g.micro", 1, True),
        ("db.t4g.small", 2, True),
        ("db.t3.medium", 4, True),
        ("db.t3.large", 8, True),
        ("db.t4g.xlarge", 16, True),
        ("db.t3.2xlarge", 32, True),
        ("db.m5.large", 8, False),
        ("db.m7g.4xlarge", 64, False),
        ("db.m6i.12xlarge", 192, False),
        ("db.r7g.large", 16, False),
        ("db.r6g.16xlarge", 512, False),
    ],
)
def test_class(instance_class: str, gib: int, burstable: bool) -> None:
    """Rows of AWS's table."""
    assert instance_class == TypeAdapter[str](InstanceClass).validate_python(instance_class)
    assert (gib, burstable) == (memory_gib(instance_class), is_burstable(instance_class))


FAMILIES = "of the families t3, t4g, m5, m6g, m6i, m7g, m7i, m8g, r5, r6g, r6i, r7g, r7i, r8g"


@pytest.mark.parametrize(
    ("instance_class", "message"),
    [
        ("t3.micro", f"must be a class such as db.t4g.micro, {FAMILIES}"),
        ("db.t2.micro", f"must be a class such as db.t4g.micro, {FAMILIES}"),
        ("db.serverless", f"must be a class such as db.t4g.micro, {FAMILIES}"),
        ("cache.t3.micro", f"must be a class such as db.t4g.micro, {FAMILIES}"),
        ("db.t3.nano", "must have one of the sizes micro, small, medium, large, xlarge, 2xlarge in the family t3"),
        (
            "db.r7g.micro",
            "must have one of the sizes large, xlarge, 2xlarge, 4xlarge, 8xlarge, 12xlarge, 16xlarge in the family r7g",
        ),
    ],
)
def test_refused(instance_class: str, message: str) -> None:
    """What is no class, or none of a family that is offered."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[str](InstanceClass).validate_python(instance_class)

    assert [message] == [error["msg"] for error in caught.value.errors()]
