"""Item ids of vacancy ids, by hash: two arrays that may lie in a file, and no dictionary of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.core.item_ids import FIRST_ITEM

WIDTH = 8  # bytes of a hash


@dataclass(frozen=True)
class VacancyIds:
    """The ids of a catalogue.

    Attributes:
        names: Vacancy id of each item from the first on, (n,).
        hashes: Of the ids, ascending, (n,) uint64.
        places: Place in `names` that each hash is of, (n,).
    """

    names: pl.Series
    hashes: Ints
    places: Ints

    @classmethod
    def of(cls, names: pl.Series) -> "VacancyIds":
        """Hash all ids."""
        hashes = hashed(names.to_list())
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        return cls(names, hashes[order], order)

    def items(self, ids: Sequence[str | None]) -> Ints:
        """Item id of each vacancy id, 0 for unknown ones, (n,)."""
        found = np.zeros(len(ids), dtype=np.int64)
        asked = hashed(["" if one is None else one for one in ids])
        first, stop = (np.searchsorted(self.hashes, asked, side) for side in ("left", "right"))
        there = np.flatnonzero((first < stop) & np.array([one is not None for one in ids], bool))
        near = self.places[first[there]]
        same = self.names.gather(near).to_list()
        for place, near_one, name in zip(there.tolist(), near.tolist(), same, strict=True):
            if name == ids[place]:
                found[place] = near_one + FIRST_ITEM
                continue
            for other in self.places[first[place] : stop[place]].tolist():  # of an equal hash
                if self.names[other] == ids[place]:
                    found[place] = other + FIRST_ITEM
        return found


def hashed(ids: Sequence[str]) -> Ints:
    """Hash ids, (n,) uint64."""
    texts = (one.encode(errors="surrogatepass") for one in ids)  # JSON may hold half a character
    digests = b"".join(blake2b(text, digest_size=WIDTH).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
