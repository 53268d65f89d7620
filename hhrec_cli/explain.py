"""`hhrec explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hhrec_cli import _console
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    FEATURES_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VACANCIES_FILE,
    VOCAB_FILE,
)

if TYPE_CHECKING:
    from stages.reasons.report import Explanation


@shared
def explain(
    user: Annotated[str, typer.Option(help="Whose recommendations.")],
    session: Annotated[
        str | None, typer.Option(help="Of which session. (default: the newest)")
    ] = None,
    vacancy: Annotated[
        list[str] | None,
        typer.Option(help="Why this one, wherever it stands? Repeatable. (default: the first K)"),
    ] = None,
    k: Annotated[int, typer.Option(help="How many of the first are explained.", min=1)] = 10,
    what_if: Annotated[
        bool,
        typer.Option(help="Rank anew without each event that a reason names."),
    ] = True,
    part: Annotated[Literal["test", "validation"], typer.Option(help="Which rows.")] = "test",
    model: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / MODEL_DIR,
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    vacancies: Annotated[
        Path | None,
        typer.Option(
            help="The catalogue, for names and fields. (default: RAW/vacancies.parquet, if it is there)",
            metavar="FILE",
        ),
    ] = None,
    *,
    common: Common,
) -> None:
    """Say why a person gets their recommendations: parts that add up to each score, and words."""
    settings = common.params(*(() if vacancies else (VACANCIES_FILE,)))
    common.note("loading torch")
    from stages.reasons import stage

    report = stage.run(
        settings,
        model=model,
        sequences=sequences,
        features=features,
        vocab=vocab,
        user=user,
        session=session,
        vacancies=vacancy or (),
        k=k,
        part=part,
        catalogue=vacancies,
        what_if=what_if,
    )
    if common.as_json:
        _console.show_json(report.model_dump(mode="json"))
        return
    header = [report.answered_by, "vacancy", "score", "why", "without it"]
    rows = [line for one in report.vacancies for line in _lines(one)]
    _console.show_rows(header, rows, texts=["vacancy", "why"])


def _lines(one: "Explanation") -> list[tuple[str, ...]]:
    """One line of the vacancy itself, with the parts of its score, and one a reason."""
    place = one.rank or one.place
    parts = ", ".join(f"{name} {value:+.2f}" for name, value in one.groups.items())
    score = "" if one.score is None else f"{one.score:.2f}"
    title = f"{one.vacancy_id} {one.name or ''}".strip()
    lines: list[tuple[str, ...]] = [
        (f"{place}" if place else "not eligible", title, score, parts, "")
    ]
    for reason in one.reasons:
        other = "" if reason.without is None else f"place {reason.without.place or 'none'}"
        lines.append(("", "", "", reason.text, other))
    return lines
