"""Open a bundle: files are mapped into memory and read as answers need them."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.bert4rec.network.fixed_tower import FixedTower
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import Demand
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.retrieval.cooccurrence import CooccurrenceTable, Neighbours
from stages.bundle import array_files, heuristic_files, manifest
from stages.bundle.content import Content
from stages.bundle.manifest import BundleManifest
from stages.bundle.vacancy_ids import VacancyIds
from stages.core import calibration_file, table_files
from stages.core.item_ids import FIRST_ITEM
from stages.core.kinds import BUNDLE_FILE
from stages.interface.errors import HhrecError
from stages.interface.quiet_libraries import quieten
from stages.params import Params
from stages.predict.loaded_model import LoadedModel, load_model

UNREADABLE = (
    *(KeyError, IndexError, TypeError, ValueError, OSError, RuntimeError),
    pl.exceptions.PolarsError,
)
PARAMS, FACTS, BOOKS = "params.json", "vacancies.arrow", "books"


def is_bundle(path: Path) -> bool:
    """Whether a directory says that it is a bundle."""
    return (path / BUNDLE_FILE).is_file()


def opened(path: Path) -> Content:
    """Open a bundle.

    Raises:
        MissingInputError: It is none.
        HhrecError: It is not whole, or of another version.
    """
    quieten()
    made = manifest.read(path)
    try:
        return _opened(path, made)
    except UNREADABLE as error:
        raise HhrecError(
            f"{path}: its parts do not fit together ({error!r:.200})", array_files.HINT
        ) from error


def _opened(path: Path, made: BundleManifest) -> Content:
    params = Params.model_validate_json((path / PARAMS).read_text(encoding="utf-8"))
    table = table_files.read_ipc(path / FACTS, columns=["vacancy_id"])
    numbers, size = made.numbers, made.vacancies + FIRST_ITEM
    network, found = load_model(path), calibration_file.read(path)
    catalogue = inputs(path, numbers, size)
    matrix, tower = vectors(path, float(numbers["longest"]), size)
    learned = None
    if found is not None:
        learned = heuristic_files.opened(path, found.heuristics, numbers, size, params)
    counts = np.zeros(size) if learned is None else learned.counts
    names = table.select(
        "vacancy_id",
        item=pl.int_range(FIRST_ITEM, size, dtype=pl.Int32),
        count=pl.Series(counts[FIRST_ITEM:]).cast(pl.Int64),
        trained=pl.int_range(pl.len()) < network.config.trained,
    )
    days = array_files.opened(path, "met_items"), array_files.opened(path, "met_days")
    hashes, places = (array_files.opened(path, f"id_{name}") for name in ("hashes", "places"))
    require_sizes(path, size, catalogue, matrix, names)
    return Content(
        LoadedModel(network, catalogue, names, path, found, days),
        params,
        VacancyIds(names["vacancy_id"], hashes, places),
        partial(facts, path, made.fields),
        matrix,
        tower,
        learned,
        info(path, made),
        withdrawn(path, made),
    )


def withdrawn(path: Path, made: BundleManifest) -> NDArray[np.int64]:
    """Open the item ids of vacancies that are not recommended any more."""
    name = f"{array_files.FOLDER}/withdrawn.npy"
    return array_files.opened(path, "withdrawn") if name in made.files else np.zeros(0, np.int64)


def facts(path: Path, fields: list[str] | None) -> pl.DataFrame | None:
    """Read the fields of all vacancies."""
    return None if fields is None else table_files.read_ipc(path / FACTS, columns=fields)


def info(path: Path, made: BundleManifest) -> dict[str, Any]:
    """Sum up where content comes from."""
    return {
        "kind": "bundle",
        "path": str(path),
        "digest": made.digest,
        "trained_until": made.trained_until,
        "hhrec": made.packages.get("hhrec"),
    }


def require_sizes(
    path: Path, size: int, catalogue: ItemInputs, matrix: ItemMatrix, names: pl.DataFrame
) -> None:
    """Refuse arrays that are not of the same vacancies.

    Raises:
        HhrecError: One is longer or shorter.
    """
    rows = {
        "codes": len(catalogue),
        "demand": len(catalogue.demand.before),
        "vectors": len(matrix) + FIRST_ITEM,
        "vacancies": len(names) + FIRST_ITEM,
    }
    wrong = [name for name, count in rows.items() if count != size]
    if wrong:
        raise HhrecError(
            f"{path}: {wrong[0]}: expected {size:,} rows, found {rows[wrong[0]]:,}",
            array_files.HINT,
        )


def inputs(path: Path, numbers: Any, size: int) -> ItemInputs:
    """Open what is known of vacancies."""
    known = CooccurrenceTable(
        array_files.table(path, "follow", size),
        array_files.opened(path, "follow_source"),
        array_files.opened(path, "follow_target"),
    )
    demand = Demand(
        tensor(path, "demand"),
        tensor(path, "demand_first"),
        numbers["demand_start"],
        numbers["demand_length"],
    )
    return ItemInputs(
        tensor(path, "codes"),
        tensor(path, "salary"),
        tensor(path, "words"),
        demand,
        Neighbours(known, (), np.zeros(0, dtype=np.int64), numbers["follow_end"]),
        tensor(path, "texts"),
    )


def vectors(path: Path, longest: float, size: int) -> tuple[ItemMatrix, FixedTower]:
    """Open the vectors of all vacancies."""
    exact, biases = tensor(path, "vectors"), tensor(path, "biases")
    ids = torch.arange(FIRST_ITEM, size)
    special = tensor(path, "special_vectors"), tensor(path, "special_biases")
    return ItemMatrix(ids, exact, exact, longest), FixedTower(exact, biases, *special)


def tensor(path: Path, name: str) -> Tensor:
    """Open an array as a tensor."""
    return torch.from_numpy(array_files.opened(path, name))
