"""The obvious slow way to split a log: one user after the other, event by event."""

import zlib
from datetime import datetime, timedelta
from itertools import pairwise

START = datetime(2024, 1, 1)  # noqa: DTZ001
Session = tuple[str, tuple[tuple[str, int], ...]]


def slow_split(
    rows: list[tuple[str, str, int, str]], cut: int | None
) -> tuple[list[Session], list[Session], set[tuple[str, str]]]:
    """Split one user after the other, event by event; times count tens of minutes, the gap is 3."""
    train: list[Session] = []
    test: list[Session] = []
    labels: set[tuple[str, str]] = set()
    codes = {"apply": 1, "look": 2, "star": 3}
    for user in sorted({row[0] for row in rows} - {""}):
        mine = {(t, i, codes[a]) for u, i, t, a in rows if u == user and a in codes}
        events = sorted(mine, key=lambda one: (one[0], _lot(user, one), one[2] == 1, one[2]))
        if cut is None:
            answers = [place for place, event in enumerate(events) if event[2] == 1]
            if answers and answers[-1] >= 2:
                labels.add((user, events[answers[-1]][1]))
                test.append(_session(user, [events[answers[-1] - 1]]))
                events = events[: answers[-1] - 1]
            train += [_session(user, one) for one in _runs(events)]
            continue
        early = [event for event in events if event[0] < cut]
        train += [_session(user, one) for one in _runs(early)]
        # a run across the cut is one run, of which only the late piece counts here
        late = [[e for e in run if e[0] >= cut] for run in _runs(events)]
        late = [run for run in late if run]
        for one, following in pairwise(late):
            found = [event[1] for event in following if event[2] == 1]
            if found:
                test.append(_session(user, one))
                labels.add((user, found[0]))
                break
    return train, test, labels


def _lot(user: str, event: tuple[int, str, int]) -> tuple[int, str]:
    time = START + timedelta(minutes=10 * event[0])
    return zlib.crc32(f"{user}\n{time:%Y-%m-%d %H:%M:%S.%f}\n{event[1]}".encode()), event[1]


def _runs(events: list[tuple[int, str, int]]) -> list[list[tuple[int, str, int]]]:
    runs: list[list[tuple[int, str, int]]] = []
    for event in events:
        if runs and event[0] - runs[-1][-1][0] <= 3:
            runs[-1].append(event)
        else:
            runs.append([event])
    return runs


def _session(user: str, events: list[tuple[int, str, int]]) -> Session:
    return user, tuple((item, action) for _, item, action in events)
