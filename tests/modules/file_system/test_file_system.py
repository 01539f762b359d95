"""A file system as Terraform JSON, the doors into it, and what the settings refuse."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.file_system.file_system import AccessPointSettings, FileSystem, FileSystemSettings
from modules.iam import Role, trust_service
from modules.network.placement import Placement
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

MEDIA = AccessPointSettings(path="/media", user_id=1000, group_id=1001)


def build(*, disposable: bool = False, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """A file system with two doors, one of which a backend may use, and a reporter may read through."""

    def declare(scope: Construct) -> None:
        files = FileSystem(
            scope,
            "files",
            name="habits",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"]),
            disposable=disposable,
            settings=FileSystemSettings(**settings),
        )
        media = files.add_access_point("media", MEDIA)
        files.add_access_point("other", AccessPointSettings(path="/o/p", user_id=1, group_id=1, permissions="700"))
        files.allow_from("backend", "sg-backend")
        trust = trust_service("ecs-tasks.amazonaws.com", account_id="956880242582")
        for name, read_only in (("writer", False), ("reader", True)):
            permissions = files.mount_permissions(media, read_only=read_only)
            Role(scope, name, name=name, trust=trust, permissions=permissions)
        TerraformOutput(scope, "ids", value=[files.id, media.id])
        TerraformOutput(scope, "ready", value=[one.fqn for one in files.ready])

    return synth_scope(declare)


@pytest.fixture(scope="module")
def files() -> Synthesized:
    """A protected file system."""
    return build()


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """A disposable file system, all of whose settings are others."""
    return build(disposable=True, throughput="bursting", infrequent_after_days=None, back_on_access=True, backups=False)


class TestFileSystem:
    """The file system itself."""

    def test_encrypted(self, files: Synthesized) -> None:
        """What is stored is encrypted, with AWS's own key."""
        found = files.resource("aws_efs_file_system")

        assert (True, False) == (found["encrypted"], "kms_key_id" in found)

    @pytest.mark.parametrize(("built", "throughput"), [("files", "elastic"), ("other", "bursting")])
    def test_throughput(self, request: pytest.FixtureRequest, built: str, throughput: str) -> None:
        """How fast it is is a setting."""
        assert throughput == request.getfixturevalue(built).resource("aws_efs_file_system")["throughput_mode"]

    @pytest.mark.parametrize(("built", "status"), [("files", "ENABLED"), ("other", "DISABLED")])
    def test_backups(self, request: pytest.FixtureRequest, built: str, status: str) -> None:
        """Whether AWS Backup keeps copies is a setting, and said in both cases."""
        stack = request.getfixturevalue(built)
        (id_,) = stack.resources("aws_efs_file_system")

        assert {"file_system_id": f"${{aws_efs_file_system.{id_}.id}}", "backup_policy": {"status": status}} == (
            stack.resource("aws_efs_backup_policy")
        )

    def test_protected(self, files: Synthesized, other: Synthesized) -> None:
        """A plan that would destroy it fails, unless it is disposable."""
        assert {"prevent_destroy": True} == files.resource("aws_efs_file_system")["lifecycle"]
        assert "lifecycle" not in other.resource("aws_efs_file_system")

    def test_a_target_in_each_subnet(self, files: Synthesized) -> None:
        """Every zone has its own way in, with the group of the file system."""
        (group,) = files.resources("aws_security_group")
        targets = files.resources("aws_efs_mount_target")

        assert ["subnet-1", "subnet-2"] == [one["subnet_id"] for one in targets.values()]
        assert {f"${{aws_security_group.{group}.id}}"} == {
            id_ for one in targets.values() for id_ in one["security_groups"]
        }

    def test_ready(self, files: Synthesized) -> None:
        """A task waits for every mount target, and for the policy that lets nobody past."""
        expected = [f"${{aws_efs_mount_target.{id_}}}" for id_ in files.resources("aws_efs_mount_target")]
        (policy,) = files.resources("aws_efs_file_system_policy")

        assert [*expected, f"${{aws_efs_file_system_policy.{policy}}}"] == files.output("ready")

    def test_group_has_no_rules(self, files: Synthesized) -> None:
        """The group opens nothing by itself."""
        assert not {"ingress", "egress"} & files.resource("aws_security_group").keys()

    @pytest.mark.parametrize(
        ("type_", "own", "other_side"),
        [
            ("aws_vpc_security_group_ingress_rule", "security_group_id", "referenced_security_group_id"),
            ("aws_vpc_security_group_egress_rule", "referenced_security_group_id", "security_group_id"),
        ],
    )
    def test_both_sides(self, files: Synthesized, type_: str, own: str, other_side: str) -> None:
        """NFS's port is open between the two groups, on both sides, and to nobody else."""
        (group,) = files.resources("aws_security_group")
        rule = files.resource(type_)

        assert (2049, 2049, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])
        assert (f"${{aws_security_group.{group}.id}}", "sg-backend") == (rule[own], rule[other_side])


@pytest.mark.parametrize(
    ("settings", "policies"),
    [
        ({}, [{"transition_to_ia": "AFTER_30_DAYS"}, {"transition_to_primary_storage_class": "AFTER_1_ACCESS"}]),
        ({"infrequent_after_days": 1, "back_on_access": False}, [{"transition_to_ia": "AFTER_1_DAY"}]),
        (
            {"archive_after_days": 90, "back_on_access": False},
            [{"transition_to_ia": "AFTER_30_DAYS"}, {"transition_to_archive": "AFTER_90_DAYS"}],
        ),
        ({"infrequent_after_days": None}, []),
    ],
)
def test_lifecycle(settings: dict[str, Any], policies: list[Block]) -> None:
    """What moves where is a policy each; without a way out there is no way back."""
    found = build(**settings).resource("aws_efs_file_system")

    assert policies == found.get("lifecycle_policy", [])


class TestPolicy:
    """What the file system refuses, whoever asks."""

    @pytest.fixture
    def statements(self, files: Synthesized) -> dict[str, Block]:
        """The statements of its policy, by their names."""
        (id_,) = [one for one in files.document["data"]["aws_iam_policy_document"] if "access" in one]
        return {one["sid"]: one for one in files.statements(id_)}

    def test_refuses_only(self, statements: dict[str, Block]) -> None:
        """Whom it lets in say their own permissions."""
        assert {"Deny"} == {one["effect"] for one in statements.values()}
        assert [["*"]] * 3 == [one["principals"][0]["identifiers"] for one in statements.values()]

    @pytest.mark.parametrize(
        ("sid", "condition"),
        [
            ("DenyInsecureTransport", {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}),
            (
                "DenyPastAccessPoints",
                {"test": "Null", "variable": "elasticfilesystem:AccessPointArn", "values": ["true"]},
            ),
        ],
    )
    def test_conditions(self, statements: dict[str, Block], sid: str, condition: Block) -> None:
        """Nobody mounts, writes or is root without TLS, or past the access points."""
        assert [condition] == statements[sid]["condition"]
        assert {
            "elasticfilesystem:ClientMount",
            "elasticfilesystem:ClientWrite",
            "elasticfilesystem:ClientRootAccess",
        } == set(statements[sid]["actions"])

    def test_no_root(self, statements: dict[str, Block]) -> None:
        """Nobody is root at all."""
        assert ["elasticfilesystem:ClientRootAccess"] == statements["DenyRoot"]["actions"]
        assert [] == statements["DenyRoot"].get("condition", [])

    def test_is_its_own(self, files: Synthesized, statements: dict[str, Block]) -> None:
        """It is about this file system, and has an id, or EFS would give it one."""
        (id_,) = files.resources("aws_efs_file_system")
        (document,) = [one for one in files.document["data"]["aws_iam_policy_document"].values() if "policy_id" in one]

        assert {f"${{aws_efs_file_system.{id_}.arn}}"} == {
            arn for one in statements.values() for arn in one["resources"]
        }
        assert "access" == document["policy_id"]


class TestAccessPoints:
    """The doors into it, and who may use them."""

    @pytest.mark.parametrize(
        ("id_", "path", "user", "group", "permissions"),
        [("media", "/media", 1000, 1001, "750"), ("other", "/o/p", 1, 1, "700")],
    )
    def test_door(self, files: Synthesized, id_: str, path: str, user: int, group: int, permissions: str) -> None:
        """Each has its folder and its user, who owns the folder."""
        (found,) = [one for key, one in files.resources("aws_efs_access_point").items() if f"_{id_}_" in key]

        assert {"uid": user, "gid": group} == found["posix_user"]
        assert {
            "path": path,
            "creation_info": {"owner_uid": user, "owner_gid": group, "permissions": permissions},
        } == found["root_directory"]
        assert {"Name": f"habits-{id_}"} == found["tags"]

    @pytest.mark.parametrize(
        ("role", "actions"),
        [
            ("writer", ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]),
            ("reader", ["elasticfilesystem:ClientMount"]),
        ],
    )
    def test_permissions(self, files: Synthesized, role: str, actions: list[str]) -> None:
        """A role may mount this file system through this door, and no other."""
        (id_,) = [one for one in files.document["data"]["aws_iam_policy_document"] if one.startswith(f"{role}_perm")]
        (statement,) = files.statements(id_)
        (system,) = files.resources("aws_efs_file_system")
        (door,) = [one for one in files.resources("aws_efs_access_point") if "media" in one]

        assert (actions, [f"${{aws_efs_file_system.{system}.arn}}"]) == (statement["actions"], statement["resources"])
        assert [
            {
                "test": "StringEquals",
                "variable": "elasticfilesystem:AccessPointArn",
                "values": [f"${{aws_efs_access_point.{door}.arn}}"],
            }
        ] == statement["condition"]

    def test_no_needless_wildcard(self, files: Synthesized) -> None:
        """No statement is wider than AWS forces it to be."""
        assert [] == excesses(files)

    def test_what_a_volume_needs(self, files: Synthesized) -> None:
        """A task's volume names the file system and the door."""
        (system,) = files.resources("aws_efs_file_system")
        (door,) = [one for one in files.resources("aws_efs_access_point") if "media" in one]

        assert [f"${{aws_efs_file_system.{system}.id}}", f"${{aws_efs_access_point.{door}.id}}"] == files.output("ids")


def test_stateful_addresses(files: Synthesized) -> None:
    """A changed address replaces the file system, and with it what it holds."""
    assert ["files_file_system_6D9E0F64"] == list(files.resources("aws_efs_file_system"))
