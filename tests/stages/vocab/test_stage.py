from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages import vocab as stage
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import VOCAB
from stages.inspect.vocab import coverage, lookup
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.flow import Flow, settings
from tests.worlds.strategies import Log, logs


@pytest.fixture
def tiny(tmp_path: Path, raw_dir: Path) -> Flow:
    flow = Flow(tmp_path, settings(vocab={"min_count": 2}, split={"kind": "last_session"}))
    flow.all(raw_dir)
    return flow


def test_frequent_vacancies_come_first_then_the_catalogue_by_id(tiny: Flow) -> None:
    table = tiny.read("vocab.parquet")
    assert table.schema == VOCAB
    assert table["item"].to_list() == list(range(FIRST_ITEM, FIRST_ITEM + 28))
    assert table.filter("trained").select("vacancy_id", "count").rows() == [
        ("cook-1", 6), ("driver-1", 4), ("nurse-2", 4),
        ("cook-2", 2), ("driver-2", 2), ("nurse-1", 2),
    ]  # fmt: skip
    rest = table.filter(~pl.col("trained"))["vacancy_id"].to_list()
    assert rest == sorted(rest)


def test_the_report_tells_what_is_covered(tiny: Flow, raw_dir: Path) -> None:
    report = tiny.vocab(raw_dir)
    counted = tiny.read("filtered").height
    assert (report.vacancies, report.events) == (28, counted)
    assert report.share_unknown == pytest.approx(1 / counted)  # ghost-1
    assert report.dropped_rows == {"null_id": 0, "duplicate_id": 0}


def test_double_and_null_ids_of_the_catalogue_are_counted(tiny: Flow) -> None:
    ids = pl.DataFrame({"vacancy_id": ["cook-1", None, "cook-1", "x", None, "cook-1"]})
    ids.write_parquet(tiny.root / "vacancies.parquet")
    assert tiny.vocab().dropped_rows == {"null_id": 2, "duplicate_id": 2}
    assert tiny.read("vocab.parquet")["vacancy_id"].to_list() == ["cook-1", "x"]


def test_extend_keeps_items_and_flags_and_appends_the_new(tiny: Flow) -> None:
    old = tiny.read("vocab.parquet")
    pl.DataFrame({"vacancy_id": ["zzz", "aaa", "cook-1", "nurse-1"]}).write_parquet(
        tiny.root / "vacancies.parquet"
    )
    report = stage.run(
        settings(vocab={"min_count": 1}),
        events=tiny.root / "filtered",
        vacancies=tiny.root / "vacancies.parquet",
        out=tiny.root / "new.parquet",
        extend=tiny.root / "vocab.parquet",
    )
    new = tiny.read("new.parquet")
    assert new[: old.height].equals(old)
    assert new[old.height :].rows() == [("aaa", 31, 0, False), ("zzz", 32, 0, False)]
    assert report.extended == {"kept": 2, "new": 2, "gone": 26}


def test_nothing_to_train_is_an_error(tiny: Flow) -> None:
    pl.DataFrame({"vacancy_id": ["elsewhere"]}).write_parquet(tiny.root / "vacancies.parquet")
    before = tiny.digest("vocab.parquet")
    with pytest.raises(HhrecError, match=r"min_count = 2.*most frequent has 0"):
        tiny.vocab()
    assert tiny.digest("vocab.parquet") == before


def test_an_empty_catalogue_is_an_error(tiny: Flow) -> None:
    pl.DataFrame({"vacancy_id": [None]}, schema={"vacancy_id": pl.String}).write_parquet(
        tiny.root / "vacancies.parquet"
    )
    with pytest.raises(HhrecError, match="holds no id"):
        tiny.vocab()


def test_missing_inputs_name_the_command_that_makes_them(tmp_path: Path, raw_dir: Path) -> None:
    with pytest.raises(MissingInputError) as caught:
        Flow(tmp_path, settings()).vocab(raw_dir)
    assert "hhrec filter" in caught.value.hint


@given(logs(), st.integers(1, 4), st.integers(1, 5), st.integers(0, 9))
def test_the_vocabulary_agrees_with_the_slow_way_for_any_buckets_and_row_order(
    tmp_path_factory: pytest.TempPathFactory, log: Log, least: int, buckets: int, seed: int
) -> None:
    train, test = log
    anchor = [("z", "z0", [("v0", 2, "01 00:00")] * 4)]
    params = settings(
        vocab={"min_count": least}, explode={"buckets": buckets}, split={"kind": "test_sessions"}
    )
    flow = Flow(tmp_path_factory.mktemp("x"), params).write([*train, *anchor], test, seed)
    flow.all()
    counts = Counter(
        vacancy for *_, events in [*train, *anchor] for vacancy, action, _ in events if action != 9
    )
    catalogue = pl.read_parquet(flow.root / "vacancies.parquet")["vacancy_id"].to_list()
    trained = sorted((-counts[name], name) for name in catalogue if counts[name] >= least)
    order = [name for _, name in trained]
    order += sorted(set(catalogue) - set(order))
    expected = [(name, FIRST_ITEM + n, counts[name], n < len(trained)) for n, name in enumerate(order)]  # fmt: skip
    assert flow.read("vocab.parquet").rows() == expected


def test_coverage_counts_events_and_labels(tiny: Flow) -> None:
    found = coverage(
        tiny.root / "vocab.parquet",
        events=tiny.root / "filtered",
        sequences=tiny.root / "sequences",
    )
    assert (found.vacancies, found.trained) == (28, 6)
    # labels: cook-3, nurse-1, driver-2, driver-2, cook-3, clerk-2
    assert found.validation_labels == {
        "rows": 6, "trained": 3 / 6, "untrained": 3 / 6, "unknown": 0,
    }  # fmt: skip
    assert found.filtered_events is not None
    assert found.filtered_events["unknown"] == pytest.approx(1 / found.filtered_events["rows"])
    alone = coverage(tiny.root / "vocab.parquet", events=None, sequences=None)
    assert alone.filtered_events is alone.validation_labels is None


def test_lookup_takes_ids_and_item_numbers(tiny: Flow) -> None:
    found = lookup(tiny.root / "vocab.parquet", ["cook-1", "6", "1"])
    assert found["item"].to_list() == [3, 6, 1]
    assert found["vacancy_id"].to_list()[:2] == ["cook-1", "cook-2"]
    assert "not in the catalogue" in found["vacancy_id"][2]


@pytest.mark.parametrize(
    ("asked", "near"), [("cok-1", "cook-1"), ("nurse_3", "nurse-3"), ("1000", "none")]
)
def test_an_unknown_id_is_answered_with_near_ones(tiny: Flow, asked: str, near: str) -> None:
    with pytest.raises(HhrecError, match=f"{asked!r} is neither.*near matches.*{near}"):
        lookup(tiny.root / "vocab.parquet", [asked])
