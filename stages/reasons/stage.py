"""Explain: why a vacancy is recommended to a person, in numbers that add up and in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from stages.core import tables
from stages.core.artifact_paths import VACANCIES_FILE
from stages.interface.errors import HhrecError
from stages.loaders import model_arrays
from stages.params import Params
from stages.predict.loaded_model import load
from stages.reasons.explainer import SHOWN, Explainer
from stages.reasons.report import ExplainReport
from stages.rules import facts as catalogue_facts


def run(
    params: Params,
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    user: str,
    session: str | None = None,
    vacancies: Sequence[str] = (),
    k: int = 10,
    part: str = "test",
    catalogue: Path | None = None,
    what_if: bool = True,
) -> ExplainReport:
    """Explain what `predict` recommends to a person.

    Args:
        params: All parameters.
        model: Directory of the model.
        sequences: Rows, and the train histories.
        features: Features of the vacancies.
        vocab: Their item ids.
        user: Whose row.
        session: Of which session; by default the newest.
        vacancies: Which vacancies; none takes the first k.
        k: How many.
        part: Which rows.
        catalogue: Names and fields of the vacancies; by default of `params.raw`, if it is there.
        what_if: Whether to rank anew without each event that a reason names.

    Raises:
        HhrecError: There is no such row or vacancy.
    """
    loaded = load(model=model, sequences=sequences, features=features, vocab=vocab)
    row = find_row(sequences / part, part, user, session)
    numbers = [item_of(loaded.names, name, vocab) for name in vacancies]
    file = catalogue or Path(params.raw) / VACANCIES_FILE
    facts = catalogue_facts.read(file, loaded.names, SHOWN) if file.is_file() else None
    explainer = Explainer(loaded, params, facts, held_out=part == "validation")
    (by,) = explainer.answerers(row).by
    return ExplainReport(
        user_id=row["user_id"][0],
        session_id=row["session_id"][0],
        answered_by=by,
        vacancies=explainer.explain(row, numbers, k=k, what_if=what_if),
    )


def find_row(path: Path, part: str, user: str, session: str | None) -> pl.DataFrame:
    """Find a person's row: of a session, or the newest.

    Raises:
        HhrecError: There is none.
    """
    rows = tables.scan(path, model_arrays.schema_of(part), made_by="hhrec sequences build")
    own: Any = rows.filter(pl.col("user_id") == user).sort("asked_at", "session_id").collect()
    found = own if session is None else own.filter(pl.col("session_id") == session)
    if found.is_empty():
        asked = "" if session is None else f" and session {session!r}"
        ids = rows.select("user_id").head(3).collect()["user_id"].to_list()
        known = own["session_id"].to_list() or ids
        raise HhrecError(
            f"{path}: no row of user {user!r}{asked}; there are rows such as {', '.join(known)}",
            "name another with --user or --session, or other rows with --part",
        )
    return found.tail(1)  # type: ignore[no-any-return]


def item_of(names: pl.DataFrame, vacancy: str, vocab: Path) -> int:
    """Find the item id of a vacancy.

    Raises:
        HhrecError: The vocabulary lacks it.
    """
    found = names.filter(pl.col("vacancy_id") == vacancy)["item"]
    if found.is_empty():
        raise HhrecError(
            f"{vocab}: no vacancy {vacancy!r}", "look one up with `hhrec vocab lookup ID`"
        )
    return int(found[0])
