import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.params import Params, SeenParams
from stages.seen_policy import rules
from tests.oracles import recommendations as oracles
from tests.worlds.seen_contexts import CONTEXTS, POLICIES, RANKED, frame_of


def test_the_strictest_action_decides() -> None:
    policy = SeenParams(response="hide", favourite="keep", view="last")
    rows = frame_of([[(5, 2), (5, 1), (6, 2), (7, 3), (8, 0), (7, 2)], [(2, 1), (9, 2)]])
    found = rules.touched(rows, policy)
    assert found.rows() == [(0, 5, rules.HIDE), (0, 6, rules.LAST), (0, 7, rules.LAST),
                            (1, 9, rules.LAST)]  # fmt: skip


def test_last_stays_inside_the_k_best() -> None:
    ranked = np.array([[5, 9, 4, 7], [4, 5, 0, 0], [7, 8, 9, 6]])
    pairs = [(0, 9), (0, 5), (1, 4), (2, 3)]
    fates = pl.DataFrame(
        [(*pair, rules.LAST) for pair in pairs], schema=["row", "item", "fate"], orient="row"
    )
    moved = rules.last_at_end(ranked, fates)
    assert moved.tolist() == [[4, 7, 5, 9], [5, 4, 0, 0], [7, 8, 9, 6]]


@given(
    rows=st.lists(st.tuples(RANKED, CONTEXTS), max_size=5), policy=POLICIES, k=st.integers(1, 15)
)
def test_rows_agree_with_the_oracle(
    rows: list[tuple[list[int], list[tuple[int, int]]]], policy: SeenParams, k: int
) -> None:
    frame = frame_of([context for _, context in rows])
    fates = rules.touched(frame, policy)
    hidden = set(fates.filter(pl.col("fate") == rules.HIDE).select("row", "item").rows())
    candidates = pl.DataFrame(
        [
            (row, item, place)
            for row, (ranked, _) in enumerate(rows)
            for place, item in enumerate(ranked)
            if (row, item) not in hidden
        ],
        schema={"row": pl.UInt32, "item": pl.Int32, "order": pl.Int64},
        orient="row",
    )
    found = rules.last_at_end(rules.best(candidates.reverse(), len(rows), k), fates)
    expected = [
        oracles.arranged(ranked, context, policy.model_dump(), k) for ranked, context in rows
    ]
    assert rules.attach(frame, found)["items"].to_list() == expected


def test_another_policy_changes_nothing_else_of_the_parameters() -> None:
    given, policy = Params(), SeenParams(response="hide", view="last")
    found = rules.with_policy(given, policy)
    assert found.predict.seen == policy
    assert rules.with_policy(found, given.predict.seen) == given
    assert given == Params()
