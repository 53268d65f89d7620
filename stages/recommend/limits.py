"""Rules of a call as what ranking understands: eligible vacancies, and limits by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.bundle.vacancy_ids import VacancyIds
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.recommend.answers import Rules
from stages.rules import conditions, vacancy_lists
from stages.rules.lists import Bools


@dataclass(frozen=True)
class Limits:
    """What some rules mean for a catalogue.

    Attributes:
        allowed: Eligible vacancies, by item id, (N,) bool; None for all.
        max_per: Most vacancies of a list that share a value, by field.
    """

    allowed: Bools | None
    max_per: Mapping[str, int]


def limits_of(
    rules: Rules,
    ids: VacancyIds,
    facts: pl.DataFrame | None,
    withdrawn: NDArray[np.int64] | None = None,
) -> Limits:
    """Read rules; what is withdrawn is allowed by none.

    Raises:
        HhrecError: A field is unknown, or nothing is left to recommend.
    """
    met = conditions.parsed(rules.where)
    require_fields(facts, [*(one.field for one in met), *rules.max_per])
    wrong = [name for name, most in rules.max_per.items() if most < 1]
    if wrong:
        raise HhrecError(
            f"max_per: {wrong[0]}: expected 1 or more, found {rules.max_per[wrong[0]]}",
            "leave the field out for no limit",
        )
    size = len(ids.names)
    allowed = np.ones(size + FIRST_ITEM, dtype=bool)
    if rules.allow is not None:
        allowed &= _named(ids, rules.allow)
    if rules.deny:
        allowed &= ~_named(ids, rules.deny)
    if withdrawn is not None:
        allowed[withdrawn] = False
    if met and facts is not None:
        allowed &= _eligible(facts, met)
    if not allowed[FIRST_ITEM:].any():
        raise HhrecError(
            "no vacancy is left to recommend: none is allowed, not denied and meets all conditions",
            "leave one of allow, deny and where out",
        )
    every = bool(allowed[FIRST_ITEM:].all())
    return Limits(None if every else allowed, rules.max_per)


def require_fields(facts: pl.DataFrame | None, fields: list[str]) -> None:
    """Refuse fields that nothing is known of.

    Raises:
        HhrecError: It names them and those that there are.
    """
    known = [] if facts is None else facts.columns
    missing = [name for name in fields if name not in known]
    if missing:
        hint = f"its fields are {', '.join(known)}" if known else "name it with vacancies=FILE"
        raise HhrecError(f"catalogue: no field {', '.join(map(repr, missing))}", hint)


def _eligible(facts: pl.DataFrame, met: Sequence[conditions.Condition]) -> Bools:
    try:
        return conditions.eligible(facts, met)
    except UnicodeEncodeError as error:
        raise HhrecError(
            f"where: a value is no text ({error})", "leave half characters out"
        ) from error


def _named(ids: VacancyIds, wanted: object) -> Bools:
    items = ids.items([str(one) for one in wanted])  # type: ignore[attr-defined]
    return vacancy_lists.mask(pl.Series(items[items > 0], dtype=pl.Int64), len(ids.names))
