"""Named arrays of a bundle, one file each, mapped into memory when they are opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.interface.errors import HhrecError

FOLDER = "arrays"
PARTS = ("data", "indices", "indptr")  # of a sparse matrix
HINT = "run `hhrec bundle` to write it anew"

Arrays = dict[str, NDArray[Any]]


def save(directory: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays."""
    folder = directory / FOLDER
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array))


def opened(directory: Path, name: str) -> NDArray[Any]:
    """Map an array: pages are read when they are used, and a change stays in this process.

    Raises:
        HhrecError: It is no array.
    """
    file = directory / FOLDER / f"{name}.npy"
    try:
        found: NDArray[Any] = np.asarray(np.load(file, mmap_mode="c", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise HhrecError(f"{file}: not a readable array ({error})", HINT) from error
    return found


def of_table(name: str, table: Any) -> Arrays:
    """Take a CSR matrix apart."""
    return {f"{name}_{part}": getattr(table, part) for part in PARTS}


def table(directory: Path, name: str, size: int) -> Any:
    """Open a square CSR matrix.

    Raises:
        HhrecError: It is none.
    """
    parts = tuple(opened(directory, f"{name}_{part}") for part in PARTS)
    try:
        found = sparse.csr_matrix(parts, shape=(size, size), copy=False)
    except (ValueError, TypeError) as error:
        raise HhrecError(f"{directory / FOLDER}: {name}: no table ({error})", HINT) from error
    found.has_sorted_indices = True
    return found
