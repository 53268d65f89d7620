import random
import zlib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stages.core.schema import CATEGORICAL, FEATURES
from stages.features.codebooks import load_books
from tests.worlds.feature_world import IDS, VACANCIES, build, content, vacancy, words

REAL = Path(__file__).parents[4] / "shared/data/hh-vacancies/vacancies.parquet"


def test_a_small_catalogue(tmp_path: Path) -> None:
    items, report = build(tmp_path, VACANCIES, IDS)
    assert items.schema == FEATURES
    assert items["item"].to_list() == [3, 4, 5, 6, 7]
    assert load_books(tmp_path / "features/books").columns["company_id"].values == (
        "c1",
        "c2",
        "c3",
    )
    assert items["company_id"].to_list() == [2, 2, 3, 4, 0]
    assert items["area_id"].to_list() == [3, 2, 2, 2, 0]
    assert items["employment"].to_list() == [0, 2, 2, 3, 0]
    assert items["salary_bucket"].to_list() == [1, 2, 0, 0, 0]
    assert items["salary_from"].to_list() == pytest.approx([0.569, 0.668, 0, 0, 0], abs=1e-3)
    assert items["salary_to"].to_list() == pytest.approx([0.569, 0.768, 0, 0, 0], abs=1e-3)
    assert words(tmp_path, items["title_tokens"][1].to_list()) == "python разработчик"
    assert words(tmp_path, items["skill_tokens"][1].to_list()) == "python sql"
    assert items["text_tokens"].list.len().sum() == 0
    assert items.row(4)[1:] == (*[0] * 7, 0.0, 0.0, 0, [], [], [])
    assert (report.vacancies, report.absent, report.outside, report.duplicates) == (5, 0, 0, 0)
    assert not report.frozen


def test_descriptions_are_used_when_asked(tmp_path: Path) -> None:
    items, _ = build(tmp_path, VACANCIES, IDS, max_text_tokens=64)
    assert words(tmp_path, items["text_tokens"][1].to_list()).endswith("sql python")
    cut, _ = build(tmp_path, VACANCIES, IDS, max_text_tokens=3, max_title_tokens=1)
    assert cut["text_tokens"][1].to_list() == items["text_tokens"][1].to_list()[:3]
    assert cut["title_tokens"].list.len().to_list() == [1, 1, 1, 1, 0]


def test_row_order_changes_no_byte(tmp_path: Path) -> None:
    twice = [*VACANCIES, vacancy("v_1", name="Другая"), vacancy("v_3"), vacancy(None, name="?")]
    build(tmp_path / "a", twice, IDS, slice_items=2, max_text_tokens=9)
    for seed in range(3):
        random.Random(seed).shuffle(twice)  # noqa: S311  a test's shuffle
        build(tmp_path / "b", twice, IDS, slice_items=2, max_text_tokens=9)
        assert content(tmp_path / "a/features") == content(tmp_path / "b/features")


@pytest.mark.parametrize("slice_items", [1, 2, 5, 1000])
def test_slices_change_only_file_boundaries(tmp_path: Path, slice_items: int) -> None:
    whole, _ = build(tmp_path / "a", VACANCIES, IDS, max_text_tokens=9)
    parts, _ = build(tmp_path / "b", VACANCIES, IDS, slice_items, max_text_tokens=9)
    assert_frame_equal(whole, parts)
    assert content(tmp_path / "a/features/books") == content(tmp_path / "b/features/books")
    files = sorted(path.name for path in (tmp_path / "b/features/items").iterdir())
    assert len(files) == -(-5 // slice_items)


def test_first_of_duplicates_absent_and_outside_rows(tmp_path: Path) -> None:
    rows = [
        vacancy("v_1", name="б", company_id="c9"),
        vacancy("v_1", name="а", company_id="c8"),
        vacancy("v_9", name="вне словаря", company_id="c7"),
        vacancy(None, name="без номера", company_id="c6"),
    ]
    items, report = build(tmp_path, rows, ["v_1", "v_2"])
    assert (report.absent, report.outside, report.duplicates) == (1, 2, 1)
    assert load_books(tmp_path / "features/books").columns["company_id"].values == ("c8",)
    assert items["company_id"].to_list() == [2, 0]


def test_a_catalogue_without_rows_gives_missing_codes(tmp_path: Path) -> None:
    items, report = build(tmp_path, [], ["v_1"])
    assert items.row(0) == (3, *[0] * 7, 0.0, 0.0, 0, [], [], [])
    assert report.absent == 1


def test_rare_values_share_hashed_codes(tmp_path: Path) -> None:
    rows = [vacancy(f"v_{n}", company_id=f"c{n // 2}") for n in range(9)]  # c4 once, others twice
    items, report = build(tmp_path, rows, [f"v_{n}" for n in range(9)], max_codes=2, hash_codes=3)
    rare = [4 + zlib.crc32(f"c{n // 2}".encode()) % 3 for n in range(4, 9)]
    assert items["company_id"].to_list() == [2, 2, 3, 3, *rare]
    assert report.codes["company_id"] == 7
    assert report.codes["area_id"] == 2


VALUES = st.one_of(st.none(), st.text(max_size=2))


@given(values=st.lists(VALUES, min_size=1, max_size=12), most=st.integers(1, 4))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_codes_are_those_of_the_slow_way(
    tmp_path: Path, values: list[str | None], most: int
) -> None:
    rows = [vacancy(f"v_{n}", area_id=value) for n, value in enumerate(values)]
    ids = [row["vacancy_id"] for row in rows]
    items, _ = build(tmp_path, rows, ids, slice_items=5, max_codes=most, hash_codes=2)
    known = [value for value in values if value is not None]
    ranked = sorted(set(known), key=lambda value: (-known.count(value), value.encode()))
    top = ranked[:most]
    expected = [
        0
        if value is None
        else top.index(value) + 2
        if value in top
        else 2 + most + zlib.crc32(value.encode()) % 2
        for value in values
    ]
    assert items["area_id"].to_list() == expected


@pytest.mark.skipif(not REAL.is_file(), reason="the collected vacancies are not on this machine")
def test_real_vacancies(tmp_path: Path) -> None:
    assert_all_is_coded(REAL, tmp_path)


def test_generated_vacancies(small_artifacts: Path, tmp_path: Path) -> None:
    assert_all_is_coded(small_artifacts / "raw" / "vacancies.parquet", tmp_path)


def assert_all_is_coded(file: Path, tmp_path: Path) -> None:
    """Each vacancy has words, each description tokens, each code lies below its column's number."""
    rows = pl.read_parquet(file)
    ids = rows["vacancy_id"].unique().sort().to_list()
    items, report = build(tmp_path, rows.to_dicts(), ids, 5_000, max_text_tokens=32)
    assert items.height == report.vacancies == len(ids)
    assert items["title_tokens"].list.len().min() > 0
    unknown = (
        items["title_tokens"].list.count_matches(1).sum() / items["title_tokens"].list.len().sum()
    )
    assert unknown < 0.001
    texts = rows["description"].drop_nulls().len()
    assert (items["text_tokens"].list.len() > 0).sum() == texts
    assert all(items[name].max() < report.codes[name] for name in CATEGORICAL.values())
    assert items["salary_bucket"].max() < report.codes["salary"]
