import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.blend import rank_fusion
from stages.core.keys import KEYS
from stages.scoring import metrics

NAMES = [f"v{number}" for number in range(6)]
HEADS = st.tuples(st.permutations(NAMES), st.integers(0, 6)).map(lambda pair: pair[0][: pair[1]])
LISTS = st.lists(HEADS, min_size=2, max_size=4).map(tuple)
WEIGHTS = st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=4, max_size=4)


def table(lists: list[list[str]]) -> pl.DataFrame:
    rows = [("u", f"s{row}", one) for row, one in enumerate(lists)]
    kinds = {"user_id": pl.String, "session_id": pl.String, "predictions": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def slow(lists: tuple[list[str], ...], weights: list[float], k: int) -> list[str]:
    def score(name: str) -> float:
        total = 0.0
        for one, weight in zip(lists, weights, strict=False):
            total += weight * (1 / (60 + one.index(name) + 1) if name in one else 0)
        return total

    def places(name: str) -> list[int]:
        return [one.index(name) if name in one else 99 for one in lists]

    names = {name for one in lists for name in one}
    return sorted(names, key=lambda name: (-score(name), places(name)))[:k]


def fused(lists: tuple[list[str], ...], weights: list[float], k: int = 10) -> list[str]:
    tables = [table([one]) for one in lists]
    return rank_fusion.fuse(tables[0], tables, weights, k)["predictions"].to_list()[0]


def test_a_vacancy_that_both_know_comes_before_those_that_one_knows() -> None:
    assert fused((["v1", "v2"], ["v3", "v2"]), [1, 1]) == ["v2", "v1", "v3"]
    assert fused((["v1", "v2"], ["v3", "v2"]), [1, 1], k=1) == ["v2"]


def test_a_weight_of_zero_only_fills_up() -> None:
    assert fused((["v1", "v2"], ["v3", "v2"]), [0, 1]) == ["v3", "v2", "v1"]


@given(lists=LISTS, weights=WEIGHTS, k=st.integers(1, 7))
def test_fusion_agrees_with_a_loop(
    lists: tuple[list[str], ...], weights: list[float], k: int
) -> None:
    weights = weights[: len(lists)]
    assert fused(lists, weights, k) == slow(lists, weights, k)


@given(
    rows=st.lists(
        st.tuples(st.permutations(NAMES), st.permutations(NAMES)), min_size=1, max_size=5
    ),
    true=st.sampled_from([*NAMES, "elsewhere"]),
    weights=st.tuples(*[st.sampled_from([0.0, 0.5, 1.0, 3.0])] * 2),
)
def test_the_judge_gives_the_score_of_the_fused_lists(
    rows: list[tuple[list[str], list[str]]], true: str, weights: tuple[float, float]
) -> None:
    tables = [table([row[number][: 3 + number] for row in rows]) for number in (0, 1)]
    labels = tables[0].select(*KEYS, vacancy_id=pl.lit(true))
    lists = rank_fusion.fuse(labels, tables, weights, 100)
    expected = metrics.reciprocal_rank(metrics.ranks(labels, lists), 100).mean()
    assert rank_fusion.Judge(labels, tables)(weights) == pytest.approx(expected)


@given(
    rows=st.lists(st.tuples(st.permutations(NAMES), st.permutations(NAMES)), min_size=1, max_size=5)
)
def test_tuned_weights_are_never_worse_than_a_list_alone_or_equal_weights(
    rows: list[tuple[list[str], list[str]]],
) -> None:
    tables = [table([row[number] for row in rows]) for number in (0, 1)]
    labels = tables[0].select(*KEYS, vacancy_id=pl.lit("v0"))
    judge = rank_fusion.Judge(labels, tables)
    weights, reached = rank_fusion.tune(judge, 2)
    assert reached == judge(weights) >= max(judge((1, 1)), judge((1, 0)), judge((0, 1)))
    assert rank_fusion.tune(judge, 2) == (weights, reached)


def test_rows_keep_their_order_and_may_be_empty() -> None:
    first, second = table([["v1"], []]), table([["v2"], []])
    keys = first.reverse()
    found = rank_fusion.fuse(keys, [first, second.reverse()], [1, 1], 5)
    assert found["session_id"].to_list() == ["s1", "s0"]
    assert found["predictions"].to_list() == [[], ["v1", "v2"]]
