"""Codes of the values of one categorical column."""

import zlib

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

MISSING, UNKNOWN, FIRST_VALUE = 0, 1, 2


class CodeBook(BaseModel):
    """Codes of one column: 0 missing, 1 unknown, the values, then the hashed codes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[str, ...]
    hashed: int = Field(ge=0)

    @property
    def size(self) -> int:
        """Number of codes, the missing and the unknown one included."""
        return FIRST_VALUE + len(self.values) + self.hashed

    def encode(self, column: pl.Expr) -> pl.Expr:
        """Codes (i32) of a string column; a value not listed is hashed, or unknown without hashes."""
        listed = pl.Series(self.values, dtype=pl.String)
        codes = pl.int_range(FIRST_VALUE, FIRST_VALUE + len(listed), dtype=pl.Int32, eager=True)
        known = column.replace_strict(listed, codes, default=None, return_dtype=pl.Int32)
        other = column.map_batches(self._hash, return_dtype=pl.Int32, is_elementwise=True)
        code = pl.coalesce(known, other if self.hashed else pl.lit(UNKNOWN, pl.Int32))
        return pl.when(column.is_null()).then(MISSING).otherwise(code).cast(pl.Int32)

    def decode(self, code: int) -> str | None:
        """Value of a code: None where missing, `#n` for the hashed code n, `?` where unknown."""
        if code in (MISSING, UNKNOWN):
            return None if code == MISSING else "?"
        place = code - FIRST_VALUE
        return self.values[place] if place < len(self.values) else f"#{place - len(self.values)}"

    def _hash(self, column: pl.Series) -> pl.Series:
        distinct = column.drop_nulls().unique()
        first = FIRST_VALUE + len(self.values)
        codes = [first + zlib.crc32(value.encode()) % self.hashed for value in distinct]
        return column.replace_strict(distinct, codes, default=None, return_dtype=pl.Int32)
