"""Events from a file or from stdin, one row an event."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.interface.errors import HhrecError, MissingInputError
from stages.recommend.event_frames import COLUMNS, HINT, REQUIRED


def read(path: Path | None, users: Sequence[str] = ()) -> pl.DataFrame:
    """Read events: columns of `event_frames.COLUMNS`, as far as there are any.

    Args:
        path: JSON lines, CSV (`.csv`) or Parquet (`.parquet`), of one row an event or, as lists, a
            session; None reads JSON lines from stdin.
        users: Whose; everyone's if empty.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It cannot be read, or has no event of a person asked for.
    """
    if path is not None and not path.is_file():
        raise MissingInputError(f"{path}: not found; expected events", HINT)
    where = "stdin" if path is None else str(path)
    try:
        found = _table(path, users)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise HhrecError(f"{where}: not readable events ({error})", HINT) from error
    known = set(found["user_id"].cast(pl.String)) if users else set()  # ids may be numbers
    missing = [name for name in users if name not in known]
    if missing:
        raise HhrecError(
            f"{where}: no event of user {missing[0]!r}", "leave --user out for everyone"
        )
    return found


def _table(path: Path | None, users: Sequence[str]) -> pl.DataFrame:
    if path is None:
        lines = _lines(sys.stdin.buffer.read())
    elif path.suffix == ".parquet":
        lines = table_files.scan_parquet(path)
    elif path.suffix == ".csv":
        lines = table_files.scan_csv(path, infer_schema=False)
    else:
        lines = _lines(path.read_bytes())
    schema = lines.collect_schema()
    shown = [name for name in COLUMNS if name in schema]
    lost = [name for name in REQUIRED if name not in schema]
    if lost and schema:
        raise HhrecError(f"events: no {', '.join(lost)} among {list(schema)}", HINT)
    lines = lines.select(shown)
    if users:
        if "user_id" not in shown:
            raise HhrecError("--user: the events have no user_id", "leave --user out")
        lines = lines.filter(pl.col("user_id").cast(pl.String).is_in(list(users)))
    lists = [name for name in REQUIRED if isinstance(schema.get(name), pl.List)]
    if lists:
        lines = lines.explode(*lists, empty_as_null=False)
    return _with_actions(lines.collect())


def _lines(text: bytes) -> pl.LazyFrame:
    if not text.strip():
        return pl.LazyFrame(schema=dict.fromkeys(REQUIRED, pl.String))
    return pl.read_ndjson(io.BytesIO(text), infer_schema_length=None).lazy()


def _with_actions(found: pl.DataFrame) -> pl.DataFrame:
    """Read action codes that stand as text, as in CSV."""
    actions = found["action_type"] if "action_type" in found.columns else None
    if actions is None or actions.dtype != pl.String:
        return found
    codes = actions.cast(pl.Int64, strict=False)
    whole = bool((codes.is_not_null() | actions.is_null()).all())
    return found.with_columns(action_type=codes) if whole else found
