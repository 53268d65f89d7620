"""Conditions on the fields of a vacancy, and limits by field, as a user writes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError, UsageError
from stages.rules.greedy_choice import Limit
from stages.rules.lists import Bools

OPERATORS = ("!=", ">=", "<=", "=")


@dataclass(frozen=True)
class Condition:
    """`field operator value`."""

    field: str
    operator: str
    value: str

    def holds(self, values: pl.Series) -> pl.Series:
        """Whether it holds of each value; nothing is unequal to everything, and neither more nor less.

        Raises:
            HhrecError: The field or the value is no number where one is compared by size.
        """
        if self.operator in {">=", "<="}:
            return self._by_size(values)
        if isinstance(values.dtype, pl.List):
            equal = values.cast(pl.List(pl.String)).list.contains(self.value)
        else:
            equal = values.cast(pl.String) == self.value
        equal = equal.fill_null(value=False)
        return ~equal if self.operator == "!=" else equal

    def _by_size(self, values: pl.Series) -> pl.Series:
        try:
            bound = float(self.value)
        except ValueError:
            bound = float("nan")
        if not values.dtype.is_numeric() or bound != bound:  # noqa: PLR0124  not a number
            raise HhrecError(
                f"--where {self}: {self.operator} compares numbers; `{self.field}` holds "
                f"{values.dtype} and the value is {self.value!r}",
                "use = or !=, or a field such as compensation.from",
            )
        found = values >= bound if self.operator == ">=" else values <= bound
        return found.fill_null(value=False)

    def __str__(self) -> str:
        """Write it as a user does."""
        return f"{self.field}{self.operator}{self.value}"


def parsed(texts: Sequence[str]) -> list[Condition]:
    """Read conditions.

    Raises:
        UsageError: One has no operator or no field.
    """
    return [_parsed(text) for text in texts]


def _parsed(text: str) -> Condition:
    places = [(text.find(one), -len(one), one) for one in OPERATORS if one in text]
    if places:
        place, _, operator = min(places)
        field, value = text[:place].strip(), text[place + len(operator) :].strip()
        if field:
            return Condition(field, operator, value)
    raise UsageError(
        f"--where {text}: expected FIELD=VALUE (or !=, >=, <=)",
        "type for example --where area.regionId=1",
    )


def parsed_limits(texts: Sequence[str]) -> dict[str, int]:
    """Read limits, `FIELD=N`.

    Raises:
        UsageError: One is not of this form, N is below 1, or a field stands twice.
    """
    found: dict[str, int] = {}
    for text in texts:
        field, equals, number = text.partition("=")
        if not (equals and field.strip() and number.strip().isdecimal() and int(number)):
            raise UsageError(
                f"--max-per {text}: expected FIELD=N with N at least 1",
                "type for example --max-per company.id=3",
            )
        if field.strip() in found:
            raise UsageError(
                f"--max-per {text}: a limit by {field.strip()} is given already", "give it once"
            )
        found[field.strip()] = int(number)
    return found


def eligible(facts: pl.DataFrame, conditions: Sequence[Condition]) -> Bools:
    """Which vacancies meet conditions, by item id, (N,): one of those on a field that say `=`, and every other.

    Args:
        facts: One row a vacancy, by item, with the fields of the conditions.
        conditions: At least one.

    Raises:
        HhrecError: No vacancy meets them.
    """
    met = np.ones(len(facts), dtype=bool)
    for field in dict.fromkeys(one.field for one in conditions):
        values = facts[field]
        own = [one for one in conditions if one.field == field]
        equal = [one.holds(values).to_numpy() for one in own if one.operator == "="]
        others = [one.holds(values).to_numpy() for one in own if one.operator != "="]
        for holds in [np.logical_or.reduce(equal)] * bool(equal) + others:
            met &= holds
    if not met.any():
        raise HhrecError(
            f"--where {' --where '.join(map(str, conditions))}: no vacancy meets that",
            "see the values of a field in the catalogue, or leave a condition out",
        )
    return np.concatenate([np.zeros(FIRST_ITEM, dtype=bool), met])


def limits(facts: pl.DataFrame, wanted: dict[str, int]) -> list[Limit]:
    """Make limits by field; a vacancy without a value is never limited.

    Raises:
        HhrecError: A field holds lists.
    """
    found = []
    for field, most in wanted.items():
        values = facts[field]
        if isinstance(values.dtype, pl.List):
            raise HhrecError(
                f"--max-per {field}={most}: the field holds lists, of which none is the group",
                "take a field with one value a vacancy, such as company.id",
            )
        groups = values.rank("dense").cast(pl.Int64).fill_null(-1).to_numpy()
        found.append(Limit(np.concatenate([np.full(FIRST_ITEM, -1), groups]), most))
    return found
