"""The plain recommender that ranked the validation rows best, asked for single histories."""

from collections.abc import Sequence

import numpy as np

from stages.baselines.stage import BASELINES
from stages.bundle.content import Content
from stages.calibration.baseline_order import BaselineOrder
from stages.core.item_ids import FIRST_ITEM
from stages.recommend.history import History, as_rows
from stages.seen_policy import rules

OWN = "last_viewed"  # the shelf that is never learned


def best(content: Content) -> str | None:
    """Name the best plain recommender that can be asked; None where nothing was held out."""
    found, learned = content.loaded.calibration, content.learned
    if found is None or learned is None:
        return None
    known = {OWN, *learned.shelves}
    able = [name for name in found.baselines if known.issuperset(BASELINES.get(name, [""]))]
    return max(able, key=lambda name: float(found.baselines[name]["mrr_100"]), default=None)


def lists(content: Content, name: str, histories: Sequence[History], k: int) -> list[list[str]]:
    """List k vacancies for each history, as `hhrec baseline NAME` does."""
    calibration, learned = content.loaded.calibration, content.learned
    if calibration is None or learned is None:
        return [[] for _ in histories]
    fates = calibration.baselines[name]["seen"]
    policy = rules.fixed(content.params.predict.seen, fates)
    size = len(content.ids.names)
    order = BaselineOrder(name, learned, as_rows(histories), policy, size)
    every = np.arange(len(order))
    items = order.arranged(every, order.to_depth(every, min(k, size)).items)
    return [content.ids.names.gather(row[row > 0] - FIRST_ITEM).to_list() for row in items]
