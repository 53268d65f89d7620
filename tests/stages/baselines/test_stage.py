from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.baselines import stage as baselines
from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import PREDICTIONS
from stages.interface.errors import MissingInputError, UsageError
from stages.params import BaselineParams, ItemKnnParams, Params, PredictParams, SeenParams
from tests.oracles import recommendations as oracles
from tests.worlds import baseline_world, scored_world
from tests.worlds.baseline_world import COUNTS, HISTORIES, PARAMS, POLICIES, VOCAB, Event, recommend

TRAIN = [
    [Event(3, 2, 0, 1), Event(4, 1, 0, 2), Event(5, 2, 1, 30), Event(9, 3, 1, 31)],
    [Event(4, 2, 0, 5), Event(9, 2, 0, 6), Event(3, 1, 1, 40)],
    [Event(5, 2, 0, 70), Event(6, 1, 0, 71), Event(11, 2, 1, 72)],
]
HIDE = SeenParams(response="hide", view="hide", favourite="hide")


def context(*touches: tuple[int, int]) -> list[Event]:
    return [Event(item, action, 0, 0) for item, action in touches]


def pairs(history: list[Event]) -> list[oracles.Touch]:
    return [(event.item, event.action) for event in history]


def test_last_viewed_puts_the_unanswered_first_and_fills_up_with_popular_ones() -> None:
    rows = [context((8, 2), (10, 2), (10, 1), (5, 3), (1, 2), (8, 2)), []]
    found = recommend("last_viewed", rows, seen=SeenParams(response="keep"), k=6)
    assert found == [[8, 5, 10, 3, 9, 4], [3, 9, 4, 5, 6, 7]]


def test_popular_is_the_same_for_everyone_but_for_what_they_answered() -> None:
    found = recommend("popular", [[], context((3, 1), (4, 2))], k=4)
    assert found == [[3, 9, 4, 5], [9, 4, 5, 3]]


def test_a_combination_goes_on_where_the_own_vacancies_end() -> None:
    rows = [context((8, 2), (4, 1))]
    keep = SeenParams(response="keep")
    for name in ("trending", "item_knn", "als"):
        alone = recommend(name, rows, train=TRAIN, seen=HIDE)[0]
        both = recommend(f"last_viewed_then_{name}", rows, train=TRAIN, seen=keep)[0]
        assert both == [8, 4, *alone]


@settings(max_examples=40, deadline=None)
@given(
    train=st.lists(HISTORIES, max_size=5),
    contexts=st.lists(HISTORIES, max_size=4),
    seen=POLICIES,
    k=st.integers(1, 14),
    asked=st.integers(0, 120),
)
@pytest.mark.parametrize("name", [name for name in baselines.BASELINES if "als" not in name])
def test_every_baseline_agrees_with_its_oracle(
    name: str,
    train: list[list[Event]],
    contexts: list[list[Event]],
    seen: SeenParams,
    k: int,
    asked: int,
) -> None:
    knn = PARAMS.baseline.item_knn
    table = baseline_world.neighbours(train, knn)
    expected = []
    for history in contexts:
        scores: dict[int, float] = {}
        if "trending" in name:
            scores |= baseline_world.trending(train, asked, PARAMS.baseline.trending_days)
        if "item_knn" in name:
            scores |= baseline_world.item_knn(history, table, knn)
        ranked = sorted(scores, key=lambda item: (-round(scores[item], 12), item))
        touched = {item for item, _ in pairs(history) if item in COUNTS}
        own = oracles.last_viewed(pairs(history), COUNTS)[: len(touched)]
        own = own if "last_viewed" in name else []
        order = dict.fromkeys([*own, *ranked, *oracles.popular(COUNTS)])
        expected.append(oracles.arranged(list(order), pairs(history), seen.model_dump(), k))
    assert recommend(name, contexts, train=train, seen=seen, k=k, asked=asked) == expected


@pytest.mark.parametrize("name", baselines.BASELINES)
@pytest.mark.parametrize("seen", [SeenParams(), HIDE, SeenParams(view="last", response="keep")])
def test_every_list_is_full_and_obeys_the_seen_policy(name: str, seen: SeenParams) -> None:
    rows = [context((8, 2), (10, 2), (3, 1)), context((4, 1), (5, 3)), [], context((1, 2))]
    for history, found in zip(
        rows, recommend(name, rows, train=TRAIN, seen=seen, k=9), strict=True
    ):
        fates = [oracles.fate(item, pairs(history), seen.model_dump()) for item in found]
        hidden = {item for item, _ in pairs(history) if item in COUNTS} if seen == HIDE else set()
        assert len(set(found)) == len(found) == min(9, len(COUNTS) - len(hidden))
        assert "hide" not in fates
        assert fates == sorted(fates, key=oracles.STRICT.index) or "last" not in fates
        assert "last" not in fates[: len(fates) - fates.count("last")]


@pytest.mark.parametrize("name", baselines.BASELINES)
def test_the_order_of_the_inputs_changes_nothing(name: str) -> None:
    rows = baseline_world.rows_of([context((3, 1), (4, 2)), [], context((5, 3))])
    train = baseline_world.train_of(TRAIN)
    given = {"params": PARAMS, "vocab": VOCAB}
    found = baselines.learn([name], train=train, **given)[name](rows, 5, SeenParams())
    turned = train.collect().reverse().lazy()
    given["vocab"] = VOCAB.sample(fraction=1, shuffle=True, seed=1)
    again = baselines.learn([name], train=turned, **given)[name](rows.reverse(), 5, SeenParams())
    assert again.reverse().equals(found)


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.parametrize("name", ["last-viewed", "last_viewed_then_als", "item-knn"])
def test_run_writes_k_distinct_vacancies_for_every_row_in_order(
    tmp_path: Path, name: str, part: baselines.Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "SLICE", 7)
    world, out = scored_world.build(tmp_path), tmp_path / "out" / "p.parquet"
    report = baselines.run(
        Params(predict=PredictParams(k=20)),
        name=name,
        part=part,
        sequences=world.sequences,
        vocab=world.vocab,
        out=out,
    )
    found = tables.scan(out, PREDICTIONS, made_by="").collect()
    assert report.rows == found.height == scored_world.ROWS
    assert report.recommendations == 20 * scored_world.ROWS
    assert found["predictions"].list.n_unique().to_list() == [20] * scored_world.ROWS
    assert found.equals(found.sort(KEYS))


@pytest.mark.parametrize("name", ["last_viewed", "trending", "item_knn"])
def test_slices_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    histories = [context((3, 1)), context((4, 2)), [], context((5, 3)), context((5, 2))]
    rows = baseline_world.rows_of(histories)
    learnt = baselines.learn(
        [name], train=baseline_world.train_of(TRAIN), vocab=VOCAB, params=PARAMS
    )
    whole = baselines.predictions(learnt[name], rows, vocab=VOCAB, params=PARAMS)
    monkeypatch.setattr(baselines, "SLICE", 2)
    assert whole.equals(baselines.predictions(learnt[name], rows, vocab=VOCAB, params=PARAMS))


def test_what_several_share_is_learnt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[str] = []
    told: list[str] = []
    real = baselines.import_module
    monkeypatch.setattr(
        baselines, "import_module", lambda name: (learnt.append(name.split(".")[-1]), real(name))[1]
    )
    train = baseline_world.train_of(TRAIN)
    baselines.learn(baselines.BASELINES, train=train, vocab=VOCAB, params=PARAMS, told=told.append)
    assert told == learnt
    assert sorted(learnt) == ["als", "item_knn", "last_viewed", "popular", "trending"]


def test_parameters_reach_their_baseline() -> None:
    rows = [context((3, 2))]
    far = Params(baseline=BaselineParams(item_knn=ItemKnnParams(window=3, backward=0)))
    near = Params(baseline=BaselineParams(item_knn=ItemKnnParams(window=1, backward=0)))
    assert recommend("item_knn", rows, train=TRAIN[:1], params=far)[0][:3] == [4, 5, 9]
    assert recommend("item_knn", rows, train=TRAIN[:1], params=near)[0][:3] == [4, 3, 9]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="popular, trending, item_knn, als, last_viewed"):
        baselines.canonical("als2")


def test_missing_sequences_name_the_command_that_writes_them(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError) as caught:
        baselines.run(
            Params(),
            name="popular",
            part="test",
            sequences=tmp_path / "sequences",
            vocab=tmp_path / "vocab.parquet",
            out=tmp_path / "predictions.parquet",
        )
    assert "hhrec sequences build" in caught.value.hint
