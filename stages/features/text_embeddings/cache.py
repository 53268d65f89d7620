"""On-disk cache of text vectors, by the hash of the text.

A directory of files that are never changed, each with the keys and vectors of some texts; one
appears under its name only when whole, so that an interrupted run keeps all files before it.
"""

import hashlib
import uuid
from pathlib import Path

import numpy as np
import polars as pl
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stages.core import outputs, tables, weight_files
from stages.core.schema import Schema
from stages.interface import failures
from stages.interface.errors import HhrecError

KEY = ["high", "low"]
PLACES: Schema = {"high": pl.Int64(), "low": pl.Int64(), "file": pl.Int32(), "row": pl.Int32()}


def keys_of(texts: pl.Series) -> pl.DataFrame:
    """The 128-bit BLAKE2 hash of each text as two i64 columns `high` and `low`."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return pl.DataFrame(np.frombuffer(digests, dtype="<i8").reshape(-1, 2), schema=KEY)


class VectorCache:
    """The vectors of one text model.

    Args:
        directory: Where its files are; made when the first is written.
        width: D, width of a vector.
    """

    def __init__(self, directory: Path, width: int) -> None:
        self.directory, self.width = directory, width
        self.files = sorted(directory.glob("*.safetensors"))
        places = [_places(file, number) for number, file in enumerate(self.files)]
        empty = pl.DataFrame(schema=PLACES)
        self.places = pl.concat([empty, *places]).unique(KEY, keep="first", maintain_order=True)

    def lacks(self, keys: pl.DataFrame) -> pl.Series:
        """Whether each text is not here yet, (n,) bool."""
        found = keys.join(self.places, on=KEY, how="left", maintain_order="left")
        return found["file"].is_null()

    def add(self, keys: pl.DataFrame, vectors: np.ndarray) -> None:
        """Write vectors (n, D) float16 of distinct texts that are not here yet."""
        target = self.directory / f"{uuid.uuid4().hex}.safetensors"
        with outputs.mended(self.directory), tables.atomic(target, durable=False) as scratch:
            save_file({"keys": np.ascontiguousarray(keys.to_numpy()), "vectors": vectors}, scratch)
        self.files.append(target)
        self.places = pl.concat([self.places, _places(self.files[-1], len(self.files) - 1)])

    def gather(self, keys: pl.DataFrame) -> np.ndarray:
        """Vectors (n, D) float16 of texts that are all here."""
        places = keys.join(self.places, on=KEY, how="left", maintain_order="left")
        vectors = np.zeros((len(keys), self.width), dtype=np.float16)
        wanted = places.with_row_index("at").partition_by("file", as_dict=True)
        for (file,), rows in wanted.items():
            with safe_open(self.files[int(file)], framework="np") as stored:
                found = stored.get_tensor("vectors")
            vectors[rows["at"].to_numpy()] = found[rows["row"].to_numpy()]
        return vectors


def _places(file: Path, number: int) -> pl.DataFrame:
    try:
        weight_files.shapes(file)
        with safe_open(file, framework="np") as stored:
            keys = stored.get_tensor("keys")
    except (OSError, SafetensorError, HhrecError) as error:
        raise HhrecError(
            f"{file}: not readable ({failures.short(error)})",
            f"remove it; its texts are encoded anew: rm {file}",
        ) from error
    frame = pl.DataFrame(keys, schema=KEY).with_row_index("row")
    return frame.select(*KEY, file=pl.lit(number, pl.Int32), row=pl.col("row").cast(pl.Int32))
