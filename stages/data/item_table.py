"""The catalogue of an imported log: a row a vacancy, from an item table or from the events."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from stages.core.schema import RAW_VACANCIES
from stages.data.formats import Flat, columns, open_flat, readable
from stages.data.list_columns import without_words
from stages.data.log_files import resolved
from stages.data.row_validation import identifier
from stages.interface.errors import HhrecError, UsageError

FIELDS = tuple(name for name in RAW_VACANCIES if name != "vacancy_id")


@dataclass(frozen=True)
class ItemTable:
    """A table of items and where its columns go.

    Attributes:
        file: Where and how it is stored.
        item: Column of item ids.
        fields: Field of `schema.RAW_VACANCIES` to the column it is read from. A column that
            already bears the name of a field needs no mention.
        separator: What parts the entries of a text column read as a list, `|` for `Drama|War`.
    """

    file: Flat
    item: str = "item_id"
    fields: Mapping[str, str] = field(default_factory=dict)
    separator: str = "|"

    def resolved(self, work: Path) -> "ItemTable":
        """The same with its parts found; what an archive holds is unpacked into `work`."""
        return replace(self, file=resolved(self.file, work, borrowed_separator=True))

    def mapping(self) -> dict[str, str]:
        """Return field to column, those that share a name included.

        Raises:
            UsageError: A field is not one of the catalogue's.
        """
        unknown = sorted(set(self.fields) - set(FIELDS))
        if unknown:
            raise UsageError(
                f"--items-field {', '.join(unknown)}: no such field; expected one of "
                + ", ".join(FIELDS),
                "for example --items-field keySkills.keySkill=genres",
            )
        with readable(self.file.path):
            found, inner = columns(self.file)
        alike = {name: name for name in [*found, *inner] if name in FIELDS and name != self.item}
        return {**alike, **self.fields}

    def opened(self) -> pl.LazyFrame:
        """The wanted columns, as they are stored.

        Raises:
            UsageError: A field is not one of the catalogue's.
            HhrecError: A column is missing, or holds lists or objects where values belong.
        """
        fields = {"vacancy_id": self.item, **self.mapping()}
        frame = open_flat(self.file, list(fields.values()))
        _require_values(self.file.path, fields, frame)
        return without_words(frame, self.file.nulls)


@dataclass(frozen=True)
class ImportedCatalogue:
    """The catalogue and what became of the item table's rows."""

    rows: pl.DataFrame  # schema.RAW_VACANCIES, by vacancy_id
    rejected: dict[str, int]
    unreadable: dict[str, int]  # values lost by field: text where a number was expected
    unmatched: list[str]  # items of the events without a row of their own, in order


def catalogue(
    items: pl.Series, table: ItemTable | None, *, listed_only: bool = False
) -> ImportedCatalogue:
    """Give every item of the events a row; where the table has no title the name is the id.

    With `listed_only` those that the table lacks get none: they are of vacancies that have expired.
    """
    own, rejected, unreadable = _from_table(table) if table else (_empty(), {}, {})
    missing = pl.DataFrame({"vacancy_id": items}).join(own, on="vacancy_id", how="anti")
    wanted = [own] if listed_only else [own, missing]
    rows = pl.concat(wanted, how="diagonal").select(*RAW_VACANCIES)
    unmatched = missing["vacancy_id"].sort().to_list()
    named = rows.with_columns(pl.coalesce("name", "vacancy_id").alias("name"))
    return ImportedCatalogue(named.sort("vacancy_id"), rejected, unreadable, unmatched)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(RAW_VACANCIES))


def _from_table(table: ItemTable) -> tuple[pl.DataFrame, dict[str, int], dict[str, int]]:
    mapping = table.mapping()
    frame = table.opened()
    schema = frame.collect_schema()
    vacancy_id = identifier(table.item, schema[table.item]).alias("vacancy_id")
    values = [
        _value(name, column, schema[column], table.separator) for name, column in mapping.items()
    ]
    lost = [
        (pl.col(mapping[name]).is_not_null() & value.is_null()).sum().alias(name)
        for name, value in zip(mapping, values, strict=True)
        if RAW_VACANCIES[name] == pl.Int64
    ]
    with readable(table.file.path):
        rows = frame.select(vacancy_id, *values).collect(engine="streaming")
        counts = frame.select(lost).collect(engine="streaming").to_dicts() if lost else [{}]
    known = rows.filter(pl.col("vacancy_id").is_not_null())
    kept = known.sort(pl.all()).unique("vacancy_id", keep="first", maintain_order=True)
    rejected = {
        "null_item": rows.height - known.height,
        "duplicate_item": known.height - kept.height,
    }
    unreadable = {name: int(count) for name, count in counts[0].items() if count}
    full = pl.concat([_empty(), kept], how="diagonal").select(*RAW_VACANCIES)
    return full, {name: count for name, count in rejected.items() if count}, unreadable


def _require_values(path: Path, fields: Mapping[str, str], frame: pl.LazyFrame) -> None:
    """Refuse lists where one value is expected, and objects everywhere."""
    with readable(path):
        schema = frame.collect_schema()
    for name, column in fields.items():
        dtype, many = schema[column], RAW_VACANCIES[name] == STRINGS
        held = dtype.inner if many and isinstance(dtype, pl.List) else dtype
        if held.is_nested():
            raise HhrecError(
                f"{path}: column `{column}`: expected values"
                f"{', or lists of values' * many}, found {dtype}",
                f"name another column for {name}",
            )


def _value(name: str, column: str, dtype: pl.DataType, separator: str) -> pl.Expr:
    """Read one field in the dtype of the raw schema, null where it cannot be."""
    wanted = RAW_VACANCIES[name]
    value = pl.col(column)
    if wanted == pl.Int64:
        value = value.cast(pl.Float64, strict=False).round().cast(pl.Int64, strict=False)
    elif wanted == STRINGS and not isinstance(dtype, pl.List):
        split = value.cast(pl.String).str.split(separator)
        value = split.list.eval(pl.element().str.strip_chars()).list.eval(
            pl.element().filter(pl.element() != "")
        )
    elif wanted == STRINGS:
        value = value.cast(STRINGS, strict=False)
    else:
        value = identifier(column, dtype)
    return value.alias(name)


STRINGS = pl.List(pl.String)
