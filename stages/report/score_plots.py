"""Score plots: intervals side by side, hit rate by k, segments."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from stages.report.figures import ACCENT, QUIET, SECOND, picture
from stages.report.formatting import number, percent
from stages.report.markup import Html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, LINE = 4.0, 0.27  # inches: of a picture, and of a line in it


class Bar(NamedTuple):
    """An estimate with its 95 % interval; without one, `low` and `high` are the value."""

    name: str
    value: float
    low: float
    high: float


def forest(key: str, title: str, bars: Sequence[Bar], *, first: str, zero: bool = False) -> Html:
    """Draw one line an estimate, the one named `first` in the accent colour; `zero` draws a line."""

    def draw(axes: "Axes") -> None:
        for place, bar in enumerate(bars):
            _whisker(axes, bar, place, ACCENT if bar.name == first else QUIET)
            where = (bar.high, place)
            text = number(bar.value)
            axes.annotate(text, where, (5, 0), textcoords="offset points", va="center", fontsize=8)
        _lines(axes, [bar.name for bar in bars])
        axes.margins(x=0.17)
        if zero:
            axes.axvline(0, color=QUIET, linewidth=0.8)
        else:
            axes.set_xlim(left=0)

    note = "Dots are estimates, bars their 95 % intervals."
    return picture(key, title, draw, note=note, size=(WIDTH, max(2.0, 0.7 + LINE * len(bars))))


def reach(key: str, title: str, lines: Mapping[str, Mapping[int, float]], *, first: str) -> Html:
    """Draw the share found within the first k, for each model; from `model: {k: share}`."""
    best = max(
        (name for name in lines if name != first),
        key=lambda name: max(lines[name].values()),
        default="",
    )

    def draw(axes: "Axes") -> None:
        for name, points in lines.items():
            colour = {first: ACCENT, best: SECOND}.get(name, QUIET)
            named = name in {first, best}
            axes.plot(
                [*points],
                [*points.values()],
                "o-",
                color=colour,
                markersize=4,
                zorder=3 if named else 2,
                linewidth=1.8 if named else 1.0,
                label=name if named else None,
            )
        axes.set_xscale("log")
        ticks = sorted({k for points in lines.values() for k in points})
        axes.set_xticks(ticks, [str(k) for k in ticks])
        axes.minorticks_off()
        axes.set_xlabel("first k recommendations")
        axes.yaxis.set_major_formatter(lambda share, _: percent(share, 0))
        axes.set_ylim(bottom=0)
        axes.grid(visible=True)
        axes.legend(loc="upper left")

    return picture(
        key,
        title,
        draw,
        note="Share of true vacancies; grey lines are other baselines.",
        size=(WIDTH, 2.6),
    )


def rivals(key: str, title: str, pairs: Sequence[tuple[Bar, Bar | None]]) -> Html:
    """Draw a line a segment: the model, and the best baseline there."""

    def draw(axes: "Axes") -> None:
        for place, (bar, rival) in enumerate(pairs):
            if rival is not None:
                axes.plot(
                    rival.value,
                    place,
                    "D",
                    color=SECOND,
                    markersize=5,
                    label=None if place else "best baseline there",
                )
            _whisker(axes, bar, place, ACCENT, label=None if place else "model")
        _lines(axes, [bar.name for bar, _ in pairs])
        axes.set_xlim(left=0)
        axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)

    return picture(key, title, draw, size=(4.4, 0.9 + 0.21 * len(pairs)))


def _whisker(axes: "Axes", bar: Bar, place: int, colour: str, label: str | None = None) -> None:
    axes.plot([bar.low, bar.high], [place, place], color=colour, linewidth=2.4)
    axes.plot(bar.value, place, "o", color=colour, markersize=6, label=label)


def _lines(axes: "Axes", names: Sequence[str]) -> None:
    """Name the lines, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x")
