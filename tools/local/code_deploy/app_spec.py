"""
The AppSpec of an ECS deployment: which task definition, behind which container's port, and what else is replaced.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

import hashlib
from typing import Any

import yaml

Record = dict[str, Any]


class AppSpecError(ValueError):
    """The revision is none that an ECS deployment can be made of."""


def read(revision: Record) -> tuple[Record, str]:
    """
    Read a revision: the properties of its service, and the hash by which CodeDeploy knows it.

    :raises AppSpecError: it is no AppSpec of one ECS service
    """
    content = _content(revision)
    try:
        # JSON is YAML; both are allowed.
        document = yaml.safe_load(content)
        ((resource,),) = (each.values() for each in document["Resources"])
        properties: Record = resource["Properties"]
        wanted = (properties["TaskDefinition"], *(properties["LoadBalancerInfo"][key] for key in _BALANCER))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise AppSpecError(f"The AppSpec file is not valid: {error!r}") from None
    if resource.get("Type") != "AWS::ECS::Service" or not all(wanted):
        raise AppSpecError("The AppSpec file must have one resource, of type AWS::ECS::Service")
    return properties, hashlib.sha256(content.encode()).hexdigest()


def task_set_fields(properties: Record, target_group_arn: str) -> Record:
    """Say what the replacement has that the service has differently, in the words of ECS's API."""
    container, port = (properties["LoadBalancerInfo"][key] for key in _BALANCER)
    balancer = {"targetGroupArn": target_group_arn, "containerName": container, "containerPort": int(port)}
    fields = {"taskDefinition": properties["TaskDefinition"], "loadBalancers": [balancer]}
    if "PlatformVersion" in properties:
        fields["platformVersion"] = properties["PlatformVersion"]
    if "NetworkConfiguration" in properties:
        fields["networkConfiguration"] = _camel_case(properties["NetworkConfiguration"])
    # Without one the replacement has the cluster's: aws/containers-roadmap#1752.
    fields["capacityProviderStrategy"] = _camel_case(properties.get("CapacityProviderStrategy"))
    return fields


_BALANCER = ("ContainerName", "ContainerPort")


def _content(revision: Record) -> str:
    given = revision.get("appSpecContent") or revision.get("string")
    if revision.get("revisionType") not in {"AppSpecContent", "String"} or not given:
        raise AppSpecError("Local AWS reads an AppSpec from the call only: revisionType must be AppSpecContent")
    content: str = given["content"]
    if given.get("sha256", "") not in {"", hashlib.sha256(content.encode()).hexdigest()}:
        raise AppSpecError("The SHA256 of the AppSpec content is another one than that given")
    return content


def _camel_case(node: Any) -> Any:  # noqa: ANN401 whatever YAML says
    if isinstance(node, dict):
        return {key[0].lower() + key[1:]: _camel_case(value) for key, value in node.items()}
    return [_camel_case(each) for each in node] if isinstance(node, list) else node
