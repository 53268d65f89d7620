"""Who may get what: vacancies allowed and denied, to all or to some people, and conditions on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.bert4rec.examples.histories import Ints
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.loaders.model_arrays import moments
from stages.loaders.rank_queries import DENIED, GROUP
from stages.predict.eligibility import Activity
from stages.rules import conditions, vacancy_lists
from stages.rules.conditions import Condition


@dataclass(frozen=True)
class Restrictions:
    """Eligibility of vacancies.

    Attributes:
        rows: The rows, with the columns `DENIED` and `GROUP` where lists are meant for some people.
        allowed: Vacancies that anyone may get, by item id, (N,) bool; None for all.
        groups: Item ids that the rows of each group are kept to.
        activity: Which are active at a question's time; None for all.
        unknown: Ids of the lists that the vocabulary lacks: of allowed, of denied ones.
    """

    rows: pl.DataFrame
    allowed: NDArray[np.bool_] | None = None
    groups: tuple[Ints, ...] = ()
    activity: Activity | None = None
    unknown: tuple[int, int] = (0, 0)

    def __bool__(self) -> bool:
        """Whether some vacancy is not eligible for some row."""
        named = {DENIED, GROUP} & set(self.rows.columns)
        return self.allowed is not None or self.activity is not None or bool(named)

    def may(self, rows: Ints, items: Ints) -> NDArray[np.bool_]:
        """Whether rows may get items, (P,) each: what the ranker decides by itself."""
        found = np.ones(len(rows), dtype=bool) if self.allowed is None else self.allowed[items]
        keys = rows.astype(np.int64) << 32 | items
        if DENIED in self.rows.columns:
            found &= ~np.isin(keys, self._denied)
        if GROUP in self.rows.columns:
            group = self.rows[GROUP].to_numpy()[rows]
            for number, kept in enumerate(self.groups):
                found &= (group != number) | np.isin(items, kept)
        if self.activity is not None:
            found &= self._active(self.activity, rows, items, keys)
        return found

    @cached_property
    def _denied(self) -> Ints:
        return _keys(self.rows.select(item=DENIED))

    def _active(self, activity: Activity, rows: Ints, items: Ints, keys: Ints) -> NDArray[np.bool_]:
        day = activity.day_of(moments(self.rows))
        since = pl.Series("since", [activity.since(one) for one in day.tolist()], dtype=pl.Int64)
        own = (
            self.rows.select("items", "times")
            .with_row_index("row")
            .with_columns(since)
            .explode("items", "times", empty_as_null=False, keep_nulls=False)
            .filter(pl.col("times").to_physical() >= pl.col("since"))
        )
        recent = own["row"].to_numpy().astype(np.int64) << 32 | own["items"].to_numpy()
        found = np.isin(keys, recent)
        for one in np.unique(day[rows]).tolist():
            asked = day[rows] == one
            found[asked] |= activity.active(one)[items[asked]]
        return found


def restrictions(
    rows: pl.DataFrame,
    names: pl.DataFrame,
    *,
    allow: Path | None = None,
    deny: Path | None = None,
    where: Sequence[Condition] = (),
    facts: pl.DataFrame | None = None,
    activity: Activity | None = None,
) -> Restrictions:
    """Read lists and conditions.

    Args:
        rows: `schema.TEST_SEQUENCES`.
        names: The vocabulary, by item.
        allow: Vacancies that may be recommended; ids meant for some people keep only those to them.
        deny: Vacancies that may not, to all or to some people.
        where: Conditions on the fields of a vacancy.
        facts: These fields, by item; needed with conditions.
        activity: Which vacancies are active at a question's time.

    Raises:
        MissingInputError: A list is not there.
        HhrecError: A list names no vacancy of the vocabulary, or nothing is left to recommend.
    """
    allowed = np.ones(len(names) + FIRST_ITEM, dtype=bool)
    groups: tuple[Ints, ...] = ()
    unknown = [0, 0]
    if allow is not None:
        listed = vacancy_lists.read(allow, "--allow")
        found, unknown[0] = vacancy_lists.known_items(listed, names, allow)
        if vacancy_lists.USER in found.columns:
            rows, groups = _grouped(rows, found, listed[vacancy_lists.USER])
        else:
            allowed &= vacancy_lists.mask(found["item"], len(names))
    if deny is not None:
        found, unknown[1] = vacancy_lists.known_items(
            vacancy_lists.read(deny, "--deny"), names, deny
        )
        if vacancy_lists.USER in found.columns:
            lists = found.group_by("user_id").agg(pl.col("item").alias(DENIED))
            rows = rows.join(lists, on="user_id", how="left", maintain_order="left").with_columns(
                pl.col(DENIED).fill_null(pl.lit([], dtype=pl.List(pl.Int32)))
            )
        else:
            allowed &= ~vacancy_lists.mask(found["item"], len(names))
    if where and facts is not None:
        allowed &= conditions.eligible(facts, where)
    if not allowed[FIRST_ITEM:].any():
        raise HhrecError(
            "no vacancy is left to recommend: none is allowed, not denied and meets all conditions",
            "leave one of --allow, --deny and --where out",
        )
    everything = bool(allowed[FIRST_ITEM:].all()) and not (allow and not groups)
    told = (unknown[0], unknown[1])
    return Restrictions(rows, None if everything else allowed, groups, activity, told)


def _grouped(
    rows: pl.DataFrame, found: pl.DataFrame, users: pl.Series
) -> tuple[pl.DataFrame, tuple[Ints, ...]]:
    """Number the people who have lists of their own; people with equal lists share a number.

    Of `users` those without a known vacancy have an empty list: nothing may be recommended to them.
    """
    known = found.sort("item").group_by("user_id", maintain_order=True).agg("item")
    lists = (
        pl.DataFrame({"user_id": users.unique()})
        .join(known, on="user_id", how="left")
        .with_columns(pl.col("item").fill_null(pl.lit([], dtype=known.schema["item"])))
        .sort("user_id")
    )
    distinct = lists.select("item").unique(maintain_order=True)
    distinct = distinct.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias(GROUP))
    numbers = lists.join(distinct, on="item", how="left").select("user_id", GROUP)
    rows = rows.join(numbers, on="user_id", how="left", maintain_order="left")
    groups = tuple(one.to_numpy() for one in distinct["item"])
    return rows.with_columns(pl.col(GROUP).fill_null(-1)), groups


def _keys(lists: pl.DataFrame) -> Ints:
    """Numbers of (row, item) pairs of a list column."""
    pairs = lists.with_row_index("row").explode("item", empty_as_null=False, keep_nulls=False)
    found: Ints = pairs["row"].to_numpy().astype(np.int64) << 32 | pairs["item"].to_numpy()
    return found
