"""Systems Manager's closed gaps in parameters and documents, seen through an SDK: one test a patch."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local.compose_hosts import DOCUMENT
from tools.local.refusal import CODE

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

UBUNTU = "/aws/service/canonical/ubuntu/server/{}/stable/current/{}/hvm/{}/ami-id"
OTHER = DOCUMENT | {"description": "Tells the hosts something else"}


def make(client: Client, name: str, **more: object) -> None:
    """Make a command document."""
    client("ssm").create_document(Name=name, Content=json.dumps(DOCUMENT), DocumentType="Command", **more)


def refusal(call: Callable[..., object], **arguments: object) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_get_parameter_of_ubuntu(client: Client) -> None:
    """Each of Ubuntu's parameters has an image of its own, the same each time."""
    get = client("ssm").get_parameter
    names = [UBUNTU.format("22.04", "amd64", "ebs-gp2"), UBUNTU.format("24.04", "arm64", "ebs-gp3")]
    first, second = ([get(Name=name)["Parameter"]["Value"] for name in names] for _ in range(2))

    assert (second, 2) == (first, len(set(first)))


def test_get_parameter_of_no_ubuntu(client: Client) -> None:
    """A parameter that AWS does not have is none."""
    name = UBUNTU.format("22.04", "mips", "ebs-gp2")

    assert "ParameterNotFound" == refusal(client("ssm").get_parameter, Name=name)


@pytest.mark.parametrize("value", ["{{ssm:other}}", '{"tag":"{{.ID}}"}', "{{a\nb}}"])
def test_put_parameter_that_nests(client: Client, value: str) -> None:
    """A value with two braces at both ends of something is refused, and none is written."""
    ssm = client("ssm")
    put, get = ssm.put_parameter, ssm.get_parameter

    assert ("ValidationException", "ParameterNotFound") == (
        refusal(put, Name="/nests", Value=value, Type="String"),
        refusal(get, Name="/nests"),
    )


@pytest.mark.parametrize("value", ['{"a":{"b":{}}}', "{{.ID", '{"tag":"{\\u007b.ID}}"}'])
def test_put_parameter_with_braces(client: Client, value: str) -> None:
    """Braces alone nest nothing."""
    client("ssm").put_parameter(Name="/braces", Value=value, Type="String", Overwrite=True)

    assert value == client("ssm").get_parameter(Name="/braces")["Parameter"]["Value"]


def test_create_document(client: Client) -> None:
    """A document is read back with its content, its target type and its tags."""
    tag = {"Key": "Stack", "Value": "s"}
    make(client, "create", TargetType="/AWS::EC2::Instance", Tags=[tag])
    ssm = client("ssm")
    described = ssm.describe_document(Name="create")["Document"]
    tags = ssm.list_tags_for_resource(ResourceType="Document", ResourceId="create")["TagList"]

    assert (DOCUMENT, "/AWS::EC2::Instance", [tag], [tag]) == (
        json.loads(ssm.get_document(Name="create")["Content"]),
        described["TargetType"],
        described["Tags"],
        tags,
    )


def test_describe_document_tells_parameters(client: Client) -> None:
    """The parameters of a document are told with their defaults."""
    make(client, "parameters")
    found = client("ssm").describe_document(Name="parameters")["Document"]["Parameters"]

    assert {"Action": None, "Service": None, "Image": ""} == {each["Name"]: each.get("DefaultValue") for each in found}


def test_create_document_twice(client: Client) -> None:
    """A name is taken by a document."""
    make(client, "twice")
    create = client("ssm").create_document

    assert "DocumentAlreadyExists" == refusal(create, Name="twice", Content=json.dumps(DOCUMENT))


@pytest.mark.parametrize("content", ["{", json.dumps(DOCUMENT | {"schemaVersion": "9"}), '{"schemaVersion": "2.2"}'])
def test_create_document_with_bad_content(client: Client, content: str) -> None:
    """A document that is no JSON, of another schema or without steps is refused."""
    assert "InvalidDocumentContent" == refusal(client("ssm").create_document, Name="content", Content=content)


def test_create_document_of_another_type(client: Client) -> None:
    """A document that is not played is refused as such."""
    create = client("ssm").create_document

    assert CODE == refusal(create, Name="type", Content=json.dumps(DOCUMENT), DocumentType="Automation")


def test_update_document(client: Client) -> None:
    """A new version is the default only when it is made so."""
    ssm = client("ssm")
    make(client, "update")
    ssm.update_document(Name="update", Content=json.dumps(OTHER), DocumentVersion="$LATEST")
    before = json.loads(ssm.get_document(Name="update")["Content"])
    ssm.update_document_default_version(Name="update", DocumentVersion="2")

    assert (DOCUMENT, OTHER) == (before, json.loads(ssm.get_document(Name="update")["Content"]))


def test_update_document_with_the_same(client: Client) -> None:
    """A version that says what another one says is refused."""
    make(client, "same")

    assert "DuplicateDocumentContent" == refusal(
        client("ssm").update_document, Name="same", Content=json.dumps(DOCUMENT), DocumentVersion="$LATEST"
    )


def test_update_document_of_an_old_version(client: Client) -> None:
    """Only the latest version can be updated."""
    update = client("ssm").update_document
    make(client, "old")
    update(Name="old", Content=json.dumps(OTHER), DocumentVersion="$LATEST")
    third = json.dumps(OTHER | {"description": "third"})

    assert "InvalidDocumentVersion" == refusal(update, Name="old", Content=third, DocumentVersion="1")


def test_delete_document(client: Client) -> None:
    """A document that was deleted is none."""
    make(client, "delete")
    client("ssm").delete_document(Name="delete")

    assert "InvalidDocument" == refusal(client("ssm").get_document, Name="delete")


def test_describe_document_permission(client: Client) -> None:
    """A document is shared with nobody."""
    make(client, "permission")
    found = client("ssm").describe_document_permission(Name="permission", PermissionType="Share")

    assert [] == found["AccountIds"]
