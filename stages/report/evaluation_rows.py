"""The section on validation and test rows and the context known for each."""

from pathlib import Path

import polars as pl

from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import LABELS, TEST_SEQUENCES, VALIDATION_SEQUENCES, VOCAB
from stages.report.formatting import number
from stages.report.markup import Html, table, tag


def questions(sequences: Path, vocab: Path, max_length: int, labels: Path | None) -> Html:
    """Validation and test rows: what is asked, and what is known when it is."""
    schemas = {"validation": VALIDATION_SEQUENCES, "test": TEST_SEQUENCES}
    counts = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").select(
        "count", label="vacancy_id"
    )
    found = {}
    for part, schema in schemas.items():
        rows = tables.scan(sequences / part, schema, made_by="hhrec sequences build")
        if part == "test" and labels is not None:
            truth = tables.scan(labels, LABELS, made_by="").rename({"vacancy_id": "label"})
            rows = rows.join(truth, on=KEYS, how="left")
        found[part] = _asked(rows, counts, max_length)
    names = list(found["validation"])
    lines = ((name, *(_figure(found[part].get(name)) for part in schemas)) for name in names)
    return table(("rows", *schemas), lines)


def _asked(rows: pl.LazyFrame, counts: pl.LazyFrame, max_length: int) -> dict[str, int]:
    size = pl.col("items").list.len()
    found = {
        "asked about": pl.len(),
        "without any history": (size == 0).sum(),
        f"with more than {max_length} events, of which the model sees the last": (
            size > max_length
        ).sum(),
    }
    if "label" in rows.collect_schema():
        rows = rows.join(counts, on="label", how="left")
        known = pl.col("label").is_not_null()
        found["whose true vacancy is known"] = known.sum()
        found["whose true vacancy is outside the catalogue"] = (
            known & pl.col("count").is_null()
        ).sum()
        found["whose true vacancy was never seen in training"] = (pl.col("count") == 0).sum()
    return rows.select(**found).collect().row(0, named=True)


def _figure(value: int | None) -> Html:
    return tag("td", number(value), class_="n")
