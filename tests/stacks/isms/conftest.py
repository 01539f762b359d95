"""The stacks that these tests look at, each built once."""

import pytest

from modules.load_balancer.certificate import DomainSettings
from tests.stacks.isms.sample_isms import GITHUB, build
from tests.support import Synthesized


@pytest.fixture(scope="session")
def staging() -> Synthesized:
    """Staging as it is deployed."""
    return build("staging")


@pytest.fixture(scope="session")
def production() -> Synthesized:
    """Production as it is deployed."""
    return build("production")


@pytest.fixture(scope="session")
def everything() -> Synthesized:
    """Staging with what is off in both environments."""
    return build(
        domain=DomainSettings(domain_name="trust.demo.paythru.com", hosted_zone_id="Z0123456789ABC"), github=GITHUB
    )


@pytest.fixture(params=["staging", "production"], scope="session")
def stack(request: pytest.FixtureRequest) -> Synthesized:
    """Each of the two environments."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found
