"""What may be replaced: nothing, what hhrec wrote, and never what others need."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import kinds, outputs, ownership, schema
from stages.interface.errors import HhrecError


def wrote(place: Path, name: str = "test.json") -> None:
    with outputs.prepare(place, kinds.METRICS).replacing() as scratch:
        scratch.mkdir()
        (scratch / name).write_text("{}")


def test_nothing_and_an_empty_directory_may_be_taken(tmp_path: Path) -> None:
    ownership.require(tmp_path / "new" / "metrics", kinds.METRICS)
    (tmp_path / "empty").mkdir()
    ownership.require(tmp_path / "empty", kinds.METRICS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_what_was_written_may_be_replaced_and_nothing_beside_it(tmp_path: Path) -> None:
    wrote(tmp_path / "metrics")
    ownership.require(tmp_path / "metrics", kinds.METRICS)
    with pytest.raises(HhrecError, match="holds metrics that `hhrec evaluate` wrote"):
        ownership.require(tmp_path / "metrics", kinds.EVENTS)
    (tmp_path / "metrics" / "test.json").write_text("of another size")
    with pytest.raises(HhrecError, match="nothing says that `hhrec evaluate` wrote"):
        ownership.require(tmp_path / "metrics", kinds.METRICS)


@given(st.text("abc.-_0", min_size=1, max_size=12).filter(lambda name: name not in {".", ".."}))
def test_any_other_file_inside_stops_it(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    place = tmp_path_factory.mktemp("any") / "metrics"
    wrote(place)
    (place / name).write_text("mine")
    with pytest.raises(HhrecError, match="did not write"):
        ownership.require(place, kinds.METRICS)
    assert (place / name).read_text() == "mine"


def test_tables_of_before_are_known_by_their_form(tmp_path: Path) -> None:
    place = tmp_path / "events"
    place.mkdir()
    pl.DataFrame(schema=dict(schema.EVENTS)).write_parquet(place / "bucket-00000.parquet")
    ownership.require(place, kinds.EVENTS)
    pl.DataFrame({"user_id": ["mine"]}).write_parquet(place / "bucket-00000.parquet")
    with pytest.raises(HhrecError, match="nothing says"):
        ownership.require(place, kinds.EVENTS)


def test_predictions_are_known_by_their_mark_alone(tmp_path: Path) -> None:
    rows, file = pl.DataFrame(schema=dict(schema.PREDICTIONS)), tmp_path / "p.parquet"
    rows.write_parquet(file)
    with pytest.raises(HhrecError, match="nothing says"):
        ownership.require(file, kinds.PREDICTIONS)
    rows.write_parquet(file, metadata=kinds.MARK)
    ownership.require(file, kinds.PREDICTIONS)


def test_a_place_around_in_or_at_an_input_is_refused(tmp_path: Path) -> None:
    given_input = tmp_path / "a" / "input"
    given_input.mkdir(parents=True)
    for place in (given_input, tmp_path / "a", given_input / "new"):
        with pytest.raises(HhrecError, match="which the same command reads"):
            ownership.require(place, kinds.METRICS, [given_input])
    ownership.require(tmp_path / "a" / "beside", kinds.METRICS, [given_input])


def test_an_input_behind_a_link_is_the_input(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "real")
    with pytest.raises(HhrecError, match="which the same command reads"):
        ownership.require(tmp_path / "real", kinds.METRICS, [tmp_path / "way"])
    with pytest.raises(HhrecError, match="which the same command reads"):
        ownership.require(tmp_path / "way" / "x", kinds.METRICS, [tmp_path / "real"])


def test_a_home_that_lies_deeper_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "people" / "ann"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for place in (home, tmp_path / "people"):
        with pytest.raises(HhrecError, match="the home directory"):
            ownership.require(place, kinds.METRICS)


def test_a_link_inside_is_not_followed(tmp_path: Path) -> None:
    wrote(tmp_path / "metrics")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("ann")
    (tmp_path / "metrics" / "validation.json").symlink_to(tmp_path / "letters")
    with pytest.raises(HhrecError, match=r"holds validation\.json"):
        ownership.require(tmp_path / "metrics", kinds.METRICS)
    (tmp_path / "metrics" / "validation.json").unlink()
    wrote(tmp_path / "metrics", "summary.json")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "ann"


def test_something_put_there_during_the_work_stays(tmp_path: Path) -> None:
    place = tmp_path / "metrics"

    def work() -> None:
        with outputs.prepare(place, kinds.METRICS).replacing() as scratch:
            scratch.mkdir()
            (scratch / "test.json").write_text("{}")
            place.mkdir()
            (place / "notes.txt").write_text("mine")

    with pytest.raises(HhrecError, match=r"holds notes\.txt"):
        work()
    assert (place / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob("*.part"))


def test_a_copy_with_its_manifests_is_ours_too(tmp_path: Path) -> None:
    wrote(tmp_path / "a" / "metrics")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    ownership.require(tmp_path / "b" / "metrics", kinds.METRICS)
