"""Made-up total orders, and rules applied to them the obvious way."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from stages.rules.greedy_choice import Limit
from stages.rules.lists import Lists

ITEMS = 14
GROUPS = st.lists(st.integers(-1, 2), min_size=ITEMS + 1, max_size=ITEMS + 1).map(np.array)
LIMITS = st.lists(st.builds(Limit, GROUPS, st.integers(1, 3)), max_size=2)


@dataclass
class Listed:
    """Whole rankings, cut at the depth asked for; `late` items of a row go last."""

    rankings: list[list[tuple[int, float]]]
    size: int
    late: dict[int, set[int]] = field(default_factory=dict)

    def __len__(self):
        return len(self.rankings)

    def to_depth(self, rows, depth):
        items = np.zeros((len(rows), depth), dtype=np.int64)
        scores = np.full((len(rows), depth), -np.inf)
        for place, row in enumerate(rows):
            for column, (item, score) in enumerate(self.rankings[row][:depth]):
                items[place, column], scores[place, column] = item, score
        return Lists(items, scores)

    def arranged(self, rows, items):
        found = np.zeros_like(items)
        for place, row in enumerate(rows):
            kept = [item for item in items[place].tolist() if item]
            late = self.late.get(int(row), set())
            ordered = sorted(kept, key=lambda item, late=late: item in late)
            found[place, : len(ordered)] = ordered
        return found


@st.composite
def orders(draw, items=14, rows=4, scores=(0.0, 0.5, 1.0, 1.5, 4.0)):
    """Rankings of some of the items 1..`items` each, with scores that tie."""
    rankings = []
    for _ in range(draw(st.integers(1, rows))):
        own = draw(st.lists(st.integers(1, items), unique=True, max_size=items))
        worth = sorted(
            draw(st.lists(st.sampled_from(scores), min_size=len(own), max_size=len(own)))
        )
        rankings.append(list(zip(own, worth[::-1], strict=True)))
    return Listed(rankings, items)


def lists(rows):
    """Item ids of each row, without what fills it up."""
    return [[item for item in row if item] for row in rows.tolist()]
