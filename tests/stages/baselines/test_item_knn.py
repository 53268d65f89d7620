import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.baselines import item_knn as module
from stages.baselines.interactions import touches
from stages.core import cooccurrence
from stages.params import ActionWeights, ItemKnnParams
from tests.worlds import baseline_world
from tests.worlds.baseline_world import COUNTS, HISTORIES, Event, recommend

SIZE = max(COUNTS) + 1


def table(train: list[list[Event]], given: ItemKnnParams) -> np.ndarray:
    known = touches(baseline_world.train_of(train).collect(), given.weights)
    return module.neighbours(module.arrays(known), SIZE, given).toarray()


def knn(**changed: object) -> ItemKnnParams:
    return ItemKnnParams.model_validate(changed)


@settings(max_examples=60, deadline=None)
@given(
    train=st.lists(HISTORIES, max_size=6),
    params=st.builds(
        ItemKnnParams,
        window=st.integers(1, 4),
        distance=st.sampled_from([0, 0.5]),
        backward=st.sampled_from([0, 0.5]),
        activity=st.sampled_from([0, 0.5]),
        shrink=st.sampled_from([0, 2]),
        neighbours=st.integers(1, 4),
        weights=st.builds(ActionWeights, view=st.sampled_from([0, 0.5, 1])),
    ),
    pairs=st.integers(1, 40),
)
def test_similarities_agree_with_the_formula_in_any_blocks(
    train: list[list[Event]], params: ItemKnnParams, pairs: int
) -> None:
    expected = np.zeros((SIZE, SIZE))
    for item, line in baseline_world.neighbours(train, params).items():
        for other, value in line.items():
            expected[item, other] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence, "PAIRS", pairs)
        found = table(train, params)
    assert np.allclose(np.sort(found, axis=1), np.sort(expected, axis=1))
    assert np.allclose(found[expected > 0].sum(), expected.sum())


def test_near_pairs_along_time_count_most() -> None:
    train = [[Event(3, 1, 0, 0), Event(4, 1, 0, 1), Event(5, 1, 0, 2)]]
    flat = {"source_norm": 0, "target_norm": 0, "activity": 0, "distance": 1, "backward": 0.25}
    found = table(train, knn(**flat))
    assert found[3, 4] == pytest.approx(1)
    assert found[3, 5] == pytest.approx(1 / 2)
    assert found[5, 3] == pytest.approx(1 / 8)
    assert table(train, knn(window=1))[3, 5] == 0


def test_the_newest_vacancy_of_a_context_speaks_loudest() -> None:
    train = [[Event(3, 1, 0, 0), Event(6, 1, 0, 1)], [Event(4, 1, 0, 0), Event(7, 1, 0, 1)]]
    older, newer = Event(3, 2, 0, 0), Event(4, 2, 1, 1)
    assert recommend("item_knn", [[older, newer]], train=train)[0][:2] == [7, 6]
    assert recommend("item_knn", [[newer, older]], train=train)[0][:2] == [6, 7]


def test_responses_count_more_than_views() -> None:
    train = [[Event(3, 1, 0, 0), Event(6, 2, 0, 1)], [Event(3, 1, 0, 0), Event(7, 1, 0, 1)]]
    given = knn(weights=ActionWeights(response=1, view=0.5), target_norm=0)
    found = table(train, given)
    assert found[3, 7] == pytest.approx(2 * found[3, 6])
