"""Deployments of ECS services, which run on local AWS, seen through an SDK."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import blue_green_service
from tests.tools.local.blue_green_service import CLUSTER, Service

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

CANARY = "CodeDeployDefault.ECSCanary10Percent15Minutes"
BEFORE_TRAFFIC = ["BeforeInstall", "Install", "AfterInstall"]
OF_TRAFFIC = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]


def refusal(call: Callable[[], object]) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def in_canary(service: Service, **more: object) -> str:
    """Start a deployment and wait until a part of the traffic has moved; answer its id."""
    number = service.deploy(service.register(), **more)
    service.until(number, lambda _: service.weights() == {"blue": 90, "green": 10})
    return number


def fire(client: Client, name: str) -> None:
    """Let an alarm fire."""
    client("cloudwatch").put_metric_alarm(
        AlarmName=name, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, MetricName="m", Namespace="n"
    )
    client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")


@pytest.fixture(scope="module")
def deployed(client: Client) -> tuple[Service, str]:
    """Make a service with revision 2 deployed; answer it and the deployment's id."""
    service = blue_green_service.make(client, "succeeded")
    number = service.deploy(service.register())
    service.finish(number)
    return service, number


@pytest.fixture(scope="module")
def service(deployed: tuple[Service, str]) -> Service:
    """Answer that service."""
    return deployed[0]


@pytest.fixture(scope="module")
def number(deployed: tuple[Service, str]) -> str:
    """Answer that deployment's id."""
    return deployed[1]


class TestSucceeded:
    """A deployment that went through."""

    def test_codedeploy_get_deployment(self, service: Service, number: str) -> None:
        """It counts as a success, has no error, and its AppSpec is left out."""
        info = service.deployment(number)

        assert (1, 0) == tuple(info["deploymentOverview"][status] for status in ("Succeeded", "InProgress"))
        assert not {"errorInformation", "rollbackInfo"} & info.keys()
        assert {"sha256"} == info["revision"]["appSpecContent"].keys()
        assert info["createTime"] < info["startTime"] < info["completeTime"]

    def test_traffic(self, service: Service) -> None:
        """The rule keeps both target groups, and all traffic goes to the new side, where the tasks are."""
        assert {"blue": 0, "green": 100} == service.weights()
        assert (0, 2) == (service.healthy("blue"), service.healthy("green"))

    def test_service(self, service: Service) -> None:
        """The replacement is the only task set, and the service shows what is its."""
        found = service.describe()
        (task_set,) = found["taskSets"]

        assert ("PRIMARY", "CODE_DEPLOY", 2) == (task_set["status"], task_set["startedBy"], task_set["runningCount"])
        assert task_set["taskDefinition"].endswith("succeeded:2")
        assert found["taskDefinition"] == task_set["taskDefinition"]
        assert [service.groups["green"]] == [each["targetGroupArn"] for each in found["loadBalancers"]]

    def test_codedeploy_batch_get_deployment_targets(self, service: Service, number: str) -> None:
        """The target shows both task sets, and all events without a hook."""
        target = service.ecs_target(number)

        assert "Succeeded" == target["status"]
        assert [*BEFORE_TRAFFIC, *OF_TRAFFIC] == [each["lifecycleEventName"] for each in target["lifecycleEvents"]]
        assert {"Succeeded"} == {each["status"] for each in target["lifecycleEvents"]}
        assert [
            ("Blue", "DRAINING", 0.0, 0, "succeeded-blue"),
            ("Green", "PRIMARY", 100.0, 2, "succeeded-green"),
        ] == [
            (
                each["taskSetLabel"],
                each["status"],
                each["trafficWeight"],
                each["runningCount"],
                each["targetGroup"]["name"],
            )
            for each in target["taskSetsInfo"]
        ]

    def test_codedeploy_get_deployment_target(self, client: Client, service: Service, number: str) -> None:
        """One target is described like in the list."""
        got = client("codedeploy").get_deployment_target(deploymentId=number, targetId=service.target)

        assert service.ecs_target(number) == got["deploymentTarget"]["ecsTarget"]

    def test_codedeploy_list_deployment_targets(self, client: Client, number: str) -> None:
        """The target is the service."""
        assert [f"{CLUSTER}:succeeded"] == client("codedeploy").list_deployment_targets(deploymentId=number)[
            "targetIds"
        ]

    def test_no_such_target(self, client: Client, number: str) -> None:
        """Another target is not found."""
        deploy = client("codedeploy")

        assert "DeploymentTargetDoesNotExistException" == refusal(
            lambda: deploy.get_deployment_target(deploymentId=number, targetId="a:b")
        )

    def test_codedeploy_stop_deployment_too_late(self, client: Client, number: str) -> None:
        """What is over cannot be stopped."""
        assert "DeploymentAlreadyCompletedException" == refusal(
            lambda: client("codedeploy").stop_deployment(deploymentId=number)
        )

    def test_back_again(self, service: Service) -> None:
        """The next deployment goes the other way."""
        service.finish(service.deploy(service.register()))

        assert {"blue": 100, "green": 0} == service.weights()


def test_codedeploy_create_deployment_has_no_targets_yet(client: Client) -> None:
    """A deployment that was only created has no targets."""
    service = blue_green_service.make(client, "created")
    number = service.deploy(service.register())

    assert "Created" == service.deployment(number)["status"]
    assert "DeploymentNotStartedException" == refusal(lambda: service.ecs_target(number))


def test_codedeploy_create_deployment_refuses_a_second(client: Client) -> None:
    """A group has one deployment at a time, and the refusal names it."""
    service = blue_green_service.make(client, "second", config=CANARY)
    number = in_canary(service)
    target = service.ecs_target(number)

    with pytest.raises(ClientError, match=f"DeploymentLimitExceededException.*'{number}'"):
        service.deploy(service.register())
    assert {"Blue": 90.0, "Green": 10.0} == {
        each["taskSetLabel"]: each["trafficWeight"] for each in target["taskSetsInfo"]
    }


def test_codedeploy_create_deployment_refuses_a_revision(client: Client) -> None:
    """What is no AppSpec is refused, and no deployment is made."""
    blue_green_service.make(client, "no-spec")
    deploy, names = client("codedeploy"), {"applicationName": "no-spec", "deploymentGroupName": "no-spec"}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}

    assert "InvalidRevisionException" == refusal(lambda: deploy.create_deployment(revision=revision, **names))
    assert [] == deploy.list_deployments(**names)["deployments"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "InvalidAlarmConfigException"),
        (["a", "a"], "InvalidAlarmConfigException"),
        ([str(number) for number in range(11)], "AlarmsLimitExceededException"),
    ],
)
def test_codedeploy_create_deployment_refuses_alarms(client: Client, names: list[str], expected: str) -> None:
    """A deployment's own alarms have names that differ, at least one and at most 10."""
    name = f"alarms-{len(names)}"
    service = blue_green_service.make(client, name)
    config = {"enabled": True, "alarms": [{"name": each} for each in names]}

    assert expected == refusal(lambda: service.deploy(service.register(), overrideAlarmConfiguration=config))


def test_codedeploy_stop_deployment_with_rollback(client: Client) -> None:
    """A deployment that is stopped with a rollback leaves everything as it was, by a deployment of its own."""
    service = blue_green_service.make(client, "stopped", config=CANARY)
    number = in_canary(service)
    client("codedeploy").stop_deployment(deploymentId=number, autoRollbackEnabled=True)
    info = service.finish(number)
    back = service.deployment(info["rollbackInfo"]["rollbackDeploymentId"])

    assert ("Stopped", "MANUAL_STOP") == (info["status"], info["errorInformation"]["code"])
    assert ("codeDeployRollback", "Succeeded", number) == (
        back["creator"],
        back["status"],
        back["rollbackInfo"]["rollbackTriggeringDeploymentId"],
    )
    assert {"blue": 100, "green": 0} == service.weights()
    assert ["stopped:1"] == [each["taskDefinition"].rpartition("/")[2] for each in service.describe()["taskSets"]]
    assert "AllowTraffic Failed" == "{lifecycleEventName} {status}".format(
        **service.ecs_target(number)["lifecycleEvents"][-1]
    )


def test_codedeploy_stop_deployment_without_rollback(client: Client) -> None:
    """Without a rollback it stays where it is."""
    service = blue_green_service.make(client, "left", config=CANARY)
    number = in_canary(service)
    client("codedeploy").stop_deployment(deploymentId=number)

    assert "rollbackInfo" not in service.finish(number)
    assert {"blue": 90, "green": 10} == service.weights()


def test_codedeploy_alarm(client: Client) -> None:
    """An alarm that fires in mid-shift stops the deployment, which is rolled back."""
    alarms = {"enabled": True, "alarms": [{"name": "of-the-group"}]}
    service = blue_green_service.make(client, "alarmed", config=CANARY, alarmConfiguration=alarms)
    number = in_canary(service)
    fire(client, "of-the-group")
    info = service.finish(number)

    assert ("Stopped", "ALARM_ACTIVE") == (info["status"], info["errorInformation"]["code"])
    assert "of-the-group" in info["errorInformation"]["message"]
    assert {"blue": 100, "green": 0} == service.weights()


def test_codedeploy_override_alarm_configuration(client: Client) -> None:
    """A deployment's own alarms replace those of its group, whichever fires."""
    fire(client, "of-the-other-side")
    alarms = {"enabled": True, "alarms": [{"name": "of-the-other-side"}]}
    service = blue_green_service.make(client, "overridden", alarmConfiguration=alarms)
    own = {"enabled": True, "alarms": [{"name": "of-this-side"}]}

    assert "Succeeded" == service.finish(service.deploy(service.register(), overrideAlarmConfiguration=own))["status"]


def test_codedeploy_missing_image(client: Client) -> None:
    """A replacement whose image is missing never gets healthy: the deployment fails, and what served serves."""
    service = blue_green_service.make(client, "imageless")
    repository = client("ecr").create_repository(repositoryName="imageless")["repository"]
    client("ecr").put_image(repositoryName="imageless", imageManifest="{}", imageTag="other")
    info = service.finish(service.deploy(service.register(f"{repository['repositoryUri']}:missing")))
    ecs = client("ecs")
    stopped = ecs.list_tasks(cluster=CLUSTER, serviceName="imageless", desiredStatus="STOPPED")["taskArns"]
    reasons = [task["stoppedReason"] for task in ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]]

    assert ("Failed", "TIMEOUT") == (info["status"], info["errorInformation"]["code"])
    assert any(reason.startswith("CannotPullContainerError") for reason in reasons)
    assert {"blue": 100, "green": 0} == service.weights()
    assert (2, 0) == (service.healthy("blue"), service.healthy("green"))


def test_codedeploy_unknown_task_definition(client: Client) -> None:
    """A task definition that is not there fails the deployment."""
    service = blue_green_service.make(client, "undefined")
    info = service.finish(service.deploy(service.describe()["taskDefinition"].replace(":1", ":9")))

    assert ("Failed", "ECS_UPDATE_ERROR") == (info["status"], info["errorInformation"]["code"])


def approval(minutes: int) -> dict[str, Any]:
    """Wait so long for somebody to let traffic in."""
    return {"deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": minutes}}


def test_codedeploy_continue_deployment(client: Client) -> None:
    """A deployment waits, with its tests' traffic on the new side, until it is told to go on."""
    service = blue_green_service.make(client, "approved", timing=approval(60), test_port=8080)
    number = service.deploy(service.register())
    service.until(number, lambda info: info["status"] == "Ready")
    shares = (service.weights(), service.weights(service.test_rule))
    client("codedeploy").continue_deployment(deploymentId=number, deploymentWaitType="READY_WAIT")

    assert ({"blue": 1}, {"blue": 0, "green": 100}) == shares
    assert "Succeeded" == service.finish(number)["status"]
    events = [each["lifecycleEventName"] for each in service.ecs_target(number)["lifecycleEvents"]]
    assert [*BEFORE_TRAFFIC, "AllowTestTraffic", "AfterAllowTestTraffic", *OF_TRAFFIC] == events


def test_codedeploy_nobody_continues(client: Client) -> None:
    """A deployment that nobody lets go on ends, and is rolled back."""
    service = blue_green_service.make(client, "unapproved", timing=approval(1))

    assert "Stopped" == service.finish(service.deploy(service.register()))["status"]
    assert 1 == len(service.describe()["taskSets"])


KEPT = {
    "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60},
}


def test_codedeploy_stop_deployment_after_the_shift(client: Client) -> None:
    """While the replaced tasks stay, all that moved moves back."""
    service = blue_green_service.make(client, "regretted", timing=KEPT)
    number = service.deploy(service.register())
    service.until(number, lambda info: info["instanceTerminationWaitTimeStarted"])
    client("codedeploy").stop_deployment(deploymentId=number, autoRollbackEnabled=True)
    service.finish(number)
    found = service.describe()

    assert [("PRIMARY", found["taskDefinition"])] == [
        (each["status"], each["taskDefinition"]) for each in found["taskSets"]
    ]
    assert found["taskDefinition"].endswith("regretted:1")
    assert {"blue": 100, "green": 0} == service.weights()


def test_codedeploy_termination_wait(client: Client) -> None:
    """The replaced tasks stay for a while, with the new ones primary, until they are told to go."""
    service = blue_green_service.make(client, "terminated", timing=KEPT)
    number = service.deploy(service.register())
    info = service.until(number, lambda info: info["instanceTerminationWaitTimeStarted"])
    shown = {each["status"]: each["taskDefinition"].rpartition(":")[2] for each in service.describe()["taskSets"]}
    target = service.ecs_target(number)
    client("codedeploy").continue_deployment(deploymentId=number, deploymentWaitType="TERMINATION_WAIT")
    asked = time.monotonic()
    service.finish(number)

    assert ("InProgress", "Succeeded") == (info["status"], target["status"])
    assert {"PRIMARY": "2", "ACTIVE": "1"} == shown
    assert time.monotonic() - asked < 5


def test_codedeploy_continue_deployment_too_early(client: Client) -> None:
    """A deployment that does not wait cannot be told to go on."""
    service = blue_green_service.make(client, "hasty", config=CANARY)
    number = in_canary(service)

    assert "DeploymentIsNotInReadyStateException" == refusal(
        lambda: client("codedeploy").continue_deployment(deploymentId=number, deploymentWaitType="READY_WAIT")
    )
