"""The page's headline and its protocol card."""

from collections.abc import Iterator
from typing import Any

from stages.report.formatting import number, percent, words
from stages.report.markup import Content, Html, tag
from stages.report.metric_glossary import named
from stages.report.metrics_reader import Scores, headline
from stages.report.score_plots import Bar
from stages.report.scores import bars, differences

MODEL = "model"  # who answers, where no baseline does
HITS = {"HR@10": "found in the first 10", "HR@100": "found in the 100"}
IN_FULL = 12  # characters of a hash that are shown; all of it stands in the tooltip


def protocol(found: Scores) -> Html:
    """The protocol card of one part as a list of names and values, whatever it holds."""
    pairs = ((tag("dt", words(name)), tag("dd", _value(value))) for name, value in _lines(found))
    return tag("dl", pairs, class_="card")


def _lines(found: Scores) -> Iterator[tuple[str, Any]]:
    card = found.get("protocol") or {}
    yield from ((name, value) for name, value in card.items() if value is not None)


def _value(value: Any) -> Content:
    if isinstance(value, dict):
        pairs = (
            (tag("span", f"{name} ", class_="key"), _value(inner)) for name, inner in value.items()
        )
        return [tag("span", pair) for pair in pairs]
    text = str(value)
    if _is_hash(text):
        return tag("code", text[:IN_FULL], title=text)
    return tag("code", f"{value:,}" if isinstance(value, int) and value > 10_000 else text)  # noqa: PLR2004


def brief(found: Scores) -> Html:
    """The protocol in one line, above the headline; the whole of it is a section."""
    card = found.get("protocol") or {}
    parts = [f"hhrec {card.get('hhrec') or 'of no known version'}"]
    parts += [f"{name} {card[name]}" for name in ("split", "seed", "k") if name in card]
    if seen := card.get("seen"):
        parts.append("seen: " + ", ".join(f"{action} {fate}" for action, fate in seen.items()))
    return tag("p", tag("small", " · ".join(parts)), class_="brief")


def hashes(found: Scores) -> Html:
    """What the scores were made from, for the foot of the page: hashes, their whole on hover."""
    card = found.get("protocol") or {}
    data = {**(card.get("data") or {}), **{k: v for k, v in card.items() if _is_hash(v)}}
    told = ([f"{file} ", _value(text), " "] for file, text in data.items())
    return tag("p", "Made from ", told, class_="hashes") if data else tag("p", "No hashes known.")


def _is_hash(value: Any) -> bool:
    text = str(value)
    return len(text) == 64 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004  a SHA-256


def headlines(part: str, found: Scores) -> Content:
    """The figures that a reader takes away: a sentence, and a tile each with what it means."""
    scores = found["scores"]
    metric = headline(scores)
    model = next(iter(scores.values()))
    main, *rivals = bars(scores, metric)
    best = max(rivals, key=lambda bar: bar.value, default=None)
    pairs = {bar.name: bar for bar in differences(found, metric)}
    pair = pairs.get(best.name) if best else None
    asked = f"{model.get('rows', 0):,} {part} sessions"
    by = (found.get("protocol") or {}).get("answered_by") or MODEL
    tiles = [_tile(number(main.value), metric, f"95 %: {number(main.low)} to {number(main.high)}")]
    if best and best.value:
        ratio = f"{main.value / best.value:.2f} ×"
        tiles.append(_tile(ratio, "the best baseline", f"{best.name}: {number(best.value)}"))
    for name, where in HITS.items():
        if name in model["metrics"]:
            tiles.append(_tile(percent(model["metrics"][name]), where, f"{name}, {asked}"))
    return [
        tag("p", _sentence(asked, metric, main, best, pair, by), class_="lead"),
        tag("div", tiles, class_="tiles"),
    ]


def _sentence(
    asked: str, metric: str, main: Bar, best: Bar | None, pair: Bar | None, by: str
) -> str:
    text = f"Asked on {asked} for the vacancy that the person responds to next, "
    if by == MODEL:
        text += f"the model reaches {metric} {number(main.value)}"
    else:
        text += (
            f"these recommendations reach {metric} {number(main.value)}: they are those of {by}, "
        )
        text += "which ranked the validation rows better than the model"
    if best is None:
        return f"{text}. There is no baseline to compare it with."
    side = "above" if main.value > best.value else "not above"
    text += f", {side} the best baseline, {best.name}, with {number(best.value)}"
    if pair:
        side = "excludes" if pair.low > 0 or pair.high < 0 else "includes"
        interval = f"{number(pair.low)} to {number(pair.high)}"
        return f"{text}. On the same rows they differ by {number(pair.value)} (95 %: {interval}, which {side} zero)."
    apart = main.low > best.high or best.low > main.high
    return f"{text}; their 95 % intervals {'do not ' if apart else ''}overlap."


def _tile(figure: str, name: str, meaning: str) -> Html:
    return tag(
        "div", tag("b", figure), tag("span", named(name)), tag("small", meaning), class_="tile"
    )
