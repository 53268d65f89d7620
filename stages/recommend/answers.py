"""Questions to a recommender and its answers, for programs that ask for many people at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from stages.interface.errors import HhrecError
from stages.reasons.report import Explanation
from stages.recommend.event_frames import Event


@dataclass(frozen=True)
class Rules:
    """What may be recommended, and what a list must be like; none of it by default.

    Attributes:
        allow: Ids of the only vacancies that may be recommended; None allows all.
        deny: Ids of vacancies that may not.
        where: Conditions on fields of a vacancy, such as `area.regionId=1`; see docs/rules.md.
        max_per: Most vacancies of a list that share a value of a field, by field.
    """

    allow: Collection[str] | None = None
    deny: Collection[str] = ()
    where: Sequence[str] = ()
    max_per: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.allow is not None or bool(self.deny or self.where or self.max_per)

    def key(self) -> tuple[object, ...]:
        """Return what tells these rules from others."""
        allowed = None if self.allow is None else frozenset(self.allow)
        return allowed, frozenset(self.deny), tuple(self.where), tuple(sorted(self.max_per.items()))


@dataclass(frozen=True)
class Query:
    """One person's question.

    Attributes:
        events: The person's history; see `Recommender.recommend`.
        k: Most recommendations.
        at: When they are made; None means at the newest event.
        rules: What may be recommended.
        explain: Whether reasons are wanted: it takes a hundred times as long.
    """

    events: Iterable[Event] = ()
    k: int = 100
    at: datetime | None = None
    rules: Rules = field(default_factory=Rules)
    explain: bool = False


@dataclass(frozen=True)
class Answer:
    """Recommendations for one person, best first.

    Attributes:
        ids: Vacancy ids.
        scores: What each was ranked by; None where a baseline ranks.
        answered_by: `model`, `model as trained`, or the name of a baseline.
        reasons: One explanation a vacancy where they were asked for, else nothing.
    """

    ids: list[str]
    scores: list[float | None]
    answered_by: str
    reasons: list[Explanation] = field(default_factory=list)


def require_number(k: int) -> None:
    """Refuse a list without places.

    Raises:
        HhrecError: k is less than 1.
    """
    if k < 1:
        raise HhrecError(f"k: expected 1 or more, found {k}", "leave k out for 100")


def together(queries: Sequence[Query]) -> list[list[int]]:
    """Group questions that can be answered at once: places of each group."""
    groups: dict[object, list[int]] = {}
    for place, query in enumerate(queries):
        groups.setdefault((query.k, query.explain, query.rules.key()), []).append(place)
    return list(groups.values())


def table_of(answers: Sequence[Answer], *, explain: bool) -> pl.DataFrame:
    """Lay answers out, a row a recommendation: rank, vacancy_id, score, and reasons if asked for."""
    table = pl.DataFrame(
        {
            "rank": [place for one in answers for place in range(1, len(one.ids) + 1)],
            "vacancy_id": [name for one in answers for name in one.ids],
            "score": [score for one in answers for score in one.scores],
        },
        schema={"rank": pl.Int64, "vacancy_id": pl.String, "score": pl.Float64},
    )
    if not explain:
        return table
    texts = [[said.text for said in why.reasons] for one in answers for why in one.reasons]
    return table.with_columns(pl.Series("reasons", texts, dtype=pl.List(pl.String)))
