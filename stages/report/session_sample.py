"""The sample of sessions shown: some of each kind, fixed by the seed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import RAW_VACANCIES, TEST_SEQUENCES, VOCAB
from stages.core.seeds import derive
from stages.scoring import metrics
from stages.scoring.labels_and_predictions import held_out, read_labels, read_predictions

KINDS = {
    "repeat-found": "repeat found",
    "new-found": "discovery found",
    "repeat-missed": "repeat missed",
    "new-missed": "discovery missed",
}
SHOWN = 10  # recommendations of a session that are looked up, beside the true one


class SessionSample(NamedTuple):
    """Sessions to show, how many there are of each kind, and whose lists stand beside the model's."""

    part: str
    rows: list[dict[str, Any]]
    sizes: dict[str, int]
    heuristic: str | None = None


def choose(
    sequences: Path,
    vocab: Path,
    *,
    part: str,
    labels: Path | None,
    predictions: Path,
    count: int,
    seed: int,
) -> SessionSample:
    """Choose `count` labelled sessions, taken in turn from each kind as long as it has any.

    A session is found if its true vacancy is among its recommendations, and a repeat if its
    history holds the true vacancy.

    Returns:
        Rows in the order of `KINDS`, each a dict of the session's columns (`schema.TEST_SEQUENCES`
        with `vacancies` for `items`), `label`, `predictions`, `rank` (0 where missed) and `kind`.
    """
    truth = held_out(sequences / part) if labels is None else read_labels(labels)
    given = read_predictions(predictions)
    ids = (
        tables.scan(vocab, VOCAB, made_by="hhrec vocab build")
        .select("vacancy_id", "item")
        .collect()
    )
    asked = tables.scan(sequences / part, TEST_SEQUENCES, made_by="hhrec sequences build").collect()
    rows = (
        truth.with_columns(rank=pl.Series(metrics.ranks(truth, given)))
        .join(ids, on="vacancy_id", how="left")
        .join(asked, on=KEYS)
        .with_columns(kind=_kind())
        .sort(KEYS)
    )
    picked = rows[_in_turn(rows["kind"], count, seed)]
    shown = picked.join(given, on=KEYS, how="left", maintain_order="left")
    names = dict(zip(ids["item"], ids["vacancy_id"], strict=True))
    sizes = dict(rows["kind"].value_counts().iter_rows())
    return SessionSample(part, [_named(row, names) for row in shown.to_dicts()], sizes)


def _kind() -> pl.Expr:
    repeat = pl.col("items").list.contains(pl.col("item")).fill_null(value=False)
    known = pl.col("item").is_not_null() & repeat
    how = pl.when(known).then(pl.lit("repeat-")).otherwise(pl.lit("new-"))
    return how + pl.when(pl.col("rank") > 0).then(pl.lit("found")).otherwise(pl.lit("missed"))


def _in_turn(kinds: pl.Series, count: int, seed: int) -> list[int]:
    """Places of the chosen rows, kind by kind."""
    piles = []
    for kind in KINDS:
        places = (kinds == kind).arg_true().to_numpy()
        shuffled = np.random.default_rng(derive(seed, "report", kind)).permutation(places)
        piles.append([int(place) for place in shuffled])
    most = max(map(len, piles))
    turns = [
        (pile, turn)
        for turn in range(most)
        for pile in range(len(piles))
        if turn < len(piles[pile])
    ]
    return [piles[pile][turn] for pile, turn in sorted(turns[:count])]


def _named(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """A row with vacancy ids for item ids; none for what the catalogue does not have."""
    vacancies = [names.get(item) for item in row.pop("items")]
    return {
        **row,
        "label": row["vacancy_id"],
        "vacancies": vacancies,
        "predictions": row["predictions"] or [],
    }


def wanted(choice: SessionSample) -> Iterator[str]:
    """Vacancies that the chosen sessions show."""
    for row in choice.rows:
        yield row["label"]
        yield from row["predictions"][:SHOWN]
        yield from row.get("heuristic", [])
        yield from (vacancy for vacancy in row["vacancies"] if vacancy is not None)


def cards(catalogue: Path, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The catalogue's rows of some vacancies, by id; of two rows the first in their total order."""
    found = (
        tables.scan(catalogue, RAW_VACANCIES, made_by="hhrec data import")
        .filter(pl.col("vacancy_id").is_in(sorted(ids)))
        .drop("description", "keySkills.keySkill")
        .unique()
        .collect()
    )
    rows = found.sort(found.columns).unique("vacancy_id", keep="first", maintain_order=True)
    return {row["vacancy_id"]: row for row in rows.iter_rows(named=True)}
