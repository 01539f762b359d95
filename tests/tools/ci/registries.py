"""Two registries in two accounts, and a docker that copies between them: what moto does not tell apart."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tools.ci.services import Service

STAGING, PRODUCTION = "956880242582", "641918319442"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def service(stack: str, name: str) -> Service:
    """One of ISMS's services."""
    account = {"staging": STAGING, "production": PRODUCTION}[stack]
    return Service(
        name=name,
        stack=stack,
        account_id=account,
        region="eu-west-2",
        repository=f"isms-{name}",
        platform="linux/arm64",
    )


@dataclass
class Registries:
    """Tags and their digests by account and repository, and the runs of docker."""

    tags: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    runs: list[list[str]] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    """The accounts whose credentials were used."""

    def put(self, stack: str, name: str, tag: str, digest: str) -> None:
        """Tag an image."""
        one = service(stack, name)
        self.tags.setdefault((one.account_id, one.repository), {})[tag] = digest

    def digest(self, stack: str, name: str, tag: str) -> str | None:
        """Look a tag up."""
        one = service(stack, name)
        return self.tags.get((one.account_id, one.repository), {}).get(tag)

    def connect(self, account_id: str, region: str) -> Any:  # noqa: ANN401, ARG002 as tools.release.aws.connect
        """Give a client of ECR."""
        self.connected.append(account_id)
        client = SimpleNamespace(
            batch_get_image=self._batch_get_image,
            get_authorization_token=lambda: {"authorizationData": [{"authorizationToken": "QVdTOnBhc3N3b3Jk"}]},
        )
        return SimpleNamespace(ecr=client)

    def docker(self, *arguments: str, stdin: str | None = None) -> None:
        """Write the run down, and copy an image by digest."""
        self.runs.append([*arguments] if stdin is None else [*arguments, f"< {stdin}"])
        if arguments[:3] == ("buildx", "imagetools", "create"):
            name, source = arguments[-2:]
            repository, _, tag = name.rpartition(":")
            host, _, path = repository.partition("/")
            self.tags.setdefault((host.partition(".")[0], path), {})[tag] = source.rpartition("@")[2]

    def commands(self) -> list[str]:
        """The runs, without signing in and out."""
        return [" ".join(run) for run in self.runs if run[0] not in ("login", "logout")]

    def _batch_get_image(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 as boto3's
        tags = self.tags.get((asked["registryId"], asked["repositoryName"]), {})
        digest = tags.get(asked["imageIds"][0]["imageTag"])
        return {"images": [] if digest is None else [{"imageId": {"imageDigest": digest}}]}
