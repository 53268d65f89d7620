"""Read labels and predictions, and check them before scoring."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import LABELS, PREDICTIONS, VALIDATION_SEQUENCES, Schema
from stages.interface.errors import HhrecError, MissingInputError
from stages.scoring import predicted_lists
from stages.scoring.predicted_lists import PredictedLists


def read_labels(path: Path) -> pl.DataFrame:
    """Read true vacancies: `schema.LABELS`, at least one row, unique keys, nothing null.

    Raises:
        MissingInputError: Nothing is at `path`.
        HhrecError: Columns are wrong, values are null, keys repeat, or there is no row.
    """
    hint = "labels are Parquet with user_id, session_id, vacancy_id (strings); name them by --labels FILE"
    labels = _read(path, LABELS, hint)
    if labels.is_empty():
        raise HhrecError(f"{path}: expected at least one labelled row, found none", hint)
    _refuse_nulls(labels, path, list(LABELS), hint)
    _refuse_repeated_keys(labels, path, hint)
    return labels


def read_predictions(path: Path) -> pl.DataFrame:
    """Read predictions whole: `schema.PREDICTIONS`; see `open_predictions`."""
    return open_predictions(path).table()


def open_predictions(path: Path) -> PredictedLists:
    """Check predictions, `schema.PREDICTIONS`: unique keys, distinct ids in a row; null means none.

    They are checked and read block by block.

    Raises:
        MissingInputError: Nothing is at `path`.
        HhrecError: Columns are wrong, a key or an id is null, keys repeat, or a list repeats an id.
    """
    hint = "write them with `hhrec predict` or `hhrec baseline NAME`, or name others by --predictions FILE"
    found = predicted_lists.of_rows(_scan(path, PREDICTIONS, hint))
    _refuse_nulls(found.keys, path, KEYS, hint)
    _refuse_repeated_keys(found.keys, path, hint)
    ids = pl.col("predictions").list
    faults = {
        "a null among its predictions": ids.contains(None),
        "a vacancy twice in its predictions": ids.n_unique() < ids.len(),
    }
    bad = {fault: [found.keys.clear()] for fault in faults}
    for _, rows in found.blocks():
        for fault, where in faults.items():
            bad[fault].append(rows.filter(where).select(KEYS))
    for fault, parts in bad.items():
        _refuse(pl.concat(parts), path, fault, hint)
    return found


def held_out(path: Path) -> pl.DataFrame:
    """Labels of the validation rows, from their sequences: `schema.LABELS`, maybe without rows."""
    rows = tables.scan(path, VALIDATION_SEQUENCES, made_by="hhrec sequences build")
    return rows.select(*KEYS, vacancy_id="label").collect()


def check_overlap(labels: pl.DataFrame, predictions: pl.DataFrame, where: Path) -> None:
    """Raise HhrecError if no labelled row has an entry in the predictions, of which keys count."""
    if labels.join(predictions, on=KEYS, how="semi").is_empty():
        raise HhrecError(
            f"{where}: none of its {predictions.height:,} (user_id, session_id) is among the "
            f"{labels.height:,} labelled rows; found {_example(predictions)}, expected keys like "
            f"{_example(labels)}",
            "predict for the sessions that the labels name, or name other labels by --labels FILE",
        )


def _read(path: Path, schema: Schema, hint: str) -> pl.DataFrame:
    return _scan(path, schema, hint).collect()


def _scan(path: Path, schema: Schema, hint: str) -> pl.LazyFrame:
    try:
        return tables.scan(path, schema, made_by="")
    except MissingInputError as error:
        raise MissingInputError(error.message, hint) from error
    except HhrecError as error:
        raise HhrecError(error.message, hint) from error


def _refuse_nulls(frame: pl.DataFrame, path: Path, columns: Sequence[str], hint: str) -> None:
    for name in columns:
        if count := frame[name].null_count():
            raise HhrecError(f"{path}: column `{name}`: expected no nulls, found {count:,}", hint)


def _refuse_repeated_keys(frame: pl.DataFrame, path: Path, hint: str) -> None:
    repeated = frame.filter(pl.struct(KEYS).is_duplicated())
    _refuse(repeated, path, "a (user_id, session_id) that other rows have too", hint)


def _refuse(rows: pl.DataFrame, path: Path, fault: str, hint: str) -> None:
    if not rows.is_empty():
        raise HhrecError(
            f"{path}: {rows.height:,} row(s) with {fault}, for example {_example(rows)}", hint
        )


def _example(rows: pl.DataFrame) -> str:
    user, session = rows.select(KEYS).row(0) if rows.height else (None, None)
    return f"user_id={user!r} session_id={session!r}"
