"""Metrics and other words of the page, explained: on hover, and in a glossary at its end."""

import re

from stages.report.markup import Html, tag

AT = re.compile(r"(MRR|HR|NDCG)@(\d+)")
RANKED = {
    "MRR": "mean reciprocal rank: 1 divided by the place of the true vacancy, 0 where it is not among "
    "the first {k}, averaged over all rows",
    "HR": "hit rate: share of the rows whose true vacancy is among the first {k}",
    "NDCG": "normalised discounted cumulative gain: 1 divided by the binary logarithm of the true "
    "vacancy's place plus one, 0 where it is not among the first {k}, averaged over all rows",
}
WHOLE = {
    "coverage": "share of the catalogue that is in at least one list",
    "gini": "Gini coefficient of how often vacancies are recommended: 0 where all are equally often, "
    "near 1 where a few are in all lists",
    "shown": "share of the catalogue that is in at least one list",
    "most_crowded": "how many lists the vacancy that is in most of them is in",
    "employers": "how many employers a list names",
}
WORDS = {
    "row": "a session with one true vacancy: the first that its person responds to in the next session",
    "95 % interval": "where the figure would lie in 95 of 100 samples of rows like these (bootstrap)",
    "model minus baseline": "the mean of differences on the same rows; beyond zero with its whole "
    "interval, it is no chance",
    "baseline, heuristic": "a recommender without a trained network: popularity, neighbours, what was "
    "viewed last",
    "repeat, discovery": "a true vacancy that the person had touched before, or had not",
    "found, missed": "the true vacancy is among the recommendations, or is not",
    "segment": "a part of the rows, cut by what is known of their people or true vacancies",
    "seen policy": "what becomes of vacancies that the person knows: kept, put last or hidden",
}


def meaning(metric: str) -> str | None:
    """Explain a metric by its name; None for one that is not known."""
    if found := AT.fullmatch(metric):
        return RANKED[found[1]].format(k=found[2])
    return WHOLE.get(metric)


def named(metric: str) -> Html | str:
    """Give a metric's name, with its meaning on hover where it is known."""
    told = meaning(metric)
    return tag("abbr", metric, title=told) if told else metric


def glossary(metrics: list[str]) -> Html:
    """Explain the metrics of the page, those that differ in k together, and its other words."""
    told: dict[str, str] = {}
    for metric in metrics:
        if found := AT.fullmatch(metric):
            told[f"{found[1]}@k"] = RANKED[found[1]].format(k="k")
        elif text := meaning(metric):
            told[metric] = text
    pairs = ((tag("dt", name), tag("dd", text)) for name, text in (told | WORDS).items())
    return tag("dl", pairs, class_="card words")
