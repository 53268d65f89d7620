"""The best k vacancies of each row: exact, in a total order, whatever the batches.

Rows are ranked together with all others that ask at the same moment: what demand says of an item is
then a part of its bias, computed once a moment, and ranking is a search for the greatest inner
products (`topk`). Vacancies of a row's own history bring their scores along.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network import score_parts as parts_of
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.popularity_prior import numbered, periods_of
from stages.bert4rec.network.score_parts import WIDTH
from stages.bert4rec.ranking import top_k
from stages.bert4rec.ranking.exclusions import pairs
from stages.bert4rec.ranking.item_index import SLICE, ItemMatrix
from stages.bert4rec.ranking.item_vectors import item_matrix, mask_of
from stages.bert4rec.ranking.product_precision import Precision, in_half
from stages.bert4rec.ranking.query_encoder import NEVER, encode
from stages.bert4rec.ranking.query_rows import EncodedRows, QueryRows
from stages.bert4rec.ranking.question import NEAR
from stages.bert4rec.ranking.ranked import Activity, Ranked
from stages.bert4rec.ranking.score_keys import NOTHING, keys, padded, unpacked

SLAB = 16_777_216  # candidates of their own (history, neighbours) of rows encoded before they are ranked


class Ranker:
    """Ranks rows.

    Args:
        model: In eval mode.
        catalogue: What is known of the vacancies, on the model's device.
        k: Candidates wanted.
        batch_rows: Rows ranked at once; no result depends on it.
        precision: Of the products that choose candidates; no result depends on it.
        allowed: Vacancies that may be returned, by item id, (N,) bool; all if not given.
        activity: Which of them are active at a question's time; all if not given.
        asks: What the rows are asked for, `session` or `event`; as the model's config says if not
            given.
        groups: Item ids that the rows of each group are kept to.
        with_parts: Whether `parts` will be asked for.
        matrix: The vectors of the vacancies that may be returned, where they are computed already.
    """

    def __init__(
        self,
        model: HhrecModel,
        catalogue: ItemInputs,
        *,
        k: int,
        batch_rows: int,
        precision: Precision = "auto",
        allowed: Tensor | None = None,
        activity: Activity | None = None,
        asks: str | None = None,
        groups: Sequence[Ints] = (),
        with_parts: bool = False,
        matrix: ItemMatrix | None = None,
    ) -> None:
        self.model, self.catalogue, self.activity, self.asks = model, catalogue, activity, asks
        self.groups, self.with_parts, self.k = groups, with_parts, k
        self.batch_rows, self.precision = batch_rows, precision
        self.matrix = matrix or item_matrix(model, catalogue, allowed)
        self.biases = self.matrix.exact[: len(self.matrix), -2].clone()
        self.moment = (-1, -1)
        self.active = self.allowed  # by item id, at the moment and of the group ranked

    def rank(self, rows: QueryRows, share: tuple[int, int] = (0, 1)) -> Iterator[Ranked]:
        """Rank the rows, those of one moment after the other; process n of m ranks its share.

        Raises:
            HhrecError: The model's states are not finite.
        """
        half = in_half(self.precision, self.matrix.exact, len(rows.asked_at), self.batch_rows)
        self.matrix = self.matrix.measured(half=half)
        asked, known = periods_of(torch.from_numpy(rows.asked_at), self.catalogue.demand, 0)
        days = self.activity.day_of(rows.asked_at) if self.activity else np.zeros(len(asked), int)
        moments = np.stack([asked, known, days, rows.group_of()], axis=1).astype(np.int64)
        order = np.lexsort(moments.T[::-1])
        lengths = np.minimum(rows.histories.lengths()[order], rows.max_length)
        close = NEAR if self.model.config.neighbours else 0
        wide = WIDTH if self.with_parts else 1
        slab = np.cumsum((lengths + 1 + close) * wide) // SLAB
        for chosen in np.split(order, np.flatnonzero(np.diff(slab)) + 1):
            encoded = encode(
                self.model, self.catalogue, rows, np.sort(chosen), share,
                asks=self.asks, with_parts=self.with_parts,
            )  # fmt: skip
            distinct, group = np.unique(moments[encoded.rows], axis=0, return_inverse=True)
            for index, moment in enumerate(distinct.tolist()):
                members = np.flatnonzero(group.ravel() == index)
                yield from self.at(moment, encoded.picked(members), rows)

    @torch.inference_mode()
    def at(self, moment: list[int], encoded: EncodedRows, rows: QueryRows) -> Iterator[Ranked]:
        """Rank rows that ask at one moment: (period asked, periods known, day, group)."""
        *periods, day, group = moment
        self.set_demand((periods[0], periods[1]))
        kept = self.kept_to(group)
        own = kept[encoded.items]
        if self.activity:
            active = torch.from_numpy(self.activity.active(day)).to(kept.device)
            recent = encoded.times >= self.activity.since(day)
            own, kept = own & (recent | active[encoded.items]), kept & active
        items, self.active = self.matrix, kept
        items = items if kept is self.allowed else items.narrowed(kept[items.ids])
        places = torch.full((len(self.catalogue),), -1, device=items.ids.device)
        places[items.ids] = torch.arange(len(items), device=places.device)
        count = -(-len(encoded.rows) // self.batch_rows)  # of like size: small products are slow
        for members in np.array_split(np.arange(len(encoded.rows)), count):
            some, kept = encoded.picked_with(members, own)
            yield self.best(some, kept, rows.hidden_pairs(some.rows), items, places)

    def best(
        self,
        encoded: EncodedRows,
        own: Tensor,
        hidden: tuple[Tensor, Tensor],
        items: ItemMatrix,
        places: Tensor,
    ) -> Ranked:
        """Rank a batch: those `own` (P,) of its vacancies that are candidates, and the items."""
        owner, concealed = (part.to(places.device) for part in hidden)
        width = len(self.catalogue)
        taken = torch.isin(encoded.owner * width + encoded.items, owner * width + concealed)
        own = own & ~taken
        scored = keys(encoded.logits[own], encoded.items[own])
        mine = padded(encoded.owner[own], scored, len(encoded.rows), NOTHING)
        excluded = pairs(
            torch.cat([encoded.owner, owner]), places[torch.cat([encoded.items, concealed])]
        )
        found = top_k.best(encoded.states, mine, excluded, items, self.k)
        scores, ids = unpacked(found)
        none = found == NOTHING
        return Ranked(
            encoded.rows,
            ids.masked_fill(none, 0),
            scores.masked_fill(none, NEVER),
            len(items),
            encoded,
            own,
        )

    @torch.inference_mode()
    def parts(self, encoded: EncodedRows, owner: Tensor, items: Tensor) -> Tensor:
        """Say what scores are sums of, at the moment of the rows yielded last.

        Args:
            encoded: B rows, encoded with their parts.
            owner: Row of each pair, as a place in `encoded.rows`, (P,).
            items: Its vacancy, one of the matrix or of the row's own, (P,).

        Returns:
            `parts.PARTS`, (P, F).
        """
        found = [
            self._new(encoded.states, *some)
            for some in zip(owner.split(SLICE), self.places[items].split(SLICE), strict=True)
        ]
        return encoded.parts_or(torch.cat(found), owner, items, len(self.catalogue))

    def _new(self, states: Tensor, owner: Tensor, place: Tensor) -> Tensor:
        """Parts of pairs of a row and a place in the matrix, as if its history did not hold it."""
        vectors = self.matrix.exact[place]
        products = (states[owner] * vectors[:, :-2]).sum(-1)
        biases = self.biases[place]
        return parts_of.of_new(products, biases, vectors[:, -2] - biases)

    def eligible(self, items: Tensor) -> Tensor:
        """Whether vacancies (P,) may be returned at the moment of the rows yielded last."""
        return self.active[items]

    @cached_property
    def places(self) -> Tensor:
        """Place of each item in the matrix, by item id, 0 for those that are not there, (N,)."""
        places = torch.zeros(len(self.catalogue), dtype=torch.int64, device=self.biases.device)
        places[self.matrix.ids] = torch.arange(len(self.matrix), device=places.device)
        return places

    def kept_to(self, group: int) -> Tensor:
        """Which items the rows of a group are kept to, by item id, (N,) bool; -1 is no group."""
        if group < 0:
            return self.allowed
        ids = torch.tensor(self.groups[group], device=self.biases.device)
        return self.allowed & mask_of(ids.long(), len(self.catalogue))

    def set_demand(self, moment: tuple[int, int]) -> None:
        """Add what demand says at a moment, (period asked, periods known), to the biases."""
        if moment == self.moment:
            return
        when = self.biases.new_tensor([numbered(*moment, self.catalogue.demand)]).long()
        biases = self.biases.clone()
        for some, ids in zip(biases.split(SLICE), self.matrix.ids.split(SLICE), strict=True):
            some.add_(self.model.trends(ids, when, self.catalogue)[0])
        self.matrix, self.moment = self.matrix.with_biases(biases), moment

    @cached_property
    def allowed(self) -> Tensor:
        """Whether each item is in the matrix, by item id, (N,) bool."""
        return mask_of(self.matrix.ids, len(self.catalogue))
