"""A dashboard's body: widgets on a grid of 24 columns."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.watching.alarm import Metric
from modules.watching.dashboard_body import Line, Widget, alarm_status, beside, dashboard_body, graph, heading

CPU = Metric(namespace="AWS/ECS", name="CPUUtilization", dimensions={"A": "a", "B": "b"}, statistic="Average")
WIDGETS = st.integers(1, 8).flatmap(
    lambda count: st.lists(
        st.builds(
            Widget,
            type=st.just("text"),
            properties=st.just({}),
            width=st.integers(1, 3),
            height=st.integers(1, 9),
        ),
        min_size=count,
        max_size=count,
    )
)


def placed(*rows: Any) -> list[dict[str, Any]]:  # noqa: ANN401 rows, good and bad
    """The widgets of a dashboard with these rows."""
    widgets: list[dict[str, Any]] = json.loads(dashboard_body(rows))["widgets"]
    return widgets


def text(width: int, height: int) -> Widget:
    """A widget of this size."""
    return Widget(type="text", properties={"markdown": "x"}, width=width, height=height)


def test_places() -> None:
    """Rows lie below each other, each as high as its highest widget, and widgets beside each other."""
    widgets = placed([text(10, 2), text(14, 5)], [text(24, 1)])

    assert [(0, 0, 10, 2), (10, 0, 14, 5), (0, 5, 24, 1)] == [
        (each["x"], each["y"], each["width"], each["height"]) for each in widgets
    ]


@given(st.lists(WIDGETS, max_size=6))
def test_no_overlap(rows: list[list[Widget]]) -> None:
    """No two widgets share a cell, and none leaves the grid."""
    taken: set[tuple[int, int]] = set()
    for each in placed(*rows):
        cells = {
            (x, y)
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ([], "got widths []"),
        ([text(13, 1), text(12, 1)], "got widths [13, 12]"),
        ([text(0, 1)], "got widths [0]"),
        ([text(1, 0)], "a widget is 1 to 1000 high, got [0]"),
        ([text(1, 1001)], "a widget is 1 to 1000 high, got [1001]"),
    ],
)
def test_off_the_grid(row: list[Widget], mistake: str) -> None:
    """A row that the grid does not hold is refused."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the message is compared below
        placed(row)

    assert mistake in str(caught.value)


@pytest.mark.parametrize(("count", "width"), [(1, 24), (2, 12), (3, 8), (4, 6), (5, 4)])
def test_beside(count: int, width: int) -> None:
    """Widgets beside each other share the row evenly."""
    assert [width] * count == [widget.width for widget in beside(*[text(24, 1)] * count)]


def test_graph() -> None:
    """A graph has its lines, over time and from zero, in its region."""
    (widget,) = placed(beside(graph("CPU", [Line(metric=CPU, label="cpu", on_the_right=True)], region="eu-west-2")))

    assert "metric" == widget["type"]
    assert {
        "title": "CPU",
        "view": "timeSeries",
        "region": "eu-west-2",
        "metrics": [
            [
                "AWS/ECS",
                "CPUUtilization",
                "A",
                "a",
                "B",
                "b",
                {"label": "cpu", "stat": "Average", "period": 60, "yAxis": "right"},
            ]
        ],
        "yAxis": {"left": {"min": 0}, "right": {"min": 0}},
    } == widget["properties"]


def test_axis_on_the_left() -> None:
    """A line has the left axis unless it is told otherwise."""
    (widget,) = placed(beside(graph("CPU", [Line(metric=CPU, label="cpu")], region="eu-west-2")))

    assert "yAxis" not in widget["properties"]["metrics"][0][-1]


def test_alarm_status() -> None:
    """All alarms are in one widget across the page, four beside each other."""
    arns = [f"arn:{number}" for number in range(9)]
    (widget,) = placed([alarm_status("Alarms", arns)])

    assert ("alarm", 24, 5) == (widget["type"], widget["width"], widget["height"])
    assert {"title": "Alarms", "alarms": arns} == widget["properties"]


def test_most_alarms() -> None:
    """CloudWatch shows at most 100 alarms in a widget."""
    alarm_status("Alarms", ["a"] * 100)

    with pytest.raises(ValueError, match="holds 100 alarms, got 101"):
        alarm_status("Alarms", ["a"] * 101)


def test_heading() -> None:
    """A heading is text across the page."""
    (widget,) = placed([heading("Backend")])

    assert ("text", 24, 1, {"markdown": "## Backend"}) == (
        widget["type"],
        widget["width"],
        widget["height"],
        widget["properties"],
    )
