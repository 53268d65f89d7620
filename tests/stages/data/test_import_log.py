"""A flat log becomes the three raw files: whole, in their schema, or not at all."""

from pathlib import Path

import polars as pl
import pytest

from stages.core.raw_sessions import scan_sessions
from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES
from stages.data import import_log
from stages.data.formats import Flat
from stages.data.item_table import ItemTable
from stages.data.row_validation import action_names
from stages.data.write_parts import Plan
from stages.interface.errors import HhrecError, MissingInputError, UsageError
from tests.worlds.event_log import rows_of, sessions_of, write_log


def test_files_have_the_raw_schema_and_explode_can_open_them(tmp_path: Path) -> None:
    import_log.run(write_log(tmp_path), out=tmp_path / "out")
    wanted = {"train": RAW_SESSIONS, "test": RAW_SESSIONS, "labels": LABELS}
    for name, schema in (wanted | {"vacancies": RAW_VACANCIES}).items():
        found = pl.read_parquet_schema(tmp_path / "out" / f"{name}.parquet")
        assert dict(found) == dict(pl.DataFrame(schema=dict(schema)).schema)
    assert scan_sessions(tmp_path / "out" / "train.parquet").collect()["fault"].null_count() == 4
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "out", ".hhrec"}


def test_ready_sessions_keep_their_ids(tmp_path: Path) -> None:
    text = "user_id,item_id,timestamp,s\n" + "".join(
        f"u,{item},{second},{name}\n"
        for item, second, name in (("a", 1, "x"), ("b", 9999, "x"), ("c", 10000, "x"), ("d", 5, ""))
    )
    log = write_log(tmp_path, text, action=None, session="s")
    report = import_log.run(log, out=tmp_path / "out")
    assert sessions_of(tmp_path / "out", "train") == [("u", "x", ["a"], [1])]
    assert rows_of(tmp_path / "out", "labels") == [("u", "x+1", "c")]
    assert report.rejected == {"null_session": 1}


def test_an_item_table_is_mapped_onto_the_catalogue(tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text(
        "id,title,tags,pay,area.id\na,Cook,x|y| ,100.4,1\nb,,,much,2\na,Zoo,z,1,3\n,No,n,1,1\n"
    )
    fields = {"name": "title", "keySkills.keySkill": "tags", "compensation.from": "pay"}
    items = ItemTable(Flat(table), "id", fields)
    report = import_log.run(write_log(tmp_path), out=tmp_path / "out", items=items)
    found = pl.read_parquet(tmp_path / "out" / "vacancies.parquet")
    chosen = found.select("vacancy_id", *fields, "area.id").rows()
    assert chosen == [
        ("a", "Cook", ["x", "y"], 100, "1"),
        ("b", "b", None, None, "2"),
        ("c", "c", None, None, None),
        ("d", "d", None, None, None),
    ]
    assert report.items_rejected == {"null_item": 1, "duplicate_item": 1}
    assert report.items_unreadable == {"compensation.from": 1}
    assert report.vacancies_without_row == 2


def test_a_table_alone_is_the_catalogue_if_that_is_said(tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id\nb\nnew\n")
    given = {"items": ItemTable(Flat(table), "id"), "out": tmp_path / "out"}
    whole = import_log.run(write_log(tmp_path), **given)
    alone = import_log.run(write_log(tmp_path), **given, listed_only=True, force=True)
    names = pl.read_parquet(tmp_path / "out" / "vacancies.parquet")["vacancy_id"]
    assert names.to_list() == ["b", "new"]
    assert whole.vacancies > 2
    assert alone.train_sessions == whole.train_sessions  # events of the others stay


def test_nothing_is_overwritten_by_chance(tmp_path: Path) -> None:
    log, out = write_log(tmp_path), tmp_path / "out"
    import_log.run(log, out=out)
    with pytest.raises(HhrecError, match="already holds") as caught:
        import_log.run(log, out=out)
    assert "--force" in caught.value.hint
    import_log.run(log, out=out, force=True)
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(HhrecError, match=r"holds thesis\.tex"):
        import_log.run(log, out=out, force=True)
    with pytest.raises(HhrecError, match="found a file"):
        import_log.run(log, out=tmp_path / "log.csv", force=True)


def test_a_failed_import_leaves_the_earlier_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_log.run(write_log(tmp_path), out=out)
    before = (out / "train.parquet").read_bytes()
    broken = tmp_path / "items.jsonl"
    broken.write_text('{"id": "a"}\n' * 1_000 + "{broken\n")
    items = ItemTable(Flat(broken), "id")
    with pytest.raises(HhrecError, match=r"items\.jsonl: not readable"):
        import_log.run(write_log(tmp_path), out=out, items=items, force=True)
    assert (out / "train.parquet").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "items.jsonl", "out", ".hhrec"}


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"user": "who"}, HhrecError, "no column `who`; found user_id, item_id, timestamp, kind"),
        ({"time": "kind"}, HhrecError, "none of 15 rows .* read as iso, for example `apply`"),
        ({"time_format": "fortnight"}, UsageError, "expected auto, iso"),
        ({"actions": {"x": 1}}, HhrecError, "action names found: apply, look, scroll"),
        ({"file": Flat(Path("nowhere.csv"))}, MissingInputError, "found nothing"),
        ({"file": Flat(Path(__file__).parent)}, HhrecError, "expected files of a known format"),
    ],
)
def test_errors_say_what_was_found(
    tmp_path: Path, change: dict[str, object], error: type[HhrecError], says: str
) -> None:
    with pytest.raises(error, match=says):
        import_log.run(write_log(tmp_path, **change), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_field_of_the_catalogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,title\na,A\n")
    items = ItemTable(Flat(tmp_path / "items.csv"), fields={"title": "title"})
    with pytest.raises(UsageError, match="title: no such field; expected one of name"):
        import_log.run(write_log(tmp_path), out=tmp_path / "out", items=items)


@pytest.mark.parametrize("wrong", [{"test_share": 1.0}, {"session_gap": 0.0}])
def test_impossible_plans_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Plan(**wrong)  # type: ignore[arg-type]


def test_an_action_with_two_meanings_is_refused() -> None:
    with pytest.raises(UsageError, match="x is given two meanings"):
        action_names(["x"], ["x"], [])
