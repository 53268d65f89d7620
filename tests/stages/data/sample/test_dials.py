"""The default sample against the figures of design §1; the bounds are those of docs/sample.md."""

import math

import polars as pl
import pytest

from tests.worlds.sampled import Sample


def _quartiles(frame: pl.DataFrame, key: str) -> dict[str, float]:
    counts = frame.group_by(key).len()["len"]
    return {
        "mean": counts.mean(),
        "q1": counts.quantile(0.25, "nearest"),
        "median": counts.quantile(0.5, "nearest"),
        "q3": counts.quantile(0.75, "nearest"),
    }


def _sessions(sample: Sample) -> dict[str, float]:
    table, events = sample.table("train"), sample.train
    users = _quartiles(table, "user_id")
    return {
        "events a train session": events.height / table.height,
        "events a test session": sample.test.height / sample.labels.height,
        **{f"sessions a user {name}": value for name, value in users.items()},
        **{f"events a user {k}": v for k, v in _quartiles(events, "user_id").items()},
        **{f"events a seen vacancy {k}": v for k, v in _quartiles(events, "vacancy_id").items()},
    }


def _shares(sample: Sample) -> dict[str, float]:
    events, labels = sample.train, sample.labels
    acts = {n: (events["action_type"] == k).mean() for n, k in (("view", 2), ("response", 1))}
    day = events.group_by(pl.col("action_dt").dt.weekday() > 5).len().sort("action_dt")["len"]
    seen = events.select("vacancy_id").unique()
    met = sample.test.select("vacancy_id").unique()
    known = labels.join(events, on="user_id", how="semi")
    holds = sample.test.filter(pl.col("action_type") == 1).select("user_id").unique()
    return {
        **{f"share of actions {name}": value for name, value in acts.items()},
        "share of actions favourite": (events["action_type"] == 3).mean(),
        "weekend over weekday": (day[1] / 4) / (day[0] / 10),
        "distinct pairs over events": events.select("user_id", "vacancy_id").n_unique()
        / events.height,
        "catalogue seen in train": seen.height / sample.vacancies.height,
        "test users in train": known.height / labels.height,
        "test vacancies in train": met.join(seen, on="vacancy_id", how="semi").height / met.height,
        "known test rows with a response": known.join(holds, on="user_id", how="semi").height,
        "labels under 8 train events": (sample.label_counts < 8).mean(),
    }


def _regions(sample: Sample) -> dict[str, float]:
    region = sample.vacancies.select("vacancy_id", region="area.regionId").drop_nulls()
    counts = sample.context.join(region, on="vacancy_id").group_by("user_id", "region").len()
    ranked = counts.sort("user_id", "len", "region", descending=[False, True, False])
    ranked = ranked.with_columns(rank=pl.int_range(pl.len()).over("user_id"))
    target = sample.labels.join(region, left_on="label", right_on="vacancy_id")
    hits = target.join(ranked, on=["user_id", "region"])
    return {
        "label's region in the history": hits.height / target.height,
        "label's region is the top one": (hits["rank"] == 0).sum() / target.height,
    }


def _repeats(sample: Sample) -> dict[str, float]:
    hits = sample.last_viewed.join(
        sample.labels, left_on=["user_id", "vacancy_id"], right_on=["user_id", "label"]
    )
    rows = sample.labels.height
    top = sample.train["vacancy_id"].value_counts().sort("count", "vacancy_id", descending=True)
    place = {vacancy: rank for rank, vacancy in enumerate(top["vacancy_id"][:100], start=1)}
    popular = sum(1 / place[label] for label in sample.labels["label"] if label in place)
    return {
        "label viewed, not responded": (~hits["responded"]).sum() / rows,
        "last viewed MRR@100": hits.filter(pl.col("rank") <= 100)
        .select((1 / pl.col("rank")).sum())
        .item()
        / rows,
        "popular MRR@100": popular / rows,
    }


@pytest.fixture(scope="session")
def figures(sample: Sample) -> dict[str, float]:
    return {**_sessions(sample), **_shares(sample), **_regions(sample), **_repeats(sample)}


BOUNDS = {
    "events a train session": (5.9, 6.6),
    "events a test session": (6.0, 7.2),
    "sessions a user mean": (3.8, 4.05),
    "sessions a user q1": (1, 1),
    "sessions a user median": (2, 2),
    "sessions a user q3": (4, 4),
    "events a user mean": (23.0, 25.8),
    "events a user q1": (2, 3),
    "events a user median": (6, 8),
    "events a user q3": (18, 24),
    "events a seen vacancy mean": (13.8, 15.8),
    "events a seen vacancy q1": (1, 2),
    "events a seen vacancy median": (4, 6),
    "events a seen vacancy q3": (11, 15),
    "share of actions view": (0.68, 0.72),
    "share of actions response": (0.23, 0.27),
    "share of actions favourite": (0.04, 0.06),
    "weekend over weekday": (0.37, 0.43),
    "distinct pairs over events": (0.67, 0.74),
    "catalogue seen in train": (0.50, 0.56),
    "test users in train": (0.755, 0.765),
    "test vacancies in train": (0.71, 0.77),
    "known test rows with a response": (1_150, math.inf),
    "labels under 8 train events": (0.45, 0.58),
    "label's region in the history": (0.87, 0.93),
    "label's region is the top one": (0.73, 0.81),
    "label viewed, not responded": (0.15, 0.21),
    "last viewed MRR@100": (0.07, 0.11),
    "popular MRR@100": (0.0, 0.02),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_figure_lies_within_its_tolerance(figures: dict[str, float], name: str) -> None:
    low, high = BOUNDS[name]
    assert low <= figures[name] <= high, figures[name]


def test_every_figure_has_a_tolerance(figures: dict[str, float]) -> None:
    assert figures.keys() == BOUNDS.keys()
