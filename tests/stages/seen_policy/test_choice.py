import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.params import SeenParams
from stages.seen_policy import choice, rules
from tests.oracles import recommendations as oracles
from tests.worlds.seen_contexts import CONTEXTS, POLICIES, RANKED

ROWS = st.lists(st.tuples(RANKED, CONTEXTS, st.integers(3, 16)), min_size=1, max_size=4)


def lists(rows):
    """Lists of rows that are given as (ranked items, context, label)."""
    frame = pl.DataFrame(
        {
            "items": [[item for item, _ in context] for _, context, _ in rows],
            "actions": [[action for _, action in context] for _, context, _ in rows],
        },
        schema={"items": pl.List(pl.Int32), "actions": pl.List(pl.Int8)},
    )
    row = np.repeat(np.arange(len(rows)), [len(ranked) for ranked, _, _ in rows])
    item = np.array([item for ranked, _, _ in rows for item in ranked], dtype=np.int64)
    label = np.array([label for _, _, label in rows])
    bits = choice.bits_of(row, item, rules.touched_bits(frame))
    return choice.Lists(row, bits, item == label[row], len(rows))


@given(rows=ROWS, policy=POLICIES, k=st.integers(1, 15))
def test_gains_are_those_of_lists_arranged_one_by_one(rows, policy, k):
    found = choice.gains(lists(rows), policy, k)
    for (ranked, context, label), gain in zip(rows, found.tolist(), strict=True):
        final = oracles.arranged(ranked, context, policy.model_dump(), k)
        assert gain == (1 / (final.index(label) + 1) if label in final else 0.0)


def choose(rows, **fates):
    return choice.choose(lists(rows), SeenParams(**fates), 10).model_dump()


def test_keep_is_chosen_where_people_return_to_what_they_responded_to():
    rows = [([5, 6, 7], [(5, 1)], 5)] * 20
    assert choose(rows)["response"] == "keep"


def test_last_stays_where_nobody_does():
    rows = [([5, 6, 7], [(5, 1)], 6)] * 20
    assert choose(rows) == {"response": "last", "favourite": "keep", "view": "keep"}


def test_views_are_hidden_only_where_that_ranks_better_than_chance():
    away = [([5, 6, 7], [(5, 2)], 6)] * 20
    assert choose(away)["view"] == "last"  # as good as hiding, and nothing is lost
    one = [([5, 6, 7], [(5, 2)], 6), ([5, 6, 7], [(5, 2)], 5)]
    assert choose(one)["view"] == "keep"


def test_what_is_given_is_a_rule():
    rows = [([5, 6, 7], [(5, 1)], 5)] * 20
    assert choose(rows, response="hide")["response"] == "hide"


def test_an_action_that_nobody_did_keeps_its_default():
    rows = [([5, 6, 7], [(5, 1)], 5)] * 20
    assert choose(rows)["favourite"] == "keep"


def test_without_rows_the_defaults_hold():
    nothing = choice.Lists(*(np.zeros(0, dtype=kind) for kind in (int, int, bool)), 0)
    assert choice.choose(nothing, SeenParams(), 10).model_dump() == {
        "response": "last",
        "favourite": "keep",
        "view": "keep",
    }


def test_labelled_rows_are_judged_by_what_a_recommender_gives_them():
    kinds = {"items": pl.List(pl.Int32), "actions": pl.List(pl.Int8), "label_item": pl.Int32}
    contexts = {"items": [[5]] * 20, "actions": [[1]] * 20}
    given = []

    def recommender(rows, k, policy):
        given.append((len(rows), k, policy))
        return pl.DataFrame({"items": [[5, 6, 7]] * len(rows)})

    for label, fate in ((5, "keep"), (6, "last")):
        rows = choice.Labelled(pl.DataFrame(contexts | {"label_item": [label] * 20}, schema=kinds))
        assert rows.policy_of(recommender, SeenParams(), 10).response == fate
        found = rows.ranked(recommender, 10)
        assert found.right.tolist() == [item == label for item in (5, 6, 7)] * 20
    assert set(map(str, given)) == {str((20, choice.DEEP * 10, choice.KEEP))}
    fixed = SeenParams(response="hide", favourite="keep", view="keep")
    assert choice.Labelled(rows.rows).policy_of(None, fixed, 10) == fixed  # nobody is asked
