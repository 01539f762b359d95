"""
Whether a stack's IAM policies ask for more than AWS forces them to.

What AWS forces is known offline: policy_sentry's copy of docs.aws.amazon.com/service-authorization says which actions
have a resource type. `excesses` takes any synthesized stack.
"""

from collections.abc import Iterator
from typing import Any

from policy_sentry.querying.actions import get_action_data

from tests.support import Block, Synthesized

EXCEPTIONS = {
    "ecs:ListTasks": "its only resource type are container instances, which Fargate has none of: the developer guide,"
    " 'Listing and describing tasks', and awsdocs/amazon-ecs-developer-guide#211 narrow it by ecs:cluster",
}
"""Actions that may have `*` although AWS names a resource type, and the source that says why."""


def excesses(stack: Synthesized) -> list[str]:
    """List what the policies of a stack allow beyond need: a line each, with the document's id."""
    documents: dict[str, Block] = stack.document.get("data", {}).get("aws_iam_policy_document", {})
    return [
        f"{id_}: {found}"
        for id_, document in sorted(documents.items())
        for statement in document["statement"]
        if statement["effect"] == "Allow"
        for found in _of_statement(statement)
    ]


def has_resource_type(action: str) -> bool:
    """
    Say whether AWS lets an action be narrowed to resources of any type.

    :raises KeyError: AWS does not know the action
    """
    service, _, name = action.partition(":")
    data = get_action_data(service, name)
    if not data:
        raise KeyError(action)
    rows: list[dict[str, Any]] = data[service]
    return any(row["resource_arn_format"] != "*" for row in rows)


def _of_statement(statement: Block) -> Iterator[str]:
    if "not_actions" in statement or "not_resources" in statement:
        yield "allows all but what it names"
    actions: list[str] = statement.get("actions", [])
    yield from (f"{action} is a pattern" for action in actions if "*" in action)
    exact = [action for action in actions if "*" not in action]
    unknown = [action for action in exact if not _is_known(action)]
    yield from (f"{action} is no action of AWS" for action in unknown)
    # In a policy that is attached to a resource, which names principals, `*` is that resource.
    if "*" in statement.get("resources", []) and "principals" not in statement:
        for action in exact:
            if action not in unknown and has_resource_type(action) and action not in EXCEPTIONS:
                yield f"{action} on * could be narrowed"
    if "iam:PassRole" in actions:
        yield from _of_pass_role(statement)


def _is_known(action: str) -> bool:
    try:
        has_resource_type(action)
    except KeyError:
        return False
    return True


def _of_pass_role(statement: Block) -> Iterator[str]:
    yield from (f"iam:PassRole on {arn} is not one role" for arn in statement["resources"] if "*" in arn)
    conditions = {(one["test"], one["variable"]): one["values"] for one in statement.get("condition", [])}
    services = conditions.get(("StringEquals", "iam:PassedToService"), [])
    if not services or any("*" in service for service in services):
        yield "iam:PassRole does not say to which service"
