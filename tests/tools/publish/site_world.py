"""An emulated site: bucket, distribution and manifest, a folder to publish, and who is told."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from tests.tools.release.doubles import Calls, FakeClock
from tools.publish import journal as journals
from tools.publish.bucket import STAGING
from tools.publish.context import Context
from tools.publish.files import read_site
from tools.publish.journal import Journal
from tools.publish.run import Publication
from tools.publish.stop import Stop
from tools.publish.target import Target, open_target
from tools.release.interrupt import Signals
from tools.release.outcome import Outcome

ACCOUNT = "956880242582"
REGION = "us-east-1"
BUCKET = "edgemind-site-956880242582"
OLD = {"index.html": "old page", "app.js": "old app", "styles.css": "old styles", "chunk.3f2a91bc.js": "old chunk"}
NEW = {"index.html": "new page", "app.js": "new app", "styles.css": "new styles", "chunk.4f2a91bd.js": "new chunk"}
WRITES = {"PutObject", "CopyObject", "DeleteObject", "PutParameter", "DeleteParameter", "CreateInvalidation"}


@dataclass
class ToldDisplay:
    """What the operator was told."""

    phases: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    """How many bytes were told of in each phase."""

    def __enter__(self) -> "ToldDisplay":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def phase(self, text: str, *, files: int = 0, size: int = 0) -> None:  # noqa: ARG002 as its like
        """Something begins."""
        self.phases.append(text)
        self.sizes[text] = 0

    def advance(self, *, files: int = 0, size: int = 0) -> None:  # noqa: ARG002 as its like
        """Something goes on."""
        self.sizes[self.phases[-1]] += size

    def detail(self, text: str) -> None:
        """What is waited for."""
        self.details.append(text)

    def line(self, text: str) -> None:
        """A line."""
        self.lines.append(text)


@dataclass
class Scene:
    """A site and what happens to it."""

    calls: Calls
    folder: Path
    target: Target
    display: ToldDisplay = field(default_factory=ToldDisplay)
    signals: Signals = field(default_factory=Signals)
    clock: FakeClock = field(default_factory=FakeClock)

    def build(self, files: dict[str, str]) -> None:
        """Let a build write these files, and no other."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def context(self) -> Context:
        """What the steps get."""
        stop = Stop(signals=self.signals)
        return Context(target=self.target, display=self.display, stop=stop, clock=self.clock.clock)

    def take(self, *, resume: bool = False) -> Journal:
        """Take the lock."""
        return journals.take(self.target.ssm, self.target.manifest, resume=resume)

    def publish(self, files: dict[str, str] | None = None, *, resume: bool = False, url: bool = False) -> Outcome:
        """Publish, these files when some are given."""
        if files is not None:
            self.build(files)
        self.calls.made.clear()
        return Publication(self.context(), read_site(self.folder), self.take(resume=resume), url=url).run()

    def live(self) -> dict[str, str]:
        """What is served, without what lies aside."""
        return {key: text for key, text in self.objects().items() if not key.startswith(STAGING)}

    def objects(self) -> dict[str, str]:
        """All objects."""
        s3 = self.target.s3
        listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        keys = [one["Key"] for one in listed]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}

    def head(self, key: str) -> Any:  # noqa: ANN401 what S3 answers
        """How an object is served."""
        return self.target.s3.head_object(Bucket=BUCKET, Key=key)

    def locked(self) -> bool:
        """Whether the lock is held, or left with something to do."""
        names = self.target.ssm.describe_parameters()["Parameters"]
        return journals.parameter_name("edgemind") in [one["Name"] for one in names]

    def invalidated(self) -> list[list[str]]:
        """The paths of each invalidation since the last publication began."""
        return [call["InvalidationBatch"]["Paths"]["Items"] for call in self.calls.of("CreateInvalidation")]

    def writes(self) -> list[str]:
        """The writing calls to S3 and CloudFront, in order: operation and key."""
        return [
            f"{name} {parameters.get('Key', '')}".strip()
            for name, parameters in self.calls.made
            if name in WRITES and "Parameter" not in name
        ]


def make_scene(calls: Calls, folder: Path, **changes: object) -> Scene:
    """Make an empty site, and publish its manifest as the stack does."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    document = manifest_document(_distribution()) | changes
    ssm = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name="/edgemind/publish/site", Value=json.dumps(document), Type="String")
    folder.mkdir(exist_ok=True)
    return Scene(calls, folder, open_target("edgemind"))


def manifest_document(distribution: str) -> dict[str, object]:
    """What the stack publishes."""
    return {
        "schema": 1,
        "stack": "edgemind",
        "account_id": ACCOUNT,
        "region": REGION,
        "bucket": BUCKET,
        "distribution_id": distribution,
        "url": "https://trust.demo.paythru.com",
        "keep_replaced_days": 7,
    }


def _distribution() -> str:
    client: Any = boto3.client("cloudfront")  # type: ignore[call-overload,unused-ignore] # boto3-stubs without its types
    origin = {
        "Id": "site",
        "DomainName": f"{BUCKET}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    configuration = {
        "CallerReference": "site",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https"},
        "Comment": "",
        "Enabled": True,
    }
    return str(client.create_distribution(DistributionConfig=configuration)["Distribution"]["Id"])
