"""CloudWatch, in moto."""

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult


def put_composite_alarm(self: CloudWatchResponse) -> ActionResult:
    """Keep a composite alarm: moto stores one like any alarm, only with a rule."""
    return self.put_metric_alarm()


def apply() -> None:
    """Patch the service."""
    setattr(CloudWatchResponse, put_composite_alarm.__name__, put_composite_alarm)
