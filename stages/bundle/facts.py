"""Fields of the catalogue that rules and displays read."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.core.artifact_paths import VACANCIES_FILE
from stages.core.catalogue_rows import VACANCY
from stages.params import Params
from stages.rules import facts

LONG = ("description",)  # left out: nobody filters by it, and it is most of the catalogue


def missing(names: pl.DataFrame, vacancies: Path) -> pl.Series:
    """Item ids of the vacancies of a vocabulary that a catalogue lacks.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is no catalogue.
    """
    facts.fields(vacancies)
    there = table_files.scan_parquet(vacancies).select(pl.col(VACANCY).cast(pl.String))
    return names.lazy().join(there, on=VACANCY, how="anti").collect()["item"].sort()


def facts_of(names: pl.DataFrame, params: Params, vacancies: Path | None) -> pl.DataFrame | None:
    """Read what is known of each vacancy of a vocabulary, by item; None without a catalogue.

    Args:
        names: The vocabulary, by item.
        params: `raw` names the directory of the catalogue.
        vacancies: Another file, which must be there.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is no catalogue.
    """
    file = vacancies or Path(params.raw) / VACANCIES_FILE
    if vacancies is None and not file.is_file():
        return None
    return facts.read(file, names, facts.fields(file, without=(VACANCY, *LONG)))


def with_rows(
    known: Callable[[], pl.DataFrame | None], vacancies: pl.DataFrame
) -> pl.DataFrame | None:
    """Read what is known of the catalogue, with further vacancies behind it.

    Fields that these lack are null, and so are values of another kind than the catalogue's.
    """
    found = known()
    if found is None:
        return None
    absent = [name for name in found.columns if name not in vacancies.columns]
    whole = vacancies.with_columns(pl.lit(None).alias(name) for name in absent)
    rows = whole.select(
        pl.col(name).cast(kind, strict=False) for name, kind in found.schema.items()
    )
    return pl.concat([found, rows])
