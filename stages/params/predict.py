"""Parameters of prediction."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.params.base import Precision, Section

Fate = Literal["auto", "keep", "last", "hide"]


class SeenParams(Section):
    """What becomes of candidates the user has touched; the strictest action wins.

    `auto` takes what ranks the validation rows best, for the model and for each baseline its own;
    where there are none, `last` for responses and `keep` for the others.
    """

    response: Fate = "auto"
    """Vacancies the user responded to."""
    favourite: Fate = "auto"
    """Vacancies the user marked as favourite."""
    view: Fate = "auto"
    """Vacancies the user viewed."""


class PredictParams(Section):
    """What is recommended."""

    k: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Recommendations a row."""
    seen: SeenParams = SeenParams()
    """`keep`, `last` (after every other of the k) or `hide`, by action."""
    candidates: Literal["all", "active"] = "all"
    """`all` vacancies of the catalogue, or the `active` ones: with an event in a train history or a
    row's context in the last `active_days` days before the day of the question (in UTC), or without
    any event before it. A row's own vacancies are held to the same rule."""
    active_days: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Days for which an event keeps a vacancy active; only for `active`, where null means 14."""
    fallback: Literal["auto", "never"] = "auto"
    """`auto` answers with the baseline that ranked the validation rows better than the model, if one
    did; `never` with the model alone."""
    batch_rows: Annotated[int, Field(ge=1, le=10_000_000)] = 2_048
    """Rows ranked at once; no result depends on it."""
    precision: Precision = "auto"
    """Precision of the products that choose which candidates are scored exactly: `no` is float32,
    `auto` the faster one here. No result depends on it."""

    def days(self) -> int:
        """Days for which an event keeps a vacancy active."""
        return 14 if self.active_days is None else self.active_days

    @model_validator(mode="after")
    def _used(self) -> "PredictParams":
        if self.candidates == "all" and self.active_days is not None:
            msg = "active_days is not used by candidates all: set it to null"
            raise ValueError(msg)
        return self
