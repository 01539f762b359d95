"""The release manifest: one JSON document a service, which is all that the release command reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

from cdktf import Fn, Token
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct
from pydantic import Field

from modules.deployment.release import Release
from modules.settings import Settings

SCHEMA = 1
"""The version of the document: raised when a reader of the old one would misread the new one."""


class ReleaseSettings(Settings):
    """What a release does beside rolling out, and how long it waits."""

    migration_command: Annotated[list[str], Field(min_length=1)] | None = None
    """What a one-off task with the new image runs before traffic moves. None: nothing to migrate."""

    migration_timeout_s: Annotated[int, Field(ge=30, le=86400)] = 900
    healthy_timeout_s: Annotated[int, Field(ge=30, le=3600)] = 900
    """How long new tasks may take until the load balancer calls them healthy. CodeDeploy quotas: a step of a deployment
    fails after 3600 seconds."""


class ReleaseManifest(Construct):
    """The document in Systems Manager, at `/<stack>/release/<service>`."""

    def __init__(
        self, scope: Construct, id_: str, *, stack: str, service: str, release: Release, settings: ReleaseSettings
    ) -> None:
        """
        Publish the document.

        :param stack: the name of the stack, as the operator types it
        :param service: the short name of the service, as the operator types it
        """
        super().__init__(scope, id_)
        head = {"schema": SCHEMA, "stack": stack, "service": service}
        parameter = SsmParameter(
            self,
            "parameter",
            name=f"/{stack}/release/{service}",
            description=f"What a release of {service} needs to know",
            type="String",
            tier="Standard",
            # A plan shows it: there is no secret in it.
            insecure_value=_json(head | asdict(release) | settings.model_dump()),
        )
        self.parameter_name: str = parameter.name
        self.parameter_arn: str = parameter.arn
        self.json: str = parameter.insecure_value
        """The same document, for an output."""


def _json(node: object) -> str:
    """
    Write JSON in which references stay references.

    Like `json.dumps`, but for lists that are one reference, which it would write as a string. Not `Fn.jsonencode`
    throughout: it does not escape the quotes in a string.
    """
    if isinstance(node, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(value)}" for key, value in node.items()) + "}"
    if isinstance(node, Sequence) and not isinstance(node, str):
        if Token.is_unresolved(list(node)):
            return Fn.jsonencode(list(node))
        return "[" + ",".join(_json(value) for value in node) + "]"
    return json.dumps(node)
