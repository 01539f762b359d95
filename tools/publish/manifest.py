"""The publish manifest as its reader sees it: the document at `/<stack>/publish/site`, checked."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError

from tools.errors import InfraError
from tools.release.answers import usable_answers
from tools.release.manifest import Part

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SCHEMA = 1
"""The version of the document that this command reads."""


class Manifest(Part):
    """All that publishing a site needs to know."""

    schema_: Literal[1] = Field(alias="schema")
    stack: str
    account_id: str
    region: str
    """The bucket's, and the parameter's."""

    bucket: str
    distribution_id: str
    url: Annotated[str, Field(pattern="^https?://")]
    """Where visitors find the page."""

    keep_replaced_days: Annotated[int, Field(ge=0)]
    """How long files stay that a build no longer has, for pages that are still open."""


def parse(text: str, name: str) -> Manifest:
    """
    Read one document.

    :param name: of the parameter, for messages
    :raises InfraError: it is not a manifest of this schema
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InfraError(f"{name}: is no JSON ({error}): deploy the stack again") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise InfraError(f"{name}: schema must be {SCHEMA}, got {found!r}: use the infra of the commit that made it")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InfraError(f"{name}: {path}: {first['msg']}: deploy the stack again") from None


@usable_answers()
def read(ssm: "SSMClient", stack: str) -> Manifest:
    """
    Read the manifest of a stack's site.

    :raises InfraError: the stack has none, or it cannot be read
    """
    name = f"/{stack}/publish/site"
    try:
        text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        raise InfraError(f"no manifest at {name}: deploy a stack with a site first, cdktf deploy {stack}") from None
    return parse(text, name)
