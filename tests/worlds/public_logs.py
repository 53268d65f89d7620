"""Logs in the formats of MovieLens and OTTO, drawn at random, with what an import makes of them."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

START, MINUTE = 1_660_000_000, 60  # seconds
KINDS = ("clicks", "carts", "orders")
GENRES = ("Action", "Drama", "Comedy", "(no genres listed)")


@dataclass(frozen=True)
class Found:
    """What was written.

    `last_but_one`: when each user's last sitting but one ends, where there are sittings.
    """

    rows: int
    users: int
    items: int
    last_but_one: tuple[datetime, ...] = ()

    def asked_after(self, cut: datetime) -> int:
        """Users with a sitting, or its end, from the cut on and another one after it."""
        return sum(moment >= cut for moment in self.last_but_one)


def movielens(folder: Path, *, users: int = 40, films: int = 200, seed: int = 3) -> Found:
    """Write ratings.csv, three films or more a user, and movies.csv with films that none rated."""
    generator = random.Random(seed)  # noqa: S311  a world, no secret
    folder.mkdir(parents=True)
    rated, lines = set[int](), ["userId,movieId,rating,timestamp"]
    for user in range(1, users + 1):
        for place, film in enumerate(generator.sample(range(films), generator.randint(3, 30))):
            time = START + user + 7 * MINUTE * place
            lines.append(f"{user},{film},{generator.randint(1, 10) / 2},{time}")
            rated.add(film)
    text = "\n".join([lines[0], *generator.sample(lines[1:], len(lines) - 1)])
    (folder / "ratings.csv").write_text(text + "\n", encoding="utf-8")
    titles = [f'{film},"Film, the {film}th",{generator.choice(GENRES)}' for film in range(films)]
    movies = "\n".join(["movieId,title,genres", *titles])
    (folder / "movies.csv").write_text(movies + "\n", encoding="utf-8")
    return Found(len(lines) - 1, users, films)


def otto(file: Path, *, sessions: int = 30, items: int = 50, seed: int = 3) -> Found:
    """Write a user a line, with three sittings of a day, each ending in an order; times in ms."""
    generator = random.Random(seed)  # noqa: S311  a world, no secret
    lines, rows, met, ends = [], 0, set[int](), list[datetime]()
    for session in range(sessions):
        events: list[dict[str, int | str]] = []
        for sitting in range(3):
            kinds = [generator.choice(KINDS) for _ in range(generator.randint(1, 5))]
            start = START + session * 86_400 + sitting * 7_200
            for place, kind in enumerate([*kinds, "orders"]):
                item = generator.randrange(items)
                time = (start + MINUTE * place) * 1_000
                events.append({"aid": item, "ts": time, "type": kind})
                met.add(item)
            if sitting == 1:
                ends.append(datetime.fromtimestamp(time // 1_000, UTC).replace(tzinfo=None))
        rows += len(events)
        lines.append(json.dumps({"session": session, "events": events}))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Found(rows, sessions, len(met), tuple(ends))
