import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.scoring import segments

VOCAB = pl.DataFrame(
    {
        "vacancy_id": ["often", "eight", "seven", "once", "cold"],
        "item": [3, 4, 5, 6, 7],
        "count": [90, 8, 7, 1, 0],
        "trained": [True, True, True, False, False],
    },
    schema_overrides={"item": pl.Int32},
)
USERS = pl.DataFrame({"user_id": ["u", "v"]})
FACTS = pl.DataFrame(
    {
        "vacancy_id": ["often", "eight", "seven", "once", "cold"],
        "area.regionId": ["1", "1", "2", None, "3"],
        "workSchedule": ["fullDay", "fullDay", "shift", "other", "unknown"],
    }
)
NOTHING = pl.DataFrame(schema={"vacancy_id": pl.String})
Row = tuple[str, list[int] | None]


def cut(
    rows: list[Row],
    *,
    facts: pl.DataFrame = NOTHING,
    users: list[str] | None = None,
    turned: bool = False,
) -> pl.DataFrame:
    keys = {
        "user_id": users or ["u"] * len(rows),
        "session_id": [f"s{row}" for row in range(len(rows))],
    }
    labels = pl.DataFrame({**keys, "vacancy_id": [true for true, _ in rows]})
    contexts = pl.DataFrame(
        {**keys, "items": [items for _, items in rows]},
        schema_overrides={"items": pl.List(pl.Int32)},
    ).filter(pl.col("items").is_not_null())
    contexts = contexts.reverse() if turned else contexts
    return segments.segments(labels, contexts, VOCAB, users=USERS, facts=facts)


def test_a_target_is_a_repeat_or_new_and_has_a_frequency() -> None:
    rows: list[Row] = [
        ("often", [6, 3, 3]),
        ("eight", [3]),
        ("seven", []),
        ("once", None),
        ("cold", [7]),
        ("elsewhere", [1, 1]),
    ]
    found = cut(rows)
    assert found["target"].to_list() == ["repeat", "new", "new", "unknown", "repeat", "new"]
    assert found["frequency"].to_list() == ["8+", "8+", "1-7", "1-7", "never", "never"]


def test_a_history_is_as_long_as_its_events_unknown_ones_too() -> None:
    lengths = (0, 1, 4, 5, 19, 20, 99, 100, 5_000)
    rows: list[Row] = [("often", [1] * length) for length in lengths]
    expected = ["0", "1-4", "1-4", "5-19", "5-19", "20-99", "20-99", "100+", "100+", "unknown"]
    assert cut([*rows, ("often", None)])["history"].to_list() == expected


def test_a_user_is_in_train_or_not() -> None:
    found = cut([("often", []), ("often", [])], users=["v", "w"])
    assert found["user"].to_list() == ["in train", "not in train"]


def test_regions_and_schedules_are_those_of_the_target() -> None:
    rows: list[Row] = [(name, []) for name in ("often", "eight", "seven", "once", "cold", "none")]
    found = cut(rows, facts=FACTS)
    assert found["region"].to_list() == ["1", "1", "2", "unknown", "3", "unknown"]
    assert found["region"].dtype == pl.Enum(["1", "2", "3", "other", "unknown"])
    # values that are called like the groups join them
    assert found["schedule"].to_list()[3:] == ["other", "other", "unknown"]


def test_rare_regions_are_put_together() -> None:
    many = [f"v{number}" for number in range(12)]
    facts = pl.DataFrame({"vacancy_id": many, "area.regionId": [f"r{n:02}" for n in range(12)]})
    found = cut([(name, []) for name in [*many, "v11"]], facts=facts)["region"]
    assert found.dtype == pl.Enum(["r11", *(f"r{n:02}" for n in range(7)), "other", "unknown"])
    assert (found == "other").sum() == 4


def test_without_a_catalogue_or_values_there_are_no_such_cuts() -> None:
    assert cut([("often", [])]).columns == ["target", "frequency", "history", "user"]
    nulls = FACTS.with_columns(pl.lit(None, dtype=pl.String).alias("area.regionId"))
    assert "region" not in cut([("often", [])], facts=nulls).columns


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([*VOCAB["vacancy_id"], "elsewhere"]),
            st.lists(st.sampled_from([1, 3, 4, 5, 6, 7]), max_size=6),
        ),
        min_size=1,
    )
)
def test_targets_and_regions_agree_with_a_loop(rows: list[tuple[str, list[int]]]) -> None:
    items = dict(VOCAB.select("vacancy_id", "item").iter_rows())
    regions = dict(FACTS.select("vacancy_id", "area.regionId").iter_rows())
    found = cut([(true, context) for true, context in rows], facts=FACTS, turned=True)
    expected = ["repeat" if items.get(true) in context else "new" for true, context in rows]
    assert found["target"].to_list() == expected
    where = [regions.get(true) or "unknown" for true, _ in rows]
    if set(where) == {"unknown"}:  # then there is nothing to cut by
        assert "region" not in found.columns
    else:
        assert found["region"].to_list() == where
