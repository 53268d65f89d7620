import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scoring import metrics
from tests.oracles import recommendations as oracles

IDS = [f"v{number}" for number in range(130)]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.one_of(st.none(), st.lists(st.sampled_from(IDS), unique=True, max_size=130)),
    ),
    min_size=1,
    max_size=8,
)
Row = tuple[str, list[str] | None]


def tables(rows: list[Row]) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys = [(f"u{number % 3}", f"s{number}") for number in range(len(rows))]
    labels = pl.DataFrame(
        [(*key, true) for key, (true, _) in zip(keys, rows, strict=True)],
        schema={"user_id": pl.String, "session_id": pl.String, "vacancy_id": pl.String},
        orient="row",
    )
    predictions = pl.DataFrame(
        [(*key, found) for key, (_, found) in zip(keys, rows, strict=True) if found is not None],
        schema={"user_id": pl.String, "session_id": pl.String, "predictions": pl.List(pl.String)},
        orient="row",
    )
    return labels, predictions


def mean_of(rows: list[Row], name: str = "MRR@100") -> float:
    found = metrics.per_row(metrics.ranks(*tables(rows))).mean(axis=0)
    return float(found[list(metrics.METRICS).index(name)])


def test_a_readable_example() -> None:
    rows: list[Row] = [("v1", ["v1", "v2"]), ("v2", ["v1", "v2"]), ("v9", ["v1"]), ("v1", None)]
    found = metrics.ranks(*tables(rows))
    assert (found.tolist(), found.dtype) == ([1, 2, 0, 0], np.int64)
    assert mean_of(rows) == pytest.approx((1 + 1 / 2) / 4)
    assert mean_of(rows, "HR@1") == pytest.approx(1 / 4)
    assert mean_of(rows, "NDCG@10") == pytest.approx((1 + 1 / math.log2(3)) / 4)


def test_what_lies_beyond_place_100_counts_nothing() -> None:
    assert mean_of([("v100", IDS)]) == 0
    assert mean_of([("v99", IDS)]) == pytest.approx(1 / 100)


@given(ROWS)
def test_each_row_agrees_with_the_oracle(rows: list[Row]) -> None:
    found = metrics.per_row(metrics.ranks(*tables(rows)))
    expected = [list(oracles.metrics(true, predicted or []).values()) for true, predicted in rows]
    assert list(metrics.METRICS) == list(oracles.metrics("v", []))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(rows=ROWS, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(rows: list[Row], seed: int) -> None:
    labels, predictions = tables(rows)
    shuffled = labels.sample(fraction=1, shuffle=True, seed=seed)
    turned = predictions.sample(fraction=1, shuffle=True, seed=seed + 1)
    before, after = metrics.ranks(labels, predictions), metrics.ranks(shuffled, turned)
    by_session = dict(zip(labels["session_id"], before, strict=True))
    assert dict(zip(shuffled["session_id"], after, strict=True)) == by_session


@given(ROWS)
def test_a_row_without_predictions_lowers_the_mean_in_proportion(rows: list[Row]) -> None:
    size = len(rows)
    assert mean_of([*rows, ("v1", None)]) == pytest.approx(mean_of(rows) * size / (size + 1))


def test_metrics_agree_with_ir_measures() -> None:
    import ir_measures
    from ir_measures import RR, Success, nDCG

    generator = np.random.default_rng(5)
    rows: list[Row] = [
        (
            IDS[generator.integers(130)],
            list(generator.permutation(IDS)[: generator.integers(1, 100)]),
        )
        for _ in range(200)
    ]
    qrels = [ir_measures.Qrel(str(row), true, 1) for row, (true, _) in enumerate(rows)]
    run = [
        ir_measures.ScoredDoc(str(row), vacancy, -float(place))
        for row, (_, found) in enumerate(rows)
        for place, vacancy in enumerate(found or [])
    ]
    theirs = {
        "MRR@100": RR @ 100,
        "NDCG@10": nDCG @ 10,
        "NDCG@100": nDCG @ 100,
        **{f"HR@{k}": Success @ k for k in (1, 5, 10, 50, 100)},
    }
    found = ir_measures.calc_aggregate(list(theirs.values()), qrels, run)
    assert set(theirs) == set(metrics.METRICS)
    for name, measure in theirs.items():
        assert mean_of(rows, name) == pytest.approx(found[measure], abs=1e-9), name


def test_coverage_is_a_share_of_the_catalogue() -> None:
    assert metrics.coverage(np.array([0, 2, 2]), 4) == pytest.approx(0.5)
    assert metrics.coverage(np.array([], dtype=np.int64), 0) == 0
