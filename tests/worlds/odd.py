"""Logs that are small, one-sided or broken in one way each, as real ones are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from random import Random

from tests.worlds.lives import RESPONSE, START, VIEW, Life

EACH = 12  # vacancies of a trade
TRADES = 6


def board(users: int, days: int = 5, *, trades: int = TRADES, seed: int = 1) -> list[Life]:
    """A job board: people keep to their trade, view three vacancies a day and respond to one.

    Two in three respond next day to the last one that they viewed, the others to any of the trade.
    """
    random = Random(seed)  # noqa: S311  a log, not a secret
    return [_boarder(random, number % trades, days) for number in range(users)]


def _boarder(random: Random, trade: int, days: int) -> Life:
    own = _trade(trade)
    sessions, answer = [], random.choice(own)
    for _ in range(days):
        views = random.sample([name for name in own if name != answer], 3)
        sessions.append([(RESPONSE, answer), *((VIEW, name) for name in views)])
        answer = views[-1] if random.random() < 2 / 3 else random.choice(own)
    return Life(sessions, answer)


def newcomers(users: int, regulars: int, seed: int = 1) -> list[Life]:
    """A board on which only the first `regulars` come on more than one day."""
    return board(regulars, seed=seed) + board(users - regulars, days=1, seed=seed + 1)


def responses(
    users: int, repeats: float, *, own: int = 3, events: int = 9, seed: int = 1
) -> list[Life]:
    """One action only, a response a day: so many repeat one of someone's own vacancies.

    Two in three of these repeat the same one as last time. The others are any of the trade.
    """
    random = Random(seed)  # noqa: S311
    lives = []
    for number in range(users):
        trade = _trade(number % TRADES)
        repeated = _repeated(random, random.sample(trade, own))
        walk = [
            next(repeated) if random.random() < repeats else random.choice(trade)
            for _ in range(events + 1)
        ]
        lives.append(one_a_day(walk))
    return lives


def _repeated(random: Random, own: list[str]) -> Iterator[str]:
    """Own vacancies again and again."""
    name = random.choice(own)
    while True:
        yield name
        if random.random() >= 2 / 3:
            name = random.choice([other for other in own if other != name])


def unrepeated(users: int, events: int = 5, seed: int = 1) -> list[Life]:
    """Responses within one's trade, to a vacancy once at most, along the same ring for everybody.

    Four in five go on to the next vacancy of the ring, the others leave one out.
    """
    random = Random(seed)  # noqa: S311
    lives = []
    for number in range(users):
        trade, place, walk = _trade(number % TRADES), random.randrange(EACH), []
        for _ in range(events + 1):
            walk.append(trade[place % EACH])
            place += 1 if random.random() < 4 / 5 else 2
        lives.append(one_a_day(walk))
    return lives


def one_a_day(walk: list[str]) -> Life:
    """A response a day; the last of the walk is the answer."""
    return Life([[(RESPONSE, name)] for name in walk[:-1]], walk[-1])


def in_one_session(lives: list[Life]) -> list[Life]:
    """The same touches as one visit each: nobody comes twice, as in logs without users."""
    return [Life([list(chain(*life.sessions))], life.answer) for life in lives]


def at_once(session: int, place: int) -> datetime:
    """No times: everything at one moment."""
    del session, place
    return START


def a_second_apart(session: int, place: int) -> datetime:
    """No times, but an order, written as seconds."""
    return START + timedelta(seconds=10 * session + place)


def started_apart(lives: list[Life]) -> list[Life]:
    """Lives that begin up to two sessions later, so that not all are asked at one time of a day."""
    return [
        replace(life, sessions=life.sessions[number % 3 :]) for number, life in enumerate(lives)
    ]


def three_to_a_day(session: int, place: int) -> date:
    """Days only: three sessions fall on one, and their order is not known."""
    del place
    return START.date() + timedelta(days=session // 3)


def _trade(number: int) -> list[str]:
    return [f"trade-{number}-{place:02d}" for place in range(EACH)]
