"""The whole pipeline, with default parameters, on logs that are small, one-sided or odd.

Where the world has one law, the best possible score is known and must be reached. Elsewhere the
result must be sensible: complete lists, finite figures, and a score no worse than the best baseline.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from stages.core.keys import KEYS
from stages.data import import_log
from stages.data.formats import Flat
from stages.data.row_validation import EventLog
from stages.interface.errors import HhrecError
from stages.params import validated
from stages.pipeline import pipeline
from tests.worlds import known, odd
from tests.worlds.lives import Life, When, by_day, write_log, write_raw

POSSIBLE = 0.98  # share of the best possible score that must be reached
BESIDE = 0.95  # share of the best baseline's, whose advantage is to be chosen on the test rows
K = 100


class Outcome(NamedTuple):
    """What `hhrec run` made of a log."""

    raw: Path
    out: Path
    reports: dict[str, Any]

    @property
    def scores(self) -> dict[str, float]:
        """Test MRR@100 of the model and the baselines."""
        scores = self.reports["evaluate"].parts["test"].scores
        return {name: score.metrics["MRR@100"] for name, score in scores.items()}

    def best(self) -> str:
        """The best scores, for the message of a failure."""
        ranked = sorted(self.scores.items(), key=lambda pair: -pair[1])
        best = {name: round(score, 4) for name, score in ranked[:4]}
        return f"model {self.scores['model']:.4f}, best {best}"

    def lists(self) -> pl.DataFrame:
        """Predictions beside the labels."""
        found = pl.read_parquet(self.out / "predictions.parquet")
        labels = pl.read_parquet(self.raw / "labels.parquet")
        return found.join(labels, on=KEYS, maintain_order="left")


def ran(raw: Path) -> Outcome:
    """Run every stage with the defaults, but for the tracker and fewer resamples."""
    settings = {"train": {"tracker": "none"}, "evaluate": {"bootstrap": 100}}
    out = raw.parent / "artifacts"
    params = validated(settings, where="test")
    return Outcome(raw, out, dict(pipeline.run(params, raw=raw, artifacts=out)))


def imported(lives: list[Life], root: Path, when: When = by_day) -> Path:
    """Raw files of a log of responses, as `hhrec data import` makes them."""
    log = write_log(lives, root / "log.csv", when=when)
    events = EventLog(Flat(log), user="user_id", item="item_id", time="timestamp")
    import_log.run(events, out=root / "raw")
    return root / "raw"


def mrr(labels: list[str], order: list[str]) -> float:
    """MRR of one list for everybody."""
    return sum(1 / (order.index(label) + 1) for label in labels) / len(labels)


def test_the_last_viewed_vacancy_is_first_where_it_always_is_the_answer(tmp_path: Path) -> None:
    found = ran(write_raw(known.last_viewed(), tmp_path / "raw"))
    assert found.scores["model"] >= POSSIBLE, found.best()


def test_the_successor_is_first_where_nobody_returns(tmp_path: Path) -> None:
    found = ran(write_raw(known.chain(), tmp_path / "raw"))
    assert found.scores["model"] >= POSSIBLE, found.best()


def test_the_order_of_popularity_is_found_where_there_is_nothing_else(tmp_path: Path) -> None:
    lives, order = known.popularity()
    found = ran(write_raw(lives, tmp_path / "raw"))
    best = mrr(found.lists()["vacancy_id"].to_list(), order)
    assert found.scores["model"] >= POSSIBLE * best, (best, found.best())


Make = Callable[[Path], Path]
ODD: dict[str, Make] = {
    "dozens of users": lambda root: write_raw(odd.board(40), root / "raw"),
    "fewer than 100 validation rows": lambda root: write_raw(
        odd.newcomers(400, regulars=60), root / "raw", asked=60
    ),
    "no validation row, one visit each": lambda root: write_raw(
        odd.in_one_session(odd.unrepeated(400)), root / "raw", asked=100
    ),
    "one action, four in five repeat": lambda root: imported(odd.responses(120, 0.78), root),
    "no repeats": lambda root: imported(odd.unrepeated(200), root),
    "no times at all": lambda root: write_raw(odd.board(80), root / "raw", when=odd.at_once),
    "an order in seconds": lambda root: imported(
        odd.responses(120, 0.78), root, odd.a_second_apart
    ),
    "days as times": lambda root: imported(
        odd.started_apart(odd.unrepeated(300)), root, odd.three_to_a_day
    ),
}
SLOW = {"fewer than 100 validation rows", "one action, four in five repeat", "an order in seconds"}
KINDS = [
    pytest.param(make, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name, make in ODD.items()
]


@pytest.mark.parametrize("make", KINDS)
def test_an_odd_log_gets_a_sensible_result(make: Make, tmp_path: Path) -> None:
    check(ran(make(tmp_path)))


@pytest.mark.slow
def test_a_catalogue_that_is_mostly_never_trained_gets_a_sensible_result(tmp_path: Path) -> None:
    lives = odd.board(64, trades=16)  # 192 vacancies
    check(ran(write_raw(lives, tmp_path / "raw", unused=4_808)))


@pytest.mark.parametrize("own", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_own_vacancies_come_first_where_people_only_repeat(own: int, tmp_path: Path) -> None:
    found = ran(imported(odd.responses(120, 1, own=own), tmp_path))
    near = pl.col("predictions").list.head(own).list.contains(pl.col("vacancy_id"))
    share = found.lists().select(near.mean()).item()
    assert share >= POSSIBLE * known_answers(found)
    check(found)


def known_answers(found: Outcome) -> float:
    """Share of the labels that stand in their row's context."""
    vocab = pl.read_parquet(found.out / "vocab.parquet").select("vacancy_id", "item")
    rows = pl.read_parquet(found.out / "sequences" / "test").select(
        "user_id", "session_id", "items"
    )
    lines = found.lists().join(rows, on=KEYS).join(vocab, on="vacancy_id")
    share: float = lines.select(pl.col("items").list.contains(pl.col("item")).mean()).item()
    return share


def check(found: Outcome) -> None:
    """Lists are complete, figures finite, and no baseline is clearly better."""
    check_lists(found)
    check_figures(found.reports)
    best = max(score for name, score in found.scores.items() if name != "model")
    assert found.scores["model"] >= BESIDE * best, found.best()


def check_lists(found: Outcome) -> None:
    """Every test row gets as many distinct vacancies as there are; only own ones may be hidden."""
    catalogue = pl.read_parquet(found.raw / "vacancies.parquet").height
    asked = pl.read_parquet(found.raw / "test.parquet")
    contexts = pl.read_parquet(found.out / "sequences" / "test" / "*.parquet")
    rows = pl.read_parquet(found.out / "predictions.parquet").join(contexts, on=KEYS)
    assert rows.height == asked.height
    lengths = rows["predictions"].list.len().to_list()
    assert lengths == rows["predictions"].list.n_unique().to_list()
    assert max(lengths) <= min(K, catalogue)
    for own, length in zip(rows["items"].list.n_unique(), lengths, strict=True):
        assert length >= min(K, catalogue - own)


def check_figures(reports: dict[str, Any]) -> None:
    """The loss and every metric are numbers."""
    assert math.isfinite(reports["train"].final_loss)
    for part in reports["evaluate"].parts.values():
        for score in part.scores.values():
            assert all(math.isfinite(value) for value in score.metrics.values())


@pytest.mark.parametrize(
    "lives",
    [
        [odd.one_a_day([f"vacancy-{number}"] * 2) for number in range(20)],
        odd.board(1, days=2),
    ],
    ids=["an event a user", "one user of two days"],
)
def test_too_little_to_learn_from_is_said(lives: list[Life], tmp_path: Path) -> None:
    with pytest.raises(HhrecError) as caught:
        ran(write_raw(lives, tmp_path / "raw"))
    assert caught.value.message
    assert caught.value.hint
