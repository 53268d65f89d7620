"""Rows that ask which vacancy comes next, and what the model says of each before the catalogue."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Histories, Ints
from stages.core.item_ids import FIRST_ITEM


@dataclass(frozen=True)
class QueryRows:
    """R rows to rank.

    Attributes:
        histories: Their contexts.
        asked_at: When they are asked, microseconds since 1970, -1 where not known, (R,).
        max_length: Events that the model sees.
        hidden: Item ids that row i must not get: those from offsets[i] to offsets[i + 1].
        offsets: (R + 1,).
        groups: Which of the ranker's groups of vacancies row i is kept to, -1 for none, (R,); None
            keeps no row to any.
    """

    histories: Histories
    asked_at: Ints
    max_length: int
    hidden: Ints
    offsets: Ints
    groups: Ints | None = None

    def group_of(self) -> Ints:
        """Return the group of each row, -1 for none, (R,)."""
        return np.full(len(self.asked_at), -1) if self.groups is None else self.groups

    def hidden_pairs(self, rows: Ints) -> tuple[Tensor, Tensor]:
        """Return the hidden items of some rows: (which of the rows, item id)."""
        counts = self.offsets[rows + 1] - self.offsets[rows]
        owner = np.repeat(np.arange(len(rows)), counts)
        places = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        items = self.hidden[np.repeat(self.offsets[rows], counts) + places]
        return torch.from_numpy(owner), torch.from_numpy(items.astype(np.int64))

    def hide_all(self, rows: Ints, items: Ints) -> bool:
        """Whether no row (B,) may get any of the vacancies that its history (B, L) shows."""
        owner, hidden = (part.numpy() for part in self.hidden_pairs(rows))
        row, place = (items >= FIRST_ITEM).nonzero()
        width = 1 + max(int(items.max(initial=0)), int(hidden.max(initial=0)))
        return bool(np.isin(row * width + items[row, place], owner * width + hidden).all())


@dataclass(frozen=True)
class EncodedRows:
    """Rows with what the model says of them.

    Attributes:
        rows: Row numbers, (B,).
        states: (B, H).
        owner: Row of each vacancy of the histories, as a place in `rows`, (P,).
        items: Which vacancy it is, (P,).
        logits: Its score, (P,).
        times: When it was last touched, microseconds since 1970, (P,).
        parts: What its score is a sum of, (P, F); F is 0 where nobody asks for it.
    """

    rows: Ints
    states: Tensor
    owner: Tensor
    items: Tensor
    logits: Tensor
    times: Tensor
    parts: Tensor

    def picked(self, members: Ints) -> "EncodedRows":
        """Return some of the rows, (b,), with what is theirs."""
        return self.picked_with(members, self.owner)[0]

    def picked_with(self, members: Ints, marks: Tensor) -> tuple["EncodedRows", Tensor]:
        """Return some of the rows, and their part of `marks`, (P,)."""
        wanted = torch.from_numpy(members).to(self.owner.device)
        place = torch.full((len(self.rows),), -1, device=self.owner.device)
        place[wanted] = torch.arange(len(members), device=place.device)
        kept = (place[self.owner] >= 0).nonzero()[:, 0]
        some = EncodedRows(
            self.rows[members],
            self.states[wanted],
            place[self.owner[kept]],
            self.items[kept],
            self.logits[kept],
            self.times[kept],
            self.parts[kept],
        )
        return some, marks[kept]

    def parts_or(self, others: Tensor, owner: Tensor, items: Tensor, width: int) -> Tensor:
        """Take the parts of scores of a row's own vacancies, and `others` for those that are not.

        Args:
            others: (P, F).
            owner: Row of each pair, as a place in `rows`, (P,).
            items: Its vacancy, (P,).
            width: More than any item id.

        Returns:
            (P, F).
        """
        keys, order = (self.owner * width + self.items).sort()
        key = owner * width + items
        if not len(keys):
            return others
        near = torch.searchsorted(keys, key).clamp_max(len(keys) - 1)
        own = keys[near] == key
        return torch.where(own[:, None], self.parts[order[near]], others)


def together(parts: list[EncodedRows]) -> EncodedRows:
    """Put encoded rows one below the other."""
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    owners = [part.owner + int(start) for part, start in zip(parts, starts, strict=False)]
    return EncodedRows(
        np.concatenate([part.rows for part in parts]),
        torch.cat([part.states for part in parts]),
        torch.cat(owners),
        torch.cat([part.items for part in parts]),
        torch.cat([part.logits for part in parts]),
        torch.cat([part.times for part in parts]),
        torch.cat([part.parts for part in parts]),
    )
