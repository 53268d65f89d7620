"""Answers for one history in milliseconds: what `predict` does for many, without a table in between."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.fixed_tower import with_fixed_tower
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import periods_of
from stages.bert4rec.network.score_parts import of_new
from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.query_encoder import encode
from stages.bert4rec.ranking.query_rows import EncodedRows, QueryRows
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.score_keys import NOTHING, keys, unpacked
from stages.bert4rec.ranking.single_search import best_of_one
from stages.bundle.content import Content
from stages.calibration import rerank
from stages.calibration.candidate_table import start, table
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import lags
from stages.calibration.recommender_choice import AS_TRAINED
from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.params import SeenParams
from stages.recommend.activity import ActiveDays
from stages.recommend.history import History
from stages.recommend.plain_lists import PlainLists
from stages.seen_policy import rules

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


@dataclass(frozen=True)
class Own:
    """A history under a seen policy.

    Attributes:
        rows: The history as a question.
        late: Items that are put behind the others, ascending.
    """

    rows: QueryRows
    late: Ints


@dataclass(frozen=True)
class QuickList:
    """A list: item ids, best first; their scores; and who ranked."""

    items: Ints
    scores: Floats
    by: str


@dataclass
class Quick:
    """Ranks one history at a time; any number of threads may.

    Attributes:
        content: The model with all that ranking needs.
        moments: Biases of moments asked of late.
    """

    content: Content
    moments: dict[tuple[int, int], Moment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up what does not depend on a history."""
        content = self.content
        self.model = with_fixed_tower(content.loaded.network, content.tower)
        learned = content.learned
        self.lists = None if learned is None else PlainLists(learned)
        self.count = len(content.loaded.catalogue)
        self.everyone = torch.arange(self.count) >= FIRST_ITEM
        self.active = ActiveDays(content)

    def answer(
        self, history: History, k: int, allowed: NDArray[np.bool_] | None
    ) -> QuickList | None:
        """Rank a history; None where a baseline answers.

        Args:
            history: Its events.
            k: Most recommendations.
            allowed: Eligible vacancies, by item id; None for all.
        """
        params, found = self.content.params.predict, self.content.loaded.calibration
        k = min(k, self.count - FIRST_ITEM)
        plain = rules.fixed(params.seen)
        if found is None or self.lists is None:
            own = self.own(history, plain)
            ranked, _ = self.ranked(own, history, k, allowed, parts=False)
            items = ranked.items[0].numpy()
            scores = ranked.scores[0].numpy().astype(np.float64)
            there = items > 0
            return listed(items[there], scores[there], own.late, AS_TRAINED)
        by, chosen = found.answer(params.fallback)
        learned = self.lists.learned
        asked = np.array([history.asked_at])
        close = bool(lags(asked, learned.end)[0] <= found.lag + rerank.SPARE)
        if close and by != MODEL:
            return None
        policy = rules.fixed(params.seen, chosen) if close else plain
        weights = rerank.weights_of(found, held_out=False)[0] if close else start(found.heuristics)
        own = self.own(history, policy)
        ranked, seen = self.ranked(own, history, self.content.loaded.wanted(k), allowed, parts=True)
        told = table(seen, ranked, own.rows, self.lists.ranks(history), learned.counts)
        scores = told.values.astype(np.float64) @ weights
        order = np.lexsort((told.items, -scores))[:k]
        return listed(told.items[order], scores[order], own.late, MODEL if close else AS_TRAINED)

    def own(self, history: History, policy: SeenParams) -> Own:
        """Find the fates of a history's vacancies."""
        bits = np.zeros(len(ACTION_NAMES), dtype=np.int64)
        for action in KNOWN_ACTIONS:
            bits[action] = rules.BITS[ACTION_NAMES[action]]
        kept = history.items >= FIRST_ITEM
        items, place = np.unique(history.items[kept], return_inverse=True)
        met = np.zeros(len(items), dtype=np.int64)
        np.bitwise_or.at(met, place, bits[history.actions[kept]])
        fate = rules.fates_of_bits(policy)[met]
        hidden = items[fate == rules.HIDE]
        rows = QueryRows(
            histories=history.arrays(),
            asked_at=np.array([history.asked_at]),
            max_length=self.content.params.sequences.max_length,
            hidden=hidden,
            offsets=np.array([0, len(hidden)]),
        )
        return Own(rows, items[fate == rules.LAST])

    @torch.inference_mode()
    def ranked(
        self, own: Own, history: History, k: int, allowed: NDArray[np.bool_] | None, *, parts: bool
    ) -> tuple[Ranked, "Seen"]:
        """Rank by the model's own score: see `Ranker.at`."""
        content = self.content
        encoded = encode(
            self.model, content.loaded.catalogue, own.rows, np.zeros(1, dtype=np.int64), (0, 1),
            with_parts=parts,
        )  # fmt: skip
        moment = self.moment(own.rows.asked_at)
        kept = self.everyone
        if allowed is not None:
            kept = kept & torch.from_numpy(allowed)
        mine = kept[encoded.items]
        if content.params.predict.candidates == "active":
            active, since = self.active.at(history)
            kept = kept & torch.from_numpy(active)
            mine = mine & (kept[encoded.items] | (encoded.times >= since))
        concealed = torch.from_numpy(own.rows.hidden.astype(np.int64))
        mine = mine & ~torch.isin(encoded.items, concealed)
        out = (
            ~kept[FIRST_ITEM:]
            if kept is not self.everyone
            else torch.zeros(self.count - FIRST_ITEM, dtype=torch.bool)
        )
        gone = torch.cat([encoded.items, concealed]) - FIRST_ITEM
        out[gone[gone >= 0]] = True
        found = best_of_one(
            encoded.states, keys(encoded.logits[mine], encoded.items[mine]), out,
            moment.matrix, moment.biases, k,
        )[None]  # fmt: skip
        scores, ids = unpacked(found)
        none = found == NOTHING
        ranked = Ranked(
            encoded.rows, ids.masked_fill(none, 0), scores.masked_fill(none, -torch.inf),
            self.count - FIRST_ITEM, encoded, mine,
        )  # fmt: skip
        return ranked, Seen(content, moment, kept)

    def moment(self, asked_at: Ints) -> Moment:
        """Add what demand says when a question is asked to the biases."""
        loaded = self.content.loaded
        asked, known = periods_of(torch.from_numpy(asked_at), loaded.catalogue.demand, 0)
        key = int(asked[0]), int(known[0])
        found = self.moments.get(key)
        if found is None:
            matrix = self.content.matrix
            biases = self.content.tower.biases.clone()
            at = asked[None], known[None]
            for some, ids in zip(
                biases.split(item_index.SLICE), matrix.ids.split(item_index.SLICE), strict=True
            ):
                some.add_(loaded.network.trends(ids, *at, loaded.catalogue)[0][0])
            heaviest = float(biases.abs().max()) if len(biases) else 0.0
            found = Moment(biases, replace(matrix, heaviest=heaviest))
            kept = dict(list(self.moments.items())[1 - KEPT :])
            self.moments = {**kept, key: found}
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


def listed(items: Ints, scores: Floats, late: Ints, by: str) -> QuickList:
    """Put what the seen policy wants last at the end."""
    order = np.argsort(np.isin(items, late), kind="stable")
    return QuickList(items[order].astype(np.int64), scores[order], by)
