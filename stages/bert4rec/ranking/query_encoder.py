"""Encode rows in batches of like length: states, and the scores of their own candidates."""

import numpy as np
import torch

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.examples.histories import Ints, window
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.score_parts import WIDTH
from stages.bert4rec.ranking.exact_products import exact_products
from stages.bert4rec.ranking.query_rows import EncodedRows, QueryRows, together
from stages.bert4rec.ranking.question import question
from stages.interface.errors import HhrecError

ENCODED = 16_384  # positions encoded at once: fixed, since a state's last bits depend on its batch
SHORTEST = 16  # positions that a row counts at least, for its neighbours take room too
NEVER = float("-inf")


def together_encoded(lengths: Ints) -> list[Ints]:
    """Which rows, of these lengths (R,), are encoded at once."""
    return batch_plan.in_order(np.maximum(lengths, SHORTEST), ENCODED)


@torch.inference_mode()
@exact_products()
def encode(
    model: HhrecModel,
    catalogue: ItemInputs,
    rows: QueryRows,
    chosen: Ints,
    share: tuple[int, int],
    *,
    asks: str | None = None,
    with_parts: bool = False,
) -> EncodedRows:
    """Encode chosen rows, (B,), in batches of like length; process n of m takes every m-th batch.

    Raises:
        HhrecError: The model's states are not finite.
    """
    lengths = np.minimum(rows.histories.lengths()[chosen], rows.max_length)
    plan = [chosen[part] for part in together_encoded(lengths)][share[0] :: share[1]]
    parts = [
        _encode(
            model,
            rows,
            part,
            question(model, catalogue, rows, part, asks),
            catalogue,
            with_parts=with_parts,
        )
        for part in plan
    ]
    if not parts:
        nothing = torch.zeros(0, dtype=torch.int64, device=catalogue.codes.device)
        states = torch.zeros(0, model.config.hidden_size, device=nothing.device)
        told = torch.zeros(0, WIDTH if with_parts else 0, device=nothing.device)
        return EncodedRows(chosen[:0], states, nothing, nothing, states[:, 0], nothing, told)
    whole = together(parts)
    if not bool(whole.states.isfinite().all()):
        raise HhrecError(
            "the model's answers are not finite numbers: its training has diverged",
            "train anew with a lower train.lr or train.clip",
        )
    return whole


def _encode(
    model: HhrecModel,
    rows: QueryRows,
    part: Ints,
    asked: Batch,
    catalogue: ItemInputs,
    *,
    with_parts: bool,
) -> EncodedRows:
    view = window(rows.histories, part, rows.max_length)
    history = not rows.hide_all(part, view.items)
    on_device = asked.to(catalogue.codes.device)
    found = model.answers(on_device, catalogue, history=history, parts=with_parts)
    logits = found.logits[:, 0]
    owner, place = (logits > NEVER).nonzero(as_tuple=True)
    times = np.zeros((len(part), found.items.shape[-1]), dtype=view.times.dtype)
    times[:, : view.times.shape[1]] = view.times  # neighbours were never touched
    scores = logits[owner, place].float()
    told = scores.new_zeros(len(scores), 0)
    if found.parts is not None:
        told = found.parts[owner, 0, place].float()
    return EncodedRows(
        part,
        found.states[:, 0].float(),
        owner,
        found.items[owner, 0, place],
        scores,
        torch.from_numpy(times)[owner.cpu(), place.cpu()].to(owner.device),
        told,
    )
