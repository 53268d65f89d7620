"""The dials of the synthetic world, turned until the default size shows `docs/sample.md`'s figures.

Logits, log-normal means and spreads, shares and days: a name says what grows when it does. The
generator is frozen: whoever turns one of them raises GENERATOR_VERSION and measures anew.
"""

from typing import Final

from stages.data.sample.draw import Floats, zipf
from stages.data.sample.facts import REGIONS

REGION_SHIFT: Final = 1.2
REGION_ZIPF: Final = 1.25
TASTES: Final = 6
EMPLOYER_TASTE: Final = 0.75
EMPLOYER_ZIPF: Final = 0.85
NATIONWIDE: Final = 0.2
AREA_ZIPF: Final = 1.5
PULL_SPREAD: Final = 1.5
DULL: Final = 1.0
EMPLOYER_PULL: Final = 0.8
OLDEST_DAYS: Final = 37
LIFE_DAYS: Final = 120.0
EVERGREEN: Final = 0.04
EXPERIENCE_PAY: Final = (-0.2, 0.05, 0.35, 0.6)
SCHEDULE_PAY: Final = (0.0, -0.05, -0.05, 0.4, -0.2)
PAY_SPREAD: Final = 0.22
EMPLOYER_PAY: Final = 0.15

FRESH_DAYS: Final = 4.0
FRESH_FLOOR: Final = 0.05
APPETITE: Final = 2.0
LEAST_ON_SHOW: Final = 35.0

TENSION_TRADE: Final = 0.6
TENSION_REGION: Final = 0.2
TENSION_PLACE: Final = 1.4
AMBITION: Final = 0.1
SCHEDULE_TASTE: Final = (0.6, 0.14, 0.14, 0.05, 0.07)
RELATED_TRADE: Final = 0.75
SUBURB: Final = 0.6
STRAY_TRADE: Final = (0.8, 3.2)
MOVERS: Final = 0.44
STRAY_REGION: Final = (2.4, 2.3)
HOMEBODY: Final = 0.01
EAGER: Final = (0.9, 1.6)
LIKES_PAY: Final = 0.9
HIDES_PAY: Final = 0.15
LIKES_GRADE: Final = 0.5
LIKES_SCHEDULE: Final = 0.6
LIKES_TRADE: Final = 0.5
LIKES_TASTE: Final = 1.0

SESSIONS_MEDIAN: Final = 0.47
SESSIONS_SPREAD: Final = 1.22
LOOKS_MEAN: Final = 0.2
LOOKS_PEOPLE: Final = 1.5
LOOKS_SESSION: Final = 0.82
LOOKS_HABIT: Final = 0.05
LOOKS_TEST: Final = -0.5
MOST_LOOKS: Final = 150
SATURDAY: Final = 5
EVENING: Final = 0.35
RETURN_DAYS: Final = 0.8
CANDIDATES: Final = 3

RESULTS_PER_LOOK: Final = 3
BREADTH: Final = (0.47, 0.29, 0.21, 0.03)
WHIM: Final = 0.8
SEEN_AGAIN: Final = 0.03

APPLY_NOW: Final = 1.9
APPLY_IDLY: Final = -4.5
APPLY_MATCH: Final = 0.8
UNREAD: Final = 0.45
STAR: Final = -2.8
SOON: Final = 1e-6
VISITS: Final = 3
COME_BACK: Final = -3.0
BACK_MATCH: Final = 0.5
BACK_STAR: Final = 1.5
BACK_AGAIN: Final = 1.5
BACK_DONE: Final = -4.0
SAME_SESSION: Final = 0.25
HASTE: Final = 0.6
AGAIN_NOW: Final = 3.0
AGAIN_IDLY: Final = -3.0
AGAIN_STAR: Final = 0.7
TWICE: Final = 0.05
EARLY: Final = 0.6

GAP_SECONDS: Final = 75.0
TIED: Final = 0.12
ACTIVITY_HALF: Final = 2.0
LEAST_TEST: Final = 3_600
CHUNK_PEOPLE: Final = 20_000
BOT_LEAST: Final = 200
BOT_ACTS: Final = (0.93, 0.05, 0.02)

ROWS_AT_ONCE: Final = 100_000
CARDS_AT_ONCE: Final = 50_000
SHOUTED: Final = 0.03
MOST_SKILLS: Final = 9
SKILL_ODDS: Final = 0.45
LOWER_SKILLS: Final = 0.2
UPPER_SKILLS: Final = 0.05
TERSE: Final = 0.4
ABSURD_KINDS: Final = (0.0004, 0.0004, 0.0003, 0.0002)
RATES: Final = {
    "RUR": 1.0,
    "USD": 90.0,
    "EUR": 97.0,
    "KZT": 0.2,
    "BYR": 28.0,
    "UZS": 0.0075,
    "KGS": 1.0,
    "UAH": 2.5,
    "GEL": 33.0,
    "AZN": 53.0,
}
"""Roubles for one unit of each currency."""
HOME_CURRENCIES: Final = (0.985, 0.011, 0.004, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
FOREIGN_CURRENCIES: Final = ("AZN", "GEL", "UAH", "KGS", "UZS", "BYR", "BYR", "KZT", "KZT")


def region_shares() -> Floats:
    """Return the shares of the regions: the capital far ahead, a long flat tail: (REGIONS,)."""
    return zipf(REGIONS, REGION_ZIPF, REGION_SHIFT)


def region_pay() -> Floats:
    """Return the regions' additions to a log salary: the capitals pay more: (REGIONS,)."""
    size = zipf(REGIONS, 0.6)
    extra: Floats = 0.45 * (size / size[0]) - 0.1
    return extra
