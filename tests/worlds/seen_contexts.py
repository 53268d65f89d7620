"""Hypothesis strategies for seen policies: what rows did, what is ranked for them, the rules."""

import polars as pl
from hypothesis import strategies as st

from stages.params import SeenParams
from tests.oracles import recommendations as oracles

POLICIES = st.builds(
    SeenParams, **dict.fromkeys(("response", "favourite", "view"), st.sampled_from(oracles.STRICT))
)
CONTEXTS = st.lists(st.tuples(st.integers(3, 12), st.integers(0, 3)), max_size=12)
RANKED = st.permutations(list(range(3, 16))).flatmap(
    lambda items: st.integers(0, 13).map(lambda size: items[:size])
)


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
