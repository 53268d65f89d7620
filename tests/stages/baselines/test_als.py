import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from stages.baselines import als
from stages.baselines import stage as baselines
from stages.params import ActionWeights, AlsParams, BaselineParams, Params, SeenParams
from tests.oracles import recommendations as oracles
from tests.worlds import baseline_world
from tests.worlds.baseline_world import COUNTS, HISTORIES, VOCAB, Event, recommend

GENERATOR = np.random.default_rng(2)
TRAIN = [
    [
        Event(int(item), int(action), 0, 0)
        for item, action in zip(
            GENERATOR.choice([3, 4, 5, 6, 7, 9, 11], 5), GENERATOR.integers(1, 4, 5), strict=True
        )
    ]
    for _ in range(12)
]
PARAMS = Params(
    baseline=BaselineParams(
        als=AlsParams(factors=3, regularization=0.5, alpha=4, weights=ActionWeights(view=0.5))
    )
)
LEARNT = als.learn(train=baseline_world.train_of(TRAIN), vocab=VOCAB, params=PARAMS)


@settings(max_examples=60, deadline=None)
@given(context=HISTORIES)
def test_a_list_is_ranked_by_the_solution_of_the_normal_equations(context: list[Event]) -> None:
    assert isinstance(LEARNT, als.Als)
    scores = baseline_world.als(context, LEARNT)
    found = recommend(
        "als", [context], train=TRAIN, seen=SeenParams(response="keep"), params=PARAMS
    )
    popular = [item for item in oracles.popular(COUNTS) if item not in scores]
    assert found[0][len(scores) :] == popular
    assert sorted(found[0][: len(scores)]) == sorted(scores)
    reached = [scores[item] for item in found[0][: len(scores)]]
    assert np.all(np.diff(reached) < 1e-4)  # the library solves in single precision


def test_one_fit_and_the_same_after_it_whatever_the_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def factors(seed: int) -> np.ndarray:
        params = PARAMS.model_copy(update={"seed": seed})
        learnt = als.learn(train=baseline_world.train_of(TRAIN), vocab=VOCAB, params=params)
        assert isinstance(learnt, als.Als)
        return learnt.model.item_factors

    first = factors(1)
    assert np.array_equal(first, factors(1))
    assert not np.array_equal(first, factors(2))
    real = als.AlternatingLeastSquares
    monkeypatch.setattr(
        als, "AlternatingLeastSquares", lambda **given: real(num_threads=1, **given)
    )
    assert np.array_equal(first, factors(1))


def test_a_user_unknown_to_train_is_recommended_to_by_context_alone() -> None:
    alike = recommend("als", [TRAIN[0], []], train=TRAIN, params=PARAMS)
    again = recommend("als", [TRAIN[0]], train=[*TRAIN[1:], TRAIN[0]], params=PARAMS)
    assert alike[1] == recommend("popular", [[]])[0]
    assert len(set(alike[0])) == len(again[0]) == len(COUNTS)
    assert alike[0] != alike[1]


def test_actions_weigh_by_the_parameters() -> None:
    views = [[event._replace(action=2) for event in history] for history in TRAIN]
    weights = {"response": 1, "favourite": 0, "view": 0}
    deaf = Params(baseline=BaselineParams(als=AlsParams.model_validate({"weights": weights})))
    popular = recommend("popular", [views[0]])
    assert recommend("als", [views[0]], train=views, params=deaf) == popular
    assert recommend("als", [views[0]], train=views, params=PARAMS) != popular


def test_nothing_to_learn_from_leaves_popularity() -> None:
    assert recommend("als", [TRAIN[0]], train=[], seen=SeenParams(response="keep"))[0] == [
        *oracles.popular(COUNTS)
    ]
    assert "als" in baselines.BASELINES


def test_a_list_does_not_depend_on_the_rows_beside_it() -> None:
    generator = np.random.default_rng(3)
    wide = Params(baseline=BaselineParams(als=AlsParams(factors=64, iterations=3)))
    rows = [
        [Event(int(item), 2, 0, 0) for item in generator.integers(3, 12, 4)] for _ in range(300)
    ]
    table = baseline_world.train_of(rows).collect()
    learnt = als.learn(train=table.lazy(), vocab=VOCAB, params=wide)
    gone = pl.DataFrame(schema={"row": pl.UInt32, "item": pl.Int32})
    together = learnt(table, gone, 9)
    for place in range(0, 300, 7):
        alone = learnt(table[[place]], gone, 9)["item"].to_list()
        assert alone == together.filter(row=place).sort("order")["item"].to_list()
