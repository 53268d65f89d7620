"""Differences by segment are those of the segment's rows alone."""

import numpy as np
import polars as pl

from stages.evaluate.paired_differences import HEADLINES, by_segment, paired, values
from stages.params import EvaluateParams, Params
from stages.scoring import metrics

PARAMS = Params(evaluate=EvaluateParams(bootstrap=100))


def test_values_are_the_metrics_of_each_row() -> None:
    keys = {"user_id": ["a", "b", "c"], "session_id": ["s"] * 3}
    labels = pl.DataFrame({**keys, "vacancy_id": ["v1", "v2", "v3"]})
    lists = [["v1"], ["v9", "v2"], []]
    found = values(metrics.ranks(labels, pl.DataFrame({**keys, "predictions": lists})))
    by_name = dict(zip(HEADLINES, found.T.tolist(), strict=True))
    assert by_name["MRR@100"] == [1, 0.5, 0]
    assert by_name["HR@10"] == [1, 1, 0]
    assert by_name["NDCG@10"] == [1, 1 / np.log2(3), 0]


def test_a_segment_is_compared_on_its_own_rows() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.random((2, 9, len(HEADLINES)))
    kind = pl.Series("kind", list("aabbbaabb"), pl.Enum(["a", "b", "empty"]))
    found = by_segment(first, second, pl.DataFrame([kind, pl.Series("row", range(9))]), PARAMS)
    assert set(found) == {"kind"}
    assert set(found["kind"]) == {"a", "b"}
    for name, one in found["kind"].items():
        inside = (kind == name).to_numpy()
        assert one == paired(first[inside], second[inside], PARAMS)
        lead = (first[inside] - second[inside]).mean(axis=0)
        assert np.allclose([one.differences[metric].value for metric in HEADLINES], lead)
