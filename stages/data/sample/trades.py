"""The professions as arrays, and how each leans towards schedules, experience and employment."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import facts
from stages.data.sample.draw import Floats, Ints
from stages.data.sample.professions import FIELDS, Field, Profession

SCHEDULES = tuple(facts.SCHEDULE)


@dataclass(frozen=True)
class Trades:
    """Arrays over the P professions, neighbours sharing a field.

    `supply` is the relative number of vacancies, `pay` the usual log of monthly roubles,
    `field` the index into `fields`, `first` and `last` the field's range of professions.
    """

    professions: tuple[Profession, ...]
    fields: tuple[Field, ...]
    field: Ints
    first: Ints
    last: Ints
    supply: Floats
    pay: Floats

    def __len__(self) -> int:
        """Return the number of professions."""
        return len(self.professions)

    def experience_tilt(self) -> Floats:
        """Return positive leanings: (P, 4); `grade` 0 asks for none, 3 for much experience."""
        level = np.array([profession.grade for profession in self.professions])
        return np.exp(-0.9 * np.abs(level[:, None] - np.arange(len(facts.EXPERIENCE))))

    def schedule_tilt(self) -> Floats:
        """Return positive leanings: (P, 5); a profession's own schedules weigh ten times."""
        table = np.ones((len(self), len(SCHEDULES)))
        for row, profession in enumerate(self.professions):
            for name in profession.schedules:
                table[row, SCHEDULES.index(name)] = 10.0
        return table

    def employment_tilt(self) -> Floats:
        """Return positive leanings: (P, 5): part time and probation where little is asked."""
        level = np.array([profession.grade for profession in self.professions])
        lean = np.array([0.0, 0.7, 0.5, -0.3, 0.3])
        return np.exp(lean * (1.0 - level[:, None]))


def load_trades() -> Trades:
    """Lay the professions out in field order."""
    fields = FIELDS
    sizes = np.array([len(field.professions) for field in fields])
    last = np.cumsum(sizes)
    professions = tuple(one for field in fields for one in field.professions)
    return Trades(
        professions=professions,
        fields=fields,
        field=np.repeat(np.arange(len(fields)), sizes),
        first=last - sizes,
        last=last,
        supply=np.array([one.supply for one in professions], dtype=float),
        pay=np.log([one.pay * 1000.0 for one in professions]),
    )
