import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.params import SeenParams
from stages.seen_policy import rules
from tests import oracles

POLICIES = st.builds(
    SeenParams, **dict.fromkeys(("response", "favourite", "view"), st.sampled_from(oracles.STRICT))
)
CONTEXTS = st.lists(st.tuples(st.integers(3, 12), st.integers(0, 3)), max_size=12)
RANKED = st.permutations(list(range(3, 16))).flatmap(
    lambda items: st.integers(0, 13).map(lambda size: items[:size])
)


def arrays(context: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    items = np.array([item for item, _ in context], dtype=np.int32)
    return items, np.array([action for _, action in context], dtype=np.int8)


def test_the_strictest_action_decides() -> None:
    policy = SeenParams(response="hide", favourite="keep", view="last")
    items, actions = arrays([(5, 2), (5, 1), (6, 2), (7, 3), (8, 0), (7, 2)])
    last, hidden = rules.fates(items, actions, policy)
    assert last.tolist() == [6, 7]
    assert hidden.tolist() == [5]


def test_last_stays_inside_the_k_best() -> None:
    ranked = np.array([9, 5, 8, 7, 6], dtype=np.int32)
    last, hidden = np.array([9, 6], dtype=np.int32), np.array([5], dtype=np.int32)
    assert rules.arrange(ranked, last, hidden, 3).tolist() == [8, 7, 9]


@given(ranked=RANKED, context=CONTEXTS, policy=POLICIES, k=st.integers(1, 15))
def test_one_row_agrees_with_the_oracle(
    ranked: list[int], context: list[tuple[int, int]], policy: SeenParams, k: int
) -> None:
    found = rules.arrange(
        np.array(ranked, dtype=np.int32), *rules.fates(*arrays(context), policy), k
    )
    assert found.tolist() == oracles.arranged(ranked, context, policy.model_dump(), k)


@given(
    rows=st.lists(st.tuples(RANKED, CONTEXTS), max_size=5), policy=POLICIES, k=st.integers(1, 15)
)
def test_many_rows_agree_with_one(
    rows: list[tuple[list[int], list[tuple[int, int]]]], policy: SeenParams, k: int
) -> None:
    frame = frame_of([context for _, context in rows])
    candidates = pl.DataFrame(
        [
            (row, item, place)
            for row, (ranked, _) in enumerate(rows)
            for place, item in enumerate(ranked)
        ],
        schema={"row": pl.UInt32, "item": pl.Int32, "order": pl.Int64},
        orient="row",
    )
    chosen = rules.choose(candidates.reverse(), rules.touched(rules.events(frame), policy), k)
    expected = [
        oracles.arranged(ranked, context, policy.model_dump(), k) for ranked, context in rows
    ]
    assert rules.attach(frame, chosen)["items"].to_list() == expected


def frame_of(contexts: list[list[tuple[int, int]]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user_id": [f"u{row}" for row in range(len(contexts))],
            "session_id": ["s"] * len(contexts),
            "items": [[item for item, _ in context] for context in contexts],
            "actions": [[action for _, action in context] for context in contexts],
        },
        schema_overrides={
            "user_id": pl.String,
            "session_id": pl.String,
            "items": pl.List(pl.Int32),
            "actions": pl.List(pl.Int8),
        },
    )
