"""The obvious slow way of counting who follows whom."""

from collections import defaultdict

from stages.bert4rec.retrieval import cooccurrence as following
from stages.core.item_ids import FIRST_ITEM

COUNT = 40


def pairs(rows, skip=None):
    """Worth of each pair over people, one pair at a time."""
    total = defaultdict(float)
    for row, items in enumerate(rows):
        distinct = list(dict.fromkeys(items))
        for first, one in enumerate(distinct):
            for second, other in enumerate(distinct[first + 1 :], start=first + 1):
                apart = second - first
                if row != skip and apart <= following.REACH and min(one, other) >= FIRST_ITEM:
                    worth = round(apart**-following.DISTANCE * 2**16) / 2**16
                    total[one, other] += worth
                    total[other, one] += following.BACKWARD * worth
    return total


def similarity(rows, skip=None):
    """The same over what it is divided by; people are counted without skipping any."""
    people = [sum(item in items for items in rows) + following.SHRINK for item in range(COUNT)]
    return {
        (one, other): value
        / people[one] ** following.SOURCE_NORM
        / people[other] ** following.TARGET_NORM
        for (one, other), value in pairs(rows, skip).items()
    }
