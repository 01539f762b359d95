"""The backend behind a static site's distribution: where CloudFront finds it, and how it proves who asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cdktf import ITerraformDependable
from pydantic import Field, StringConstraints, field_validator

from modules.settings import Settings, mistake

PathPattern = Annotated[
    str,
    StringConstraints(pattern=r"^/[A-Za-z0-9_.*?$/~\"'@:+&-]+$", max_length=255),
    Field(description="a path pattern of at most 255 characters that begins with /, where * and ? are wildcards"),
]
"""CloudFront Developer Guide, "Path pattern": these characters, and case matters."""

_MOST_PATTERNS = 74
"""CloudFront quotas, "General quotas on distributions": 75 cache behaviors, of which the site's files take one."""


class BackendSettings(Settings):
    """Which requests are the backend's, and how patient CloudFront is with it."""

    path_patterns: Annotated[list[PathPattern], Field(min_length=1, max_length=_MOST_PATTERNS)] = Field(
        default_factory=lambda: ["/api/*", "/ws/*"]
    )
    """Everything else is the site's. `/ws/*` does not match `/ws` itself: a backend that answers there names it too.

    They say who answers, not who may ask: CloudFront compares the path without its dot segments, but passes it on as
    the viewer wrote it, `%2f` and all ("Cache behavior settings", "Path normalization")."""

    read_timeout_s: Annotated[int, Field(ge=1, le=120)] = 60
    """How long the backend may be silent, before an answer and between two packets of it (CloudFront API,
    CustomOriginConfig, OriginReadTimeout). An open WebSocket has a limit of its own, which nobody can change: it ends
    after 10 minutes without a byte from the backend (CloudFront quotas, "Quotas on WebSocket connections")."""

    keepalive_timeout_s: Annotated[int, Field(ge=1, le=120)] = 5
    """How long CloudFront keeps an idle connection to the backend; less than the backend's own idle timeout, which
    would else close a connection that CloudFront is about to use (OriginKeepaliveTimeout)."""

    @field_validator("path_patterns")
    @classmethod
    def _names_each_once(cls, patterns: list[str]) -> list[str]:
        if len(set(patterns)) != len(patterns):
            raise mistake("must name each pattern once")
        return patterns


@dataclass(frozen=True, kw_only=True)
class BackendOrigin:
    """A server to which CloudFront passes the requests of some paths. Its names and values may be references."""

    domain_name: str
    """What CloudFront connects to and sends as `Host`; with `uses_https`, what the server's certificate is for."""

    uses_https: bool
    """Whether CloudFront speaks HTTPS, with TLS 1.2, to port 443; else plain HTTP to port 80."""

    secret_header_name: str
    """A header that CloudFront adds to each request, so that the server can refuse everybody else."""

    secret_header_value: str
    """Its value: a sensitive reference, never a literal."""

    path_patterns: Sequence[str]
    """As in `BackendSettings`, like the two below."""

    read_timeout_s: int
    keepalive_timeout_s: int

    ready: Sequence[ITerraformDependable] = field(default_factory=tuple)
    """What must exist before CloudFront asks the server, such as the listener rule that accepts the secret header."""
