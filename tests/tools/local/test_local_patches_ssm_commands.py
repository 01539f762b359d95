"""Systems Manager's Run Command on local AWS, seen through an SDK."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import compose_hosts
from tests.tools.local.compose_hosts import Hosts, instance_ids
from tools.local.refusal import CODE

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

FAILING = compose_hosts.FILE["x-compose-host"] | {"migrations": {"backend": ["sh", "-c", "exit 3"]}}


@pytest.fixture(scope="module")
def hosts(client: Client) -> Hosts:
    """Start five hosts of one stack."""
    made = compose_hosts.make(client, "commands", size=5)
    made.change(**{"x-compose-host": FAILING})
    return made


def refusal(call: Callable[..., object], **arguments: object) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def details(hosts: Hosts, command: dict[str, Any]) -> list[str]:
    """List how a command ended on each host."""
    return [each["StatusDetails"] for each in hosts.invocations(command)]


def test_describe_instance_information(client: Client, hosts: Hosts) -> None:
    """The hosts of a group are managed nodes that answer."""
    filters = [{"Key": "tag:aws:autoscaling:groupName", "Values": [hosts.stack]}]
    found = client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]

    assert {(id_, "Online") for id_ in instance_ids(client, hosts.stack)} == {
        (each["InstanceId"], each["PingStatus"]) for each in found
    }


def test_describe_instance_information_of_many(client: Client, hosts: Hosts) -> None:
    """However many others there are: a page has fifty."""
    compose_hosts.group(client, "crowd", size=60, MaxSize=60)
    filters = [{"Key": "InstanceIds", "Values": instance_ids(client, hosts.stack)}]
    found = client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]
    client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="crowd", ForceDelete=True)

    assert 5 == len(found)


def test_instance_without_a_role_is_not_managed(client: Client) -> None:
    """An agent that may not call Systems Manager is not there."""
    template = {"ImageId": "ami-1", "InstanceType": "t3.micro"}
    made = client("ec2").create_launch_template(LaunchTemplateName="no-role", LaunchTemplateData=template)
    spec = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]}
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="no-role", MinSize=1, MaxSize=1, LaunchTemplate=spec, AvailabilityZones=["us-east-1a"]
    )
    filters = [{"Key": "InstanceIds", "Values": instance_ids(client, "no-role")}]

    assert [] == client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]


def test_send_command_by_tag_reaches_the_group(client: Client, hosts: Hosts) -> None:
    """A tag means all hosts that have it, and no others."""
    compose_hosts.group(client, "elsewhere")
    command = hosts.send("look")
    reached = {each["InstanceId"] for each in hosts.invocations(command)}

    assert (set(instance_ids(client, hosts.stack)), 5, 5) == (
        reached,
        command["TargetCount"],
        command["CompletedCount"],
    )


def test_send_command_by_tag_has_no_targets_at_once(client: Client, hosts: Hosts) -> None:
    """Whom a tag means is found out after the call has returned."""
    sent = client("ssm").send_command(
        DocumentName=hosts.document,
        Parameters={"Action": ["look"], "Service": ["backend"]},
        Targets=[{"Key": "tag:aws:autoscaling:groupName", "Values": [hosts.stack]}],
    )["Command"]

    assert ("Pending", 0, 5) == (sent["Status"], sent["TargetCount"], hosts.end(sent["CommandId"])["TargetCount"])


def test_send_command_by_id_reaches_one(client: Client, hosts: Hosts) -> None:
    """An id means one host."""
    wanted = instance_ids(client, hosts.stack)[2]
    command = hosts.send("look", InstanceIds=[wanted])

    assert [wanted] == [each["InstanceId"] for each in hosts.invocations(command)]


def test_send_command_to_nobody(hosts: Hosts) -> None:
    """A tag that no host has is a success that says so."""
    command = hosts.send("look", Targets=[{"Key": "tag:Name", "Values": ["nobody"]}])

    assert ("Success", "NoInstancesInTag") == (command["Status"], command["StatusDetails"])


def test_send_command_to_a_host_that_is_gone(client: Client, hosts: Hosts) -> None:
    """An instance that was terminated is no valid one."""
    compose_hosts.group(client, "gone")
    gone = instance_ids(client, "gone")
    client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="gone", ForceDelete=True)
    parameters = {"Action": ["look"], "Service": ["backend"]}

    assert "InvalidInstanceId" == refusal(
        client("ssm").send_command, DocumentName=hosts.document, InstanceIds=gone, Parameters=parameters
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"Action": ["look"]},
        {"Action": ["destroy"], "Service": ["backend"]},
        {"Action": ["look"], "Service": ["back;end"]},
        {"Action": ["look"], "Service": ["backend"], "Other": ["x"]},
    ],
)
def test_send_command_checks_parameters(client: Client, hosts: Hosts, parameters: dict[str, list[str]]) -> None:
    """A parameter that is missing, not allowed, does not fit its pattern or is unknown is refused."""
    targets = [{"Key": "tag:Name", "Values": ["nobody"]}]

    assert "InvalidParameters" == refusal(
        client("ssm").send_command, DocumentName=hosts.document, Targets=targets, Parameters=parameters
    )


@pytest.mark.parametrize(("name", "code"), [("no-document", "InvalidDocument"), ("AWS-RunShellScript", CODE)])
def test_send_command_with_another_document(client: Client, name: str, code: str) -> None:
    """A document that there is not is an error, and AWS's own are not played."""
    targets = [{"Key": "tag:Name", "Values": ["nobody"]}]

    assert code == refusal(client("ssm").send_command, DocumentName=name, Targets=targets)


def test_send_command_stops_after_errors(hosts: Hosts) -> None:
    """One error more than allowed, and the hosts that have not got it yet do not get it."""
    command = hosts.send("migrate", image=compose_hosts.IMAGE, MaxConcurrency="1", MaxErrors="1")

    assert (["Failed", "Failed", "Terminated", "Terminated", "Terminated"], "Failed", 2) == (
        details(hosts, command),
        command["Status"],
        command["ErrorCount"],
    )


def test_send_command_grows_to_its_concurrency(hosts: Hosts) -> None:
    """The command goes to one host, then to two, then to as many as allowed."""
    command = hosts.send("migrate", image=compose_hosts.IMAGE, MaxConcurrency="100%", MaxErrors="2")

    assert ["Failed", "Failed", "Failed", "Terminated", "Terminated"] == details(hosts, command)


def test_cancel_command(client: Client, hosts: Hosts) -> None:
    """A command that is cancelled does not reach the hosts that have not got it yet."""
    sent = client("ssm").send_command(
        DocumentName=hosts.document,
        InstanceIds=instance_ids(client, hosts.stack),
        Parameters={"Action": ["look"], "Service": ["backend"]},
        MaxConcurrency="1",
    )["Command"]
    client("ssm").cancel_command(CommandId=sent["CommandId"])
    command = hosts.end(sent["CommandId"])

    assert ("Cancelled", "Cancelled") == (details(hosts, command)[-1], command["Status"])


def test_list_command_invocations_tells_output(hosts: Hosts) -> None:
    """With details there is the exit code, and what was written to both outputs."""
    (invocation,) = hosts.invocations(hosts.send("up", "nothing", InstanceIds=[_first(hosts)]))
    (plugin,) = invocation["CommandPlugins"]

    assert (1, "\n----------ERROR-------\ncompose-host: no such service: nothing\n") == (
        plugin["ResponseCode"],
        plugin["Output"],
    )


def test_list_command_invocations_of_no_command(client: Client) -> None:
    """A command that there is not is an error."""
    ask = client("ssm").list_command_invocations

    assert "InvalidCommandId" == refusal(ask, CommandId="00000000-0000-0000-0000-000000000000")


def _first(hosts: Hosts) -> str:
    return instance_ids(hosts.client, hosts.stack)[0]
