"""Repeat scorer: a learned score of the vacancies in the user's own history.

The score starts as a conditional logit fitted on the log (`priors`) and learns from there when a
view leads to a response: by recency, counts of each action, distance in sessions and hours, and by
what the question and the vacancy have in common.
"""

import torch
from torch import Tensor, nn

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.network.small_tables import rows_of
from stages.core.actions import ACTION_NAMES, FAVOURITE, RESPONSE, VIEW
from stages.core.item_ids import FIRST_ITEM

NAMES = (
    "recency_rank",
    "session_distance",
    "views",
    "favourites",
    "responses",
    "responded",
    "marked",
    "age",
    "same_session",
    "viewed_last",
)
FEATURES = len(NAMES)


class RepeatScorer(nn.Module):
    """Additive logits of the vacancies in a row's own history.

    Args:
        hidden_size: H of the questions and item vectors.
        width: Hidden units of the correction to the prior.
    """

    def __init__(self, hidden_size: int, width: int = 24) -> None:
        super().__init__()
        self.prior = nn.Embedding(len(ACTION_NAMES), FEATURES)  # linear weights by action asked
        self.base = nn.Embedding(len(ACTION_NAMES), 1)
        self.asked = nn.Embedding(len(ACTION_NAMES), width)
        self.first = nn.Linear(FEATURES, width)
        self.second = nn.Linear(width, 1, bias=False)
        self.key = nn.Linear(hidden_size, hidden_size, bias=False)
        self.start_from_last_viewed()

    @torch.no_grad()
    def start_from(self, weights: Tensor, base: Tensor) -> None:
        """Set the linear scores to those of a log: weights (4, 10) and base (4,)."""
        self.prior.weight.copy_(weights)
        self.base.weight.copy_(base[:, None])

    @torch.no_grad()
    def start_from_last_viewed(self) -> None:
        """Set a start that no log was asked for: newer is better, a known vacancy beats a new one."""
        self.prior.weight.zero_()
        self.prior.weight[:, 0] = -1.0  # log of the recency rank
        self.base.weight.fill_(4.0)
        self.second.weight.zero_()
        self.key.weight.zero_()

    def forward(
        self, questions: Tensor, vectors: Tensor, batch: Batch, described: tuple[Tensor, Tensor]
    ) -> Tensor:
        """Score each event's vacancy at its last visible occurrence.

        Args:
            questions: States of the questions, (B, Q, H).
            vectors: Item vectors of the events, (B, L, H).
            batch: The rows.
            described: What `describe` says of them.

        Returns:
            Logits (B, Q, L); -inf everywhere but at the last visible occurrence of each vacancy.
        """
        features, newest = described
        newest = newest & (batch.items >= FIRST_ITEM)[:, None]
        asked = batch.asked
        linear = (features * rows_of(self.prior, asked)[:, :, None]).sum(-1) + rows_of(
            self.base, asked
        )
        bend = self.second(
            torch.relu(self.first(features) + rows_of(self.asked, asked)[:, :, None])
        )
        match = questions @ self.key(vectors).transpose(1, 2) / vectors.shape[-1] ** 0.5
        return (linear + bend.squeeze(-1) + match).masked_fill(~newest, float("-inf"))


def describe(batch: Batch, sees: Tensor) -> tuple[Tensor, Tensor]:
    """Features of each (question, event's vacancy) pair, and where a vacancy stands last.

    Returns:
        Features `NAMES` (B, Q, L, 10): log recency rank, log session distance, log counts of views,
        favourites and responses, responded, favourite, log hours before the last visible event, same
        session as asked, last action was a view. And (B, Q, L) bool: the last visible occurrence.
    """
    shown = sees.to(torch.float32)
    same = (batch.items[:, :, None] == batch.items[:, None, :]).to(torch.float32)
    after = torch.ones_like(same[0]).tril(-1)  # [i, j]: i stands after j
    newest = sees & ((shown @ (same * after)) == 0)  # no visible occurrence after j
    newer = newest.to(torch.float32) @ after  # distinct vacancies touched after j
    counts = [
        (shown * (batch.actions == action)[:, None]) @ same
        for action in (RESPONSE, VIEW, FAVOURITE)
    ]
    far = (batch.session[:, :, None] - batch.sessions[:, None, :]).abs().to(torch.float32)
    now = torch.where(sees, batch.times[:, None, :], 0.0).amax(-1, keepdim=True)
    age = (now - batch.times[:, None, :]).clamp_min(0)
    view_last = (batch.actions == VIEW)[:, None].expand_as(sees)
    features = [
        newer.log1p(),
        far.log1p(),
        *(count.log1p() for count in counts[1:]),
        counts[0].log1p(),
        (counts[0] > 0).to(torch.float32),
        (counts[2] > 0).to(torch.float32),
        age.log1p() / 4,
        (far == 0).to(torch.float32),
        view_last.to(torch.float32),
    ]
    return torch.stack(features, dim=-1), newest
