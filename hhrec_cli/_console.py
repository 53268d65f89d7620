"""The only code that prints: results on stdout; progress, notes and errors on stderr."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from hhrec_cli._log_lines import ROWS, Lines, Log
from hhrec_cli._pace import Meter
from stages.remote.urls import masked, shown

if TYPE_CHECKING:
    from stages.interface.errors import HhrecError
    from stages.interface.stage_report import Progress as ProgressHook
    from stages.interface.stage_report import Report

stderr = Console(stderr=True, highlight=False, emoji=False)
log = Log()


def use(log_format: Literal["text", "json"]) -> None:
    """Choose how progress, notes and errors are written on stderr."""
    log.as_json = log_format == "json"


def _stdout() -> Console:
    """Console of stdout; as wide as the text needs when nobody watches."""
    terminal = sys.stdout.isatty()
    return Console(highlight=False, emoji=False, width=None if terminal else 160)


def show(report: "Report", *, title: str, as_json: bool, quiet: bool) -> None:
    """Print a stage's report: one JSON object, or a table of figures; remarks as notes."""
    for text in report.remarks():
        note(text, quiet=quiet)
    if as_json:
        sys.stdout.write(shown(report.model_dump_json()) + "\n")
    elif not quiet:
        show_rows([title, ""], list(report.figures()))


def show_rows(
    header: list[str], rows: Sequence[tuple[Any, ...]], *, texts: Sequence[str] = ()
) -> None:
    """Print rows as a table: the first column and the columns named in `texts` to the left."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(header):
        table.add_column(
            _plain(name),
            justify="right" if index and name not in texts else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    _stdout().print(table)


def show_json(value: Any) -> None:
    """Print one JSON value on stdout, at once: whoever started a server waits for its address."""
    sys.stdout.write(shown(json.dumps(value, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def _plain(cell: Any) -> Text:
    """A cell as it is: nothing in it is markup or the name of an emoji."""
    if isinstance(cell, bool) or cell is None:
        return Text(str(cell).lower())
    if isinstance(cell, int):
        return Text(f"{cell:,}")
    if isinstance(cell, float):
        return Text(f"{cell:.4g}" if abs(cell) >= 1 else f"{cell:.4f}")
    return Text(shown(str(cell)))


def note(text: str, *, quiet: bool = False) -> None:
    """Print a remark on stderr unless quiet; a long line stays one, to be copied."""
    if not quiet:
        said = masked(text)
        _write(said, {"level": "info", "message": said})


def _write(text: str, values: dict[str, Any]) -> None:
    """Write one line on stderr: as text, or as JSON if that is chosen."""
    line = log.line(values) if log.as_json else text
    stderr.print(line, markup=False, soft_wrap=True)


def complain(error: "HhrecError") -> None:
    """Print an error and the next command to type."""
    message, hint = masked(error.message), masked(error.hint)
    if log.as_json:
        _write("", {"level": "error", "message": message, "next": hint})
        return
    stderr.print(Text.assemble(("error", "bold red"), " ", _plain(message)), soft_wrap=True)
    if hint:
        stderr.print(Text.assemble(("next", "bold"), "  ", _plain(hint)), soft_wrap=True)


@contextmanager
def progress(label: str, *, quiet: bool) -> "Iterator[ProgressHook]":
    """Give a hook that moves a bar on a terminal, and elsewhere writes a line now and then."""
    if not quiet and (log.as_json or not stderr.is_terminal):
        yield Lines(label, _write)
        return
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
        console=stderr,
        transient=True,
        disable=quiet,
    )
    with bar:
        task, meter = bar.add_task(label, total=None, note="", pace=""), Meter()

        def hook(done: int, total: int, note: str = "", **figures: float) -> None:
            words = meter(done, total, figures.get(ROWS)).words()
            bar.update(task, completed=done, total=total, note=note, pace="  ".join(words))

        yield hook
