"""`hhrec data import`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hhrec_cli import _data_options as opt
from hhrec_cli._options import Output, shared
from stages.interface.errors import UsageError

if TYPE_CHECKING:
    from stages.data.formats import Flat
    from stages.data.item_table import ItemTable
    from stages.data.write_parts import Plan


@shared
def import_log(
    events: opt.Events,
    out: opt.Out,
    user: opt.User = "user_id",
    item: opt.Item = "item_id",
    time: opt.Time = "timestamp",
    action: opt.Action = None,
    session: opt.Session = None,
    nested: opt.Nested = None,
    file_format: opt.Format = None,
    separator: opt.Separator = None,
    columns: opt.Columns = None,
    no_header: opt.NoHeader = False,
    null_values: opt.NullValues = None,
    time_format: opt.TimeFormat = "auto",
    responses: opt.Responses = None,
    views: opt.Views = None,
    favourites: opt.Favourites = None,
    session_gap: opt.SessionGap = None,
    keep_duplicates: opt.KeepDuplicates = False,
    items: opt.Items = None,
    items_id: opt.ItemsId = None,
    items_title: opt.ItemsTitle = None,
    items_field: opt.ItemsField = None,
    items_separator: opt.ItemsSeparator = None,
    items_only: opt.ItemsOnly = False,
    split: opt.Split = opt.SplitKind.leave_one_out,
    cut: opt.Cut = None,
    test_share: opt.TestShare = None,
    force: opt.Force = False,
    memory_gb: opt.MemoryGb = 4.0,
    *,
    output: Output,
) -> None:
    """Turn any flat event log into train, test, vacancies and labels; see docs/own-data.md."""
    from stages.data import import_log as imports
    from stages.data.row_validation import EventLog, action_names

    names = (responses or [], views or [], favourites or [])
    _require_sense([*names[0], *names[1], *names[2]], action, session, session_gap)
    log = EventLog(
        _flat(events, file_format, separator, nested, columns, null_values, no_header=no_header),
        user=user,
        item=item,
        time=time,
        action=action,
        session=session,
        actions=action_names(*names),
        time_format=time_format,
    )
    plan = _plan(split.value, cut, test_share, session_gap, keep_duplicates)
    table = _item_table(items, items_id, items_title, items_field, items_separator, item, log.file)
    if items_only and table is None:
        raise UsageError("--items-only without an item table", "add --items FILE")
    with output.progress("import") as progress:
        report = imports.run(
            log,
            out=out,
            items=table,
            listed_only=items_only,
            plan=plan,
            force=force,
            memory_gb=memory_gb,
            progress=progress,
        )
    output.show(report, title=f"import {out}")
    if not output.as_json:
        output.note(f"next: hhrec data check {out}")


def _words(text: str | None) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word for word in (text or "").split(",") if word)


def _flat(
    path: Path,
    file_format: str | None,
    separator: str | None,
    nested: str | None,
    columns: str | None,
    null_values: str | None,
    *,
    no_header: bool,
) -> "Flat":
    """The log as it is stored; `--columns` means that no header line names them."""
    from stages.data.formats import Flat

    names = None if columns is None else tuple(name.strip() for name in columns.split(","))
    if names is None and no_header:
        names = ()
    return Flat(path, file_format, separator, nested, names, _words(null_values))


def _require_sense(
    named: list[str], action: str | None, session: str | None, session_gap: float | None
) -> None:
    """Refuse options that contradict each other."""
    if named and action is None:
        raise UsageError(
            f"actions are named ({', '.join(named)}) but no column holds them",
            "name it with --action COLUMN",
        )
    if session and session_gap is not None:
        raise UsageError("--session and --session-gap exclude each other", "leave one out")


def _plan(
    kind: str,
    cut: datetime | None,
    test_share: float | None,
    session_gap: float | None,
    keep_duplicates: bool,
) -> "Plan":
    from stages.data.write_parts import Plan

    given = {"cut": cut, "test_share": test_share, "session_gap": session_gap}
    known = {name: value for name, value in given.items() if value is not None}
    cuts = ["--" + name.replace("_", "-") for name in ("cut", "test_share") if name in known]
    if cuts and kind != "time-cut":
        raise UsageError(f"{' and '.join(cuts)}: only a time-cut has a cut", "add --split time-cut")
    if len(cuts) > 1:
        raise UsageError("--cut and --test-share exclude each other", "leave one out")
    return Plan(kind=kind, keep_duplicates=keep_duplicates, **known)  # type: ignore[arg-type]


def _item_table(
    path: Path | None,
    item: str | None,
    title: str | None,
    fields: list[str] | None,
    list_separator: str | None,
    log_item: str,
    log: "Flat",
) -> "ItemTable | None":
    from stages.data.formats import Flat
    from stages.data.item_table import ItemTable

    if path is None:
        if item or title or fields or list_separator:
            raise UsageError("--items-… options without an item table", "add --items FILE")
        return None
    pairs = [field.partition("=") for field in fields or ()]
    if broken := [name for name, _, column in pairs if not (name and column)]:
        raise UsageError(
            f"--items-field {broken[0]}: expected FIELD=COLUMN",
            "for example --items-field keySkills.keySkill=genres",
        )
    mapping = {name: column for name, _, column in pairs} | ({"name": title} if title else {})
    flat = Flat(path, separator=log.separator, nulls=log.nulls)
    return ItemTable(flat, item or log_item, mapping, list_separator or "|")
