"""`features/vectors.npy`: one float16 row an item id, to be mapped into memory."""

from pathlib import Path

import numpy as np
import polars as pl

from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError

VECTORS = "vectors.npy"


class VectorFile:
    """`vectors.npy`: a row of float16 by item id, zeros for the special ids.

    Args:
        path: Written in place, slice by slice.
        vacancies: Vacancies of the vocabulary.
        width: D.
    """

    def __init__(self, path: Path, vacancies: int, width: int) -> None:
        shape = (vacancies + FIRST_ITEM, width)
        self.rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)

    def write(self, items: pl.Series, vectors: np.ndarray) -> None:
        """Write the rows of some items."""
        self.rows[items.to_numpy()] = vectors

    def close(self) -> None:
        """Bring all to disk."""
        self.rows.flush()


def open_vectors(features: Path, vacancies: int) -> np.ndarray:
    """Map `vectors.npy` into memory, (N, D) float16 by item id; (N, 0) where there is none.

    Raises:
        HhrecError: It is of other vacancies.
    """
    path, hint = features / VECTORS, "run `hhrec features build`"
    if not path.is_file():
        return np.zeros((vacancies + FIRST_ITEM, 0), dtype=np.float16)
    try:
        # copy on write: torch warns of arrays that it may not write to
        rows = np.load(path, mmap_mode="c")
    except (OSError, ValueError) as error:
        raise HhrecError(f"{path}: not readable ({error})", hint) from error
    if len(rows) != vacancies + FIRST_ITEM:
        raise HhrecError(
            f"{path}: {len(rows):,} rows, expected {vacancies + FIRST_ITEM:,}, one an item id", hint
        )
    return np.asanyarray(rows)
