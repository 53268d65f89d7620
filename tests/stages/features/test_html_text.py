import html
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.features.html_text import normal_skill, normal_skills, strip_html, visible

REAL = Path(__file__).parents[4] / "shared/data/hh-vacancies/vacancies.parquet"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("просто  текст\n", "просто текст"),
        ("<p>Обязанности:</p><ul><li>а</li><li>б</li></ul>", "Обязанности: а б"),
        ("<b>Вод</b>итель<br/>категории <i>Е</i>", "Водитель категории Е"),
        ("R&amp;D &laquo;Ромашка&raquo;&nbsp;&#8212; C&#43;&#43;", "R&D «Ромашка» — C++"),
        ("до<script>var a = '<p>нет</p>';</script>после<style>b{}</style>!", "до после !"),
        ("2 < 3 и 5 > 4", "2 < 3 и 5 > 4"),
        ("<p>не закрыт <b>тег", "не закрыт тег"),
        ("а<!-- тайна -->б<![if IE]>в<![endif]>г<![что-то[д]]>", "абвг"),
        ("<script/>видно", "видно"),
        ("", ""),
    ],
)
def test_strip_html(markup: str, expected: str) -> None:
    assert strip_html(markup) == expected


SOUP = st.lists(
    st.sampled_from(["<", ">", "</", "<!", "<![", "]]>", "<!--", "-->", "<?", "&", "&#", ";", "/>"])
    | st.sampled_from(["p", "script", "<style>", "CDATA[", "x='", '"', " ", "ж", "\0", "&lt;"])
    | st.text(max_size=3)
).map("".join)


@given(SOUP | st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "replace")))
@settings(max_examples=400, deadline=None)
def test_any_string_survives(markup: str) -> None:
    text = strip_html(markup)
    assert text == " ".join(text.split())


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
@settings(max_examples=100, deadline=None)
def test_escaped_text_comes_back(text: str) -> None:
    assert strip_html(f"<p>{html.escape(text)}</p>") == " ".join(text.split())


def test_a_column_keeps_its_nulls() -> None:
    assert visible(pl.Series("d", ["<p>а</p>", None, ""])).to_list() == ["а", None, ""]


@pytest.mark.skipif(not REAL.is_file(), reason="the collected vacancies are not on this machine")
def test_real_descriptions() -> None:
    assert_text_alone(REAL, most=1_000)


def test_generated_descriptions(small_artifacts: Path) -> None:
    assert_text_alone(small_artifacts / "raw" / "vacancies.parquet", most=200)


def assert_text_alone(file: Path, most: int) -> None:
    """No tag and no entity is left of more than so many descriptions, nor is any text lost."""
    markup = pl.read_parquet(file, columns=["description"])["description"].drop_nulls()
    assert markup.str.contains("<p>|<li>").sum() > most
    texts = visible(markup)
    assert texts.null_count() == 0
    assert texts.str.contains(r"</?(p|li|ul|strong|br|em)\s*/?>").sum() == 0
    assert texts.str.contains(r"&(nbsp|amp|quot|lt|gt|laquo);").sum() == 0
    assert texts.str.len_chars().min() > 20


def test_normal_skills() -> None:
    skills = pl.Series("s", [[" MS  Excel", "ms excel", "", None, "1С"], None, [], [None, "  "]])
    assert normal_skills(skills).to_list() == [["1с", "ms excel"], None, [], []]
    assert normal_skill("Straße\tÜBER") == "strasse über"


@given(st.lists(st.none() | st.lists(st.none() | st.text(max_size=4), max_size=4), max_size=6))
@settings(max_examples=60, deadline=None)
def test_normal_skills_agree_with_the_slow_way(rows: list[list[str | None] | None]) -> None:
    expected = [
        None
        if row is None
        else sorted(
            {normal_skill(skill) for skill in row if skill is not None} - {""}, key=str.encode
        )
        for row in rows
    ]
    assert normal_skills(pl.Series(rows, dtype=pl.List(pl.String))).to_list() == expected
