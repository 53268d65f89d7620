from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.item_ids import UNK
from stages.core.keys import KEYS
from stages.inspect.sequences import summary, user_events
from stages.interface.errors import HhrecError, MissingInputError
from stages.sequences import contexts
from stages.sequences.stage import SCHEMAS, run
from tests.worlds.flow import Flow, settings
from tests.worlds.strategies import Log, kinds, logs
from tests.worlds.tiny import APPLY, TEST, TRAIN, VIEW, Session, moment


def flow_of(root: Path, raw_dir: Path, kind: str, **sections: Any) -> Flow:
    flow = Flow(root, settings(split={"kind": kind}, **sections))
    flow.all(raw_dir)
    return flow


def context(flow: Flow, part: str, key: str) -> list[str]:
    """Vacancies of one row, by session id (train: user id)."""
    column = "user_id" if part == "train" else "session_id"
    row = flow.read(f"sequences/{part}").filter(pl.col(column) == key)
    ids = dict(flow.read("vocab.parquet").select("item", "vacancy_id").rows())
    return [ids.get(item, "?") for item in row["items"].item()]


def test_train_rows_are_whole_filtered_histories(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    assert context(flow, "train", "anna") == ["cook-1", "cook-2", "cook-1", "cook-1"]
    row = flow.read("sequences/train").row(0, named=True)
    assert (row["actions"], row["sessions"]) == ([2, 2, 2, 1], [0, 0, 1, 1])
    assert row["times"][0] == moment("01 10:00")


def test_a_validation_row_knows_nothing_of_its_session(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    assert context(flow, "validation", "lev-2") == ["driver-1"]
    assert context(flow, "validation", "vera-3") == ["cook-2", "cook-1", "nurse-1", "cook-3"]
    row = flow.read("sequences/validation").filter(pl.col("session_id") == "lev-2")
    assert row["asked_at"].item() == moment("02 07:00")
    assert row["label"].item() == "driver-2"


def test_a_test_row_knows_all_up_to_the_end_of_its_session(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    history = ["cook-1", "cook-2", "cook-1", "cook-1", "cook-3", "cook-2", "cook-4", "cook-2"]
    assert context(flow, "test", "anna-4") == history
    assert context(flow, "test", "anna-5") == [*history, "cook-5"]
    assert context(flow, "test", "nina-1") == ["nurse-3", "nurse-1"]


def test_every_test_session_has_a_row_even_an_empty_one(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session", filter={"min_user_events": 4})
    table = flow.read("sequences/test")
    assert table.select(KEYS).rows() == [row[:2] for row in TEST]
    lev = table.filter(pl.col("session_id") == "lev-3")
    assert lev["asked_at"].item() == moment("02 08:00")
    assert context(flow, "test", "lev-3") == ["driver-1", "driver-2", "driver-2", "driver-3"]


def test_asked_now_each_row_knows_all_of_its_person(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    before = flow.read("sequences/validation")
    run(flow.params, filtered=flow.root / "filtered", events=flow.root / "events",
        vocab=flow.root / "vocab.parquet", out=flow.root / "sequences", now=True)  # fmt: skip
    table = flow.read("sequences/test")
    assert table.select(KEYS).rows() == [row[:2] for row in TEST]
    assert table["asked_at"].null_count() == len(table)
    assert context(flow, "test", "anna-4") == context(flow, "test", "anna-5")
    assert context(flow, "test", "lev-3") == ["driver-1", "driver-2", "driver-2", "driver-3"]
    assert flow.read("sequences/validation").equals(before)


def test_a_stranger_without_events_has_an_empty_context(tmp_path: Path) -> None:
    flow = Flow(tmp_path, settings()).write(TRAIN, [("nobody", "n", [])])
    flow.all()
    row = flow.read("sequences/test").row(0, named=True)
    assert (row["items"], row["actions"], row["asked_at"]) == ([], [], None)


def test_vacancies_outside_the_catalogue_become_unknown(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    ivan = flow.read("sequences/train").filter(pl.col("user_id") == "ivan")
    assert ivan["items"].item()[0] == UNK


def test_a_label_outside_the_catalogue_is_kept(tmp_path: Path) -> None:
    train: list[Session] = [
        ("u", "u0", [("v1", VIEW, "01 00:00")]),
        ("u", "u1", [("ghost", APPLY, "02 00:00")]),
    ]
    flow = Flow(tmp_path, settings()).write(train, [])
    report = flow.all()[-1]
    row = flow.read("sequences/validation").row(0, named=True)
    assert (row["label"], row["label_item"]) == ("ghost", UNK)
    assert report.model_dump()["labels_unknown"] == 1


def test_contexts_keep_their_last_events(
    tmp_path: Path, raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "MAX_CONTEXT", 2)
    monkeypatch.setattr(contexts, "ROWS_AT_ONCE", 1)
    flow = flow_of(tmp_path, raw_dir, "last_session")
    assert context(flow, "test", "anna-4") == ["cook-4", "cook-2"]
    assert context(flow, "validation", "vera-3") == ["nurse-1", "cook-3"]


def slow_contexts(train: list[Session], test: list[Session]) -> dict[tuple[str, str], list[Any]]:
    """Context of each test session with events, the obvious way."""
    found = {}
    for user, name, happened in test:
        mine = sorted(
            (moment(time), session, place, vacancy)
            for owner, session, log in [*train, *test]
            if owner == user
            for place, (vacancy, _, time) in enumerate(log)
        )
        last = max(((moment(e[2]), name, p) for p, e in enumerate(happened)), default=None)
        if last:
            found[user, name] = [row[3] for row in mine if row[:3] <= last]
    return found


ANCHOR: list[Session] = [
    ("z", "z0", [("v1", VIEW, "01 00:00")]),
    ("z", "z1", [("v2", APPLY, "04 00:00")]),
]


@given(logs(), st.integers(1, 5), st.integers(0, 9))
def test_test_contexts_agree_with_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, log: Log, buckets: int, seed: int
) -> None:
    train, test = log
    params = settings(explode={"buckets": buckets}, filter={"min_user_events": 2, "rounds": 1})
    flow = Flow(tmp_path_factory.mktemp("x"), params)
    flow.write([*train, *ANCHOR, ("z", "z2", [("v1", VIEW, "01 00:00")])], test, seed).all()
    ids = dict(flow.read("vocab.parquet").select("item", "vacancy_id").rows())
    table = flow.read("sequences/test")
    assert set(table.select(KEYS).rows()) == {row[:2] for row in test}
    rows = {(r["user_id"], r["session_id"]): r["items"] for r in table.to_dicts()}
    for key, expected in slow_contexts(train, test).items():
        assert [ids.get(item, "ghost") for item in rows[key]] == expected


@given(logs(), kinds, st.integers(2, 5), st.integers(0, 9))
def test_neither_buckets_nor_row_order_change_a_row(
    tmp_path_factory: pytest.TempPathFactory, log: Log, kind: str, buckets: int, seed: int
) -> None:
    train, test = log
    root = tmp_path_factory.mktemp("x")
    tables = []
    for name, count, order in (("one", 1, None), ("many", buckets, seed)):
        flow = Flow(root / name, settings(explode={"buckets": count}, split={"kind": kind}))
        flow.write([*train, *ANCHOR], test, order).all()
        parts = [flow.read(f"sequences/{part}", "user_id") for part in SCHEMAS]
        tables.append([flow.read("filtered", "user_id"), flow.read("vocab.parquet"), *parts])
    for one, many in zip(*tables, strict=True):
        assert one.equals(many)


LEARNT = ("filtered", "vocab.parquet", "sequences/train")
DISTURBANCES: dict[str, tuple[str, dict[str, Session]]] = {
    "the held-out session": ("last_session", {
        "vera-3": ("vera", "vera-3", [("nurse-9", APPLY, "04 10:00"), ("ghost", 9, "06 01:00"), ("cook-1", 2, "04 11:00")]),
        "lev-2": ("lev", "lev-2", [("clerk-1", VIEW, "02 07:00"), ("clerk-1", APPLY, "03 07:00")]),
    }),
    "a test session": ("test_sessions", {
        "anna-4": ("anna", "anna-4", [("cook-1", VIEW, "01 01:00"), ("ghost", APPLY, "09 09:30")]),
        "boris-3": ("boris", "boris-3", []),
    }),
    "all after the cut": ("after: 2023-11-05", {
        "anna-3": ("anna", "anna-3", [("nurse-5", APPLY, "05 00:00")] * 9),
        "dina-2": ("dina", "dina-2", []),
        "kira-1": ("kira", "kira-1", [("cook-1", VIEW, "06 01:00")]),
    }),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "changed"), DISTURBANCES.values(), ids=DISTURBANCES.keys())
def test_what_is_held_out_leaves_no_trace_in_what_is_learnt(
    tmp_path: Path, raw_dir: Path, kind: str, changed: dict[str, Session]
) -> None:
    plain = flow_of(tmp_path / "plain", raw_dir, kind)
    logs = [[changed.get(row[1], row) for row in log] for log in (TRAIN, TEST)]
    other = Flow(tmp_path / "other", plain.params).write(logs[0], logs[1])
    other.explode()
    other.filter()
    other.vocab(raw_dir)
    other.sequences()
    assert plain.digest("sequences/test") != other.digest("sequences/test")
    assert plain.digest(*LEARNT) == other.digest(*LEARNT)


def test_a_table_may_be_one_file(tmp_path: Path, raw_dir: Path) -> None:
    plain = flow_of(tmp_path / "plain", raw_dir, "last_session")
    other = Flow(tmp_path / "other", plain.params)
    other.root.mkdir()
    plain.read("events").write_parquet(other.root / "events")
    other.filter()
    other.vocab(raw_dir)
    other.sequences()
    assert other.digest(*LEARNT, "sequences") == plain.digest(*LEARNT, "sequences")


def test_no_filter_touches_a_context(tmp_path: Path, raw_dir: Path) -> None:
    loose = flow_of(tmp_path / "loose", raw_dir, "last_session")
    limits = {"min_user_events": 3, "min_item_events": 2, "max_user_events": 3}
    strict = flow_of(tmp_path / "strict", raw_dir, "last_session", filter=limits)
    assert strict.read("filtered").height < loose.read("filtered").height
    for part, key in (("test", "anna-5"), ("test", "boris-3"), ("validation", "zoya-2")):
        assert context(strict, part, key) == context(loose, part, key)


def test_missing_inputs_name_the_command_that_makes_them(tmp_path: Path, raw_dir: Path) -> None:
    flow = Flow(tmp_path, settings())
    for hint, make in (
        ("hhrec filter", lambda: flow.explode(raw_dir)),
        ("hhrec filter", flow.filter),
        ("hhrec vocab build", lambda: flow.vocab(raw_dir)),
    ):
        with pytest.raises(MissingInputError) as caught:
            flow.sequences()
        assert hint in caught.value.hint
        make()
    flow.sequences()


def test_the_summary_counts_what_a_model_sees(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session", vocab={"min_count": 2})
    found = summary(flow.root / "sequences", flow.root / "vocab.parquet", max_length=2)
    lengths = [len(row) for row in flow.read("sequences/train")["items"]]
    assert found.parts["train"]["events"] == sum(lengths)
    assert found.parts["train"]["tokens"] == sum(min(length, 2) for length in lengths)
    assert found.parts["train"]["longest"] == 4
    assert found.parts["test"]["rows"] == 6
    assert found.labels == {"rows": 6, "untrained": 0.5, "unknown": 0.0}


def test_the_rows_of_a_user_can_be_read(tmp_path: Path, raw_dir: Path) -> None:
    flow = flow_of(tmp_path, raw_dir, "last_session")
    lines = user_events(flow.root / "sequences", flow.root / "vocab.parquet", "zoya")
    assert lines.select("part", "row", "action", "vacancy_id").rows() == [
        ("train", None, "view", "clerk-2"),
        ("validation", "zoya-2", "other", "clerk-1"),
        ("validation", "zoya-2", "view", "clerk-2"),
        ("validation", "zoya-2", "label", "clerk-2"),
    ]
    with pytest.raises(HhrecError, match="no row of user 'zoja'"):
        user_events(flow.root / "sequences", flow.root / "vocab.parquet", "zoja")
