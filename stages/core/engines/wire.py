"""What was found, as bytes: JSON and Arrow, in pieces that pass any limit of a message."""

import io
import json
from collections.abc import Iterator, Sequence

import polars as pl

from stages.core.engines.engine import Found
from stages.interface import errors
from stages.interface.errors import HhrecError

PIECE = 1 << 20  # bytes
LENGTH = 8  # bytes of the length of the head


def table_bytes(table: pl.DataFrame) -> bytes:
    """A table as an Arrow stream."""
    stream = io.BytesIO()
    table.write_ipc_stream(stream, compression="lz4")
    return stream.getvalue()


def table_of(data: bytes) -> pl.DataFrame:
    """Read an Arrow stream."""
    return pl.read_ipc_stream(io.BytesIO(data))


def packed(found: Found | HhrecError) -> Iterator[bytes]:
    """Cut what was found, or how it failed, into pieces."""
    tables: list[bytes] = []
    if isinstance(found, HhrecError):
        failed = {"error": type(found).__name__, "message": found.message, "hint": found.hint}
        said = json.dumps(failed).encode()
    else:
        tables = [table_bytes(table) for table in found.tables]
        sizes = [len(table) for table in tables]
        head = {"counts": dict(found.counts), "rows": found.rows, "sizes": sizes}
        said = json.dumps(head).encode()
    whole = b"".join([len(said).to_bytes(LENGTH), said, *tables])
    for start in range(0, len(whole), PIECE):
        yield whole[start : start + PIECE]


def unpacked(pieces: Sequence[bytes]) -> Found:
    """Put the pieces together again.

    Raises:
        HhrecError: They say that the work failed so.
    """
    whole = b"".join(pieces)
    end = LENGTH + int.from_bytes(whole[:LENGTH])
    head = json.loads(whole[LENGTH:end])
    if "error" in head:
        kind = getattr(errors, head["error"], HhrecError)
        raise kind(head["message"], head["hint"])
    tables = []
    for size in head["sizes"]:
        tables.append(table_of(whole[end : end + size]))
        end += size
    return Found(head["counts"], tables, head["rows"])
