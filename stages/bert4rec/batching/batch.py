"""Tensors of a batch: events of some rows, and the questions asked of them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Window
from stages.bert4rec.examples.training_examples import Questions, gap_buckets, inside
from stages.bert4rec.retrieval.candidate_generation import NeighbourCandidates, no_one_near
from stages.core.fieldwise import map_fields
from stages.core.item_ids import MASK
from stages.core.time_units import DAY, HOUR


@dataclass(frozen=True)
class Batch:
    """B rows of L events and Q questions a row; weight 0 marks questions that pad.

    Attributes:
        items: Item ids as the encoder sees them, masks in place, (B, L) int64.
        actions: 0..3, (B, L) int64.
        gaps: Bucket of the time since the event before, (B, L) int64.
        days: Day of the week, 0 Monday, (B, L) int64.
        times: Hours since the row's first event, (B, L) float32.
        sessions: Session ordinals, (B, L) int64.
        lengths: Events of each row, (B,) int64.
        hidden: True where the event's item is masked, (B, L) bool.
        place: Events before the question; for `mlm` the place asked, (B, Q) int64.
        asked: Action asked for, (B, Q) int64.
        gap: Bucket of the time before the event asked for, 0 unknown, (B, Q) int64.
        session: Ordinal of the session asked for, (B, Q) int64.
        target: Item id of the answer, (B, Q) int64.
        weight: Weight in the loss, (B, Q) float32.
        when: When it is asked, microseconds since 1970, negative where not known, (B, Q) int64.
        near: Vacancies that followed the row's newest events elsewhere, (B, Q, E) int64, 0 pads.
        near_score: How much they did, (B, Q, E) float32.
        near_stale: Days since that was counted, (B, Q) float32.
        lag: Periods by which the demand known to the questions is out of date.
        fresh: How many of the Q, from the first on, ask for a vacancy new to the row only.
        full: Whether every row has L events, so that nothing pads.
    """

    items: Tensor
    actions: Tensor
    gaps: Tensor
    days: Tensor
    times: Tensor
    sessions: Tensor
    lengths: Tensor
    hidden: Tensor
    place: Tensor
    asked: Tensor
    gap: Tensor
    session: Tensor
    target: Tensor
    weight: Tensor
    when: Tensor
    near: Tensor
    near_score: Tensor
    near_stale: Tensor
    lag: int = 0
    fresh: int = 0
    full: bool = False

    def to(self, device: torch.device) -> "Batch":
        """Return the same batch on a device; one GPU's copies are not waited for."""

        def moved(tensor: Tensor) -> Tensor:
            ours = device.type == "cuda" and tensor.is_cpu and tensor.numel() > 0
            pinned = tensor.pin_memory() if ours else tensor
            return pinned.to(device, non_blocking=True)

        return map_fields(moved, self, names=(*EVENTS, *ASKED))


EVENTS = ("items", "actions", "gaps", "days", "times", "sessions", "lengths", "hidden")
ASKED = (
    "place",
    "asked",
    "gap",
    "session",
    "target",
    "weight",
    "when",
    "near",
    "near_score",
    "near_stale",
)


def narrowed(batch: Batch, first: int, last: int | None = None) -> Batch:
    """Keep the questions from `first` to before `last`, (B, Q) -> (B, last - first)."""
    return map_fields(lambda tensor: tensor[:, first:last], batch, names=ASKED)


def tensors(
    view: Window,
    questions: Questions,
    hidden: np.ndarray | None = None,
    *,
    near: NeighbourCandidates | None = None,
    fresh: int = 0,
    lag: int = 0,
) -> Batch:
    """Turn a window and its questions into tensors; hidden events carry the mask id."""
    hidden = np.zeros(view.items.shape, dtype=bool) if hidden is None else hidden
    near = no_one_near(questions) if near is None else near
    days = (view.times // DAY + 3) % 7  # 1970-01-01 was a Thursday
    hours = (view.times - view.times[:, :1]) / HOUR

    def whole(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values).astype(np.int64))

    return Batch(
        items=whole(np.where(hidden, MASK, view.items)),
        actions=whole(view.actions),
        gaps=whole(gap_buckets(view)),
        days=whole(np.where(inside(view), days, 0)),
        times=torch.from_numpy(np.where(inside(view), hours, 0).astype(np.float32)),
        sessions=whole(view.sessions),
        lengths=whole(view.lengths),
        hidden=torch.from_numpy(hidden),
        place=whole(questions.place),
        asked=whole(questions.asked),
        gap=whole(questions.gap),
        session=whole(questions.session),
        target=whole(questions.target),
        weight=torch.from_numpy(questions.weight),
        when=whole(questions.when),
        near=whole(near.items),
        near_score=torch.from_numpy(near.score),
        near_stale=torch.from_numpy(near.stale),
        lag=lag,
        fresh=fresh,
        full=bool((view.lengths == view.items.shape[1]).all()),
    )
