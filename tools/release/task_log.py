"""The log of one task, told line by line while it is written."""

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.aws import one_line
from tools.release.context import Context

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
"""Colours and other commands to a terminal, which a log must not give to the operator's."""

_PAGES_A_LOOK = 50
"""So that a task that writes faster than it is read does not keep the release from looking at the task."""


def plain(line: str) -> str:
    """Leave out of a line what commands a terminal."""
    return _CONTROL.sub("", line)


class TaskLog:
    """Where a task's log has been told up to."""

    def __init__(self, context: Context, task: str) -> None:
        """:param task: its ARN"""
        logs = context.manifest.logs
        self._context = context
        self._token = ""
        self._complained = False
        self.group = logs.group
        # docs.aws.amazon.com/AmazonECS, "Send Amazon ECS logs to CloudWatch", awslogs-stream-prefix
        self.stream = f"{logs.stream_prefix}/{context.manifest.ecs.container}/{task.rpartition('/')[2]}"

    def tell(self) -> None:
        """Tell what is new. A log that cannot be read is said once, and is no error: the task's exit code counts."""
        try:
            for _ in range(_PAGES_A_LOOK):
                if not self._tell_page():
                    return
        except self._context.aws.logs.exceptions.ResourceNotFoundException:
            return  # nothing was written yet
        except (ClientError, BotoCoreError) as error:
            if not self._complained:
                self._complained = True
                self._context.reporter.line(f"the log {self.group} {self.stream} cannot be read: {one_line(error)}")

    def _tell_page(self) -> bool:
        """Tell one page, and say whether there may be another one: the last one's token is its own (GetLogEvents)."""
        place: dict[str, Any] = {"nextToken": self._token} if self._token else {}
        answer = self._context.aws.logs.get_log_events(
            logGroupName=self.group, logStreamName=self.stream, startFromHead=True, **place
        )
        for event in answer.get("events", []):
            for line in event.get("message", "").splitlines():
                self._context.reporter.line(plain(line))
        before, self._token = self._token, answer.get("nextForwardToken", self._token)
        return self._token != before
