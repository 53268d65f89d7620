"""The vacancies of histories under a seen policy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.bert4rec.examples.histories import Histories, Ints
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.item_ids import FIRST_ITEM
from stages.params import SeenParams
from stages.recommend.history import History
from stages.seen_policy import rules


@dataclass(frozen=True)
class Own:
    """A history under a seen policy.

    Attributes:
        rows: The history as a question.
        late: Items that are put behind the others, ascending.
    """

    rows: QueryRows
    late: Ints


def own_of(history: History, policy: SeenParams, max_length: int) -> Own:
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
        max_length=max_length,
        hidden=hidden,
        offsets=np.array([0, len(hidden)]),
    )
    return Own(rows, items[fate == rules.LAST])


def together(several: Sequence[QueryRows]) -> QueryRows:
    """Put questions of one length of history one below the other."""
    if len(several) == 1:
        return several[0]

    def joined(name: str) -> Ints:
        return np.concatenate([getattr(rows.histories, name) for rows in several])

    names = ("items", "actions", "times", "sessions", "ranks", "met")
    events = np.cumsum([0, *(len(rows.histories.items) for rows in several)])
    return QueryRows(
        histories=Histories(**{name: joined(name) for name in names}, offsets=events),
        asked_at=np.concatenate([rows.asked_at for rows in several]),
        max_length=several[0].max_length,
        hidden=np.concatenate([rows.hidden for rows in several]),
        offsets=np.cumsum([0, *(len(rows.hidden) for rows in several)]),
    )
