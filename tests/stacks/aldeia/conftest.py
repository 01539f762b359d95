"""The stacks that these tests look at, each built once."""

import pytest

from tests.stacks.aldeia.sample_aldeia import OTHERWISE, PRODUCTION, SEVERAL, STAGING, build
from tests.support import Synthesized


@pytest.fixture(scope="session")
def production() -> Synthesized:
    """Production as it is deployed: on Fargate."""
    return build(PRODUCTION)


@pytest.fixture(scope="session")
def staging() -> Synthesized:
    """Staging as it is deployed: on one machine."""
    return build(STAGING)


@pytest.fixture(scope="session")
def otherwise() -> Synthesized:
    """Production with blue/green, one NAT gateway, Spot, sessions, a hosted zone and no e-mail."""
    return build(PRODUCTION, **OTHERWISE)


@pytest.fixture(scope="session")
def several_hosts() -> Synthesized:
    """Production on machines, two to four of them."""
    return build(PRODUCTION, **SEVERAL)


@pytest.fixture(scope="session")
def staging_on_fargate() -> Synthesized:
    """Staging without its machine."""
    return build(STAGING, hosts=None)


@pytest.fixture(params=["production", "otherwise"], scope="session")
def on_fargate(request: pytest.FixtureRequest) -> Synthesized:
    """Either of those without machines."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["staging", "several_hosts"], scope="session")
def on_hosts(request: pytest.FixtureRequest) -> Synthesized:
    """Either of those with machines."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["production", "otherwise", "several_hosts"], scope="session")
def chromadb_apart(request: pytest.FixtureRequest) -> Synthesized:
    """Each of those whose ChromaDB runs on Fargate."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["production", "otherwise", "staging", "several_hosts"], scope="session")
def stack(request: pytest.FixtureRequest) -> Synthesized:
    """Each of them."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["production", "staging_on_fargate"], scope="session")
def tasks(request: pytest.FixtureRequest) -> Synthesized:
    """The design's task definitions, of either environment."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found
