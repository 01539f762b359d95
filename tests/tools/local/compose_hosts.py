"""Hosts on local AWS: a group with its template, a stack's parameters, and its command document."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Client = Callable[..., Any]
Record = dict[str, Any]
T = TypeVar("T")

UBUNTU = "resolve:ssm:/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
PROFILE = "arn:aws:iam::956880242582:instance-profile/host"
REPOSITORY = "956880242582.dkr.ecr.us-east-1.amazonaws.com/aldeia/backend"
IMAGE = f"{REPOSITORY}@sha256:{'a' * 64}"
CHROMADB = "chromadb/chroma:1.0.0"
PATIENCE_S = 15.0

DOCUMENT = {
    "schemaVersion": "2.2",
    "description": "Tells the hosts what to do",
    "parameters": {
        "Action": {"type": "String", "allowedValues": ["up", "migrate", "look"]},
        "Service": {"type": "String", "allowedPattern": "^[a-z][a-z0-9-]{0,62}$"},
        "Image": {"type": "String", "default": ""},
    },
    "mainSteps": [{"name": "composeHost", "action": "aws:runShellScript", "inputs": {"runCommand": ["x"]}}],
}

FILE: Record = {
    "services": {"backend": {"image": "$BACKEND_IMAGE", "healthcheck": {}}, "chromadb": {"image": CHROMADB}},
    "x-compose-host": {
        "repositories": {"backend": REPOSITORY},
        "migrations": {"backend": ["npx", "prisma", "migrate", "deploy"]},
    },
}


def template(client: Client, name: str, **data: object) -> str:
    """Make a launch template; answer its id."""
    given = {"ImageId": UBUNTU, "InstanceType": "t3.medium", "IamInstanceProfile": {"Arn": PROFILE}} | data
    made = client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=given)
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def group(client: Client, name: str, *, size: int = 1, data: Record | None = None, **more: object) -> str:
    """Make a group of some instances, and a template for it, all of one name; answer the template's id."""
    template_id = template(client, name, **data or {})
    spec = {"LaunchTemplateId": template_id, "Version": "$Latest"}
    subnets = client("ec2").describe_subnets()["Subnets"]
    sizes = {"MinSize": 0, "MaxSize": 9, "DesiredCapacity": size}
    where = {"VPCZoneIdentifier": ",".join(subnet["SubnetId"] for subnet in subnets)}
    arguments = {"AutoScalingGroupName": name, "LaunchTemplate": spec} | sizes | where | more
    client("autoscaling").create_auto_scaling_group(**arguments)
    return template_id


def described(client: Client, name: str) -> Record:
    """Describe a group."""
    found = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    (one,) = found["AutoScalingGroups"]
    shown: Record = one
    return shown


def instance_ids(client: Client, name: str) -> list[str]:
    """List the instances of a group, the oldest first."""
    return [instance["InstanceId"] for instance in described(client, name)["Instances"]]


def until(ask: Callable[[], T], is_so: Callable[[T], bool]) -> T:
    """Ask until the answer is as wanted, and give it."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


@dataclass(frozen=True)
class Hosts:
    """The hosts of one stack, in a group of the stack's name."""

    client: Client
    stack: str

    @property
    def document(self) -> str:
        """The name of the command document."""
        return f"{self.stack}-compose-host"

    def release(self, image: str) -> None:
        """Write the image of the backend."""
        name = f"/{self.stack}/compose/image/backend"
        self.client("ssm").put_parameter(Name=name, Value=image, Type="String", Overwrite=True)

    def change(self, **file: object) -> None:
        """Write another Compose file: the same one, except for this."""
        text = json.dumps(FILE | file)
        self.client("ssm").put_parameter(Name=f"/{self.stack}/compose/file", Value=text, Type="String", Overwrite=True)

    def send(self, action: str, service: str = "backend", image: str = "", **more: object) -> Record:
        """Send the document to all hosts of the group, or to those that are named; answer the command when it ended."""
        targets = {"Targets": [{"Key": "tag:aws:autoscaling:groupName", "Values": [self.stack]}]}
        given = {"Action": [action], "Service": [service], "Image": [image]}
        arguments = {} if "InstanceIds" in more else targets
        sent = self.client("ssm").send_command(DocumentName=self.document, Parameters=given, **(arguments | more))
        return self.end(sent["Command"]["CommandId"])

    def end(self, command_id: str) -> Record:
        """Wait until a command has ended."""
        return until(
            lambda: self.client("ssm").list_commands(CommandId=command_id)["Commands"][0],
            lambda command: command["Status"] not in {"Pending", "InProgress"},
        )

    def invocations(self, command: Record) -> list[Record]:
        """List how a command went on each host."""
        found = self.client("ssm").list_command_invocations(CommandId=command["CommandId"], Details=True)
        shown: list[Record] = found["CommandInvocations"]
        return shown

    def outcome(self, command: Record) -> tuple[str, str, str]:
        """Answer how a command went on the only host: status, output and error."""
        (invocation,) = self.invocations(command)
        read = self.client("ssm").get_command_invocation(
            CommandId=command["CommandId"], InstanceId=invocation["InstanceId"]
        )
        return read["Status"], read["StandardOutputContent"], read["StandardErrorContent"]

    def look(self, service: str = "backend") -> Record:
        """Ask the only host what it runs."""
        looked: Record = json.loads(self.outcome(self.send("look", service))[1])
        return looked


def make(client: Client, stack: str, *, size: int = 1, image: str = "none", **more: str) -> Hosts:
    """
    Make a stack's parameters, its document and its hosts.

    :param more: further settings in the first commands of a host
    """
    hosts = Hosts(client, stack)
    hosts.release(image)
    hosts.change()
    client("ssm").create_document(Name=hosts.document, Content=json.dumps(DOCUMENT), DocumentType="Command")
    lines = [f"readonly {name}='{value}'" for name, value in ({"STACK": stack} | more).items()]
    group(client, stack, size=size, data={"UserData": base64.b64encode("\n".join(lines).encode()).decode()})
    return hosts
