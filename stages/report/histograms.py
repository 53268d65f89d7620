"""Histograms of events by user, vacancy, session and time."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stages.core import time_units
from stages.core.actions import ACTION_NAMES, FAVOURITE, OTHER, RESPONSE, VIEW
from stages.report.figures import ACCENT, QUIET, SECOND, THIRD, nothing, picture
from stages.report.formatting import percent
from stages.report.markup import Html
from stages.report.table_counts import Histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = NDArray[np.int64]
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COLOURS = {
    VIEW: ACCENT,
    RESPONSE: SECOND,
    FAVOURITE: THIRD,
    OTHER: QUIET,
}
DAY = time_units.DAY // time_units.MINUTE
TIMES = {1: "1 min", 60: "1 h", DAY: "1 day", 7 * DAY: "1 week", 365 * DAY: "1 year"}


def spread(key: str, title: str, found: Histogram, of: str) -> Html:
    """Draw how many of `of` have how many events, from `events: how many`; each bar is a doubling."""
    if not found:
        return nothing(title)
    values, weights = _arrays(found)
    draw = partial(_doublings, values=values, weights=weights, of=of)
    return picture(key, title, draw, note=_facts(values, weights))


def gaps(found: Histogram) -> Html:
    """Draw how long it takes until a person comes back, from `minutes: how many`."""
    title = "Time until the next session"
    if not found:
        return nothing(title)
    values, weights = _arrays(found)
    day = int(weights[values < DAY].sum()) / int(weights.sum())

    def draw(axes: "Axes") -> None:
        _doublings(axes, np.maximum(values, 1), weights, of="sessions")
        ticks = {at: name for at, name in TIMES.items() if at <= values.max()}
        axes.set_xticks([*ticks], [*ticks.values()])
        axes.minorticks_off()
        axes.set_xlabel("from the end of a session to the start of the next")

    note = f"{percent(day, 0)} of those who come back do so within a day."
    return picture("gaps", title, draw, note=note)


def weekdays(found: Mapping[tuple[int, int], int]) -> Html:
    """Draw events by weekday, split by action, from `(1 Monday .. 7 Sunday, action): events`."""
    total = [sum(found.get((day, action), 0) for action in COLOURS) for day in range(1, 8)]
    work, rest = sum(total[:5]) / 5, sum(total[5:]) / 2

    def draw(axes: "Axes") -> None:
        bottom = np.zeros(7)
        for action, colour in COLOURS.items():
            height = np.array([found.get((day, action), 0) for day in range(1, 8)])
            if height.any():
                axes.bar(
                    WEEK, height, bottom=bottom, color=colour, label=ACTION_NAMES[action], width=0.7
                )
            bottom += height
        axes.set_ylabel("events")
        axes.yaxis.set_major_formatter(thousands)
        axes.grid(axis="y")
        if bottom.any():
            axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)

    note = (
        f"The mean weekend day has {percent(rest / work, 0)} of a working day's events."
        if work
        else ""
    )
    return picture("weekdays", "What happens when", draw, note=note)


def thousands(value: float, _: object) -> str:
    """2000000 is 2M, 2000 is 2k."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _arrays(found: Histogram) -> tuple[Ints, Ints]:
    """Values, ascending, and how often each is there: shape (n,) each."""
    values = np.array(sorted(found), dtype=np.int64)
    return values, np.array([found[value] for value in values.tolist()], dtype=np.int64)


def _doublings(axes: "Axes", values: Ints, weights: Ints, of: str) -> None:
    """Log axes; bars from 1 to 2, 2 to 4, ..., because narrower ones would hold unequal integers."""
    edges = 2 ** np.arange(int(values.max()).bit_length() + 1)
    heights, _ = np.histogram(values, bins=edges, weights=weights)
    axes.bar(edges[:-1], heights, width=np.diff(edges) * 0.94, align="edge", color=ACCENT)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.7)
    axes.set_xlabel("events")
    axes.set_ylabel(of)
    axes.xaxis.set_major_formatter(thousands)
    axes.yaxis.set_major_formatter(thousands)
    axes.grid(axis="y")


def _facts(values: Ints, weights: Ints) -> str:
    mean = float((values * weights).sum() / weights.sum())
    middle = values[np.searchsorted(weights.cumsum(), weights.sum() / 2)]
    return f"Mean {mean:,.1f}, median {middle:,}, most {values[-1]:,} events."
