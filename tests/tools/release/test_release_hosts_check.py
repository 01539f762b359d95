"""What forbids a release on hosts, and what does not."""

import pytest

from tests.tools.release.doubles import Calls
from tests.tools.release.fleet import SECOND, FakeHost, Fleet
from tests.tools.release.hosts_account import ALARM, GROUP
from tests.tools.release.pushing import push_image
from tools.release.aws import Aws
from tools.release.checks import check
from tools.release.compose import commands
from tools.release.context import Context, ReleaseError
from tools.release.manifest import Manifest


@pytest.fixture(autouse=True)
def image(calls: Calls, aws: Aws, hosts_manifest: Manifest) -> str:
    """An image for the hosts' architecture."""
    return push_image(calls, aws, hosts_manifest, "sha-1", "amd64")


def refusals(context: Context) -> list[str]:
    """All reasons why a release is refused."""
    with pytest.raises(ReleaseError) as caught:
        check(context.aws, context.manifest, "sha-1", allow_moving_tag=False)
    return [str(caught.value), *caught.value.reasons]


@pytest.mark.usefixtures("fleet")
def test_allowed(hosts_context: Context, image: str) -> None:
    """Nothing stands in the way: the image is given by digest."""
    found = check(hosts_context.aws, hosts_context.manifest, "sha-1", allow_moving_tag=False)

    assert f"{hosts_context.manifest.image.uri}@{image}" == found


@pytest.mark.usefixtures("fleet")
def test_tells_nobody(hosts_context: Context, calls: Calls) -> None:
    """A check tells the hosts nothing."""
    check(hosts_context.aws, hosts_context.manifest, "sha-1", allow_moving_tag=False)

    assert [] == calls.of("SendCommand")


def test_nobody_in_service(hosts_context: Context, fleet: Fleet) -> None:
    """Without a host in service there is one line, which says where to look."""
    fleet.hosts = {SECOND: FakeHost(lifecycle="Pending")}

    assert [
        f"backend: no host of {GROUP} is in service (1 should be): see aws autoscaling describe-scaling-activities "
        f"--auto-scaling-group-name {GROUP}"
    ] == refusals(hosts_context)


@pytest.mark.parametrize(("ping", "word"), [("ConnectionLost", "ConnectionLost"), ("", "not registered")])
def test_out_of_reach(hosts_context: Context, fleet: Fleet, ping: str, word: str) -> None:
    """A host that Systems Manager does not reach refuses the release."""
    fleet.hosts[SECOND] = FakeHost(ping=ping)

    assert [
        f"backend: host {SECOND} is out of reach of Systems Manager ({word}): see its agent, or replace the host"
    ] == refusals(hosts_context)


def test_pending_host(hosts_context: Context, fleet: Fleet) -> None:
    """A host that is only coming need not be in reach: it reads the parameter when it starts."""
    fleet.hosts[SECOND] = FakeHost(lifecycle="Pending", ping="")

    assert check(hosts_context.aws, hosts_context.manifest, "sha-1", allow_moving_tag=False)


def test_under_way(hosts_context: Context, fleet: Fleet) -> None:
    """Hosts that are being told something already refuse it, and the operator reads by which command."""
    commands.send(hosts_context, "up", image="x@sha256:0123456789abcdef")
    name = fleet.commands[0].name

    assert [
        f"backend: the hosts are told to already (command {name}): wait, or aws ssm cancel-command --command-id {name}"
    ] == refusals(hosts_context)


@pytest.mark.usefixtures("fleet")
def test_looks_are_nothing(hosts_context: Context) -> None:
    """A look at what runs stands in nobody's way."""
    commands.send(hosts_context, "look", hosts=["i-00000000000000001"])

    assert check(hosts_context.aws, hosts_context.manifest, "sha-1", allow_moving_tag=False)


def test_alarm(hosts_context: Context, fleet: Fleet) -> None:
    """An alarm refuses it as on ECS, and can be overruled."""
    fleet.serve("uri/aldeia/backend@sha256:1")
    hosts_context.aws.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="test")

    assert [
        f"backend: alarm {ALARM} is firing: wait until it is quiet, or --despite-alarms if this release mends it"
    ] == refusals(hosts_context)


@pytest.mark.usefixtures("fleet")
def test_alarm_before_the_first_release(hosts_context: Context) -> None:
    """Hosts are targets of the load balancer from their start, and unhealthy until something runs there."""
    hosts_context.aws.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="test")

    assert check(hosts_context.aws, hosts_context.manifest, "sha-1", allow_moving_tag=False)


@pytest.mark.usefixtures("fleet")
def test_secret(hosts_context: Context) -> None:
    """A secret without a value refuses it as on ECS."""
    (secret,) = hosts_context.manifest.secrets
    hosts_context.aws.secrets.put_secret_value(SecretId=secret.arn, SecretString="{}")

    assert refusals(hosts_context)[0].endswith(
        "has no value of OPENAI_API_KEY: infra secrets set aldeia-staging OPENAI_API_KEY"
    )


@pytest.mark.usefixtures("fleet")
def test_architecture(hosts_context: Context, calls: Calls) -> None:
    """An image for another architecture than the hosts' is refused."""
    push_image(calls, hosts_context.aws, hosts_context.manifest, "sha-2", "arm64")
    with pytest.raises(ReleaseError, match="image sha-2 is built for arm64, but the service runs on X86_64"):
        check(hosts_context.aws, hosts_context.manifest, "sha-2", allow_moving_tag=False)
