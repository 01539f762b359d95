"""ECS's closed gaps: tasks that live and end, seen through an SDK; the older ones are in test_local_patches.py."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import blue_green_service
from tests.tools.local.blue_green_service import Service, register, wait

pytestmark = pytest.mark.slow

Client = Callable[..., Any]
Record = dict[str, Any]

CLUSTER = "tasks"
LOGS = "/ecs/tasks"
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


@pytest.fixture(scope="module")
def network(client: Client) -> Record:
    """Make the cluster; answer where its tasks run."""
    client("ecs").create_cluster(clusterName=CLUSTER)
    return {"awsvpcConfiguration": {"subnets": [client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]]}}


@pytest.fixture(scope="module")
def job(client: Client) -> str:
    """Register a task that logs; answer its ARN."""
    client("logs").create_log_group(logGroupName=LOGS)
    options = {"awslogs-group": LOGS, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
    log = {"logDriver": "awslogs", "options": options}
    container = {"name": "job", "image": "i", "memory": 128, "command": ["serve"], "logConfiguration": log}
    made = client("ecs").register_task_definition(family="job", networkMode="awsvpc", containerDefinitions=[container])
    return str(made["taskDefinition"]["taskDefinitionArn"])


@pytest.fixture(scope="module")
def repository(client: Client) -> str:
    """Make a repository with one image; answer its URI."""
    made = client("ecr").create_repository(repositoryName="tasks")["repository"]
    client("ecr").put_image(repositoryName="tasks", imageManifest="{}", imageTag="there")
    return str(made["repositoryUri"])


def run(client: Client, network: Record, task_definition: str, *command: str) -> Record:
    """Run a one-off task until it stops; describe it."""
    override = [{"name": "job", "command": list(command)}] if command else []
    (task,) = client("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition=task_definition,
        networkConfiguration=network,
        overrides={"containerOverrides": override},
    )["tasks"]

    def look() -> Record:
        found: Record = client("ecs").describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]])["tasks"][0]
        return found

    return wait(look, lambda found: found["lastStatus"] == "STOPPED")


@pytest.mark.parametrize(("command", "expected"), [((), 0), (("sh", "-c", "exit 3"), 3)])
def test_ecs_run_task(client: Client, network: Record, job: str, command: tuple[str, ...], expected: int) -> None:
    """A one-off task ends by itself, with success or with the exit code that its command says."""
    task = run(client, network, job, *command)

    assert ("EssentialContainerExited", expected) == (task["stopCode"], task["containers"][0]["exitCode"])


def test_ecs_run_task_logs(client: Client, network: Record, job: str) -> None:
    """A one-off task writes what it was to do into its own stream."""
    number = run(client, network, job, "npm", "run", "migrate")["taskArn"].rpartition("/")[2]
    events = client("logs").get_log_events(logGroupName=LOGS, logStreamName=f"ecs/job/{number}")["events"]

    assert ["local AWS would run: npm run migrate"] == [event["message"] for event in events]


def test_ecs_run_task_addresses(client: Client, network: Record, job: str) -> None:
    """Tasks have network interfaces in their subnet, with addresses of their own."""
    tasks = [run(client, network, job) for _ in range(2)]
    details = [{each["name"]: each["value"] for each in task["attachments"][0]["details"]} for task in tasks]

    assert set(network["awsvpcConfiguration"]["subnets"]) == {each["subnetId"] for each in details}
    assert 2 == len({each["privateIPv4Address"] for each in details})


def test_ecs_run_task_without_image(client: Client, network: Record, repository: str) -> None:
    """A task whose image is missing does not start, and says so."""
    task = run(client, network, register(client, "imageless-job", f"{repository}:missing"))

    assert "TaskFailedToStart" == task["stopCode"]
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in task["containers"][0]


def test_ecs_run_task_with_image(client: Client, network: Record, repository: str) -> None:
    """A task whose image is there starts; a digest counts, whatever the tag says."""
    (image,) = client("ecr").describe_images(repositoryName="tasks")["imageDetails"]
    exact = register(client, "image-job", f"{repository}:missing@{image['imageDigest']}")

    assert "EssentialContainerExited" == run(client, network, exact)["stopCode"]
    assert (
        "EssentialContainerExited"
        == run(client, network, register(client, "image-job", f"{repository}:there"))["stopCode"]
    )


@pytest.fixture
def rolling(client: Client, network: Record) -> Callable[..., Record]:
    """Make a service that ECS rolls out; the answer updates it with an image, and waits for the rollout's end."""
    name = f"rolling-{uuid4().hex[:8]}"
    client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=register(client, name, "first"),
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=network,
        deploymentConfiguration=BREAKER,
    )

    def look() -> Record:
        found: Record = client("ecs").describe_services(cluster=CLUSTER, services=[name])["services"][0]
        return found

    def update(image: str) -> Record:
        client("ecs").update_service(cluster=CLUSTER, service=name, taskDefinition=register(client, name, image))
        return wait(look, lambda found: found["deployments"][0]["rolloutState"] != "IN_PROGRESS" and not is_open(found))

    def is_open(found: Record) -> bool:
        return any(each["rolloutState"] == "IN_PROGRESS" for each in found["deployments"])

    return update


def states(service: Record) -> dict[str, tuple[str, str]]:
    """Answer status and rollout of a service's deployments, by revision."""
    return {
        each["taskDefinition"].rpartition(":")[2]: (each["status"], each["rolloutState"])
        for each in service["deployments"]
    }


def test_ecs_update_service_completes(rolling: Callable[..., Record]) -> None:
    """A rollout completes, and only the new tasks are left."""
    service = rolling("second")

    assert {"2": ("PRIMARY", "COMPLETED")} == states(service)
    assert 2 == service["runningCount"] == service["deployments"][0]["runningCount"]


def test_ecs_update_service_rolls_back(rolling: Callable[..., Record], repository: str) -> None:
    """A rollout whose tasks do not start is given up by the circuit breaker, and the old tasks serve on."""
    service = rolling(f"{repository}:missing")

    assert {"1": ("PRIMARY", "COMPLETED"), "2": ("ACTIVE", "FAILED")} == states(service)
    assert service["taskDefinition"].endswith(":1")


@pytest.fixture(scope="module")
def blue_green(client: Client) -> Service:
    """Make a service that CodeDeploy deploys."""
    return blue_green_service.make(client, "task-sets")


def test_ecs_create_service(blue_green: Service) -> None:
    """A service that CodeDeploy deploys has a task set, and no deployments."""
    service = blue_green.describe()
    (task_set,) = service["taskSets"]

    assert [] == service["deployments"]
    assert ("PRIMARY", "STEADY_STATE", 2, service["taskDefinition"]) == (
        task_set["status"],
        task_set["stabilityStatus"],
        task_set["runningCount"],
        task_set["taskDefinition"],
    )


def test_ecs_targets(client: Client, blue_green: Service) -> None:
    """The tasks of a task set are the targets of its target group, and follow the number that shall be there."""
    ecs, counts = client("ecs"), []
    for count in (3, 1, 2):
        # As Terraform sends it: with what is not asked for.
        ecs.update_service(
            cluster=blue_green_service.CLUSTER, service="task-sets", desiredCount=count, forceNewDeployment=False
        )
        counts.append(blue_green.healthy("blue"))

    assert [3, 1, 2] == counts


@pytest.mark.parametrize(
    "change",
    [
        {"taskDefinition": "task-sets"},
        {"forceNewDeployment": True},
        {"loadBalancers": [{"containerName": "web", "containerPort": 80}]},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
        {"platformVersion": "1.4.0"},
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
    ],
)
def test_ecs_update_service_refuses(client: Client, blue_green: Service, change: Record) -> None:
    """What a deployment of CodeDeploy changes, nothing else may."""
    with pytest.raises(ClientError, match=r"InvalidParameterException.*CODE_DEPLOY"):
        client("ecs").update_service(cluster=blue_green_service.CLUSTER, service=blue_green.name, **change)


def test_ecs_describe_task_sets(client: Client, blue_green: Service) -> None:
    """Task sets are found by their id or ARN, or all of them."""
    ecs, where = client("ecs"), {"cluster": blue_green_service.CLUSTER, "service": blue_green.name}
    (task_set,) = blue_green.describe()["taskSets"]
    answers = [
        ecs.describe_task_sets(**where, **asked)
        for asked in ({}, {"taskSets": [task_set["id"]]}, {"taskSets": [task_set["taskSetArn"], "ecs-svc/0"]})
    ]

    assert [[task_set["id"]]] * 3 == [[each["id"] for each in answer["taskSets"]] for answer in answers]
    assert ["ecs-svc/0"] == [each["arn"] for each in answers[-1]["failures"]]
