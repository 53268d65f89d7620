from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.keys import KEYS
from stages.core.schema import EVENTS
from stages.explode.stage import bucket_number
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.flow import Flow, settings
from tests.worlds.strategies import Log, kinds, logs
from tests.worlds.tiny import APPLY, TEST, TRAIN, VIEW, Session, moment, raw_sessions

LINE = ("session_id", "session", "vacancy_id", "action_type", "position")


def exploded(root: Path, raw_dir: Path, kind: str = "auto", **split: Any) -> tuple[Flow, Any]:
    flow = Flow(root, settings(split={"kind": kind, **split}))
    return flow, flow.explode(raw_dir)


def lines(flow: Flow, user: str) -> list[tuple[Any, ...]]:
    return flow.read("events").filter(pl.col("user_id") == user).select(LINE).rows()


def labels(flow: Flow) -> list[tuple[str, str]]:
    return flow.read("events").filter("label").select("session_id", "vacancy_id").rows()


def test_events_are_in_the_order_of_time_not_of_the_lists(tmp_path: Path, raw_dir: Path) -> None:
    flow, _ = exploded(tmp_path, raw_dir)
    assert lines(flow, "boris") == [
        ("boris-1", 0, "driver-1", 2, 1),
        ("boris-1", 0, "driver-2", 1, 0),
        ("boris-2", 1, "driver-3", 3, 0),
        ("boris-2", 1, "driver-2", 2, 1),
        ("boris-3", 2, "driver-3", 1, 1),
        ("boris-3", 2, "driver-4", 1, 0),
    ]
    assert flow.read("events").schema == EVENTS


def test_ties_are_broken_by_session_then_position(tmp_path: Path, raw_dir: Path) -> None:
    flow, _ = exploded(tmp_path, raw_dir)
    assert [line[:3] for line in lines(flow, "vera")][:4] == [
        ("vera-1", 0, "cook-2"),
        ("vera-1", 0, "cook-1"),
        ("vera-2", 1, "nurse-1"),
        ("vera-2", 1, "cook-3"),
    ]


def test_overlapping_sessions_keep_their_ordinals(tmp_path: Path, raw_dir: Path) -> None:
    flow, _ = exploded(tmp_path, raw_dir)
    assert [line[:2] for line in lines(flow, "lev")] == [
        ("lev-1", 0), ("lev-2", 1), ("lev-2", 1), ("lev-1", 0), ("lev-3", 2),
    ]  # fmt: skip


def test_a_test_session_without_events_keeps_a_row(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = exploded(tmp_path, raw_dir)
    row = flow.read("events").filter(pl.col("session_id") == "lev-3").row(0, named=True)
    assert row["vacancy_id"] is row["action_dt"] is None
    assert (row["action_type"], row["position"], row["part"], row["label"]) == (0, 0, "test", False)
    assert report.test_rows_without_events == 1


def test_unknown_actions_become_zero(tmp_path: Path, raw_dir: Path) -> None:
    flow, _ = exploded(tmp_path, raw_dir)
    assert [line[3] for line in lines(flow, "zoya")] == [0, 2, 1]


def test_last_session_holds_out_all_from_its_first_event_on(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = exploded(tmp_path, raw_dir, "last_session")
    assert labels(flow) == [
        ("anna-3", "cook-3"), ("dina-2", "nurse-1"), ("gleb-1", "driver-2"), ("lev-2", "driver-2"),
        ("vera-3", "cook-3"), ("zoya-2", "clerk-2"),
    ]  # fmt: skip
    held = flow.read("events").filter(pl.col("part") == "validation")
    assert held.filter(pl.col("user_id") == "lev")["session_id"].to_list() == [
        "lev-2", "lev-2", "lev-1",
    ]  # fmt: skip
    assert report.labels == 6
    assert report.events == {"train": 26, "validation": 10, "test": 8}


def test_test_sessions_hold_out_nothing_of_train(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = exploded(tmp_path, raw_dir, "test_sessions")
    assert labels(flow) == [("anna-4", "cook-2"), ("boris-3", "driver-3")]
    assert report.events["validation"] == 0


def test_after_cuts_everybody_at_one_moment(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = exploded(tmp_path, raw_dir, "after: 2023-11-05")
    assert labels(flow) == [("anna-3", "cook-3"), ("dina-2", "nurse-1"), ("zoya-2", "clerk-2")]
    held = flow.read("events").filter(pl.col("part") == "validation")
    assert held["action_dt"].min() == moment("05 09:00")
    assert report.events["validation"] == 8


def test_auto_takes_the_last_sessions_of_a_small_log(tmp_path: Path, raw_dir: Path) -> None:
    assert exploded(tmp_path, raw_dir)[1].split == "last_session"


def test_max_users_leaves_the_others_in_train(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = exploded(tmp_path, raw_dir, "last_session", max_users=2)
    held = flow.read("events").filter(pl.col("part") == "validation")
    assert report.labels == held["user_id"].n_unique() == 2


def faulty() -> tuple[pl.DataFrame, pl.DataFrame]:
    time, columns = moment("01 10:00"), ("user_id", "session_id", "vacancy_id", "action_type", "action_dt")  # fmt: skip
    train = [
        ("u", "ok", ["a", "b"], [1, 2], [time, time]),
        (None, "s1", ["a"], [1], [time]),
        ("u", None, ["a"], [1], [time]),
        ("u", "s2", None, [1], [time]),
        ("u", "s3", ["a", "b"], [1], [time, time]),
        ("u", "s4", [], [], []),
        ("u", "s5", [None, "a", "b", "c"], [1, None, 2, 2], [time, time, None, time]),
    ]
    test = [("u", "t1", ["a"], [1, 2], [time]), ("u", "t2", [None], [1], [time])]
    schema = raw_sessions([]).schema
    frames = [pl.DataFrame(rows, schema=dict(schema), orient="row") for rows in (train, test)]
    assert frames[0].columns == list(columns)
    return frames[0], frames[1]


def write(root: Path, train: pl.DataFrame, test: pl.DataFrame) -> Flow:
    train.write_parquet(root / "train.parquet")
    test.write_parquet(root / "test.parquet")
    return Flow(root, settings())


def test_each_malformed_row_and_event_is_counted_by_reason(tmp_path: Path) -> None:
    flow = write(tmp_path, *faulty())
    report = flow.explode()
    assert report.dropped_rows == {
        "empty_list": 1, "null_id": 2, "null_list": 1, "unequal_lists": 1,
    }  # fmt: skip
    assert report.dropped_events == {"null_action": 1, "null_time": 1, "null_vacancy": 2}
    assert flow.read("events")["session_id"].to_list() == ["ok", "ok", "s5", "t1", "t2"]
    assert (report.test_rows_without_events, report.labels) == (2, 0)


WIDTHS: dict[str, pl.DataType] = {
    "milliseconds": pl.List(pl.Datetime("ms")),  # type: ignore[dict-item]
    "microseconds": pl.List(pl.Datetime("us")),  # type: ignore[dict-item]
    "bytes": pl.List(pl.Int8),  # type: ignore[dict-item]
    "unsigned": pl.List(pl.UInt64),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_any_width_and_unit_gives_the_same_events(
    tmp_path: Path, raw_dir: Path, width: pl.DataType
) -> None:
    plain, _ = exploded(tmp_path / "plain", raw_dir)
    name = "action_dt" if "Datetime" in str(width) else "action_type"
    cast = [pl.read_parquet(raw_dir / f"{file}.parquet").cast({name: width}) for file in ("train", "test")]  # fmt: skip
    other = write(tmp_path, cast[0], cast[1])
    other.explode()
    assert other.digest("events") == plain.digest("events")


Change = Callable[[pl.DataFrame], pl.DataFrame]
BROKEN: dict[str, tuple[Change, str]] = {
    "no column": (lambda frame: frame.drop("action_dt"), "`action_dt`.*found nothing"),
    "times as text": (lambda f: f.cast({"action_dt": pl.List(pl.String)}), "`action_dt`.*String"),
    "ids as numbers": (lambda f: f.with_columns(user_id=pl.lit(7)), "`user_id`.*Int32"),
    "a zone": (lambda f: f.cast({"action_dt": pl.List(pl.Datetime("us", "UTC"))}), "`action_dt`.*UTC"),
    "a double row": (lambda f: pl.concat([f, f[:1]]), "1 session.*'anna-4'"),
    "a null key": (lambda f: f.with_columns(session_id=None).cast({"session_id": pl.String}), "null"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_bad_test_file_gives_one_clear_error(
    tmp_path: Path, change: Change, message: str
) -> None:
    flow = write(tmp_path, raw_sessions(TRAIN), change(raw_sessions(TEST)))
    with pytest.raises(HhrecError, match=message) as caught:
        flow.explode()
    assert "test.parquet" in caught.value.message
    assert "hhrec data check" in caught.value.hint
    assert not (tmp_path / "events").exists()


def test_missing_and_unreadable_files_are_named(tmp_path: Path, raw_dir: Path) -> None:
    with pytest.raises(MissingInputError, match=r"train\.parquet: not found"):
        Flow(tmp_path, settings()).explode()
    (tmp_path / "train.parquet").write_text("no")
    with pytest.raises(HhrecError, match="not a readable Parquet file"):
        Flow(tmp_path, settings()).explode()
    with pytest.raises(HhrecError, match="names no day"):
        exploded(tmp_path, raw_dir, "after: 2023-11-31")


@pytest.mark.parametrize("day", ["2020-01-01", "2030-01-01"])
def test_a_cut_outside_the_data_is_an_error_and_leaves_the_old_output(
    tmp_path: Path, raw_dir: Path, day: str
) -> None:
    before = exploded(tmp_path, raw_dir)[0].digest("events")
    with pytest.raises(HhrecError, match=r"split\.kind"):
        exploded(tmp_path, raw_dir, f"after: {day}")
    assert Flow(tmp_path, settings()).digest("events") == before
    assert {path.name for path in tmp_path.iterdir()} == {"events", ".hhrec"}


def oracle(train: list[Session], test: list[Session]) -> list[tuple[Any, ...]]:
    """Events in order with session ordinals, the slow way; no split."""
    rows: list[tuple[Any, ...]] = []
    for user in sorted({session[0] for session in train + test}):
        mine = [
            (moment(time), name, is_test, place, vacancy, action)
            for is_test, log in enumerate((train, test))
            for owner, name, happened in log
            if owner == user
            for place, (vacancy, action, time) in enumerate(happened)
        ]
        order: list[str] = []
        for time, name, _, place, vacancy, action in sorted(mine):
            order += [] if name in order else [name]
            known = action if action in {1, 2, 3} else 0
            rows.append((user, name, order.index(name), vacancy, known, time, place))
        empty = sorted(name for owner, name, happened in test if owner == user and not happened)
        rows += [(user, name, len(order) + n, None, 0, None, 0) for n, name in enumerate(empty)]
    return rows


@given(logs(), st.integers(1, 5), st.integers(0, 9))
def test_events_agree_with_the_slow_way_for_any_buckets_and_row_order(
    tmp_path_factory: pytest.TempPathFactory, log: Log, buckets: int, seed: int
) -> None:
    train, test = log
    train = [*train, ("z", "z0", [("v1", VIEW, "01 00:00"), ("v1", APPLY, "01 01:00")])]
    flow = Flow(tmp_path_factory.mktemp("x"), settings(explode={"buckets": buckets}))
    flow.write(train, test, seed).explode()
    found = flow.read("events", "user_id").drop("part", "label").rows()
    assert found == oracle(train, test)
    assert len(list((flow.root / "events").iterdir())) == buckets


def slow_labels(train: list[Session], test: list[Session], kind: str) -> set[tuple[str, str, str]]:
    """Labels the slow way: (user, session, vacancy)."""
    rows = [row for row in oracle(train, test) if row[3]]
    asked = {(user, name) for user, name, _ in test}
    found = {}
    for user, name in dict.fromkeys(row[:2] for row in rows):
        mine = [row for row in rows if row[0] == user]
        session = [row for row in mine if row[1] == name]
        responses = [row[3] for row in session if row[4] == APPLY]
        from_test = (user, name) in asked
        wanted = from_test == (kind == "test_sessions")
        known = kind != "test_sessions" or any((user, row[1]) not in asked for row in mine)
        late = not kind.startswith("after") or session[0][5] >= moment("03 00:00")
        if responses and wanted and known and late:
            earlier = mine.index(session[0]) > 0
            found[user if kind == "last_session" else (user, name)] = (earlier, user, name, responses[0])  # fmt: skip
    return {(user, name, label) for earlier, user, name, label in found.values() if earlier}


@given(logs(), kinds, st.integers(1, 3))
def test_labels_agree_with_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, log: Log, kind: str, buckets: int
) -> None:
    train, test = log
    train = [*train, ("z", "z0", [("v1", VIEW, "01 00:00")]), ("z", "z1", [("v2", APPLY, "04 00:00")])]  # fmt: skip
    params = settings(explode={"buckets": buckets}, split={"kind": kind})
    flow = Flow(tmp_path_factory.mktemp("x"), params)
    flow.write(train, test).explode()
    labelled = flow.read("events").filter("label").select(*KEYS, "vacancy_id")
    assert labelled.height == labelled.select(KEYS).n_unique()
    if kind == "auto":
        both = [slow_labels(train, test, way) for way in ("test_sessions", "last_session")]
        expected = both[len(both[0]) < len(both[1])]
    else:
        expected = slow_labels(train, test, kind)
    assert set(labelled.rows()) == expected


@given(logs(), kinds, st.integers(0, 9))
def test_shuffled_rows_give_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, log: Log, kind: str, seed: int
) -> None:
    train, test = log
    train = [*train, ("z", "z0", [("v1", VIEW, "01 00:00")]), ("z", "z1", [("v2", APPLY, "04 00:00")])]  # fmt: skip
    root = tmp_path_factory.mktemp("x")
    params = settings(explode={"buckets": 2}, split={"kind": kind})
    plain, other = Flow(root / "plain", params), Flow(root / "other", params)
    plain.write(train, test).explode()
    other.write(train, test, seed).explode()
    assert plain.digest("events") == other.digest("events")


@pytest.mark.parametrize(
    ("buckets", "workers", "expected"), [(0, 1, 1), (0, 3, 4), (7, 3, 7), (1, 3, 1)]
)
def test_buckets_worked_on_at_once_share_the_memory(
    buckets: int, workers: int, expected: int
) -> None:
    params = settings(
        explode={"buckets": buckets, "memory_gb": 4.0},
        engine={"kind": "processes" if workers > 1 else "local", "workers": workers},
    )
    assert bucket_number(params, 4 * 2**30 // 400) == expected
