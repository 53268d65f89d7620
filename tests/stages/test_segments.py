import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages import segments

VOCAB = pl.DataFrame(
    {
        "vacancy_id": ["often", "eight", "seven", "once", "cold"],
        "item": [3, 4, 5, 6, 7],
        "count": [90, 8, 7, 1, 0],
        "trained": [True, True, True, False, False],
    },
    schema_overrides={"item": pl.Int32},
)


def tables(rows: list[tuple[str, list[int] | None]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys = {"user_id": ["u"] * len(rows), "session_id": [f"s{row}" for row in range(len(rows))]}
    labels = pl.DataFrame({**keys, "vacancy_id": [true for true, _ in rows]})
    contexts = pl.DataFrame(
        {**keys, "items": [items for _, items in rows]},
        schema_overrides={"items": pl.List(pl.Int32)},
    )
    return labels, contexts.filter(pl.col("items").is_not_null())


def test_a_target_is_a_repeat_or_new_and_has_a_frequency() -> None:
    rows: list[tuple[str, list[int] | None]] = [
        ("often", [6, 3, 3]),
        ("eight", [3]),
        ("seven", []),
        ("once", None),
        ("cold", [7]),
        ("elsewhere", [1, 1]),
    ]
    found = segments.targets(*tables(rows), VOCAB)
    assert found["target"].to_list() == ["repeat", "new", "new", "unknown", "repeat", "new"]
    assert found["frequency"].to_list() == ["8+", "8+", "1-7", "1-7", "never", "never"]


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([*VOCAB["vacancy_id"], "elsewhere"]),
            st.lists(st.sampled_from([1, 3, 4, 5, 6, 7]), max_size=5),
        ),
        min_size=1,
    )
)
def test_targets_agree_with_a_loop(rows: list[tuple[str, list[int]]]) -> None:
    items = dict(VOCAB.select("vacancy_id", "item").iter_rows())
    labels, contexts = tables([(true, context) for true, context in rows])
    found = segments.targets(labels, contexts.reverse(), VOCAB)
    expected = ["repeat" if items.get(true) in context else "new" for true, context in rows]
    assert found["target"].to_list() == expected
