"""Read and check the metrics files of `hhrec evaluate`.

Whatever models, metrics and segments a metrics file names are taken as they are, so that a new
baseline or a new way of cutting the rows needs no change here.
"""

from pathlib import Path
from typing import Any, TypeAlias

from stages.core import json_text
from stages.interface.errors import HhrecError

Scores: TypeAlias = dict[str, Any]
PARTS = ("test", "validation")
HEADLINE = "MRR@100"


def parts(metrics: Path) -> dict[str, Scores]:
    """The metrics files at `metrics` that compare models, by part: test first.

    Raises:
        HhrecError: A file is not JSON of the kind that `hhrec evaluate` writes.
    """
    return {
        part: _read(metrics / f"{part}.json")
        for part in PARTS
        if (metrics / f"{part}.json").is_file()
    }


def _read(file: Path) -> Scores:
    hint = "run `hhrec evaluate` to write it anew"
    try:
        found = json_text.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HhrecError(f"{file}: not readable as JSON ({error})", hint) from error
    scores = found.get("scores") if isinstance(found, dict) else None
    if not isinstance(scores, dict) or not scores:
        raise HhrecError(f"{file}: expected an object `scores` by model, found {scores!r}", hint)
    for name, score in scores.items():
        if not isinstance(score, dict) or not isinstance(score.get("metrics"), dict):
            raise HhrecError(f"{file}: scores.{name}: expected an object with `metrics`", hint)
    return dict(found)


def headline(scores: Scores) -> str:
    """The metric that stands for the others: MRR@100, or the first there is."""
    metrics = next(iter(scores.values()))["metrics"]
    return HEADLINE if HEADLINE in metrics else next(iter(metrics), HEADLINE)
