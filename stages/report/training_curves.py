"""Training curves: the TSV files that dvclive keeps, and their pictures."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stages.report.figures import ACCENT, SECOND, picture
from stages.report.markup import Html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTTED = 40  # points up to which each is marked


class Curve(NamedTuple):
    """A figure by training step."""

    steps: Sequence[float]
    values: Sequence[float]


def read(live: Path) -> dict[str, Curve]:
    """Every curve that dvclive wrote under `live`, by name; what is no number is left out."""
    found = {}
    for file in sorted((live / "plots" / "metrics").rglob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream, delimiter="\t"))
        points = [(_number(line.get("step")), _number(line.get(file.stem))) for line in lines]
        known = [(step, value) for step, value in points if step is not None and value is not None]
        if known:
            steps, values = zip(*known, strict=True)
            found[file.stem] = Curve(steps, values)
    return found


def draw(key: str, title: str, curve: Curve, *, best: bool) -> Html:
    """Draw a curve over training steps; `best` marks the highest point."""
    steps, values = np.asarray(curve.steps), np.asarray(curve.values)
    top = int(np.argmax(values))
    peak = f"Best {values[top]:.4f} at step {steps[top]:,.0f}."

    def line(axes: "Axes") -> None:
        mark = "o" if len(values) < DOTTED else None
        axes.plot(steps, values, color=ACCENT, linewidth=1.6, marker=mark, markersize=3)
        if best:
            axes.plot(steps[top], values[top], "o", color=SECOND, markersize=7)
        axes.set_xlabel("step")
        axes.grid(visible=True)

    return picture(key, title, line, note=peak if best else f"Ends at {values[-1]:.4g}.")


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
