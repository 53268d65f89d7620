"""Questions to a recommender and its answers, for programs that ask for many people at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
