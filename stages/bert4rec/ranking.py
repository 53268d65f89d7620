"""The best k vacancies of each row: exact, in a total order, never a rows x items matrix at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from stages.bert4rec.batch import Batch, tensors
from stages.bert4rec.histories import Histories, Ints, window
from stages.bert4rec.items import Catalogue
from stages.bert4rec.masking import what_is_next
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.neighbours import held, near
from stages.bert4rec.questions import what_next
from stages.bert4rec.tokens import FIRST_ITEM
from stages.bert4rec.trends import periods_of

NEAR = 200  # neighbours scored a row
NEVER = float("-inf")
BLOCK = 65_536  # items scored at once


@dataclass(frozen=True)
class ItemMatrix:
    """Vectors (N, H) and biases (N,) of the catalogue by item id; -inf bias: not a candidate."""

    vectors: Tensor
    biases: Tensor


@torch.inference_mode()
def item_matrix(
    model: HhrecModel, catalogue: Catalogue, allowed: Tensor | None = None
) -> ItemMatrix:
    """Compute all item vectors once; special ids, and items not `allowed` (N,), can't win."""
    parts = [
        model.tower(ids, catalogue)
        for ids in torch.arange(len(catalogue), device=catalogue.codes.device).split(BLOCK)
    ]
    vectors = torch.cat([part[0] for part in parts])
    biases = torch.cat([part[1] for part in parts])
    biases[:FIRST_ITEM] = NEVER
    if allowed is not None:
        biases[~allowed] = NEVER
    return ItemMatrix(vectors, biases)


def question(
    histories: Histories,
    rows: Ints,
    max_length: int,
    model: HhrecModel,
    catalogue: Catalogue,
    asked_at: Ints | None = None,
) -> Batch:
    """Ask rows (B,) for the first response of their next session, at a moment (B,) if known."""
    view = window(histories, rows, max_length)
    if model.config.objective == "mlm":
        return tensors(*what_is_next(view, asked_at))
    asked = what_next(view, asked_at)
    if not model.config.neighbours:
        return tensors(view, asked)
    found = near(catalogue.neighbours, view, held(histories, rows, len(catalogue)), asked, NEAR)
    return tensors(view, asked, near=found)


@torch.inference_mode()
def rank(
    model: HhrecModel, catalogue: Catalogue, matrix: ItemMatrix, rows: Batch, k: int, hidden: Tensor
) -> tuple[Tensor, Tensor]:
    """Rank the catalogue for each row.

    Args:
        model: In eval mode.
        catalogue: What is known of the vacancies.
        matrix: Their vectors.
        rows: B rows with one question each.
        k: Candidates wanted.
        hidden: Item ids that must not be returned, padded with 0, (B, S).

    Returns:
        Item ids (B, k) and scores (B, k), best first, equal scores by ascending id; scores of
        -inf mark places for which no candidate is left.
    """
    states, own, history = model.answers(rows, catalogue)
    states, own, history = states[:, 0], own[:, 0], history[:, 0]
    asked, known = periods_of(rows.when, catalogue.demand, rows.lag)
    best_items = torch.zeros(len(states), 0, dtype=torch.int64, device=states.device)
    best_scores = torch.zeros(len(states), 0, device=states.device)
    for start in range(0, len(matrix.biases), BLOCK):
        biases = matrix.biases[start : start + BLOCK]
        scores = states @ matrix.vectors[start : start + BLOCK].T + biases
        ids = torch.arange(start, start + len(biases), device=states.device)
        trend, moments = model.trends(ids, asked, known, catalogue)
        scores += trend[moments[:, 0]]
        place_history(scores, own, history, start)
        hide(scores, hidden, start)
        values, items = top(scores, k)
        best_scores = torch.cat([best_scores, values], dim=1)
        best_items = torch.cat([best_items, items + start], dim=1)
        best_scores, best_items = ordered(best_scores, best_items, k)
    return best_items, best_scores


def place_history(scores: Tensor, items: Tensor, history: Tensor, start: int) -> None:
    """Write the logits of a row's own vacancies over those by vector alone, in place."""
    here = (history > NEVER) & (items >= max(start, FIRST_ITEM))
    here &= items < start + scores.shape[1]
    rows, places = here.nonzero(as_tuple=True)
    scores[rows, items[rows, places] - start] = history[rows, places]


def hide(scores: Tensor, hidden: Tensor, start: int) -> None:
    """Put hidden items out of the race, in place."""
    here = (hidden >= max(start, FIRST_ITEM)) & (hidden < start + scores.shape[1])
    rows, places = here.nonzero(as_tuple=True)
    scores[rows, hidden[rows, places] - start] = NEVER


def top(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Best k columns of each row, equal scores by ascending column: (B, N) -> 2 x (B, <= k)."""
    k = min(k, scores.shape[1])
    values, places = scores.topk(k, dim=1)
    least = values[:, -1:]
    tied = ((scores >= least).sum(1) > k) & (least[:, 0] > NEVER)
    for row in tied.nonzero()[:, 0].tolist():
        # topk breaks a tie at the border as it likes: settle it by column
        enough = (scores[row] >= least[row]).nonzero()[:, 0]
        order = scores[row, enough].sort(descending=True, stable=True).indices[:k]
        places[row], values[row] = enough[order], scores[row, enough[order]]
    return values, places


def ordered(scores: Tensor, items: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Sort by score descending, then item ascending, and keep k."""
    items, order = items.sort(dim=1)
    scores = scores.gather(1, order)
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    return scores[:, :k], items.gather(1, order)[:, :k]
