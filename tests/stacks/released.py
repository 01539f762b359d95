"""A real release on local AWS: what its operator does before, the command itself, and what serves afterwards."""

import hashlib
import json
import subprocess
import sys
from typing import Any

import boto3

from tools.project import ROOT

Manifest = dict[str, Any]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
SECONDS = 180


def manifests_of(outputs: dict[str, Any]) -> list[Manifest]:
    """Read the release manifests among a stack's outputs, in the order of their names."""
    return [json.loads(value) for name, value in sorted(outputs.items()) if name.endswith("_release_manifest")]


def prepare(manifest: Manifest, commit: str = COMMIT) -> None:
    """Push a made-up image for the service's CPU, tagged with the commit, and give its secrets values."""
    where = manifest["compose"] if manifest["ecs"] is None else manifest["ecs"]
    architecture = {"ARM64": "arm64", "X86_64": "amd64"}[where["cpu_architecture"]]
    _push(manifest["image"]["repository"], architecture, manifest["region"], commit)
    secrets = boto3.Session().client("secretsmanager", region_name=manifest["region"])
    for secret in manifest["secrets"]:
        values = json.loads(secrets.get_secret_value(SecretId=secret["arn"])["SecretString"])
        values |= {key: "not-a-secret" for key in secret["keys"] if not values.get(key)}
        secrets.put_secret_value(SecretId=secret["arn"], SecretString=json.dumps(values))


def release(stack: str, commit: str = COMMIT) -> subprocess.CompletedProcess[str]:
    """Release that commit of all services. Their health URLs belong to nobody here."""
    command = [sys.executable, "-m", "tools", "release", stack, "--image-tag", f"sha-{commit}", "--no-url-check"]
    return subprocess.run(  # noqa: S603 the command under test
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def what_serves(manifest: Manifest) -> dict[str, Any]:
    """Say which revision and image of a service runs, behind which side, and where the traffic of its rules goes."""
    ecs = boto3.Session().client("ecs", region_name=manifest["region"])
    where = manifest["ecs"]
    (service,) = ecs.describe_services(cluster=where["cluster"], services=[where["service"]])["services"]
    (task_set,) = [one for one in service["taskSets"] if one["status"] == "PRIMARY"]
    colors = {group["arn"]: color for color, group in manifest["routes"]["target_groups"].items()}
    definition = ecs.describe_task_definition(taskDefinition=task_set["taskDefinition"])["taskDefinition"]
    elb = boto3.Session().client("elbv2", region_name=manifest["region"])
    rules = elb.describe_rules(RuleArns=manifest["routes"]["rules"])["Rules"]
    shares = [group for rule in rules for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    return {
        "revision": task_set["taskDefinition"].rpartition("/")[2],
        "image": definition["containerDefinitions"][0]["image"].rpartition("/")[2],
        "side": colors[task_set["loadBalancers"][0]["targetGroupArn"]],
        "traffic": {colors[share["TargetGroupArn"]] for share in shares if share["Weight"] > 0},
    }


def image_of(manifest: Manifest, commit: str = COMMIT) -> tuple[str, list[str]]:
    """Say which image of a service has the commit's tag, by digest, and all of its tags."""
    ecr = boto3.Session().client("ecr", region_name=manifest["region"])
    name = manifest["image"]["repository"]
    (image,) = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": f"sha-{commit}"}])["imageDetails"]
    return f"{name}@{image['imageDigest']}", sorted(image["imageTags"])


def _push(repository: str, architecture: str, region: str, commit: str) -> None:
    """Push an image of one platform by the calls that Docker's credential helper is not needed for."""
    ecr = boto3.Session().client("ecr", region_name=region)
    config = json.dumps(
        {"architecture": architecture, "os": "linux", "config": {"Labels": {"of": repository, "commit": commit}}}
    ).encode()
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=0,
        partLastByte=len(config) - 1,
        layerPartBlob=config,
    )
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    described = {"digest": digest, "size": len(config)}
    manifest = {"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": described, "layers": []}
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=f"sha-{commit}")
