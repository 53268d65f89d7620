"""Scores of the model beside the baselines."""

from typing import Any

from stages.report.formatting import number, words
from stages.report.markup import Content, Html, table, tag
from stages.report.metric_glossary import named
from stages.report.metrics_reader import Scores, headline
from stages.report.score_plots import Bar, forest, reach


def bars(scores: Scores, metric: str) -> list[Bar]:
    """One bar a model that has the metric; without an interval it has no length."""
    return [bar for name, score in scores.items() if (bar := bar_of(words(name), score, metric))]


def bar_of(name: str, figures: dict[str, Any], metric: str) -> Bar | None:
    """A metric with its interval; none where the figures lack it."""
    value = figures["metrics"].get(metric)
    if value is None:
        return None
    return Bar(name, value, *figures.get("intervals", {}).get(metric, (value, value)))


def comparison(part: str, found: Scores) -> Content:
    """Pictures of the headline metric and of how far down the hits are, and a table of all metrics."""
    scores, metric = found["scores"], headline(found["scores"])
    model = words(next(iter(scores)))
    drawn = [forest(f"forest-{part}", f"{metric}, {part} rows", bars(scores, metric), first=model)]
    if lines := _hits(scores):
        drawn.append(
            reach(f"reach-{part}", f"Found among the first k, {part} rows", lines, first=model)
        )
    if pairs := differences(found, metric):
        title = f"{metric}: {model} minus each baseline, {part} rows"
        drawn.append(forest(f"pairs-{part}", title, pairs, first="", zero=True))
    return [tag("div", drawn, class_="pictures"), _table(scores)]


def _hits(scores: Scores) -> dict[str, dict[int, float]]:
    """Hit rates by k of each model that has some."""
    found = {
        words(name): {
            int(metric[3:]): value
            for metric, value in score["metrics"].items()
            if metric.startswith("HR@") and metric[3:].isdecimal()
        }
        for name, score in scores.items()
    }
    return {name: points for name, points in found.items() if points}


def differences(found: Scores, metric: str) -> list[Bar]:
    """Paired differences of a metric, model minus baseline, where the file holds some."""
    given = found.get("differences") or {}
    return [
        Bar(words(name), one["value"], one["low"], one["high"])
        for name, metrics in given.items()
        if (one := metrics.get(metric))
    ]


def _table(scores: Scores) -> Html:
    metrics = list(dict.fromkeys(name for score in scores.values() for name in score["metrics"]))
    best = {
        name: max(score["metrics"].get(name, 0.0) for score in scores.values()) for name in metrics
    }
    rows = (
        (
            tag("th", words(name), scope="row"),
            *(cell(bar_of(name, score, metric), best[metric]) for metric in metrics),
        )
        for name, score in scores.items()
    )
    return table(("", *map(named, metrics)), rows)


def cell(bar: Bar | None, best: float | None = None) -> Html:
    """A figure above its interval; the best of its column in bold."""
    if bar is None:
        return tag("td", "–", class_="n")
    text = tag("b" if bar.value == best else "span", number(bar.value))
    interval = tag("small", f"{number(bar.low)}–{number(bar.high)}") if bar.low < bar.high else None
    return tag("td", text, interval, class_="n")
