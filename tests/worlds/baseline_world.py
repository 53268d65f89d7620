"""A few users and vacancies for baselines, and each baseline said again in loops."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from hypothesis import strategies as st

from stages.baselines import stage as baselines
from stages.baselines.als import Als
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import HISTORY, TEST_SEQUENCES
from stages.params import ActionWeights, BaselineParams, ItemKnnParams, Params, SeenParams
from tests.oracles import recommendations as oracles

START = datetime(2023, 11, 1)  # noqa: DTZ001  times inside hhrec have no zone


class Event(NamedTuple):
    item: int
    action: int
    session: int
    hour: int


History = Sequence[Event]
COUNTS = dict(zip(range(3, 13), [9, 5, 5, 4, 2, 0, 7, 0, 1, 0], strict=True))
VOCAB = pl.DataFrame(
    {
        "vacancy_id": [f"v{item}" for item in COUNTS],
        "item": pl.Series(COUNTS.keys(), dtype=pl.Int32),
        "count": list(COUNTS.values()),
        "trained": [count > 1 for count in COUNTS.values()],
    }
)
EVENTS = st.builds(
    Event, st.sampled_from([1, *COUNTS]), st.integers(0, 3), st.integers(0, 2), st.integers(0, 99)
)
HISTORIES = st.lists(EVENTS, max_size=9).map(
    lambda events: [
        event._replace(session=session, hour=hour)
        for event, session, hour in zip(
            events,
            sorted(event.session for event in events),
            sorted(event.hour for event in events),
            strict=True,
        )
    ]
)
POLICIES = st.builds(
    SeenParams, **dict.fromkeys(("response", "favourite", "view"), st.sampled_from(oracles.STRICT))
)
PARAMS = Params(
    baseline=BaselineParams(
        trending_days=1.5,
        item_knn=ItemKnnParams(
            window=3,
            neighbours=4,
            history=3,
            shrink=1,
            weights=ActionWeights(favourite=0.7, view=0.5),
        ),
    )
)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def train_of(histories: Sequence[History]) -> pl.LazyFrame:
    """Write train histories, `schema.HISTORY`."""
    return pl.LazyFrame(
        [{"user_id": f"u{user}", **_lists(history)} for user, history in enumerate(histories)],
        schema=dict(HISTORY),
    )


def rows_of(contexts: Sequence[History], asked: int = 100) -> pl.DataFrame:
    """Write contexts that are asked about at one hour, `schema.TEST_SEQUENCES`."""
    return pl.DataFrame(
        [
            {"user_id": "u", "session_id": f"s{row}", **_lists(context), "asked_at": at(asked)}
            for row, context in enumerate(contexts)
        ],
        schema=dict(TEST_SEQUENCES),
    )


def _lists(history: History) -> dict[str, list[Any]]:
    return {
        "items": [event.item for event in history],
        "actions": [event.action for event in history],
        "times": [at(event.hour) for event in history],
        "sessions": [event.session for event in history],
    }


def recommend(
    name: str,
    contexts: Sequence[History],
    *,
    train: Sequence[History] = (),
    seen: SeenParams | None = None,
    k: int = 10,
    asked: int = 100,
    params: Params = PARAMS,
) -> list[list[int]]:
    learnt = baselines.learn([name], train=train_of(train), vocab=VOCAB, params=params)
    found = learnt[name](rows_of(contexts, asked), k, seen or SeenParams())
    assert found.columns == ["user_id", "session_id", "items"]
    assert found["items"].dtype == pl.List(pl.Int32)
    return found["items"].to_list()


def touches(history: History, weights: ActionWeights) -> list[tuple[int, int, float]]:
    """Item, session and weight of each vacancy of a history, by last touch."""
    by_action = {1: weights.response, 2: weights.view, 3: weights.favourite}
    found: dict[int, tuple[int, int, float]] = {}
    for event in history:
        weight = by_action.get(event.action, 0)
        if event.item >= FIRST_ITEM and weight > 0:
            old = found.pop(event.item, (0, 0, 0.0))
            found[event.item] = (event.item, event.session, max(old[2], weight))
    return list(found.values())


def trending(train: Sequence[History], asked: int, days: float) -> dict[int, int]:
    """Count train events in the window before the question, or before the end of the log."""
    events = [event for history in train for event in history]
    last = max((event.hour for event in events), default=0)
    end = min(asked, last + 1 / 3600 / 10**6)
    counts = dict.fromkeys(COUNTS, 0)
    for event in events:
        if event.item in counts and end - 24 * days <= event.hour < end:
            counts[event.item] += 1
    return {item: count for item, count in counts.items() if count}


def neighbours(train: Sequence[History], given: ItemKnnParams) -> dict[int, dict[int, float]]:
    """Say the formula of `stages.baselines.item_knn` again, pair by pair."""
    users, sums = dict.fromkeys(COUNTS, 0), {item: dict[int, float]() for item in COUNTS}
    for history in train:
        known = touches(history, given.weights)
        for place, (item, _, weight) in enumerate(known):
            users[item] += 1
            for other, (before, _, earlier) in enumerate(known[:place]):
                if (apart := place - other) > given.window:
                    continue
                value = apart**-given.distance * len(known) ** -given.activity
                ahead, back = value * weight, value * earlier * given.backward
                sums[before][item] = sums[before].get(item, 0) + ahead
                if back:
                    sums[item][before] = sums[item].get(before, 0) + back
    for item, line in sums.items():
        for other in line:
            own, target = users[item] + given.shrink, users[other] + given.shrink
            line[other] /= own**given.source_norm * target**given.target_norm
        ranked = sorted(line, key=lambda other: (-line[other], other))
        sums[item] = {other: line[other] for other in ranked[: given.neighbours]}
    return sums


def item_knn(
    context: History, table: Mapping[int, Mapping[int, float]], given: ItemKnnParams
) -> dict[int, float]:
    """Add up what the newest vacancies of a context pass on."""
    known = touches(context, given.weights)[::-1]
    scores: dict[int, float] = {}
    for age, (item, session, weight) in enumerate(known[: given.history]):
        since = max(other[1] for other in known) - session
        decay = weight * (1 + age) ** -given.recency * given.session_recency**since
        for other, value in table[item].items():
            scores[other] = scores.get(other, 0) + decay * value
    return scores


def als(context: History, learnt: Als) -> dict[int, float]:
    """Solve the normal equations of one user, Hu et al. 2008, equation 4, by numpy."""
    factors, given = learnt.model.item_factors.astype(np.float64), learnt.given
    left = factors.T @ factors + given.regularization * np.eye(given.factors)
    right = np.zeros(given.factors)
    places = {int(item): place for place, item in enumerate(learnt.items)}
    known = [own for own in touches(context, given.weights) if own[0] in places]
    for item, _, weight in known:
        vector = factors[places[item]]
        left += given.alpha * weight * np.outer(vector, vector)
        right += (1 + given.alpha * weight) * vector
    scores = factors @ np.linalg.solve(left, right)
    return {item: float(scores[place]) for item, place in places.items()} if known else {}
