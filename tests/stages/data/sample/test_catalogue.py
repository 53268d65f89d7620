"""The catalogue of the default sample: margins, texts, salaries."""

import html.parser

import polars as pl
import pytest

from stages.data.sample import facts
from tests.worlds.sampled import Sample

MARGINS = [
    ("employment", facts.EMPLOYMENT),
    ("workSchedule", facts.SCHEDULE),
    ("workExperience", facts.EXPERIENCE),
]
NULLS = {
    "keySkills.keySkill": 0.45,
    "compensation.from": 0.24,
    "compensation.to": 0.55,
    "compensation.currencyCode": 0.19,
    "area.regionId": 0.008,
}


@pytest.mark.parametrize(("column", "margin"), MARGINS, ids=lambda one: str(one)[:14])
def test_categories_have_the_shares_of_the_real_catalogue(
    sample: Sample, column: str, margin: dict[str, int]
) -> None:
    counts = dict(sample.vacancies[column].value_counts().iter_rows())
    for name, count in margin.items():
        expected = count / sum(margin.values())
        slack = 5 * (expected / sample.vacancies.height) ** 0.5
        assert counts.get(name, 0) / sample.vacancies.height == pytest.approx(expected, abs=slack)
    assert counts.keys() <= margin.keys()


@pytest.mark.parametrize("column", NULLS)
def test_nulls_have_the_shares_of_the_real_catalogue(sample: Sample, column: str) -> None:
    assert sample.vacancies[column].is_null().mean() == pytest.approx(NULLS[column], abs=0.01)


def test_other_columns_hold_no_nulls(sample: Sample) -> None:
    rest = sample.vacancies.drop(NULLS)
    assert rest.null_count().sum_horizontal().item() == 0


def test_ten_currencies_the_rouble_first(sample: Sample) -> None:
    codes = sample.vacancies["compensation.currencyCode"].drop_nulls().value_counts(sort=True)
    assert codes.height == 10
    assert codes["compensation.currencyCode"][0] == "RUR"
    assert codes["count"][0] / codes["count"].sum() > 0.95


def test_some_salaries_are_absurd(sample: Sample) -> None:
    low, high = sample.vacancies["compensation.from"], sample.vacancies["compensation.to"]
    assert max(low.max(), high.max()) == 991_788_366
    assert low.min() == 1
    assert (low > high).sum() > 5
    assert 60_000 < low.median() < 110_000


def test_a_currency_goes_with_every_salary_and_with_nothing_else(sample: Sample) -> None:
    pay = sample.vacancies.select(
        shown=pl.col("compensation.from").is_not_null() | pl.col("compensation.to").is_not_null(),
        code=pl.col("compensation.currencyCode").is_not_null(),
    )
    assert pay["shown"].equals(pay["code"].rename("shown"))


def test_salaries_follow_experience(sample: Sample) -> None:
    plain = sample.vacancies.filter(pl.col("compensation.currencyCode") == "RUR")
    median = dict(
        plain.group_by("workExperience").agg(pl.col("compensation.from").median()).iter_rows()
    )
    steps = [median[name] for name in facts.EXPERIENCE]
    assert steps == sorted(steps)


def test_skills_come_in_mixed_case(sample: Sample) -> None:
    skills = sample.vacancies["keySkills.keySkill"].drop_nulls().explode()
    spellings = skills.unique().to_frame("skill").group_by(pl.col("skill").str.to_lowercase()).len()
    assert (spellings["len"] > 1).mean() > 0.9
    assert skills.is_not_null().all()


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "br":
            assert self.open.pop() == tag


def test_descriptions_are_well_formed_html_in_russian(sample: Sample) -> None:
    for text in sample.vacancies["description"][:500]:
        tags = _Tags()
        tags.feed(text)
        assert tags.open == []
        assert sum("а" <= letter.lower() <= "я" for letter in text) > 60


def test_employers_are_many_and_zipf(sample: Sample) -> None:
    sizes = sample.vacancies["company.id"].value_counts(sort=True)["count"]
    assert 0.08 < sizes.len() / sample.vacancies.height < 0.11
    assert sizes[0] > 30 * sizes.median()
