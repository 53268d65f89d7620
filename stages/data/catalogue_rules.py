"""Rules for vacancies.parquet and labels.parquet, alone and against the sessions."""

from pathlib import Path

import polars as pl

from stages.core.keys import KEYS
from stages.data.findings import Finding, Rule, apply, rows

EVER = pl.lit(True)


def check_catalogue(path: Path, vacancies: pl.LazyFrame) -> tuple[int, list[Finding]]:
    """Check the catalogue alone; gives its number of rows too."""
    vacancy = pl.col("vacancy_id")
    nameless = "described by its other columns alone"
    count, found = apply(
        [
            Rule("warn", "null_id", "vacancy_id", "left out of the vocabulary", vacancy.is_null()),
            Rule("info", "null_name", "name", nameless, pl.col("name").is_null()),
        ],
        vacancies.select("vacancy_id", "name"),
        path,
    )
    ids = vacancies.select("vacancy_id").filter(vacancy.is_not_null())
    repeated = ids.group_by("vacancy_id").agg(rows=pl.len()).filter(pl.col("rows") > 1)
    rule = Rule("warn", "duplicate_id", "vacancy_id", "one of the rows is used", EVER)
    found += rows(rule, repeated.sort("vacancy_id"), count, path)
    if not count:
        empty = Rule("stop", "no_rows", "", "nothing to recommend", EVER)
        found.append(empty.found(path, 0, 0, ""))
    return count, found


def check_known(
    path: Path, sessions: pl.LazyFrame, vacancies: pl.LazyFrame, events: int
) -> list[Finding]:
    """Find events whose vacancy the catalogue does not hold."""
    usable = sessions.filter(pl.col("fault").is_null())
    ids = usable.select(*KEYS, "vacancy_id").explode("vacancy_id", empty_as_null=True)
    known = vacancies.select("vacancy_id").unique()
    unknown = ids.drop_nulls("vacancy_id").join(known, on="vacancy_id", how="anti")
    rule = Rule("warn", "not_in_catalogue", "vacancy_id", "seen as an unknown vacancy", EVER)
    return rows(rule, unknown, events, path)


def check_labels(
    path: Path,
    labels: pl.LazyFrame,
    test: pl.LazyFrame,
    vacancies: pl.LazyFrame,
    *,
    test_rows: int,
) -> tuple[int, list[Finding]]:
    """Check labels alone, against the test rows, and against the catalogue; gives their number."""
    null = pl.any_horizontal(pl.all().is_null())
    refused = "evaluate refuses the file"
    count, found = apply([Rule("stop", "null_value", "any", refused, null)], labels, path)
    repeated = labels.group_by(KEYS).agg(rows=pl.len()).filter(pl.col("rows") > 1).sort(KEYS)
    keys, asked = labels.select(KEYS).unique(), test.select(KEYS).unique()
    astray = keys.join(asked, on=KEYS, how="anti").sort(KEYS)
    known = vacancies.select("vacancy_id").unique()
    foreign = labels.join(known, on="vacancy_id", how="anti")
    unlabelled = asked.join(keys, on=KEYS, how="anti").sort(KEYS)
    double = Rule("stop", "duplicate_session", ", ".join(KEYS), refused, EVER)
    lost = Rule("warn", "no_test_row", ", ".join(KEYS), "counts 0 in every score", EVER)
    miss = Rule("warn", "not_in_catalogue", "vacancy_id", "can only be missed", EVER)
    unscored = Rule(
        "info", "test_row_without_label", ", ".join(KEYS), "predicted, not scored", EVER
    )
    found += [
        *rows(double, repeated, count, path),
        *rows(lost, astray, count, path),
        *rows(miss, foreign, count, path),
        *rows(unscored, unlabelled, test_rows, path),
    ]
    if not count:
        found.append(Rule("stop", "no_rows", "", refused, EVER).found(path, 0, 0, ""))
    elif any(one.code == "no_test_row" and one.count == count for one in found):
        nothing = Rule("stop", "no_match", ", ".join(KEYS), refused, EVER)
        found.append(nothing.found(path, count, count, "no label belongs to a test row"))
    return count, found
