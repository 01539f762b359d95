"""In which steps a deployment configuration moves traffic."""

import re
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

PREDEFINED = re.compile(r"CodeDeployDefault\.ECS(?:AllAtOnce|(Linear|Canary)(\d+)Percent(?:Every)?(\d+)Minutes)")
"""https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""


@dataclass(frozen=True)
class Step:
    """Percent of the traffic that the replacement gets, and minutes until the next step."""

    percent: int
    wait_min: int


def steps_of(name: str | None, configs: dict[str, Record]) -> list[Step]:
    """
    Say in which steps a deployment configuration moves traffic.

    :param name: None: CodeDeploy's own choice
    :param configs: the account's own configurations
    :raises KeyError: there is no such configuration
    """
    if name is None:
        return [Step(100, 0)]
    if match := PREDEFINED.fullmatch(name):
        kind, percent, minutes = match[1], int(match[2] or 100), int(match[3] or 0)
    else:
        routing = configs[name]["trafficRoutingConfig"]
        kind = routing["type"].removeprefix("TimeBased")
        timed = routing.get(f"timeBased{kind}", {})
        percent, minutes = (timed.get(f"{kind.lower()}{what}", 100) for what in ("Percentage", "Interval"))
    parts = [percent] if kind == "Canary" else range(percent, 100, percent)
    return [*(Step(part, minutes) for part in parts if part < 100), Step(100, 0)]
