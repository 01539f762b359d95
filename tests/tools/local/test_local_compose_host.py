"""The hosts that local AWS plays: what they run when they start and when they are told to."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.local import compose_hosts
from tests.tools.local.compose_hosts import CHROMADB, IMAGE, REPOSITORY, instance_ids, until

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

SERVICES: dict[str, Any] = compose_hosts.FILE["services"]
MISSING = f"956880242582.dkr.ecr.us-east-1.amazonaws.com/aldeia/chromadb@sha256:{'c' * 64}"
ABSENT = {"image": "", "state": "absent", "health": "none", "started": ""}


def volume(client: Client, zone: str = "us-east-1a") -> str:
    """Make a data volume; answer its id."""
    return str(client("ec2").create_volume(AvailabilityZone=zone, Size=1, VolumeType="gp3")["VolumeId"])


def holders(client: Client, volume_id: str) -> list[str]:
    """List the instances that a volume is attached to."""
    (found,) = client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"]
    return [each["InstanceId"] for each in found["Attachments"]]


def zone_of(client: Client, group: str) -> str:
    """Find the zone of a group's only instance."""
    (instance,) = compose_hosts.described(client, group)["Instances"]
    return str(instance["AvailabilityZone"])


def test_first_boot_starts_what_has_an_image(client: Client) -> None:
    """A new host runs the fixed image, and what the parameter names."""
    hosts = compose_hosts.make(client, "boot", image=IMAGE)

    assert [IMAGE, CHROMADB] == [hosts.look(service)["image"] for service in ("backend", "chromadb")]


def test_first_boot_before_a_release(client: Client) -> None:
    """A service that was never released has no container."""
    hosts = compose_hosts.make(client, "unreleased")

    assert ABSENT == hosts.look()


def test_look_is_one_line_of_json(client: Client) -> None:
    """A container is told with its image, its state, its health and its start."""
    hosts = compose_hosts.make(client, "look", image=IMAGE)
    status, output, _ = hosts.outcome(hosts.send("look"))
    looked = json.loads(output)
    started = looked.pop("started")

    assert ("Success", 1, {"image": IMAGE, "state": "running", "health": "healthy"}, "Z") == (
        status,
        output.count("\n"),
        looked,
        started[-1],
    )


def test_look_without_a_check(client: Client) -> None:
    """A container without a check has no health."""
    hosts = compose_hosts.make(client, "unchecked")

    assert "none" == hosts.look("chromadb")["health"]


def test_up_takes_the_parameter_of_that_moment(client: Client) -> None:
    """A host runs another image when it is told to start it, and not before."""
    hosts = compose_hosts.make(client, "up", image=IMAGE)
    other = IMAGE.replace("a" * 64, "b" * 64)
    hosts.release(other)
    before = hosts.look()["image"]
    hosts.send("up")

    assert (IMAGE, other) == (before, hosts.look()["image"])


def test_up_again_restarts_nothing(client: Client) -> None:
    """A container whose image did not change runs on."""
    hosts = compose_hosts.make(client, "again", image=IMAGE)
    before = hosts.look()
    hosts.send("up")

    assert before == hosts.look()


def test_up_takes_the_compose_file_of_that_moment(client: Client) -> None:
    """A service that the Compose file describes otherwise is started anew with the same image."""
    hosts = compose_hosts.make(client, "changed", image=IMAGE)
    hosts.change(services={"backend": {"image": "$BACKEND_IMAGE"}})
    before = hosts.look()["health"]
    hosts.send("up")

    assert ("healthy", "none") == (before, hosts.look()["health"])


def test_up_before_a_release(client: Client) -> None:
    """A service without an image cannot be started."""
    hosts = compose_hosts.make(client, "never")

    assert ("Failed", "compose-host: backend has no image yet\n", "") == hosts.outcome(hosts.send("up"))


def test_up_without_a_compose_file(client: Client) -> None:
    """A host whose stack has no Compose file says so."""
    hosts = compose_hosts.make(client, "no-file")
    client("ssm").delete_parameter(Name="/no-file/compose/file")

    assert ("Failed", "compose-host: there is no parameter /no-file/compose/file\n") == hosts.outcome(hosts.send("up"))[
        ::2
    ]


@pytest.mark.parametrize("image", [f"{REPOSITORY}:latest", IMAGE.replace("backend", "network")])
def test_up_with_an_image_that_is_not_its_own(client: Client, image: str) -> None:
    """An image must be of the service's repository, by digest."""
    hosts = compose_hosts.make(client, f"own-{len(image)}")
    hosts.release(image)
    _, _, error = hosts.outcome(hosts.send("up"))

    assert f"compose-host: the image of backend must be {REPOSITORY}@sha256:<64 digits>, got {image}\n" == error


def test_up_with_an_image_that_is_missing(client: Client) -> None:
    """An image that is not in its repository cannot be started, and the container before it runs on."""
    hosts = compose_hosts.make(client, "missing", image=IMAGE)
    ecr = client("ecr")
    ecr.create_repository(repositoryName="aldeia/backend")
    ecr.put_image(repositoryName="aldeia/backend", imageManifest="{}", imageTag="v1")
    hosts.release(IMAGE.replace("a" * 64, "c" * 64))
    status, _, error = hosts.outcome(hosts.send("up"))
    looked = hosts.look()["image"]
    ecr.delete_repository(repositoryName="aldeia/backend", force=True)

    assert ("Failed", True, IMAGE) == (status, "not found" in error, looked)


def test_up_takes_the_fixed_image_too(client: Client) -> None:
    """A service that no release touches follows its file when another one is released."""
    hosts = compose_hosts.make(client, "fixed", image=IMAGE)
    hosts.change(services=SERVICES | {"chromadb": {"image": "chromadb/chroma:2"}})
    hosts.send("up")

    assert "chromadb/chroma:2" == hosts.look("chromadb")["image"]


def test_up_without_a_fixed_image(client: Client) -> None:
    """A fixed image that is gone keeps nothing else from starting, and the command fails for it."""
    hosts = compose_hosts.make(client, "fixed-gone", image=IMAGE)
    hosts.change(services=SERVICES | {"chromadb": {"image": MISSING}})
    other = IMAGE.replace("a" * 64, "b" * 64)
    hosts.release(other)
    ecr = client("ecr")
    ecr.create_repository(repositoryName="aldeia/chromadb")
    ecr.put_image(repositoryName="aldeia/chromadb", imageManifest="{}", imageTag="v1")
    status, _, error = hosts.outcome(hosts.send("up"))
    ecr.delete_repository(repositoryName="aldeia/chromadb", force=True)

    assert ("Failed", True) == (status, error.endswith("not found\ncompose-host: chromadb is left as it is\n"))
    assert (other, CHROMADB) == (hosts.look()["image"], hosts.look("chromadb")["image"])


def test_first_boot_with_one_that_cannot_start(client: Client) -> None:
    """A new host starts the others."""
    hosts = compose_hosts.make(client, "boot-partly", image=f"{REPOSITORY}:latest")

    assert (ABSENT, CHROMADB) == (hosts.look(), hosts.look("chromadb")["image"])


def test_migrate_says_what_would_run(client: Client) -> None:
    """The words of the Compose file are told, and nothing is executed."""
    hosts = compose_hosts.make(client, "migrate")

    assert ("Success", "local AWS would run: npx prisma migrate deploy\n", "") == hosts.outcome(
        hosts.send("migrate", image=IMAGE)
    )


def test_migrate_ends_as_its_words_say(client: Client) -> None:
    """A command with `exit 3` in it fails with 3."""
    hosts = compose_hosts.make(client, "exit")
    facts = compose_hosts.FILE["x-compose-host"] | {"migrations": {"backend": ["sh", "-c", "exit 3"]}}
    hosts.change(**{"x-compose-host": facts})
    (invocation,) = hosts.invocations(hosts.send("migrate", image=IMAGE))

    assert ("Failed", 3) == (invocation["Status"], invocation["CommandPlugins"][0]["ResponseCode"])


def test_migrate_without_words(client: Client) -> None:
    """A service whose file has no command is not migrated."""
    hosts = compose_hosts.make(client, "no-words")

    assert ("Failed", "", "compose-host: chromadb has no migration command\n") == hosts.outcome(
        hosts.send("migrate", "chromadb", image=IMAGE)
    )


def test_migrate_with_an_image_that_is_not_its_own(client: Client) -> None:
    """A migration runs in an image of the service's repository, and in no other."""
    hosts = compose_hosts.make(client, "migrate-own")
    _, _, error = hosts.outcome(hosts.send("migrate", image=IMAGE.replace("backend", "network")))

    assert error.startswith(f"compose-host: the image of backend must be {REPOSITORY}@sha256:<64 digits>")


def test_another_document_fails(client: Client) -> None:
    """A document that no host understands fails on the host."""
    hosts = compose_hosts.make(client, "other")
    content = json.dumps(compose_hosts.DOCUMENT)
    client("ssm").create_document(Name="other-document", Content=content, DocumentType="Command")
    sent = client("ssm").send_command(
        DocumentName="other-document",
        InstanceIds=instance_ids(client, "other"),
        Parameters={"Action": ["look"], "Service": ["backend"]},
    )
    status, output, error = hosts.outcome(hosts.end(sent["Command"]["CommandId"]))

    assert ("Failed", "", "local AWS plays documents named <stack>-compose-host, not other-document\n") == (
        status,
        output,
        error,
    )


def test_new_hosts_start_what_was_released(client: Client) -> None:
    """A host that takes another's place runs the last release."""
    hosts = compose_hosts.make(client, "replaced")
    hosts.release(IMAGE)
    before = instance_ids(client, "replaced")
    client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=before[0], ShouldDecrementDesiredCapacity=False
    )

    assert (True, IMAGE) == (before != instance_ids(client, "replaced"), hosts.look()["image"])


def test_data_volume_moves_to_the_next_host(client: Client) -> None:
    """The host attaches the volume that its first commands name, and so does its successor."""
    compose_hosts.make(client, "find-zone")
    volume_id = volume(client, zone_of(client, "find-zone"))
    compose_hosts.make(client, "volume", DATA_VOLUME=volume_id)
    before = holders(client, volume_id), instance_ids(client, "volume")
    scaling = client("autoscaling")
    preferences = {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 100}
    scaling.start_instance_refresh(AutoScalingGroupName="volume", Preferences=preferences)
    until(
        lambda: scaling.describe_instance_refreshes(AutoScalingGroupName="volume")["InstanceRefreshes"][0]["Status"],
        lambda status: bool(status == "Successful"),
    )
    after = holders(client, volume_id), instance_ids(client, "volume")

    assert (before[0], after[0], False) == (before[1], after[1], before == after)


def test_data_volume_of_another_zone(client: Client) -> None:
    """A host that cannot get its volume starts nothing."""
    compose_hosts.make(client, "right-zone")
    elsewhere = "us-east-1b" if zone_of(client, "right-zone") == "us-east-1a" else "us-east-1a"
    hosts = compose_hosts.make(client, "wrong-zone", image=IMAGE, DATA_VOLUME=volume(client, elsewhere))

    assert ABSENT == hosts.look()


def test_first_boot_goes_on_until_it_succeeds(client: Client) -> None:
    """A host whose volume another instance has starts its services when it gets it."""
    compose_hosts.make(client, "holder")
    volume_id = volume(client, zone_of(client, "holder"))
    (holder,) = instance_ids(client, "holder")
    client("ec2").attach_volume(VolumeId=volume_id, InstanceId=holder, Device="/dev/sdf")
    hosts = compose_hosts.make(client, "waiting", image=IMAGE, DATA_VOLUME=volume_id)
    before = hosts.look()
    client("ec2").detach_volume(VolumeId=volume_id)

    assert (ABSENT, IMAGE, instance_ids(client, "waiting")) == (
        before,
        hosts.look()["image"],
        holders(client, volume_id),
    )
