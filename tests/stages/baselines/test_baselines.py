from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages import baselines, tables
from stages.errors import MissingInputError, UsageError
from stages.params import Params, PredictParams, SeenParams
from stages.schema import HISTORY, PREDICTIONS
from tests import oracles, scored_world

CONTEXTS = st.lists(
    st.lists(
        st.tuples(st.sampled_from([1, *range(3, 13)]), st.sampled_from([0, 1, 2, 3])), max_size=9
    ),
    max_size=4,
)
POLICIES = st.builds(
    SeenParams, **dict.fromkeys(("response", "favourite", "view"), st.sampled_from(oracles.STRICT))
)
COUNTS = dict(zip(range(3, 13), [9, 5, 5, 4, 2, 0, 7, 0, 1, 0], strict=True))
VOCAB = pl.DataFrame(
    {
        "vacancy_id": [f"v{item}" for item in COUNTS],
        "item": pl.Series(COUNTS.keys(), dtype=pl.Int32),
        "count": list(COUNTS.values()),
        "trained": [count > 1 for count in COUNTS.values()],
    }
)
TRAIN = pl.LazyFrame(schema=dict(HISTORY))


def rows_of(contexts: list[list[oracles.Touch]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user_id": ["u"] * len(contexts),
            "session_id": [f"s{row}" for row in range(len(contexts))],
            "items": [[item for item, _ in context] for context in contexts],
            "actions": [[action for _, action in context] for context in contexts],
        },
        schema={
            "user_id": pl.String,
            "session_id": pl.String,
            "items": pl.List(pl.Int32),
            "actions": pl.List(pl.Int8),
        },
    )


def recommend(
    name: str, contexts: list[list[oracles.Touch]], seen: SeenParams, k: int
) -> list[list[int]]:
    found = baselines.BASELINES[name](rows_of(contexts), train=TRAIN, vocab=VOCAB, k=k, seen=seen)
    assert found.columns == ["user_id", "session_id", "items"]
    assert found["items"].dtype == pl.List(pl.Int32)
    return found["items"].to_list()


def test_last_viewed_puts_the_unanswered_first_and_fills_up_with_popular_ones() -> None:
    context = [(8, 2), (10, 2), (10, 1), (5, 3), (1, 2), (8, 2)]
    found = recommend("last_viewed", [context, []], SeenParams(response="keep"), 6)
    assert found == [[8, 5, 10, 3, 9, 4], [3, 9, 4, 5, 6, 7]]


def test_popular_is_the_same_for_everyone_but_for_what_they_answered() -> None:
    found = recommend("popular", [[], [(3, 1), (4, 2)]], SeenParams(response="last"), 4)
    assert found == [[3, 9, 4, 5], [9, 4, 5, 3]]


@settings(max_examples=60)
@given(contexts=CONTEXTS, seen=POLICIES, k=st.integers(1, 14))
@pytest.mark.parametrize("name", baselines.BASELINES)
def test_every_baseline_agrees_with_its_oracle(
    name: str, contexts: list[list[oracles.Touch]], seen: SeenParams, k: int
) -> None:
    policy = seen.model_dump()
    expected = []
    for context in contexts:
        popular = oracles.popular(COUNTS)
        ranked = popular if name == "popular" else oracles.last_viewed(context, COUNTS)
        expected.append(oracles.arranged(ranked, context, policy, k))
    assert recommend(name, contexts, seen, k) == expected


@pytest.mark.parametrize("name", baselines.BASELINES)
def test_the_order_of_the_vocabulary_changes_nothing(name: str) -> None:
    rows = rows_of([[(3, 1), (4, 2)], []])
    turned = baselines.BASELINES[name](
        rows, train=TRAIN, vocab=VOCAB.reverse(), k=5, seen=SeenParams()
    )
    assert turned["items"].to_list() == recommend(name, [[(3, 1), (4, 2)], []], SeenParams(), 5)


@pytest.mark.parametrize("part", ["test", "validation"])
def test_run_writes_k_distinct_vacancies_for_every_row_in_order(
    tmp_path: Path, part: baselines.Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "SLICE", 7)
    world, out = scored_world.build(tmp_path), tmp_path / "out" / "p.parquet"
    report = baselines.run(
        Params(predict=PredictParams(k=20)),
        name="last-viewed",
        part=part,
        sequences=world.sequences,
        vocab=world.vocab,
        out=out,
    )
    found = tables.scan(out, PREDICTIONS, made_by="").collect()
    assert report.rows == found.height == scored_world.ROWS
    assert report.recommendations == 20 * scored_world.ROWS
    assert found["predictions"].list.n_unique().to_list() == [20] * scored_world.ROWS
    assert found.equals(found.sort("user_id", "session_id"))


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of([[(3, 1)], [(4, 2)], [], [(5, 3)], [(5, 2)]])
    given = {"train": TRAIN, "vocab": VOCAB, "params": Params()}
    whole = baselines.predictions(baselines.BASELINES["last_viewed"], rows, **given)
    monkeypatch.setattr(baselines, "SLICE", 2)
    assert whole.equals(baselines.predictions(baselines.BASELINES["last_viewed"], rows, **given))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="popular, last_viewed"):
        baselines.canonical("als2")


def test_missing_sequences_name_the_command_that_writes_them(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError) as caught:
        baselines.run(
            Params(), name="popular", part="test", sequences=tmp_path, vocab=tmp_path, out=tmp_path
        )
    assert "hhrec sequences build" in caught.value.hint
