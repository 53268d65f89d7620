"""The five files: their schema, their order, repeatability, and what happens on failure."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES
from stages.data.sample import GENERATOR_VERSION, SampleReport, run
from stages.interface.errors import HhrecError

TABLES = {
    "train": RAW_SESSIONS,
    "test": RAW_SESSIONS,
    "vacancies": RAW_VACANCIES,
    "labels": LABELS,
}
FILES = {"sample.json", *(f"{name}.parquet" for name in TABLES)}


def _bytes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleReport]:
    out = tmp_path_factory.mktemp("small") / "sample"
    report = run(out=out, sessions=3_000, vacancies=2_400, seed=5)
    return out, report


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_exactly_the_raw_schema(small: tuple[Path, SampleReport], name: str) -> None:
    found = pl.read_parquet_schema(small[0] / f"{name}.parquet")
    assert dict(found) == dict(TABLES[name])


def test_the_report_counts_what_the_files_hold(small: tuple[Path, SampleReport]) -> None:
    out, report = small
    train, test = (pl.read_parquet(out / f"{name}.parquet") for name in ("train", "test"))
    assert (report.train_sessions, report.test_sessions) == (train.height, test.height)
    assert report.train_events == train["vacancy_id"].list.len().sum()
    assert report.users == pl.concat([train, test])["user_id"].n_unique()


def test_the_card_names_version_and_arguments(small: tuple[Path, SampleReport]) -> None:
    card = json.loads((small[0] / "sample.json").read_text(encoding="utf-8"))
    expected = {"sessions": 3_000, "vacancies": 2_400, "seed": 5}
    assert card == {"generator_version": GENERATOR_VERSION, **expected}


def test_equal_arguments_give_equal_bytes_and_another_seed_does_not(
    small: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    run(out=tmp_path / "again", sessions=3_000, vacancies=2_400, seed=5)
    run(out=tmp_path / "other", sessions=3_000, vacancies=2_400, seed=6)
    assert _bytes(tmp_path / "again") == _bytes(small[0])
    assert _bytes(tmp_path / "other")["train.parquet"] != _bytes(small[0])["train.parquet"]


def test_several_chunks_and_slices_lose_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("stages.data.sample.dials.CHUNK_PEOPLE", 50)
    monkeypatch.setattr("stages.data.sample.dials.ROWS_AT_ONCE", 333)
    monkeypatch.setattr("stages.data.sample.dials.CARDS_AT_ONCE", 111)
    steps = []
    report = run(
        out=tmp_path / "out",
        sessions=1_000,
        vacancies=700,
        seed=1,
        progress=lambda done, total, _note="": steps.append((done, total)),
    )
    train = pl.read_parquet(tmp_path / "out" / "train.parquet")
    cards = pl.read_parquet(tmp_path / "out" / "vacancies.parquet")
    assert train["session_id"].n_unique() == train.height == 1_000
    assert cards["vacancy_id"].n_unique() == cards.height == 700
    assert report.test_sessions == 100
    assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(50, 900), st.integers(50, 900), st.integers(0, 99))
def test_any_small_world_keeps_the_contract(
    tmp_path_factory: pytest.TempPathFactory, sessions: int, vacancies: int, seed: int
) -> None:
    out = tmp_path_factory.mktemp("any")
    run(out=out, sessions=sessions, vacancies=vacancies, seed=seed)
    train, test, cards, labels = (pl.read_parquet(out / f"{name}.parquet") for name in TABLES)
    assert (train.height, cards.height) == (sessions, vacancies)
    assert test.height == labels.height == max(round(0.024022 * sessions), sessions // 10)
    assert test["user_id"].n_unique() == test.height
    both = pl.concat([train, test])
    lengths = [both[name].list.len() for name in ("vacancy_id", "action_type", "action_dt")]
    assert lengths[0].min() >= 1
    assert lengths[0].equals(lengths[1]) and lengths[0].equals(lengths[2])  # noqa: PT018
    assert both["session_id"].n_unique() == both.height
    named = pl.concat([both.explode("vacancy_id")["vacancy_id"], labels["vacancy_id"]])
    assert named.is_in(cards["vacancy_id"].implode()).all()
    assert labels.select("user_id", "session_id").equals(test.select("user_id", "session_id"))


def test_a_failure_leaves_the_former_files_and_no_litter(
    small: tuple[Path, SampleReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "sample"
    run(out=out, sessions=100, vacancies=100, seed=0)
    before = _bytes(out)

    def stop(*_args: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("stages.data.sample.files.write_cards", stop)
    with pytest.raises(BaseException):  # noqa: B017, PT011
        run(out=out, sessions=100, vacancies=100, seed=1)
    assert _bytes(out) == before
    assert {file.name for file in tmp_path.iterdir()} == {"sample", ".hhrec"}
    assert small[0].exists()


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "sample"
    run(out=out, sessions=100, vacancies=100, seed=0)
    assert {file.name for file in out.iterdir()} == FILES
    (out / "notes.txt").write_text("mine")
    before = _bytes(out)
    with pytest.raises(HhrecError, match=r"holds notes\.txt, which `hhrec data sample` did not"):
        run(out=out, sessions=100, vacancies=100, seed=1)
    assert _bytes(out) == before


@pytest.mark.parametrize(
    "wrong", [{"sessions": 49}, {"vacancies": 3}, {"seed": -1}], ids=lambda wrong: next(iter(wrong))
)
def test_sizes_without_a_world_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    arguments = {"sessions": 100, "vacancies": 100, "seed": 0, **wrong}
    name, value = next(iter(wrong.items()))
    with pytest.raises(HhrecError, match=rf"--{name}: expected at least \d+, found {value}"):
        run(out=tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HhrecError, match="is a file, so nothing can stand below it"):
        run(out=tmp_path / "file" / "out", sessions=100, vacancies=100, seed=0)
