"""What the text of a vacancy is made of: professions and the fields that hold them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profession:
    """One profession.

    `supply` is the relative number of vacancies, `pay` thousands of roubles a month, `grade` the
    usual experience (0 none … 3 much), `schedules` the usual work schedules.
    """

    titles: tuple[str, ...]
    supply: float
    pay: float
    grade: int
    schedules: tuple[str, ...]
    skills: tuple[str, ...]
    duties: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """Related professions, with what every one of them is asked for and offered."""

    name: str
    professions: tuple[Profession, ...]
    demands: tuple[str, ...]


def trade(
    titles: str, skills: str, duties: str, *, supply: float, pay: float, grade: int, at: str
) -> Profession:
    """Build a profession from lists written with semicolons."""
    return Profession(
        titles=_cut(titles),
        supply=supply,
        pay=pay,
        grade=grade,
        schedules=_cut(at),
        skills=_cut(skills),
        duties=_cut(duties),
    )


def field(name: str, demands: str, *professions: Profession) -> Field:
    """Build a field from its professions and a list of demands written with semicolons."""
    return Field(name, professions, _cut(demands))


def _cut(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(";"))
