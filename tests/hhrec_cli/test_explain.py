"""`hhrec explain` and the rules of `hhrec predict`, as typed."""

from pathlib import Path

import polars as pl
import pytest

from tests.helpers.command import Type
from tests.worlds.little_model import trained


@pytest.fixture(scope="module")
def options(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """Paths of a little model."""
    out = tmp_path_factory.mktemp("typed")
    paths = trained(small_artifacts, out)
    (out / "params.yaml").write_text(
        f"raw: {small_artifacts / 'raw'}\nsplit: {{kind: last_session}}\nfeatures: {{tokens: 400}}\n"
        "predict: {k: 10}\n"
    )
    named = [word for name, path in paths.items() for word in (f"--{name}", path)]
    return [*named, "--params", out / "params.yaml"]


@pytest.fixture(scope="module")
def user(small_artifacts: Path) -> str:
    rows = pl.read_parquet(small_artifacts / "sequences" / "test" / "*.parquet")
    return str(rows.filter(pl.col("items").list.len() > 2)["user_id"][0])


def test_reasons_are_a_table_or_one_object(hhrec: Type, options, user: str) -> None:
    shown = hhrec("explain", "--user", user, "--k", "2", "--quiet", *options)
    assert shown.code == 0
    assert "vacancy" in shown.out
    assert (
        "have not responded" in shown.out
        or "went on to it" in shown.out
        or "it was met" in shown.out
    )
    found = hhrec("explain", "--user", user, "--k", "2", "--no-what-if", "--json", *options).json()
    assert found["user_id"] == user
    for one in found["vacancies"]:
        assert sum(one["parts"].values()) == pytest.approx(one["score"], abs=1e-3)
        assert all(reason["without"] is None for reason in one["reasons"])
    name = found["vacancies"][1]["vacancy_id"]
    words = ("explain", "--user", user, "--vacancy", name, "--json", "--no-what-if")
    again = hhrec(*words, *options).json()
    assert [one["rank"] for one in again["vacancies"]] == [2]


def test_a_person_who_is_not_there_is_an_error(hhrec: Type, options) -> None:
    typed = hhrec("explain", "--user", "nobody", *options)
    assert typed.code == 1
    assert "no row of user" in typed.err


def test_rules_are_typed_and_reported(hhrec: Type, options, tmp_path: Path) -> None:
    deny, out = tmp_path / "deny.txt", tmp_path / "p.parquet"
    words = ("predict", "--json", "--quiet", "--out", out, *options)
    plain = hhrec(*words).json()
    assert plain["rules"] == {}
    first = pl.read_parquet(out)["predictions"].list.first().unique()
    deny.write_text("\n".join(first), encoding="utf-8")
    rules = ("--where", "employment=full", "--max-per", "company.id=2", "--capacity", "30")
    found = hhrec(*words, "--deny", deny, *rules).json()
    assert found["candidates"] < plain["candidates"]
    assert found["rules"]["max_per company.id"] == 2
    assert found["rules"]["most_crowded"] <= 30
    lists = pl.read_parquet(out)["predictions"]
    assert not set(first) & set(lists.explode(empty_as_null=False).to_list())


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (("--where", "employment"), "expected FIELD=VALUE"),
        (("--max-per", "company.id"), "expected FIELD=N"),
        (("--diversity", "1"), "expected a weight"),
        (("--capacity", "3", "--diversity", "0.5"), "does not go with"),
    ],
)
def test_a_rule_that_makes_no_sense_is_a_usage_error(hhrec: Type, options, rules, said) -> None:
    typed = hhrec("predict", *rules, *options)
    assert typed.code == 2
    assert said in typed.err
