"""What `hhrec recommend` and `hhrec similar` print."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from stages.interface.errors import HhrecError
from stages.interface.stage_report import Report
from stages.recommend import event_files
from stages.recommend.answers import Rules
from stages.recommend.recommender import Recommender
from stages.rules import vacancy_lists
from stages.rules.conditions import parsed_limits


class Place(Report):
    """One vacancy of a list: null where nothing is known."""

    rank: int
    vacancy_id: str
    score: float | None
    name: str | None
    reasons: list[str]


class Listed(Report):
    """One list: whose, if that is known, or of what."""

    name: str | None
    vacancies: list[Place]


def rules_of(
    allow: Path | None, deny: Path | None, where: Sequence[str], max_per: Sequence[str]
) -> Rules:
    """Read rules as they are typed.

    Raises:
        MissingInputError: A list is not there.
        HhrecError: A list cannot be read, or a condition has no form.
    """
    ids = [
        None if file is None else _ids(file, option)
        for file, option in ((allow, "--allow"), (deny, "--deny"))
    ]
    return Rules(ids[0], ids[1] or (), tuple(where), parsed_limits(max_per))


def _ids(file: Path, option: str) -> list[str]:
    found = vacancy_lists.read(file, option)
    if vacancy_lists.USER in found.columns:
        raise HhrecError(
            f"{file}: {option}: expected ids that are meant for everyone, found a column user_id",
            "leave the column out; `hhrec predict` takes lists for single people",
        )
    return found[vacancy_lists.VACANCY].to_list()


def recommended(
    bundle: Path,
    *,
    events: Path | None,
    users: Sequence[str] = (),
    k: int,
    at: datetime | None = None,
    rules: Rules,
    explain: bool = False,
) -> list[Listed]:
    """Recommend for the people of a file of events, or of stdin.

    Raises:
        MissingInputError: Something is not there.
        HhrecError: Something cannot be read, or rules leave nothing.
    """
    found = event_files.read(events, users)
    recommender = Recommender.load(bundle)
    table = recommender.recommend(
        found,
        k,
        at=at,
        allow=rules.allow,
        deny=rules.deny,
        where=rules.where,
        max_per=rules.max_per,
        explain=explain,
    )
    if "user_id" not in table.columns:
        return [_listed(recommender, None, table.to_dicts())]
    lists = table.partition_by("user_id", as_dict=True)
    return [
        _listed(recommender, user, lists.get((user,), table.clear()).to_dicts())
        for user in found["user_id"].cast(pl.String).unique(maintain_order=True)
    ]


def similar(bundle: Path, vacancy: str, *, k: int, rules: Rules) -> Listed:
    """List what is most like a vacancy.

    Raises:
        MissingInputError: The bundle is not there.
        HhrecError: The vacancy is unknown, or rules leave nothing.
    """
    recommender = Recommender.load(bundle)
    table = recommender.similar(vacancy, k, allow=rules.allow, deny=rules.deny, where=rules.where)
    return _listed(recommender, vacancy, table.to_dicts())


def _listed(recommender: Recommender, name: str | None, rows: list[dict[str, object]]) -> Listed:
    facts = recommender.describe([str(row["vacancy_id"]) for row in rows])
    places = [
        Place.model_validate({"reasons": [], **row, "name": said.get("name")})
        for row, said in zip([_own(row) for row in rows], facts, strict=True)
    ]
    return Listed(name=name, vacancies=places)


def _own(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "user_id"}
