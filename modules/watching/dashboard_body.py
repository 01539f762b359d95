"""
The body of a CloudWatch dashboard, built from rows of widgets.

docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html has the syntax.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from modules.watching.alarm import Metric

COLUMNS = 24
_TALLEST = 1000
_MOST_ALARMS = 100


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a graph."""

    metric: Metric
    label: str
    on_the_right: bool = False
    """Whether it has the axis on the right, for a unit of its own."""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One widget, without its place."""

    type: Literal["alarm", "metric", "text"]
    properties: Mapping[str, Any]
    width: int
    height: int = 6


Row = Sequence[Widget]


def graph(title: str, lines: Sequence[Line], *, region: str) -> Widget:
    """Draw metrics over time, from zero; `beside` gives the graph its width."""
    return Widget(
        type="metric",
        width=COLUMNS,
        properties={
            "title": title,
            "view": "timeSeries",
            "region": region,
            "metrics": [_line(line) for line in lines],
            "yAxis": {"left": {"min": 0}, "right": {"min": 0}},
        },
    )


def alarm_status(title: str, alarm_arns: Sequence[str]) -> Widget:
    """
    Show the state of up to 100 alarms.

    :raises ValueError: more than that
    """
    if len(alarm_arns) > _MOST_ALARMS:
        raise ValueError(f"an alarm widget holds {_MOST_ALARMS} alarms, got {len(alarm_arns)}")
    height = 2 + -(-len(alarm_arns) // 4)
    return Widget(type="alarm", width=COLUMNS, height=height, properties={"title": title, "alarms": list(alarm_arns)})


def heading(text: str) -> Widget:
    """Name what the rows below it are about."""
    return Widget(type="text", width=COLUMNS, height=1, properties={"markdown": f"## {text}"})


def beside(*widgets: Widget) -> Row:
    """Make a row of widgets of one width."""
    return [replace(widget, width=COLUMNS // len(widgets)) for widget in widgets]


def dashboard_body(rows: Sequence[Row]) -> str:
    """
    Write the rows from top to bottom as JSON.

    :raises ValueError: a row has no widget or is wider than the grid
    """
    widgets = []
    top = 0
    for row in rows:
        widgets += _place(row, top)
        top += max(widget.height for widget in row)
    return json.dumps({"widgets": widgets})


def _place(row: Row, top: int) -> list[dict[str, Any]]:
    widths = [widget.width for widget in row]
    if not row or min(widths) < 1 or sum(widths) > COLUMNS:
        raise ValueError(f"a row has 1 to {COLUMNS} columns of widgets, got widths {widths}")
    if not all(1 <= widget.height <= _TALLEST for widget in row):
        raise ValueError(f"a widget is 1 to {_TALLEST} high, got {[widget.height for widget in row]}")
    return [
        {
            "type": widget.type,
            "x": sum(widths[:index]),
            "y": top,
            "width": widget.width,
            "height": widget.height,
            "properties": dict(widget.properties),
        }
        for index, widget in enumerate(row)
    ]


def _line(line: Line) -> list[Any]:
    metric = line.metric
    dimensions = [text for dimension in metric.dimensions.items() for text in dimension]
    options: dict[str, Any] = {"label": line.label, "stat": metric.statistic, "period": metric.period_s}
    if line.on_the_right:
        options["yAxis"] = "right"
    return [metric.namespace, metric.name, *dimensions, options]
