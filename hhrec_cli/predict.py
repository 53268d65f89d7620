"""`hhrec predict`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    FEATURES_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VACANCIES_FILE,
    VOCAB_FILE,
    predictions_file,
)


class Part(StrEnum):
    """Rows to recommend for."""

    test = "test"
    validation = "validation"


@shared
def predict(
    model: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / MODEL_DIR,
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    part: Annotated[Part, typer.Option(help="Which rows.")] = Part.test,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Predictions file. (default: predictions.parquet or validation_predictions.parquet in --artifacts; with --format .csv, .jsonl or .long.parquet)"
        ),
    ] = None,
    file_format: Annotated[
        Literal["parquet", "csv", "jsonl", "long"],
        typer.Option(
            "--format",
            help="One row a list: parquet, jsonl; one row a recommendation: csv, long (Parquet). "
            "docs/bundle.md has the columns.",
        ),
    ] = "parquet",
    scores: Annotated[
        bool, typer.Option("--scores", help="Write what each vacancy was ranked by, too.")
    ] = False,
    allow: Annotated[
        Path | None,
        typer.Option(
            help="Recommend only the vacancies of this file: ids, one a line, or Parquet with a column "
            "vacancy_id; with user_id beside it, ids for these people only.",
            metavar="FILE",
        ),
    ] = None,
    deny: Annotated[
        Path | None,
        typer.Option(help="Never recommend those of this file, likewise.", metavar="FILE"),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Recommend only vacancies that meet this, such as area.regionId=1; also !=, >=, <=. "
            "Repeatable: of one field any value, of several fields all.",
            metavar="FIELD=VALUE",
        ),
    ] = None,
    max_per: Annotated[
        list[str] | None,
        typer.Option(
            "--max-per",
            help="At most N of a list share a value of the field, such as company.id=3. Repeatable.",
            metavar="FIELD=N",
        ),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option(help="A vacancy is recommended to at most so many rows.", metavar="N"),
    ] = None,
    assign: Annotated[
        Literal["greedy", "auction"],
        typer.Option(help="Who gets what --capacity limits: by chance of a response, or by price."),
    ] = "greedy",
    diversity: Annotated[
        float,
        typer.Option(
            help="Weight of unlikeness within a list (maximal marginal relevance), from 0 to below 1.",
            metavar="WEIGHT",
        ),
    ] = 0.0,
    vacancies: Annotated[
        Path | None,
        typer.Option(
            help="The catalogue, for --where and --max-per. (default: RAW/vacancies.parquet)",
            metavar="FILE",
        ),
    ] = None,
    *,
    common: Common,
) -> None:
    """Recommend the k vacancies each person will most likely respond to next, best first."""
    needed = (where or max_per) and not vacancies
    settings = common.params(*((VACANCIES_FILE,) if needed else ()))
    common.note("loading torch")
    from stages import predict as stage
    from stages.predict.list_rules import ListRules
    from stages.predict.prediction_files import name_of
    from stages.rules.conditions import parsed_limits

    rules = ListRules(parsed_limits(max_per or ()), capacity, assign, diversity)
    with common.progress("predict") as progress:
        report = stage.run(
            settings,
            model=model,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out or common.artifacts / name_of(predictions_file(part), file_format),
            part=part.value,
            allow=allow,
            deny=deny,
            where=where or (),
            list_rules=rules,
            vacancies=vacancies,
            file_format=file_format,
            scores=scores,
            progress=progress,
        )
    if report.main_process:
        common.show(report, title="predict")
