"""Scores by segment, the worst first."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from stages.report.formatting import number, words
from stages.report.markup import Content, Html, absent, fold, table, tag
from stages.report.metric_glossary import named
from stages.report.metrics_reader import Scores, headline
from stages.report.score_plots import Bar, rivals
from stages.report.scores import bar_of, cell

FEW = 30  # rows below which a segment is too small to be called weak


def segments(part: str, found: Scores) -> Content:
    """The worst segments, and each way of cutting the rows with every model's headline metric."""
    scores, metric = found["scores"], headline(found["scores"])
    pieces = pieces_of(scores, metric)
    cuts = list(dict.fromkeys(piece.cut for piece in pieces))
    if not pieces:
        return absent("the metrics hold no segments, because the rows' contexts were not known.")
    pairs = [(piece.bar._replace(name=piece.name), piece.rival) for piece in pieces]
    title = f"{metric} by segment, {part} rows"
    every = [(tag("h4", f"By {words(cut)}"), _cut(scores, cut, metric)) for cut in cuts]
    return [
        tag(
            "div", rivals(f"segments-{part}", title, pairs), worst(pieces, metric), class_="halves"
        ),
        fold("Every segment, every model", every),
    ]


class Piece(NamedTuple):
    """A segment: the model's bar and that of the best baseline on the same rows."""

    cut: str
    name: str
    rows: int
    bar: Bar
    rival: Bar | None


def pieces_of(scores: Scores, metric: str) -> list[Piece]:
    """Every segment in which the model, the first of `scores`, has the metric."""
    model, *others = scores
    return [
        Piece(
            cut,
            f"{words(cut)}: {name}",
            figures["rows"],
            bar,
            _best(scores, others, (cut, name), metric),
        )
        for cut, names in scores[model].get("segments", {}).items()
        for name, figures in names.items()
        if (bar := bar_of(words(model), figures, metric))
    ]


def _best(scores: Scores, others: Sequence[str], where: tuple[str, str], metric: str) -> Bar | None:
    cut, name = where
    found = (
        bar_of(words(other), there, metric)
        for other in others
        if (there := scores[other].get("segments", {}).get(cut, {}).get(name))
    )
    return max((bar for bar in found if bar), key=lambda bar: bar.value, default=None)


def _cut(scores: Scores, cut: str, metric: str) -> Html:
    by = {name: score.get("segments", {}).get(cut, {}) for name, score in scores.items()}
    names = list(dict.fromkeys(name for found in by.values() for name in found))
    return table(
        ("", "rows", *(f"{words(model)}" for model in by)),
        (_segment(name, [found.get(name) for found in by.values()], metric) for name in names),
    )


def _segment(name: str, figures: Sequence[dict[str, Any] | None], metric: str) -> Iterator[Content]:
    found = [figure and bar_of("", figure, metric) for figure in figures]
    best = max((bar.value for bar in found if bar), default=None)
    yield tag("th", name, scope="row")
    yield tag("td", number(next(figure["rows"] for figure in figures if figure)), class_="n")
    yield from (cell(bar or None, best) for bar in found)


def worst(pieces: Sequence[Piece], metric: str, count: int = 8) -> Content:
    """The segments of at least `FEW` rows in which the model scores least, the least first."""
    large = [piece for piece in pieces if piece.rows >= FEW]
    if not large:
        return absent(f"no segment has {FEW} rows or more.")
    rows = sorted(large, key=lambda piece: (piece.bar.value, piece.name))[:count]
    return table(
        ("worst segments", "rows", ["model, ", named(metric)], "best baseline"), map(_weak, rows)
    )


def _weak(piece: Piece) -> Iterator[Content]:
    rival = piece.rival
    behind = rival is not None and rival.value > piece.bar.high
    yield tag(
        "th", piece.name, tag("mark", "behind", class_="bad") if behind else None, scope="row"
    )
    yield tag("td", number(piece.rows), class_="n")
    yield cell(piece.bar)
    yield (
        tag("td", number(rival.value), tag("small", rival.name), class_="n")
        if rival
        else tag("td", "–", class_="n")
    )
