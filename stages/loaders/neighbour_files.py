"""Tables of neighbours on disk: counted once, mapped into memory by every process and later stage.

One array a file, and a key that says what they were counted from: tables of other histories, of
another catalogue or by other rules are not taken for these.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from stages.bert4rec.examples.histories import Histories
from stages.bert4rec.retrieval import cooccurrence
from stages.bert4rec.retrieval.cooccurrence import CooccurrenceTable, Neighbours
from stages.core import json_text, tables
from stages.core.fingerprints import digest, marks
from stages.core.model_files import NEIGHBOURS
from stages.interface.stage_report import Progress, silent
from stages.loaders.model_arrays import train_histories

ARRAYS = ("data", "indices", "indptr", "source", "target")  # of a table
CUTS, KEY = "cuts.npy", "key.json"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError)


def key_of(train: Path, count: int) -> str:
    """Hash of all that tables of neighbours depend on.

    Args:
        train: `sequences/train`.
        count: Item ids.
    """
    said = [digest(marks(train)), count, *cooccurrence.RULES]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def counted(
    folder: Path, histories: Histories, count: int, key: str, progress: Progress = silent
) -> None:
    """Count all tables into a folder, unless those of this key are there."""
    if opened(folder, key, past=True) is not None:
        return
    known = cooccurrence.neighbours(histories, count, progress=progress)
    with tables.atomic(folder, durable=False) as scratch:
        write(scratch, known, key)


def write(folder: Path, known: Neighbours, key: str) -> None:
    """Write tables, the past ones first."""
    folder.mkdir()
    for number, table in enumerate((*known.past, known.whole)):
        for part in ARRAYS:
            owner = table if part in {"source", "target"} else table.table
            np.save(folder / f"{number}_{part}.npy", getattr(owner, part))
    np.save(folder / CUTS, known.cuts)
    (folder / KEY).write_text(json.dumps({"key": key, "end": known.end}), encoding="utf-8")


def opened(folder: Path, key: str, *, past: bool) -> Neighbours | None:
    """Map tables into memory; None where there are none of this key, or none of the past.

    Args:
        folder: Where they were written.
        key: See `key_of`.
        past: Whether those before the cuts are wanted, too.
    """
    try:
        said = json_text.loads((folder / KEY).read_text(encoding="utf-8"))
        cuts = np.load(folder / CUTS, allow_pickle=False)
        if said["key"] != key:
            return None
        *early, whole = _tables(folder, len(cuts))
        found = Neighbours(whole, tuple(early), cuts, int(said["end"]))
    except UNREADABLE:
        return None
    return found if past or not early else None


def _tables(folder: Path, cuts: int) -> Iterator[CooccurrenceTable]:
    for number in range(cuts + 1):
        data, indices, indptr, source, target = (
            np.asarray(np.load(folder / f"{number}_{part}.npy", mmap_mode="r", allow_pickle=False))
            for part in ARRAYS
        )
        shape = (len(source), len(target))
        found = sparse.csr_matrix((data, indices, indptr), shape=shape, copy=False)
        found.has_sorted_indices = True
        yield CooccurrenceTable(found, source, target)


def of_model(model: Path, train: Path, count: int, progress: Progress = silent) -> Neighbours:
    """Neighbours in all train events: those beside a model where they are of these, else counted.

    Histories are read for counting alone.
    """
    found = opened(model / NEIGHBOURS, key_of(train, count), past=False)
    if found is not None:
        return found
    return cooccurrence.neighbours(train_histories(train), count, past=False, progress=progress)
