"""A model in memory that says why it recommends what."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.baseline_order import BaselineOrder
from stages.calibration.heuristics import Heuristics
from stages.calibration.order_choice import Answerers, answerers
from stages.calibration.total_order import ModelOrder
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import HISTORY
from stages.loaders.model_arrays import moments
from stages.loaders.rank_queries import asked_rows
from stages.params import Params
from stages.predict.answering import activity_of
from stages.predict.loaded_model import LoadedModel
from stages.predict.restrictions import Restrictions
from stages.reasons import events, words
from stages.reasons.contributions import Part, contributions
from stages.reasons.report import Explanation, Reason, Without

SHOWN = ("name", *events.LIKE)  # fields of the catalogue that reasons name
LISTS = tuple(name for name in HISTORY if name != "user_id")


@dataclass(frozen=True)
class Explainer:
    """A model in memory that says why.

    Attributes:
        loaded: The model.
        params: `predict`, `sequences.max_length`, `baseline` and the seed.
        facts: The fields `SHOWN` by item, as far as they are known; None without a catalogue.
        held_out: The rows are the validation rows.
    """

    loaded: LoadedModel
    params: Params
    facts: pl.DataFrame | None = None
    held_out: bool = False

    @cached_property
    def ranker(self) -> Ranker:
        """The model's ranker; computing the vectors takes a while."""
        ranker = self.loaded.ranker(self.params)
        ranker.with_parts = True
        return ranker

    @cached_property
    def learned(self) -> Heuristics | None:
        """The recommenders that the calibration asks."""
        return self.loaded.learned(self.params)

    def explain(
        self, row: pl.DataFrame, items: Sequence[int] = (), *, k: int = 10, what_if: bool = True
    ) -> list[Explanation]:
        """Explain the first k vacancies of a row, or those named.

        Args:
            row: `schema.TEST_SEQUENCES`, one row.
            items: Item ids; none takes the first k.
            k: How many.
            what_if: Whether to rank anew without each event named.
        """
        who = self.answerers(row)
        size = len(self.loaded.names)
        listed = who.lists(min(self.params.predict.k, size)).items[0]
        listed = listed[listed > 0]
        wanted = np.array(items or listed[:k].tolist(), dtype=np.int64)
        order, number = part_of(who, 0)
        deep = size if items else max(len(listed), 1)
        found, _ = contributions(order, number, wanted, deep) if len(wanted) else ([], None)
        reasons = [self.reasons(row, part) for part in found]
        if what_if:
            reasons = self.what_if(row, found, reasons)
        ranks = {item: place for place, item in enumerate(listed.tolist(), start=1)}
        return [
            self.explanation(part, ranks.get(part.item), said)
            for part, said in zip(found, reasons, strict=True)
        ]

    def answerers(self, rows: pl.DataFrame) -> Answerers:
        """Choose who ranks rows."""
        loaded, params = self.loaded, self.params
        active = self.ranker.activity = activity_of(params, loaded, rows)
        return answerers(
            params,
            self.ranker,
            rows,
            loaded.calibration,
            self.learned,
            held_out=self.held_out,
            may=Restrictions(rows, activity=active).may if active else None,
        )

    def name(self, item: int) -> str:
        """Title of a vacancy, else its id."""
        title = events.title(item, self.facts)
        return f"“{title}”" if title else self.loaded.names["vacancy_id"][item - FIRST_ITEM]

    def reasons(self, row: pl.DataFrame, part: Part) -> list[Reason]:
        """Say in words what speaks for a vacancy: its own events first, then others, then demand."""
        history, ids = events.touches(row), self.loaded.names["vacancy_id"]
        own = [touch for touch in history if touch.item == part.item]
        asked_at = row["asked_at"][0]
        said = []
        if own:
            text = words.touched(own, asked_at)
            said.append(Reason(kind="repeat", text=text, vacancy_id=ids[part.item - FIRST_ITEM]))
        loaded = self.loaded
        asked = asked_rows(row, self.params.sequences.max_length, self.params.predict.seen).rows
        near = events.neighbours(loaded.network, loaded.catalogue, asked, part.item)
        if near and not own:
            other = near[0][0]
            text = words.followed(self.name(other))
            named = ids[other - FIRST_ITEM]
            said.append(Reason(kind="neighbours", text=text, vacancy_id=named))
        like = events.alike(part.item, history, self.facts)
        if like:
            text = words.same(like[1], self.name(like[0]))
            said.append(Reason(kind="content", text=text, vacancy_id=ids[like[0] - FIRST_ITEM]))
        met = events.demanded(part.item, int(moments(row)[0]), loaded.catalogue.demand)
        text = words.demand(met, own=bool(own), described=part.by_model)
        said.append(Reason(kind="demand", text=text))
        return said + [Reason(kind="lists", text=text) for text in words.listed(part.listed)]

    def what_if(
        self, row: pl.DataFrame, found: Sequence[Part], reasons: Sequence[list[Reason]]
    ) -> list[list[Reason]]:
        """Rank anew without the events of each vacancy that a reason names."""
        numbers = {
            name: item
            for item, name in enumerate(self.loaded.names["vacancy_id"], start=FIRST_ITEM)
        }
        named = {one.vacancy_id for said in reasons for one in said if one.vacancy_id}
        gone = [numbers[name] for name in sorted(named)]
        if not gone:
            return list(reasons)
        who = self.answerers(pl.concat([without(row, item) for item in gone]))
        places: dict[tuple[int, int], Without] = {}
        for number, item in enumerate(gone):
            order, inner = part_of(who, number)
            asked = [
                part.item
                for part, said in zip(found, reasons, strict=True)
                if any(one.vacancy_id and numbers[one.vacancy_id] == item for one in said)
            ]
            told, _ = contributions(order, inner, np.array(asked), len(self.loaded.names))
            for part in told:
                score = None if part.place is None else part.score
                places[item, part.item] = Without(score=score, place=part.place)
        return [
            [
                one.model_copy(update={"without": places[numbers[one.vacancy_id], part.item]})
                if one.vacancy_id
                else one
                for one in said
            ]
            for part, said in zip(found, reasons, strict=True)
        ]

    def explanation(self, part: Part, rank: int | None, reasons: list[Reason]) -> Explanation:
        """Name the vacancy."""
        place = part.item - FIRST_ITEM
        return Explanation(
            vacancy_id=self.loaded.names["vacancy_id"][place],
            name=events.title(part.item, self.facts),
            rank=rank,
            place=part.place,
            score=None if part.place is None else part.score,
            groups=part.groups() if part.place is not None else {},
            parts=part.parts if part.place is not None else {},
            reasons=reasons,
        )


def part_of(who: Answerers, row: int) -> tuple[ModelOrder | BaselineOrder, int]:
    """Find what ranks a row, and its number there."""
    owner = int(who.order.owners[row])
    return who.parts[owner], int((who.order.owners[:row] == owner).sum())


def without(row: pl.DataFrame, item: int) -> pl.DataFrame:
    """Leave the events of a vacancy out of the history of the only row."""
    kept = [place for place, one in enumerate(row["items"][0].to_list()) if one != item]
    places = pl.Series([kept], dtype=pl.List(pl.UInt32))
    return row.with_columns(row[name].list.gather(places) for name in LISTS)
