"""Rows that ask which vacancy comes next, and what the model says of each before it sees the catalogue."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.batching.batch import Batch, tensors
from stages.bert4rec.examples.histories import Histories, Ints, Window, window
from stages.bert4rec.examples.masking import what_is_next
from stages.bert4rec.examples.training_examples import what_next
from stages.bert4rec.network.item_tower import Catalogue
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.score_parts import WIDTH
from stages.bert4rec.retrieval.candidate_generation import held, near
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError

ENCODED = 16_384  # positions encoded at once: fixed, since a state's last bits depend on its batch
SHORTEST = 16  # positions that a row counts at least, for its neighbours take room too
NEAR = 200  # neighbours scored a row
NEVER = float("-inf")
PAUSE = 1_800_000_000  # microseconds: half an hour, after which a session is over


@dataclass(frozen=True)
class Rows:
    """R rows to rank.

    Attributes:
        histories: Their contexts.
        asked_at: When they are asked, microseconds since 1970, -1 where not known, (R,).
        max_length: Events that the model sees.
        hidden: Item ids that row i must not get: those from offsets[i] to offsets[i + 1].
        offsets: (R + 1,).
    """

    histories: Histories
    asked_at: Ints
    max_length: int
    hidden: Ints
    offsets: Ints

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
class Encoded:
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

    def picked(self, members: Ints) -> "Encoded":
        """Return some of the rows, (b,), with what is theirs."""
        return self.picked_with(members, self.owner)[0]

    def picked_with(self, members: Ints, marks: Tensor) -> tuple["Encoded", Tensor]:
        """Return some of the rows, and their part of `marks`, (P,)."""
        wanted = torch.from_numpy(members).to(self.owner.device)
        place = torch.full((len(self.rows),), -1, device=self.owner.device)
        place[wanted] = torch.arange(len(members), device=place.device)
        kept = (place[self.owner] >= 0).nonzero()[:, 0]
        some = Encoded(
            self.rows[members],
            self.states[wanted],
            place[self.owner[kept]],
            self.items[kept],
            self.logits[kept],
            self.times[kept],
            self.parts[kept],
        )
        return some, marks[kept]


def question(
    model: HhrecModel, catalogue: Catalogue, rows: Rows, part: Ints, asks: str | None = None
) -> Batch:
    """Ask some rows, (B,), for the first response of their next session, or for the next event.

    `asks` is `session` or `event`; without it, what the model's config says.
    """
    view = window(rows.histories, part, rows.max_length)
    config, asked_at = model.config, rows.asked_at[part]
    if config.objective == "mlm":
        return tensors(*what_is_next(view, asked_at))
    asks = asks or config.asks
    if asks == "event":
        view = continued(view)
    asked = what_next(view, asked_at, new_session=asks == "session")
    if not config.neighbours:
        return tensors(view, asked)
    whole = held(rows.histories, part, len(catalogue))
    return tensors(view, asked, near=near(catalogue.neighbours, view, whole, asked, NEAR))


def continued(view: Window) -> Window:
    """Let a newest session that begins soon after the event before it go on with that session.

    A test row may show the newest part of a session under a name of its own; training asked inside
    whole sessions.
    """
    end = np.maximum(view.lengths - 1, 0)[:, None]
    newest = view.sessions == np.take_along_axis(view.sessions, end, axis=1)
    newest &= np.arange(view.sessions.shape[1]) <= end
    first = newest.argmax(axis=1)[:, None]
    before = np.maximum(first - 1, 0)
    pause = np.take_along_axis(view.times, first, 1) - np.take_along_axis(view.times, before, 1)
    one = newest & (first > 0) & (pause <= PAUSE)
    sessions = np.where(one, np.take_along_axis(view.sessions, before, axis=1), view.sessions)
    return replace(view, sessions=sessions)


def together_encoded(lengths: Ints) -> list[Ints]:
    """Which rows, of these lengths (R,), are encoded at once."""
    return batch_plan.in_order(np.maximum(lengths, SHORTEST), ENCODED)


@torch.inference_mode()
def encode(
    model: HhrecModel,
    catalogue: Catalogue,
    rows: Rows,
    chosen: Ints,
    share: tuple[int, int],
    *,
    asks: str | None = None,
    with_parts: bool = False,
) -> Encoded:
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
        return Encoded(chosen[:0], states, nothing, nothing, states[:, 0], nothing, told)
    whole = together(parts)
    if not bool(whole.states.isfinite().all()):
        raise HhrecError(
            "the model's answers are not finite numbers: its training has diverged",
            "train anew with a lower train.lr or train.clip",
        )
    return whole


def together(parts: list[Encoded]) -> Encoded:
    """Put encoded rows one below the other."""
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    owners = [part.owner + int(start) for part, start in zip(parts, starts, strict=False)]
    return Encoded(
        np.concatenate([part.rows for part in parts]),
        torch.cat([part.states for part in parts]),
        torch.cat(owners),
        torch.cat([part.items for part in parts]),
        torch.cat([part.logits for part in parts]),
        torch.cat([part.times for part in parts]),
        torch.cat([part.parts for part in parts]),
    )


def _encode(
    model: HhrecModel,
    rows: Rows,
    part: Ints,
    asked: Batch,
    catalogue: Catalogue,
    *,
    with_parts: bool,
) -> Encoded:
    history = not rows.hide_all(part, asked.items.numpy())
    on_device = asked.to(catalogue.codes.device)
    found = model.answers(on_device, catalogue, history=history, parts=with_parts)
    logits = found.logits[:, 0]
    owner, place = (logits > NEVER).nonzero(as_tuple=True)
    times = window(rows.histories, part, rows.max_length).times
    wide = found.items.shape[-1] - times.shape[1]  # neighbours were never touched
    times = np.pad(times, ((0, 0), (0, wide)))
    scores = logits[owner, place].float()
    told = scores.new_zeros(len(scores), 0)
    if found.parts is not None:
        told = found.parts[owner, 0, place].float()
    return Encoded(
        part,
        found.states[:, 0].float(),
        owner,
        found.items[owner, 0, place],
        scores,
        torch.from_numpy(times)[owner.cpu(), place.cpu()].to(owner.device),
        told,
    )
