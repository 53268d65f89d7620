"""The question of a row at prediction: one of those of training, asked at its history's end."""

from dataclasses import replace

import numpy as np

from stages.bert4rec.batching.batch import Batch, tensors
from stages.bert4rec.examples.histories import Ints, Window, window
from stages.bert4rec.examples.masking import what_is_next
from stages.bert4rec.examples.training_examples import what_next
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.retrieval.candidate_generation import met_before, near
from stages.bert4rec.retrieval.device_neighbours import near as device_near
from stages.bert4rec.retrieval.device_tables import DeviceTables, device_tables, near_questions
from stages.bert4rec.retrieval.line_sums import held

NEAR = 200  # neighbours scored a row
PAUSE = 1_800_000_000  # microseconds: half an hour, after which a session is over


def question(
    model: HhrecModel,
    catalogue: ItemInputs,
    rows: QueryRows,
    part: Ints,
    asks: str | None = None,
) -> Batch:
    """Ask some rows, (B,), for the first response of their next session, or for the next event.

    `asks` is `session` or `event`; without it, what the model's config says. Where neighbours are
    found on a GPU, the batch is there, too.
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
    if (tables := tables_of(model, catalogue)) is not None:
        device = tables.values.device
        wanted = near_questions(view, asked, whole, met_before(view)).to(device)
        items, score, stale = device_near(tables, wanted, NEAR, None)
        batch = tensors(view, asked).to(device)
        return replace(batch, near=items, near_score=score, near_stale=stale)
    return tensors(view, asked, near=near(catalogue.neighbours, view, whole, asked, NEAR))


def tables_of(model: HhrecModel, catalogue: ItemInputs) -> DeviceTables | None:
    """Bring the tables of neighbours to the GPU, where the model runs on one and asks them."""
    device = catalogue.codes.device
    if device.type == "cpu" or not model.config.neighbours:
        return None
    return device_tables(catalogue.neighbours, device)


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
