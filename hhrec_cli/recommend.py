"""`hhrec recommend` and `hhrec similar`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hhrec_cli import _console
from hhrec_cli._options import Output, Stored, shared
from stages.core.artifact_paths import ARTIFACTS, BUNDLE_DIR

if TYPE_CHECKING:
    from stages.recommend.command import Listed

Bundle = Annotated[
    Path, typer.Argument(help="A bundle, or a directory of artifacts.", metavar="BUNDLE")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        help="Only vacancies that meet this, such as area.regionId=1; also !=, >=, <=. Repeatable.",
        metavar="FIELD=VALUE",
    ),
]
Allow = Annotated[
    Path | None,
    typer.Option(
        help="Only the vacancies of this file: ids, one a line, or Parquet.", metavar="FILE"
    ),
]
Deny = Annotated[
    Path | None, typer.Option(help="Never those of this file, likewise.", metavar="FILE")
]


@shared
def recommend(
    bundle: Bundle = ARTIFACTS / BUNDLE_DIR,
    events: Annotated[
        Path | None,
        typer.Option(
            help="Events: JSON lines, CSV or Parquet, one row an event, or Parquet with one row a "
            "session as the input of the pipeline. (default: JSON lines on stdin)",
            metavar="FILE",
        ),
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(help="Only for this person. Repeatable. (default: everyone in the events)"),
    ] = None,
    k: Annotated[int, typer.Option(help="Most recommendations for each.", min=1)] = 10,
    at: Annotated[
        datetime | None,
        typer.Option(help="When, in UTC; later events do not count. (default: the newest event)"),
    ] = None,
    allow: Allow = None,
    deny: Deny = None,
    where: Where = None,
    max_per: Annotated[
        list[str] | None,
        typer.Option(
            "--max-per",
            help="At most N of a list share a value of the field, such as company.id=3. Repeatable.",
            metavar="FIELD=N",
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why, in words.")] = False,
    *,
    output: Stored,
) -> None:
    """Recommend vacancies to whoever's events are given: they need not be in the log."""
    output.note("loading torch")
    from stages.recommend import command

    found = command.recommended(
        bundle,
        events=events,
        users=user or (),
        k=k,
        at=at,
        rules=command.rules_of(allow, deny, where or (), max_per or ()),
        explain=explain,
    )
    if output.as_json:
        _console.show_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        _show(one)


@shared
def similar(
    bundle: Bundle,
    vacancy: Annotated[str, typer.Argument(help="Id of a vacancy.", metavar="ID")],
    k: Annotated[int, typer.Option(help="How many.", min=1)] = 10,
    allow: Allow = None,
    deny: Deny = None,
    where: Where = None,
    *,
    output: Output,
) -> None:
    """List the vacancies most like one, by the cosine of the model's vectors."""
    output.note("loading torch")
    from stages.recommend import command

    rules = command.rules_of(allow, deny, where or (), ())
    found = command.similar(bundle, vacancy, k=k, rules=rules)
    if output.as_json:
        _console.show_json(found.model_dump(mode="json"))
    else:
        _show(found)


def _show(one: "Listed") -> None:
    header = ["" if one.name is None else one.name, "vacancy", "score"]
    rows: list[tuple[Any, ...]] = []
    for place in one.vacancies:
        title = f"{place.vacancy_id} {place.name or ''}".strip()
        rows.append((place.rank, title, "" if place.score is None else f"{place.score:.3f}"))
        rows += [("", text, "") for text in place.reasons]
    _console.show_rows(header, rows, texts=["vacancy"])
