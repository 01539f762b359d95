"""A service on local AWS that CodeDeploy deploys, with a load balancer before it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Client = Callable[..., Any]
Record = dict[str, Any]

OVER = ("Succeeded", "Failed", "Stopped")
CLUSTER = "blue-green"
PATIENCE_S = 15.0


@dataclass(frozen=True)
class Service:
    """One service, one application and one deployment group, all of one name."""

    client: Client
    name: str
    rule: str
    test_rule: str
    """Of the listener for tests, or empty."""

    groups: dict[str, str]
    """ARNs of the target groups: `blue`, which serves at first, and `green`."""

    @property
    def target(self) -> str:
        """The id of the deployments' target."""
        return f"{CLUSTER}:{self.name}"

    def register(self, image: str = "there") -> str:
        """Register a revision; answer its ARN."""
        return register(self.client, self.name, image)

    def deploy(self, task_definition: str, **more: object) -> str:
        """Start a deployment; answer its id."""
        info = {"ContainerName": "web", "ContainerPort": 80}
        properties = {"TaskDefinition": task_definition, "LoadBalancerInfo": info}
        target = {"Type": "AWS::ECS::Service", "Properties": properties}
        content = json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})
        made = self.client("codedeploy").create_deployment(
            applicationName=self.name,
            deploymentGroupName=self.name,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
            **more,
        )
        return str(made["deploymentId"])

    def deployment(self, number: str) -> Record:
        """Describe a deployment."""
        found: Record = self.client("codedeploy").get_deployment(deploymentId=number)["deploymentInfo"]
        return found

    def until(self, number: str, is_so: Callable[[Record], bool]) -> Record:
        """Wait until something holds for a deployment; describe it."""
        return wait(lambda: self.deployment(number), is_so)

    def finish(self, number: str) -> Record:
        """Wait until a deployment and its rollback are over; describe it."""
        found = self.until(number, lambda info: info["status"] in OVER)
        back = found.get("rollbackInfo", {}).get("rollbackDeploymentId")
        if back:
            self.until(back, lambda info: info["status"] in OVER)
        return found

    def ecs_target(self, number: str) -> Record:
        """Describe the target of a deployment."""
        targets = self.client("codedeploy").batch_get_deployment_targets(deploymentId=number, targetIds=[self.target])
        found: Record = targets["deploymentTargets"][0]["ecsTarget"]
        return found

    def describe(self) -> Record:
        """Describe the service."""
        found: Record = self.client("ecs").describe_services(cluster=CLUSTER, services=[self.name])["services"][0]
        return found

    def weights(self, rule_arn: str = "") -> dict[str, int]:
        """Say how a rule shares the traffic; without one, the rule that serves."""
        (rule,) = self.client("elbv2").describe_rules(RuleArns=[rule_arn or self.rule])["Rules"]
        shares = {
            each["TargetGroupArn"]: each["Weight"] for each in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        }
        return {color: shares[arn] for color, arn in self.groups.items() if arn in shares}

    def healthy(self, color: str) -> int:
        """Count the healthy targets of a side."""
        found = self.client("elbv2").describe_target_health(TargetGroupArn=self.groups[color])
        return sum(each["TargetHealth"]["State"] == "healthy" for each in found["TargetHealthDescriptions"])


def wait(look: Callable[[], Record], is_so: Callable[[Record], bool]) -> Record:
    """Look until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def register(client: Client, family: str, image: str) -> str:
    """Register a revision of one container; answer its ARN."""
    container = {"name": "web", "image": image, "memory": 128, "portMappings": [{"containerPort": 80}]}
    made = client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def make(
    client: Client,
    name: str,
    *,
    config: str = "CodeDeployDefault.ECSAllAtOnce",
    timing: Record | None = None,
    test_port: int | None = None,
    **group: object,
) -> Service:
    """Make a service of two tasks with its deployment group."""
    arns = {color: _target_group(client, f"{name}-{color}") for color in ("blue", "green")}
    balancer = _balancer(client, name)
    listener, rule = _rule(client, balancer, 80, arns["blue"])
    test_listener, test_rule = ("", "") if test_port is None else _rule(client, balancer, test_port, arns["blue"])
    _service(client, name, arns["blue"])
    pair: Record = {
        "targetGroups": [{"name": f"{name}-blue"}, {"name": f"{name}-green"}],
        "prodTrafficRoute": {"listenerArns": [listener]},
    }
    if test_listener:
        pair["testTrafficRoute"] = {"listenerArns": [test_listener]}
    client("codedeploy").create_application(applicationName=name, computePlatform="ECS")
    client("codedeploy").create_deployment_group(
        applicationName=name,
        deploymentGroupName=name,
        deploymentConfigName=config,
        serviceRoleArn="arn:aws:iam::956880242582:role/r",
        ecsServices=[{"clusterName": CLUSTER, "serviceName": name}],
        loadBalancerInfo={"targetGroupPairInfoList": [pair]},
        blueGreenDeploymentConfiguration={} if timing is None else timing,
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
        **group,
    )
    return Service(client, name, rule, test_rule, arns)


def _target_group(client: Client, name: str) -> str:
    made = client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, TargetType="ip")
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _service(client: Client, name: str, target_group: str) -> None:
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    client("ecs").create_cluster(clusterName=CLUSTER)
    client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=register(client, name, "first"),
        desiredCount=2,
        launchType="FARGATE",
        deploymentController={"type": "CODE_DEPLOY"},
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        loadBalancers=[{"targetGroupArn": target_group, "containerName": "web", "containerPort": 80}],
    )


def _balancer(client: Client, name: str) -> str:
    subnets = [subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"]]
    made = client("elbv2").create_load_balancer(Name=name, Subnets=subnets)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _rule(client: Client, balancer: str, port: int, target_group: str) -> tuple[str, str]:
    """Make a listener with one rule; answer both."""
    elb = client("elbv2")
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Port=port,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )["Rules"][0]["RuleArn"]
    return str(listener), str(rule)
