"""ISMS's stacks as Terraform JSON: what the tests of them have in common."""

import json
from typing import Any

from envs import production as production_file
from envs import staging as staging_file
from modules.github.roles import GitHubRolesSettings
from modules.github.subject import GitHubRepositorySettings
from stacks.isms import IsmsStack
from stacks.isms_settings import IsmsSettings
from tests.support import Block, Synthesized, synth_stack

FILES = {"staging": staging_file.SETTINGS, "production": production_file.SETTINGS}

GITHUB = GitHubRolesSettings(
    repository=GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),
    push_environment="staging",
    release_environment="staging",
    migrate_environment="staging",
    plan_environment="staging-plan",
)


def build(name: str = "staging", context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """A stack with some settings changed."""
    settings = IsmsSettings(**dict(FILES[name]) | changes)
    return synth_stack(lambda app: IsmsStack(app, name, settings=settings), context)


def name_of(stack: Synthesized) -> str:
    """The environment's name."""
    key: str = stack.document["terraform"]["backend"]["s3"]["key"]
    return key.split("/")[0]


def by_name(stack: Synthesized, type_: str) -> dict[str, Block]:
    """The resources of a type, by their physical name."""
    return {block["name"]: block for block in stack.resources(type_).values()}


def of_service(stack: Synthesized, type_: str, service: str) -> dict[str, Block]:
    """The resources of a type that belong to a service, by id."""
    return {id_: block for id_, block in stack.resources(type_).items() if id_.startswith(f"{service}_")}


def ref(stack: Synthesized, type_: str, attribute: str, part: str = "") -> str:
    """The reference to an attribute of the one resource of a type, or of the one whose id begins with this part."""
    (id_,) = [id_ for id_ in stack.resources(type_) if id_.startswith(part)]
    return f"${{{type_}.{id_}.{attribute}}}"


def statements(stack: Synthesized, start: str) -> list[Block]:
    """The statements of the policy document whose id begins like this; none when there is none."""
    documents = stack.document["data"]["aws_iam_policy_document"]
    return [one for id_, block in documents.items() if id_.startswith(start) for one in block["statement"]]


def containers(stack: Synthesized) -> dict[str, Block]:
    """The containers of all tasks, by name."""
    definitions = stack.resources("aws_ecs_task_definition").values()
    every = [one for block in definitions for one in json.loads(block["container_definitions"])]
    return {container["name"]: container for container in every}


def environment_of(container: Block) -> dict[str, str]:
    """The environment variables of a container."""
    return {variable["name"]: variable["value"] for variable in container["environment"]}


def manifest(stack: Synthesized, service: str) -> Block:
    """The release manifest of a service, in which references stand for values."""
    (block,) = [one for i, one in of_service(stack, "aws_ssm_parameter", service).items() if "manifest" in i]
    return dict(json.loads(block["insecure_value"]))
