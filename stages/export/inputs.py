"""What a history is to an exported graph: plain columns, from which the graph makes the batch."""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.examples.training_examples import GAPS
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.ranking.question import PAUSE
from stages.core.actions import RESPONSE
from stages.core.item_ids import MASK
from stages.core.time_units import DAY, HOUR, SECOND


def asked_batch(
    config: HhrecConfig,
    items: Tensor,
    actions: Tensor,
    times: Tensor,
    sessions: Tensor,
    lengths: Tensor,
) -> Batch:
    """Ask histories (B, L) what is next, as `ranking.question` does, by tensors alone.

    Args:
        config: Of the model.
        items: Item ids, oldest first, zeros behind the end, like all of the following, int64.
        actions: 0..3.
        times: Microseconds since 1970.
        sessions: Ordinals.
        lengths: Events of each history, (B,).
    """
    end = lengths[:, None]
    last = (end - 1).clamp_min(0)
    asks = "session" if config.objective == "mlm" else config.asks
    if asks == "event":
        sessions = continued(times, sessions, end)
    newest = sessions.gather(1, last) + (1 if asks == "session" else 0)
    hidden = torch.zeros_like(items, dtype=torch.bool)
    if config.objective == "mlm":
        hidden = F.pad(hidden, (0, 1)) | (steps_of(items, 1) == end)
        items = torch.where(hidden, MASK, F.pad(items, (0, 1)))
        actions = torch.where(hidden, RESPONSE, F.pad(actions, (0, 1)))
        sessions = torch.where(hidden, newest, F.pad(sessions, (0, 1)))
        times = torch.where(hidden, times.gather(1, last), F.pad(times, (0, 1)))
        lengths = lengths + 1
    inside = steps_of(items) < lengths[:, None]
    hours = (times - times[:, :1]).to(torch.float64) / HOUR
    nothing = torch.zeros_like(end)
    none = torch.zeros_like(end[..., None])[..., :0]
    return Batch(
        items=items,
        actions=actions,
        gaps=gap_buckets(times, inside),
        days=torch.where(inside, (times // DAY + 3) % 7, 0),
        times=torch.where(inside, hours, 0.0).to(torch.float32),
        sessions=sessions,
        lengths=lengths,
        hidden=hidden,
        place=end,
        asked=nothing + RESPONSE,
        gap=nothing,
        session=newest,
        target=nothing,
        weight=nothing.to(torch.float32),
        when=nothing - 1,
        near=none,
        near_score=none.to(torch.float32),
        near_stale=nothing.to(torch.float32),
    )


def steps_of(items: Tensor, more: int = 0) -> Tensor:
    """Places of a row's events, (L + more,)."""
    return torch.arange(items.shape[1] + more, device=items.device)


def gap_buckets(times: Tensor, inside: Tensor) -> Tensor:
    """`training_examples.gap_buckets` by comparison with powers of two, (B, L)."""
    before = torch.cat([times[:, :1], times[:, :-1]], 1)
    seconds = ((times - before) // SECOND).clamp_min(0) + 1
    powers = 2 ** torch.arange(GAPS - 1)
    buckets = (seconds[..., None] >= powers).sum(-1)
    first = steps_of(times) == 0
    return torch.where(inside & ~first, buckets, 0)


def continued(times: Tensor, sessions: Tensor, end: Tensor) -> Tensor:
    """`question.continued`: a newest session that begins soon after the one before goes on with it."""
    steps, width = steps_of(sessions), sessions.shape[1]
    last = (end - 1).clamp_min(0)
    newest = (sessions == sessions.gather(1, last)) & (steps <= last)
    first = torch.where(newest, steps, width).amin(1, keepdim=True)
    before = (first - 1).clamp_min(0)
    pause = times.gather(1, first) - times.gather(1, before)
    one = newest & (first > 0) & (pause <= PAUSE)
    return torch.where(one, sessions.gather(1, before), sessions)
