"""The test rows: one session a person in the test week, labelled by the session that follows."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials
from stages.data.sample.deeds import RESPONSE, Deeds
from stages.data.sample.draw import Ints, Mask
from stages.data.sample.sittings import NEXT, Sittings


@dataclass(frozen=True)
class Holdout:
    """`session` the chosen TEST sessions, `label` the vacancy responded to next: (rows,)."""

    session: Ints
    label: Ints


def nominate(rng: np.random.Generator, train: Ints, known: int, new: int) -> Mask:
    """Choose who also gets a test week: more people than there are rows to fill.

    Args:
        rng: Source of chance.
        train: Train sessions a person, 0 for newcomers: (people,).
        known: Rows to fill with people of the train log.
        new: Rows to fill with newcomers.
    """
    wanted = np.zeros(len(train), dtype=bool)
    odds = np.log(np.maximum(train, 1) / (train + dials.ACTIVITY_HALF))
    keen = odds + rng.gumbel(size=len(train))
    for group, rows in ((train > 0, known), (train == 0, new)):
        those = np.flatnonzero(group)
        best = those[np.argsort(-keen[those], kind="stable")]
        wanted[best[: rows * dials.CANDIDATES]] = True
    return wanted


def choose(
    rng: np.random.Generator, sittings: Sittings, deeds: Deeds, train: Ints, quota: tuple[int, int]
) -> Holdout:
    """Keep `quota` = (known, new) candidates, first those whose next session holds a response.

    Should they not suffice, which only happens in tiny samples, the first vacancy of a next
    session without a response is taken for its label.
    """
    label, real = _first_responses(sittings, deeds)
    following = np.flatnonzero(sittings.kind == NEXT)
    lot = rng.random(len(following)) + ~real[following]
    following = following[np.argsort(lot, kind="stable")]
    known = train[sittings.person[following]] > 0
    chosen = np.sort(np.r_[following[known][: quota[0]], following[~known][: quota[1]]])
    return Holdout(session=chosen - 1, label=label[chosen])


def _first_responses(sittings: Sittings, deeds: Deeds) -> tuple[Ints, Mask]:
    """Return each session's first response, or else its first vacancy, and which is which."""
    responded = deeds.action == RESPONSE
    order = np.lexsort((deeds.key, ~responded, deeds.session))
    session = deeds.session[order]
    first = np.searchsorted(session, np.arange(len(sittings.person)))
    return deeds.vacancy[order][first], responded[order][first]
