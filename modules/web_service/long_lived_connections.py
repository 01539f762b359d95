"""The times that decide how long a WebSocket through CloudFront and a load balancer lives, and how a task leaves it."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from modules.settings import Settings, mistake

_CLOUDFRONT_IDLE_S = 600
"""CloudFront closes a WebSocket after 10 minutes without a byte from the server: docs.aws.amazon.com/AmazonCloudFront,
"Quotas on WebSocket connections", "Origin response timeout (idle timeout)", which cannot be raised."""

_SPOT_NOTICE_S = 120
"""docs.aws.amazon.com/AmazonECS, "Fargate Spot termination notices"."""

_KEEP_ALIVE_MARGIN_S = 5


class LongLivedConnectionsSettings(Settings):
    """
    What each part on the way does with a connection that stays open, made to fit each other.

    The way is browser, CloudFront, load balancer, task. When ECS replaces a task it takes it out of the target group
    first (state DEACTIVATING), waits for the deregistration delay, at whose end the load balancer closes what is still
    open, and only then sends the stop signal (STOPPING), and SIGKILL after the stop timeout:
    docs.aws.amazon.com/AmazonECS, "Amazon ECS task lifecycle" and "Optimize load balancer connection draining
    parameters for Amazon ECS". No WebSocket ends by itself, so each replacement takes the whole delay.
    """

    heartbeat_s: Annotated[int, Field(ge=1)] = 30
    """How often the server sends something on each connection, such as a ping. It is the server that must: CloudFront
    counts only what comes from there."""

    idle_timeout_s: Annotated[int, Field(ge=1, le=4000, validate_default=True)] = 120
    """After how long without data, in both directions, the load balancer closes a connection
    (docs.aws.amazon.com/elasticloadbalancing, "Edit attributes for your Application Load Balancer")."""

    read_timeout_s: Annotated[int, Field(ge=1, le=120, validate_default=True)] = 60
    """How long CloudFront waits for an answer, or its next packet (CloudFront API, CustomOriginConfig). It does not
    concern a WebSocket once it is open."""

    keepalive_timeout_s: Annotated[int, Field(ge=1, le=120, validate_default=True)] = 5
    """How long CloudFront keeps an idle connection to the load balancer for the next request (as above)."""

    deregistration_delay_s: Annotated[int, Field(ge=0, le=3600, validate_default=True)] = 60
    """How long a task that is to stop keeps its connections, without getting new ones."""

    stop_timeout_s: Annotated[int, Field(ge=2, le=120)] = 60
    """How long it may take to end from then on (ECS API, ContainerDefinition.stopTimeout on Fargate)."""

    @field_validator("heartbeat_s")
    @classmethod
    def _keeps_cloudfront_awake(cls, heartbeat_s: int) -> int:
        if 2 * heartbeat_s > _CLOUDFRONT_IDLE_S:
            # Twice, as one beat may come late.
            raise mistake(
                f"must be at most {_CLOUDFRONT_IDLE_S // 2}, half of the {_CLOUDFRONT_IDLE_S} seconds after which "
                "CloudFront closes a silent connection"
            )
        return heartbeat_s

    @field_validator("idle_timeout_s")
    @classmethod
    def _is_not_idle_between_beats(cls, idle_timeout_s: int, info: ValidationInfo) -> int:
        heartbeat_s = info.data.get("heartbeat_s")
        if heartbeat_s is not None and idle_timeout_s < 2 * heartbeat_s:
            raise mistake(
                f"must be at least {2 * heartbeat_s}, twice heartbeat_s, or the load balancer closes a connection when "
                "one beat comes late"
            )
        return idle_timeout_s

    @field_validator("read_timeout_s", "keepalive_timeout_s")
    @classmethod
    def _is_below_idle_timeout(cls, timeout_s: int, info: ValidationInfo) -> int:
        idle_timeout_s = info.data.get("idle_timeout_s")
        if idle_timeout_s is not None and timeout_s >= idle_timeout_s:
            raise mistake(
                f"must be below idle_timeout_s, {idle_timeout_s}, or the load balancer closes a connection that "
                "CloudFront still uses"
            )
        return timeout_s

    @field_validator("deregistration_delay_s")
    @classmethod
    def _lets_requests_finish(cls, deregistration_delay_s: int, info: ValidationInfo) -> int:
        read_timeout_s = info.data.get("read_timeout_s")
        if read_timeout_s is not None and deregistration_delay_s < read_timeout_s:
            raise mistake(
                f"must be at least read_timeout_s, {read_timeout_s}, or a request that CloudFront still waits for ends "
                "with the task"
            )
        return deregistration_delay_s

    @property
    def environment(self) -> dict[str, str]:
        """
        What the application must do for it, as environment variables in seconds.

        `KEEP_ALIVE_TIMEOUT_S` is for how long it keeps idle connections: longer than the load balancer, which otherwise
        sends a request to a connection that is closed, and answers 502 (source as for `idle_timeout_s`).
        """
        return {
            "HEARTBEAT_INTERVAL_S": str(self.heartbeat_s),
            "KEEP_ALIVE_TIMEOUT_S": str(self.idle_timeout_s + _KEEP_ALIVE_MARGIN_S),
        }


def check_connections(
    connections: LongLivedConnectionsSettings, *, spot_percent: int | None
) -> LongLivedConnectionsSettings:
    """
    Return the times when a task that AWS takes back has enough of them.

    A Fargate Spot task gets its stop signal with the notice, two minutes before its end, while it is still being taken
    out of the target group (AWS re:Post, "How do I handle Spot termination notices in AWS Fargate Spot tasks?").

    :param spot_percent: how much runs on Spot; None when that has a mistake of its own
    :raises PydanticCustomError: the task would be gone before its connections
    """
    delay_s = connections.deregistration_delay_s
    if not spot_percent:
        return connections
    if delay_s >= _SPOT_NOTICE_S:
        raise mistake(
            f"must have deregistration_delay_s below {_SPOT_NOTICE_S} on Spot, which takes a task back by then"
        )
    if connections.stop_timeout_s < delay_s:
        raise mistake(
            f"must have stop_timeout_s of at least deregistration_delay_s, {delay_s}, on Spot: both begin together"
        )
    return connections
