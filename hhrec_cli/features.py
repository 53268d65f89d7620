"""`hhrec features build` and `hhrec features show`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hhrec_cli import _console
from hhrec_cli._options import Common, Stored, shared
from stages.core.artifact_paths import ARTIFACTS, FEATURES_DIR, VACANCIES_FILE, VOCAB_FILE

app = typer.Typer(help="Vacancies as numbers: codes, salary, tokens.", no_args_is_help=True)

VOCAB = ARTIFACTS / VOCAB_FILE
FEATURES = ARTIFACTS / FEATURES_DIR


@app.command("build")
@shared
def build(
    vacancies: Annotated[
        Path | None, typer.Option(help="The catalogue. (default: RAW/vacancies.parquet)")
    ] = None,
    vocab: Annotated[Path, typer.Option(help="Item ids of the vacancies.")] = VOCAB,
    out: Annotated[Path, typer.Option(help="Directory of books/ and items/.")] = FEATURES,
    books: Annotated[
        Path | None,
        typer.Option(help="Encode with these code books, as a trained model needs.", metavar="DIR"),
    ] = None,
    text_cache: Annotated[
        Path | None,
        typer.Option(help="Text vectors made so far. (default: text-cache beside OUT)"),
    ] = None,
    *,
    common: Common,
) -> None:
    """Encode every vacancy of the vocabulary, with code books learnt from the catalogue."""
    from stages import features as stage

    settings = common.params(*(() if vacancies else (VACANCIES_FILE,)))
    with common.progress("features") as progress:
        report = stage.run(
            settings,
            vacancies=vacancies or Path(settings.raw) / VACANCIES_FILE,
            vocab=vocab,
            out=out,
            books=books,
            text_cache=text_cache,
            progress=progress,
        )
    common.show(report, title="features")


@app.command("show")
@shared
def show(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Vacancies to decode.", metavar="[ID]...")
    ] = None,
    features: Annotated[Path, typer.Option(help="What `features build` wrote.")] = FEATURES,
    vocab: Annotated[Path, typer.Option(help="Item ids of the vacancies.")] = VOCAB,
    *,
    output: Stored,
) -> None:
    """Print sizes, coverage and salaries, or the vacancies ID as the model sees them."""
    from stages.inspect import features as view

    if ids:
        found = view.describe(features, vocab, ids)
        if output.as_json:
            _console.show_json(found)
        for vacancy in () if output.as_json or output.quiet else found:
            _console.show_rows(["vacancy", vacancy["vacancy_id"]], list(vacancy.items())[1:])
        return
    columns, salaries = view.coverage(features), view.salary_quartiles(features)
    if output.as_json:
        _console.show_json({"columns": columns, "salary_quartiles": salaries})
        return
    if not output.quiet:
        _show_coverage(columns, salaries)


def _show_coverage(columns: list[Any], salaries: dict[str, list[int]]) -> None:
    header = ["column", "size", "missing", "unknown", "hashed"]
    _console.show_rows(header, [tuple(column[name] for name in header) for column in columns])
    rows = [(name, *quartiles) for name, quartiles in salaries.items()]
    _console.show_rows(["roubles", "25 %", "50 %", "75 %"], rows)
