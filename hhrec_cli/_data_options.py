"""The options of `hhrec data import`, by what they are about."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

COLUMNS, MEANING, ITEMS, SPLIT = "Columns of the log", "Their meaning", "Items", "Split"


class SplitKind(StrEnum):
    """Ways to split a log."""

    leave_one_out = "leave-one-out"
    time_cut = "time-cut"
    none = "none"


Events = Annotated[
    Path,
    typer.Argument(
        help="CSV, TSV, Parquet or JSON lines: a file, a directory of parts, or a .zip."
    ),
]
Out = Annotated[Path, typer.Option(help="Directory of the raw files to write.")]
User = Annotated[str, typer.Option(rich_help_panel=COLUMNS, help="User ids.")]
Item = Annotated[str, typer.Option(rich_help_panel=COLUMNS, help="Item ids.")]
Time = Annotated[str, typer.Option(rich_help_panel=COLUMNS, help="Times.")]
Action = Annotated[
    str | None,
    typer.Option(rich_help_panel=COLUMNS, help="Actions; without it every row is a response."),
]
Session = Annotated[
    str | None,
    typer.Option(rich_help_panel=COLUMNS, help="Ready session ids, instead of --session-gap."),
]
Nested = Annotated[
    str | None,
    typer.Option(rich_help_panel=COLUMNS, help="JSON lines: key of the list of events."),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", rich_help_panel=COLUMNS, help="csv, tsv, parquet, jsonl. (default: by suffix)"
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(rich_help_panel=COLUMNS, help="Between columns of CSV or TSV, item table too."),
]
Columns = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=COLUMNS,
        metavar="NAME,NAME,…",
        help="Names of the columns of CSV or TSV without a header line.",
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        rich_help_panel=COLUMNS,
        help="CSV or TSV without a header line: columns are called 1, 2, 3 …",
    ),
]
NullValues = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=MEANING,
        metavar="WORD,WORD,…",
        help="Texts that stand for nothing, for example NA,NULL; item table too.",
    ),
]
TimeFormat = Annotated[
    str,
    typer.Option(
        rich_help_panel=MEANING, help="auto, iso, s, ms, us, ns, or a pattern like '%d.%m.%Y'."
    ),
]
Responses = Annotated[
    list[str] | None,
    typer.Option("--response", rich_help_panel=MEANING, help="Name of a response. Repeatable."),
]
Views = Annotated[
    list[str] | None,
    typer.Option("--view", rich_help_panel=MEANING, help="Name of a view. Repeatable."),
]
Favourites = Annotated[
    list[str] | None,
    typer.Option("--favourite", rich_help_panel=MEANING, help="Name of a favourite. Repeatable."),
]
SessionGap = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=MEANING,
        metavar="MINUTES",
        help="A longer pause starts a session. (default: 30)",
    ),
]
KeepDuplicates = Annotated[
    bool,
    typer.Option(
        "--keep-duplicates",
        rich_help_panel=MEANING,
        help="Keep rows that repeat another in all columns.",
    ),
]
Items = Annotated[
    Path | None,
    typer.Option(rich_help_panel=ITEMS, help="Item table, likewise; its format by the suffix."),
]
ItemsId = Annotated[
    str | None,
    typer.Option(rich_help_panel=ITEMS, help="Its item ids. (default: as --item)"),
]
ItemsTitle = Annotated[
    str | None, typer.Option(rich_help_panel=ITEMS, help="Its titles; short for a field `name`.")
]
ItemsField = Annotated[
    list[str] | None,
    typer.Option(
        rich_help_panel=ITEMS,
        metavar="FIELD=COLUMN",
        help="For example keySkills.keySkill=genres. Repeatable.",
    ),
]
ItemsSeparator = Annotated[
    str | None,
    typer.Option(rich_help_panel=ITEMS, help="Between entries of a list. (default: |)"),
]
ItemsOnly = Annotated[
    bool,
    typer.Option(
        "--items-only",
        rich_help_panel=ITEMS,
        help="The catalogue is this table alone: what it lacks has expired.",
    ),
]
Split = Annotated[
    SplitKind,
    typer.Option(
        rich_help_panel=SPLIT,
        help="What is held out; none: nothing, and everybody is asked about now.",
    ),
]
Cut = Annotated[
    datetime | None,
    typer.Option(rich_help_panel=SPLIT, help="time-cut: first moment after train, in UTC."),
]
TestShare = Annotated[
    float | None,
    typer.Option(rich_help_panel=SPLIT, help="time-cut: share of events after it. (default: 0.2)"),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier import in --out.")]
MemoryGb = Annotated[
    float, typer.Option(min=0.001, help="Memory for the users in work at once, in GiB.")
]
