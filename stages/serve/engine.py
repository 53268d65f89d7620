"""What the server asks of a recommender, whoever it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Event: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked for one history.

    Attributes:
        events: The history.
        k: Most recommendations.
        at: When the question is asked; None as its newest event ends.
        allow: Only these vacancies; None for all.
        deny: None of these.
        where: Conditions on fields, such as `area.regionId=1`.
        max_per: At most so many of a list share a value of the field.
        explain: Whether to give reasons.
    """

    events: Sequence[Event] = ()
    k: int = 100
    at: datetime | None = None
    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()
    where: tuple[str, ...] = ()
    max_per: tuple[tuple[str, int], ...] = ()
    explain: bool = False


@dataclass(frozen=True)
class Listed:
    """One vacancy of a list; `reasons` and `parts` only where they were asked for."""

    vacancy_id: str
    score: float | None = None
    reasons: tuple[Facts, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)


Lists: TypeAlias = list[list[Listed]]


@dataclass(frozen=True)
class Answered:
    """The list of one history, best first, and who ranked it.

    `answered_by` is `model`, `model as trained` (long after the log's end) or a baseline's name.
    """

    vacancies: list[Listed]
    answered_by: str


class Engine(Protocol):
    """A recommender in memory. Every method may be called from any thread, and raises `HhrecError`."""

    @property
    def model(self) -> str:
        """Fingerprint of the weights and of all that answers rest on."""

    @property
    def answers(self) -> str:
        """Who answers unless it is long after the log's end: `model`, or a baseline's name."""

    def __len__(self) -> int:
        """Return how many vacancies may be recommended."""

    def recommend(self, asked: Sequence[Wanted]) -> list[Answered]:
        """List vacancies for each history, best first."""

    def similar(self, vacancy: str, k: int) -> list[Listed]:
        """List the vacancies most like one, best first; `UnknownVacancyError` where it is not known."""

    def heuristic(self, asked: Sequence[Wanted]) -> tuple[str, Lists]:
        """Name the best plain recommender, and list what it recommends; rules do not count."""

    def facts(self, vacancies: Sequence[str]) -> dict[str, Facts]:
        """Fields of those vacancies that are known, by id."""

    def fields(self) -> dict[str, list[tuple[str, int]]]:
        """Most frequent values of the fields that conditions may name, with their counts."""

    def extended(self, vacancies: Sequence[Facts]) -> "Engine":
        """Give a recommender that knows further vacancies by their content; this one stays as it is."""


Loader: TypeAlias = Callable[[Path], Engine]
