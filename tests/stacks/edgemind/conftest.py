"""The stacks that these tests look at, each built once."""

import pytest

from tests.stacks.edgemind.sample_edgemind import EVERYTHING, build, with_domain
from tests.support import Synthesized


@pytest.fixture(scope="session")
def edgemind() -> Synthesized:
    """EdgeMind as it is deployed: without a domain."""
    return build()


@pytest.fixture(scope="session")
def everything() -> Synthesized:
    """EdgeMind with what is off there, a domain with a hosted zone among it."""
    return build(**EVERYTHING)


@pytest.fixture(scope="session")
def waiting() -> Synthesized:
    """EdgeMind with a domain whose records the operator keeps, and certificates that are not issued yet."""
    return build(**with_domain())


@pytest.fixture(scope="session")
def london() -> Synthesized:
    """EdgeMind with a domain, in another region than CloudFront's."""
    return build(**EVERYTHING, region="eu-west-2")


@pytest.fixture(params=["edgemind", "everything", "london"], scope="session")
def stack(request: pytest.FixtureRequest) -> Synthesized:
    """What serves, however it is set."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found
