"""The named parts that the score of a ranked vacancy is a sum of."""

from dataclasses import dataclass

import numpy as np
import torch

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network import score_parts
from stages.bert4rec.network.repeat_scorer import NAMES as REPEAT
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.baseline_order import BaselineOrder
from stages.calibration.candidate_table import CandidateTable, names
from stages.calibration.conditional_logit import Floats
from stages.calibration.fitting import folds
from stages.calibration.heuristics import ABSENT
from stages.calibration.total_order import ModelOrder, weighed_first
from stages.rules.lists import Lists

GROUPS = {
    **dict.fromkeys(("repeat", "in_history", *REPEAT), "repeat"),
    **dict.fromkeys(("near", "is_near"), "neighbours"),
    **dict.fromkeys(("demand", "own_demand", "count", "own_count"), "demand"),
    **dict.fromkeys(("content", "own_content", "content_bias"), "content"),
    **dict.fromkeys(("id", "own_id", "id_bias"), "id"),
    "behind": "behind",
}
LISTS = "lists"


@dataclass(frozen=True)
class Part:
    """One vacancy in the ranking of one row.

    Attributes:
        item: Its item id.
        place: In the row's total order, the best is 1; None where it is not eligible.
        score: What it is ranked by there.
        parts: What the score is a sum of, by name; those that are 0 are left out.
        listed: Its rank in the list of each plain recommender that holds it.
        by_model: Whether the model ranks the row, else a baseline.
    """

    item: int
    place: int | None
    score: float
    parts: dict[str, float]
    listed: dict[str, int]
    by_model: bool = True

    def groups(self) -> dict[str, float]:
        """Add up the parts of a kind."""
        found: dict[str, float] = {}
        for name, value in self.parts.items():
            group = GROUPS.get(name, LISTS)
            found[group] = found.get(group, 0.0) + value
        return found


def contributions(
    order: ModelOrder | BaselineOrder, row: int, items: Ints, depth: int
) -> tuple[list[Part], Lists]:
    """Say what the scores of vacancies (n,) in one row's ranking are sums of.

    Args:
        order: What ranks the row.
        row: Its number there.
        items: Item ids; none takes the first `depth`.
        depth: How deep to rank: a vacancy behind that counts as not eligible.

    Returns:
        The vacancies, and the ranking.
    """
    if isinstance(order, BaselineOrder):
        return _of_baseline(order, row, items, depth)
    some = order.rows[[row]]
    for batch, told, scores in order.batches(some, depth):
        lists = Lists(batch.items.cpu().numpy(), batch.scores.cpu().numpy().astype(np.float64))
        if told is not None:
            lists = weighed_first(batch.rows, lists, told, scores)
        wanted = (
            items if len(items) else lists.items[0][: min(depth, int((lists.items[0] > 0).sum()))]
        )
        fold = 0 if order.weights is None else int(folds(some["user_id"])[0] % len(order.weights))
        weights = None if order.weights is None else order.weights[fold]
        lists_of = () if order.learned is None else order.learned.names
        values = _values(order.ranker, batch, wanted.astype(np.int64), told)
        return [
            _named(int(item), lists, value, weights, lists_of)
            for item, value in zip(wanted, values, strict=True)
        ], lists
    raise AssertionError  # a row is always ranked


def _of_baseline(
    order: BaselineOrder, row: int, items: Ints, depth: int
) -> tuple[list[Part], Lists]:
    lists = order.to_depth(np.array([row]), depth)
    wanted = items if len(items) else lists.items[0][lists.items[0] > 0]
    ranks = order.learned.ranks(order.rows[[row]]).of(np.zeros_like(wanted), wanted)
    found = []
    for item, own_ranks in zip(wanted.tolist(), ranks.tolist(), strict=True):
        place = _place(lists, item)
        score = -np.inf if place is None else float(lists.scores[0, place - 1])
        parts = {} if place is None else {"rank_" + order.name: score}
        listed = {
            name: round(rank)
            for name, rank in zip(order.learned.names, own_ranks, strict=True)
            if rank < ABSENT
        }
        found.append(Part(item, place, score, parts, listed, by_model=False))
    return found, lists


@dataclass(frozen=True)
class _Value:
    """The numbers of one vacancy: of the table, or the model's own parts; and its id's share."""

    numbers: Floats
    weighed: bool
    by_id: float
    id_bias: float


def _values(
    ranker: Ranker, batch: Ranked, items: Ints, told: CandidateTable | None
) -> list[_Value]:
    device = batch.encoded.states.device
    on_device = torch.from_numpy(items).to(device)
    owner = torch.zeros_like(on_device)
    parts = ranker.parts(batch.encoded, owner, on_device).cpu().numpy()
    by_id, id_bias = _by_id(ranker, batch, on_device)
    rows = {} if told is None else {int(one): place for place, one in enumerate(told.items)}
    found = []
    for place, item in enumerate(items.tolist()):
        weighed = told is not None and item in rows
        numbers = told.values[rows[item]] if told is not None and weighed else parts[place]
        share = float(by_id[place]), float(id_bias[place])
        found.append(_Value(numbers.astype(np.float64), weighed, *share))
    return found


@torch.inference_mode()
def _by_id(ranker: Ranker, batch: Ranked, items: torch.Tensor) -> tuple[Floats, Floats]:
    """What id embeddings say of vacancies (n,): the product with the row's state, and the bias."""
    tower = ranker.model.tower
    vectors, biases = tower.by_id(items, items < tower.known)
    said = (batch.encoded.states[0] * vectors).sum(-1)
    return said.cpu().numpy(), biases[:, 0].cpu().numpy()


def _named(
    item: int, lists: Lists, value: _Value, weights: Floats | None, lists_of: tuple[str, ...]
) -> Part:
    """Name the weighted numbers of a vacancy; the parts add up to the score that ranked it."""
    place = _place(lists, item)
    own = bool(value.numbers[score_parts.column("in_history")])
    if weights is None or not value.weighed:
        weights = np.array([float(name in score_parts.START) for name in score_parts.PARTS])
        named_as: tuple[str, ...] = score_parts.PARTS
    else:
        named_as = names(lists_of)
    numbers = value.numbers[: len(named_as)]
    parts = dict(zip(named_as, (numbers * weights).tolist(), strict=True))
    weight = dict(zip(named_as, weights.tolist(), strict=True))
    for vector, content, by_id in (
        ("vector", "content", "id"),
        ("own_vector", "own_content", "own_id"),
    ):
        whole = parts.pop(vector)
        if own == vector.startswith("own_"):
            parts[by_id] = weight[vector] * value.by_id
            parts[content] = whole - parts[by_id]
    bias = parts.pop("bias")
    if not own:
        parts["id_bias"] = weight["bias"] * value.id_bias
        parts["content_bias"] = bias - parts["id_bias"]
    total = sum(parts.values())
    score = total if place is None else float(lists.scores[0, place - 1])
    if place is not None and not value.weighed and lists_of:
        parts["behind"] = score - total  # where the table ends: see `weighed_first`
    side = "own_rank_" if own else "rank_"
    listed = {
        name.removeprefix(side): round(float(np.exp(-number)))
        for name, number in zip(named_as, numbers.tolist(), strict=True)
        if name.startswith(side) and round(float(np.exp(-number))) < ABSENT
    }
    return Part(item, place, score, {n: part for n, part in parts.items() if part}, listed)


def _place(lists: Lists, item: int) -> int | None:
    found = np.flatnonzero(lists.items[0] == item)
    return int(found[0]) + 1 if len(found) else None
