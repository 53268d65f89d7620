"""`hhrec sequences build` and `show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hhrec_cli import _console, _freed_memory
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    EVENTS_DIR,
    FILTERED_DIR,
    SEQUENCES_DIR,
    VOCAB_FILE,
)

if TYPE_CHECKING:
    from polars import DataFrame

app = typer.Typer(help="Histories and contexts as lists of item ids.", no_args_is_help=True)

VocabFile = Annotated[Path, typer.Option("--vocab", help="Vocabulary that gives the item ids.")]
VOCAB, SEQUENCES = ARTIFACTS / VOCAB_FILE, ARTIFACTS / SEQUENCES_DIR


@app.command()
@shared
def build(
    filtered: Annotated[
        Path, typer.Option(help="Filtered events: the histories to train on.")
    ] = ARTIFACTS / FILTERED_DIR,
    events: Annotated[
        Path, typer.Option(help="All events: the contexts of validation and test.")
    ] = ARTIFACTS / EVENTS_DIR,
    vocab: VocabFile = VOCAB,
    out: Annotated[Path, typer.Option(help="Directory of train, validation, test.")] = SEQUENCES,
    now: Annotated[
        bool,
        typer.Option(
            "--now", help="Ask the test rows after all that is known, not as their sessions end."
        ),
    ] = False,
    *,
    common: Common,
) -> None:
    """Write one row a user to train on, and one row a question for validation and test."""
    _freed_memory.keep()
    from stages import sequences as stage

    settings = common.params()
    with common.progress("sequences") as progress:
        report = stage.run(
            settings,
            filtered=filtered,
            events=events,
            vocab=vocab,
            out=out,
            now=now,
            progress=progress,
        )
    common.show(report, title="sequences")


@app.command()
@shared
def show(
    sequences: Annotated[Path, typer.Option(help="Sequences that build wrote.")] = SEQUENCES,
    vocab: VocabFile = VOCAB,
    user: Annotated[
        str | None, typer.Option(help="Print the rows of this user, a line an event.")
    ] = None,
    *,
    common: Common,
) -> None:
    """Print rows, lengths and labels by part, or all that the rows of one user hold."""
    from stages.inspect.sequences import summary, user_events

    settings = common.params()
    if user is not None:
        _show_lines(user_events(sequences, vocab, user), common)
        return
    found = summary(sequences, vocab, settings.sequences.max_length)
    if common.as_json:
        _console.show_json(found.model_dump())
        return
    if common.quiet:
        return
    measures = [
        (name, *(part[name] for part in found.parts.values())) for name in found.parts["train"]
    ]
    _console.show_rows(["lengths in events", *found.parts], measures)
    _console.show_rows(["validation labels", ""], list(found.labels.items()))


def _show_lines(lines: "DataFrame", common: Common) -> None:
    if common.as_json:
        _console.show_json([{**line, "time": str(line["time"])} for line in lines.to_dicts()])
    elif not common.quiet:
        _console.show_rows(lines.columns, lines.rows())
