"""Shards of a prediction: rows that are ranked together, and the files that keep finished ones.

Rows are cut by their number alone, never by the number of processes, and a shard's lists depend on its
rows alone. So one process and several rank the same shards, whoever takes which, and a run that was
killed goes on with those that are finished. Their files lie in `.hhrec/NAME.shards` beside the output,
named by all that made them; files of another name are never read, and swept away.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stages.bert4rec.examples.histories import Ints
from stages.calibration.recommender_choice import ChosenLists
from stages.calibration.rerank import SLICE
from stages.core import exchange, json_text, tables
from stages.core.manifests import folder_of
from stages.params import SeenParams

ROWS = SLICE  # of a shard at most
NAMED = 16  # characters of the key in a name


def cut(owners: Ints, size: int = ROWS) -> list[Ints]:
    """Cut rows into shards: each row in one, all rows of a shard with one owner.

    Args:
        owners: Who ranks each row, (R,) small numbers.
        size: Most rows of a shard.

    Returns:
        Row numbers of each, ascending; one shard without rows where there are none.
    """
    found = [np.flatnonzero(owners == owner) for owner in np.unique(owners)]
    parts: list[Ints] = [
        rows[start : start + size] for rows in found for start in range(0, len(rows), size)
    ]
    return parts or [np.arange(0)]


@dataclass(frozen=True)
class Shards:
    """Files of finished shards of one prediction.

    Attributes:
        folder: Where they lie.
        key: Digest of all that makes them.
    """

    folder: Path
    key: str

    def path(self, number: int) -> Path:
        """File of a shard."""
        return self.folder / f"{self.key[:NAMED]}-{number:05d}.safetensors"

    def sweep(self) -> None:
        """Remove files of other predictions and what dead processes left half written."""
        if self.folder.is_dir():
            for file in self.folder.iterdir():
                if not file.name.startswith(self.key[:NAMED]):
                    exchange.remove(file)

    def clear(self) -> None:
        """Remove all of them."""
        exchange.remove(self.folder)

    def write(self, number: int, rows: Ints, found: ChosenLists) -> None:
        """Keep a finished shard; what stands there is whole at every instant."""
        arrays: dict[str, NDArray[Any]] = {
            "rows": np.asarray(rows, dtype=np.int64),
            "lists": np.ascontiguousarray(found.lists, dtype=np.int32),
            "scores": np.ascontiguousarray(found.scores, dtype=np.float64),
            "pools": np.array(found.pools, dtype=np.int64),
        }
        said = {
            "key": self.key,
            "digest": _digest(arrays),
            "by": json.dumps(found.by),
            "seen": found.seen.model_dump_json(),
        }
        with tables.atomic(self.path(number), durable=False) as scratch:
            save_file(arrays, scratch, said)

    def read(self, number: int, rows: Ints) -> ChosenLists | None:
        """Read a finished shard of these rows; None where it is not there, or not whole."""
        try:
            with safe_open(self.path(number), framework="numpy") as file:
                said = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            whole = said["key"] == self.key and said["digest"] == _digest(arrays)
            if not whole or not np.array_equal(arrays["rows"], rows):
                return None
            by, seen = json_text.loads(said["by"]), SeenParams.model_validate_json(said["seen"])
        except (OSError, SafetensorError, KeyError, ValueError):
            return None
        return ChosenLists(arrays["lists"], arrays["scores"], arrays["pools"].tolist(), by, seen)


def shards_of(out: Path, key: str) -> Shards:
    """Files of the shards of predictions that are to stand at `out`."""
    return Shards(folder_of(out) / f"{out.name}.shards", key)


def joined(parts: Sequence[tuple[Ints, ChosenLists]]) -> ChosenLists:
    """Put the lists of shards together, in the order of all rows."""
    count = sum(len(rows) for rows, _ in parts)
    first = parts[0][1]
    lists = np.zeros((count, first.lists.shape[1]), dtype=first.lists.dtype)
    scores = np.full(lists.shape, np.nan)
    pools: list[int] = []
    by: dict[str, int] = {}
    for rows, found in parts:
        lists[rows], scores[rows] = found.lists, found.scores
        pools += [min(found.pools), max(found.pools)] if found.pools else []
        for name, answered in found.by.items():
            by[name] = by.get(name, 0) + answered
    return replace(first, lists=lists, scores=scores, pools=pools, by=by)


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    found = hashlib.sha256()
    for name in ("rows", "lists", "scores", "pools"):
        found.update(f"{name} {arrays[name].dtype} {arrays[name].shape} ".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()
