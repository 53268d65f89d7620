"""`hhrec vocab build`, `show` and `lookup`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import Common, Stored, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    FILTERED_DIR,
    SEQUENCES_DIR,
    VACANCIES_FILE,
    VOCAB_FILE,
)

app = typer.Typer(help="Give every vacancy of the catalogue its item id.", no_args_is_help=True)

VocabFile = Annotated[Path, typer.Option("--vocab", help="Vocabulary that build wrote.")]
VOCAB = ARTIFACTS / VOCAB_FILE


@app.command()
@shared
def build(
    events: Annotated[
        Path, typer.Option(help="Filtered events that vacancies are counted in.")
    ] = ARTIFACTS / FILTERED_DIR,
    vacancies: Annotated[
        Path | None, typer.Option(help="Catalogue. (default: RAW/vacancies.parquet)")
    ] = None,
    out: Annotated[Path, typer.Option(help="Vocabulary file.")] = VOCAB,
    extend: Annotated[
        Path | None, typer.Option(help="Older vocabulary whose ids stay; new ones go behind.")
    ] = None,
    *,
    common: Common,
) -> None:
    """Number the vacancies: the frequent ones first, then the rest of the catalogue."""
    from stages import vocab as stage

    settings = common.params(*(() if vacancies else (VACANCIES_FILE,)))
    catalogue = vacancies or Path(settings.raw) / VACANCIES_FILE
    with common.progress("vocab") as progress:
        report = stage.run(
            settings,
            events=events,
            vacancies=catalogue,
            out=out,
            extend=extend,
            progress=progress,
        )
    common.show(report, title="vocab")


@app.command()
@shared
def show(
    vocab: VocabFile = VOCAB,
    events: Annotated[
        Path | None,
        typer.Option(
            help="Filtered events to measure. (default: filtered in --artifacts, if there)"
        ),
    ] = None,
    sequences: Annotated[
        Path | None,
        typer.Option(help="Sequences with labels. (default: sequences in --artifacts, if there)"),
    ] = None,
    *,
    output: Stored,
) -> None:
    """Print the size, and how much of the events and the validation labels is covered."""
    from stages.inspect.vocab import coverage

    output.fetch(*(() if events else (FILTERED_DIR,)), *(() if sequences else (SEQUENCES_DIR,)))
    report = coverage(
        vocab,
        events=events or _if_there(output.artifacts / FILTERED_DIR),
        sequences=sequences or _if_there(output.artifacts / SEQUENCES_DIR),
    )
    output.show(report, title=str(vocab))


@app.command()
@shared
def lookup(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Vacancy ids or item numbers.")],
    vocab: VocabFile = VOCAB,
    *,
    output: Stored,
) -> None:
    """Print what vacancy ids or item numbers stand for."""
    from stages.inspect.vocab import lookup as find

    found = find(vocab, ids)
    if output.as_json:
        _console.show_json(found.to_dicts())
    elif not output.quiet:
        _console.show_rows(found.columns, found.rows())


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
