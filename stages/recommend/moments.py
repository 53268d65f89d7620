"""What demand makes of the scores at a moment, and what a table of candidates asks of it."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import periods_of
from stages.bert4rec.network.score_parts import of_new
from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.query_rows import EncodedRows
from stages.bundle.content import Content
from stages.core.item_ids import FIRST_ITEM

KEPT = 8  # moments whose biases are kept


@dataclass(frozen=True)
class Moment:
    """What demand makes of the biases at one moment.

    Attributes:
        biases: Of all vacancies, (C,).
        matrix: The vacancies, with the bound of these biases.
    """

    biases: Tensor
    matrix: ItemMatrix


@dataclass
class Moments:
    """Biases by moment.

    Attributes:
        content: The model.
        known: Moments asked of late, by period asked and period known.
    """

    content: Content
    known: dict[tuple[int, int], Moment] = field(default_factory=dict)

    @torch.inference_mode()
    def at(self, asked_at: Ints) -> Moment:
        """Add what demand says when a question is asked to the biases."""
        loaded = self.content.loaded
        asked, known = periods_of(torch.from_numpy(asked_at), loaded.catalogue.demand, 0)
        key = int(asked[0]), int(known[0])
        found = self.known.get(key)
        if found is None:
            matrix = self.content.matrix
            biases = self.content.tower.biases.clone()
            moment = asked * (loaded.catalogue.demand.periods() + 1) + known
            for some, ids in zip(
                biases.split(item_index.SLICE), matrix.ids.split(item_index.SLICE), strict=True
            ):
                some.add_(loaded.network.trends(ids, moment, loaded.catalogue)[0])
            heaviest = float(biases.abs().max()) if len(biases) else 0.0
            found = Moment(biases, replace(matrix, heaviest=heaviest))
            kept = dict(list(self.known.items())[1 - KEPT :])
            self.known = {**kept, key: found}
        return found


@dataclass(frozen=True)
class Seen:
    """What a table of candidates asks of a ranker, at one moment: see `candidate_table.Describes`."""

    content: Content
    moment: Moment
    kept: Tensor

    @property
    def catalogue(self) -> ItemInputs:
        """Return the vacancies."""
        return self.content.loaded.catalogue

    @torch.inference_mode()
    def parts(self, encoded: EncodedRows, owner: Tensor, items: Tensor) -> Tensor:
        """Say what scores are sums of: see `Ranker.parts`."""
        place = (items - FIRST_ITEM).clamp_min(0)
        vectors = self.moment.matrix.exact.index_select(0, place)[:, :-2]
        plain, biases = self.content.tower.biases[place], self.moment.biases[place]
        found = of_new((encoded.states[owner] * vectors).sum(-1), plain, biases - plain)
        return encoded.parts_or(found, owner, items, len(self.content.loaded.catalogue))

    def eligible(self, items: Tensor) -> Tensor:
        """Whether vacancies (P,) may be recommended."""
        return self.kept[items]
