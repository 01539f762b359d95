"""Hosts that go where a test drives them: Systems Manager's commands and Auto Scaling, which moto does not play."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from tests.tools.release.deployments import refusal
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.hosts_account import GROUP, PARAMETER
from tools.release.aws import Aws
from tools.release.manifest import Manifest

FIRST, SECOND = "i-00000000000000001", "i-00000000000000002"
OVER = ("Success", "Failed", "Cancelled", "TimedOut")


@dataclass
class FakeHost:
    """A host, and the service's container on it."""

    lifecycle: str = "InService"
    ping: str = "Online"
    target: str = "healthy"
    """What the load balancer says of it; empty: it is no target."""

    image: str = ""
    state: str = "absent"
    health: str = "healthy"
    fails: str = ""
    """What it writes to standard error when it cannot start an image; empty: it can."""

    silent: bool = False
    """Whether it never answers."""


@dataclass
class FakeCommand:
    """A command, and what has become of it on each host."""

    name: str
    asked: dict[str, Any]
    sent_s: float
    when: datetime
    hosts: list[str]
    status: str = "InProgress"
    details: str = "InProgress"
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """What the hosts are told."""
        return str(self.asked["Parameters"]["Action"][0])

    def end(self, host: str, status: str, details: str = "", *, code: int = -1, out: str = "", err: str = "") -> None:
        """Let it be over on one host."""
        text = {"StandardOutputContent": out, "StandardErrorContent": err, "ResponseCode": code}
        self.results[host] |= {"Status": status, "StatusDetails": details if details else status, **text}


class Fleet:
    """The group's hosts, and Systems Manager as a release sees it. Requests are held against botocore's model."""

    def __init__(self, calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock) -> None:
        self.hosts = {FIRST: FakeHost()}
        self.commands: list[FakeCommand] = []
        self.desired: int | None = None
        """None: as many as there are."""

        self.up_s, self.run_s = 20.0, 20.0
        self.hidden_s = 0.0
        """How long a command is unknown that was sent."""

        self.filters = True
        """Whether ListCommands knows already what it is to leave out."""

        self.refuses = False
        """Whether a command that is not known is refused, and not only not listed."""

        self.exit_code = 0
        """Of a migration."""

        self.on_up: Callable[[str], None] = lambda _: None
        """What happens beside when a host starts an image."""

        self._aws, self._manifest, self._clock = aws, manifest, clock
        answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "SendCommand": self._send,
            "ListCommands": self._list,
            "ListCommandInvocations": self._list_invocations,
            "GetCommandInvocation": self._get_invocation,
            "CancelCommand": self._cancel,
            "DescribeInstanceInformation": self._information,
            "DescribeAutoScalingGroups": self._group,
            "DescribeTargetHealth": self._targets,
        }
        for name, answer in answers.items():
            calls.answers[name] = _checked(name, answer)

    @property
    def image(self) -> str:
        """What the parameter says."""
        return self._aws.ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]

    @property
    def runs(self) -> list[str]:
        """What runs on each host."""
        return [host.image for host in self.hosts.values() if host.state == "running"]

    def serve(self, image: str) -> None:
        """Let an image run everywhere, as a release leaves it."""
        self._aws.ssm.put_parameter(Name=PARAMETER, Value=image, Type="String", Overwrite=True)
        for host in self.hosts.values():
            host.image, host.state = image, "running"

    def sent(self, action: str) -> list[FakeCommand]:
        """The commands of one kind, in order."""
        return [one for one in self.commands if one.action == action]

    def _send(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "InstanceIds" in asked:
            hosts = asked["InstanceIds"]
            if any(host not in self.hosts or self.hosts[host].ping != "Online" for host in hosts):
                raise refusal("InvalidInstanceId", "SendCommand")
        else:
            assert [{"Key": "tag:aws:autoscaling:groupName", "Values": [GROUP]}] == asked["Targets"]
            hosts = list(self.hosts)
        number = len(self.commands) + 1
        name = f"{number:08}-0000-4000-8000-000000000000"
        # One a second, so that the youngest is known.
        when = datetime.fromtimestamp(datetime.now(UTC).timestamp() + number, UTC)
        made = FakeCommand(name=name, asked=asked, sent_s=self._clock.time_s, when=when, hosts=list(hosts))
        made.results = {
            host: {"CommandId": name, "InstanceId": host, "Status": "Pending", "StatusDetails": "Pending"}
            for host in made.hosts
        }
        self.commands.append(made)
        if not made.hosts:
            made.status, made.details = "Success", "NoInstancesInTag"
        elif made.action == "look":
            self._look(made)
        else:
            self._begin(made, 0)
        return {"Command": self._described(made)}

    def _look(self, made: FakeCommand) -> None:
        for name in made.hosts:
            host = self.hosts[name]
            if host.silent:
                continue
            said = {"image": host.image, "state": host.state, "health": host.health, "started": "2026-11-27T12:00:00Z"}
            made.end(name, "Success", code=0, out=f"{json.dumps(said)}\n")

    def _begin(self, made: FakeCommand, index: int) -> None:
        """Let one host after the other do it."""
        name = made.hosts[index]
        made.results[name] |= {"Status": "InProgress", "StatusDetails": "InProgress"}
        seconds = self.up_s if made.action == "up" else self.run_s
        self._clock.later(seconds, lambda: self._finish(made, index))

    def _finish(self, made: FakeCommand, index: int) -> None:
        name = made.hosts[index]
        if made.status in OVER or self.hosts[name].silent:
            return
        failed = self._up(made, name) if made.action == "up" else self._run(made, name)
        if failed:
            for other in made.hosts[index + 1 :]:
                made.end(other, "Cancelled", "Terminated")
            made.status = made.details = "Failed"
        elif index + 1 < len(made.hosts):
            self._begin(made, index + 1)
        else:
            made.status = made.details = "Success"

    def _up(self, made: FakeCommand, name: str) -> bool:
        host = self.hosts[name]
        if host.fails:
            made.end(name, "Failed", code=1, err=host.fails)
            host.state = "restarting"
            return True
        host.image, host.state = self.image, "running"
        made.end(name, "Success", code=0)
        self.on_up(host.image)
        return False

    def _run(self, made: FakeCommand, name: str) -> bool:
        failed = self.exit_code != 0
        err = "relation exists\n" if failed else ""
        made.end(name, "Failed" if failed else "Success", code=self.exit_code, out="migrated 3\nof 3\n", err=err)
        return failed

    def _cancel(self, asked: dict[str, Any]) -> dict[str, Any]:
        made = next((one for one in self.commands if one.name == asked["CommandId"]), None)
        if made is None:
            raise refusal("InvalidCommandId", "CancelCommand")
        if made.status not in OVER:
            made.status = made.details = "Cancelled"
            for host, result in made.results.items():
                if result["Status"] not in OVER:
                    made.end(host, "Cancelled")
        return {}

    def _known(self) -> list[FakeCommand]:
        return [one for one in self.commands if self._clock.time_s >= one.sent_s + self.hidden_s]

    def _described(self, made: FakeCommand) -> dict[str, Any]:
        over = [one for one in made.results.values() if one["Status"] in OVER]
        return {
            "CommandId": made.name,
            "DocumentName": made.asked["DocumentName"],
            "Comment": made.asked["Comment"],
            "RequestedDateTime": made.when,
            "Status": made.status,
            "StatusDetails": made.details,
            "TargetCount": len(made.hosts),
            "CompletedCount": len(over),
        }

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        filters = {one["key"]: one["value"] for one in asked.get("Filters", []) if self.filters}
        self._expect(asked)
        found = [
            one
            for one in self._known()
            if asked.get("CommandId", one.name) == one.name
            and filters.get("DocumentName", one.asked["DocumentName"]) == one.asked["DocumentName"]
            and not (filters.get("ExecutionStage") == "Executing" and one.status in OVER)
        ]
        return {"Commands": [self._described(one) for one in reversed(found)]}

    def _expect(self, asked: dict[str, Any]) -> None:
        """Refuse a command that is not known, if it is to be."""
        if self.refuses and "CommandId" in asked and asked["CommandId"] not in [one.name for one in self._known()]:
            raise refusal("InvalidCommandId", "ListCommands")

    def _list_invocations(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._expect(asked)
        found = [one for one in self._known() if one.name == asked["CommandId"]]
        keys = ("CommandId", "InstanceId", "Status", "StatusDetails")
        return {"CommandInvocations": [{key: r[key] for key in keys} for one in found for r in one.results.values()]}

    def _get_invocation(self, asked: dict[str, Any]) -> dict[str, Any]:
        for one in self._known():
            if one.name == asked["CommandId"] and asked["InstanceId"] in one.results:
                empty = {"ResponseCode": -1, "StandardOutputContent": "", "StandardErrorContent": ""}
                return empty | one.results[asked["InstanceId"]]
        raise refusal("InvocationDoesNotExist", "GetCommandInvocation")

    def _information(self, asked: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = asked["Filters"]
        found = [(name, host) for name, host in self.hosts.items() if name in wanted["Values"] and host.ping]
        return {"InstanceInformationList": [{"InstanceId": name, "PingStatus": host.ping} for name, host in found]}

    def _group(self, asked: dict[str, Any]) -> dict[str, Any]:
        if [GROUP] != asked["AutoScalingGroupNames"]:
            return {"AutoScalingGroups": []}
        instances = [{"InstanceId": name, "LifecycleState": one.lifecycle} for name, one in self.hosts.items()]
        desired = len(self.hosts) if self.desired is None else self.desired
        return {"AutoScalingGroups": [{"DesiredCapacity": desired, "Instances": instances}]}

    def _targets(self, _: dict[str, Any]) -> dict[str, Any]:
        found = [(name, host) for name, host in self.hosts.items() if host.target]
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": name, "Port": 3001},
                    "TargetHealth": {"State": host.target, "Description": "Health checks failed"},
                }
                for name, host in found
            ]
        }


def _checked(name: str, answer: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Hold a request against botocore's model first, as its client does."""
    service = {"DescribeAutoScalingGroups": "autoscaling", "DescribeTargetHealth": "elbv2"}.get(name, "ssm")
    shape = _model(service).operation_model(name).input_shape

    def act(asked: dict[str, Any]) -> Any:  # noqa: ANN401 any answer
        report = ParamValidator().validate(asked, shape)
        assert not report.has_errors(), report.generate_report()
        return answer(asked)

    return act


_MODELS: dict[str, Any] = {}


def _model(service: str) -> Any:  # noqa: ANN401 botocore's
    if service not in _MODELS:
        _MODELS[service] = botocore.session.get_session().get_service_model(service)
    return _MODELS[service]


def words(fleet: Fleet, action: str) -> Iterator[dict[str, str]]:
    """The parameters of the document in the commands of one kind."""
    for one in fleet.sent(action):
        yield {key: value[0] for key, value in one.asked["Parameters"].items()}
