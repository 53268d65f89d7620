"""Worlds with one law each, so that the best possible score is known.

In each, every row's answer follows from that law alone; nothing else can be learnt.
"""

from random import Random

from tests.worlds.lives import RESPONSE, VIEW, Life


def last_viewed(users: int = 200, vacancies: int = 150, days: int = 5, seed: int = 1) -> list[Life]:
    """Everyone responds, at the beginning of a day, to the last vacancy viewed the day before.

    After it come three views of vacancies new to this person. The best MRR is 1.
    """
    random = Random(seed)  # noqa: S311  a log, not a secret
    return [_views(random.sample(_names(vacancies), 3 * days), days) for _ in range(users)]


def _views(chosen: list[str], days: int) -> Life:
    seen = [chosen[3 * day : 3 * day + 3] for day in range(days)]
    answers = [views[-1] for views in seen]
    sessions = [[(VIEW, name) for name in views] for views in seen]
    for session, answer in zip(sessions[1:], answers, strict=False):
        session.insert(0, (RESPONSE, answer))
    return Life(sessions, answers[-1])


def chain(users: int = 300, vacancies: int = 100, days: int = 4, seed: int = 1) -> list[Life]:
    """Each vacancy has one successor, the same for everybody; nobody comes back to an old one.

    All successors make one ring, longer than any life. People begin anywhere on it and respond to
    two vacancies a day. The best MRR is 1.
    """
    random, ring = Random(seed), _names(vacancies)  # noqa: S311
    random.shuffle(ring)
    lives = []
    for _ in range(users):
        start = random.randrange(vacancies)
        walk = [ring[(start + step) % vacancies] for step in range(2 * days + 1)]
        lives.append(_responses(walk))
    return lives


def popularity(
    users: int = 300, vacancies: int = 100, days: int = 4, seed: int = 1
) -> tuple[list[Life], list[str]]:
    """Every response is drawn anew from one Zipf law: the n-th vacancy has a share as 1 / n.

    Who someone is, and what came before, says nothing. No order beats that of the law, which is
    returned too, most frequent first.
    """
    random, order = Random(seed), _names(vacancies)  # noqa: S311
    random.shuffle(order)
    weights = [1 / rank for rank in range(1, vacancies + 1)]
    drawn = [random.choices(order, weights, k=2 * days + 1) for _ in range(users)]
    return [_responses(walk) for walk in drawn], order


def _responses(walk: list[str]) -> Life:
    """Two responses a day; the last of the walk is the answer."""
    pairs = [walk[place : place + 2] for place in range(0, len(walk) - 1, 2)]
    return Life([[(RESPONSE, name) for name in pair] for pair in pairs], walk[-1])


def _names(count: int) -> list[str]:
    return [f"vacancy-{number:03d}" for number in range(count)]
