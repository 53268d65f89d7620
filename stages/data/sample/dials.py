"""Every number of the synthetic world: facts of the log it imitates, and calibrated dials.

The facts come from public analyses of hh.ru's 2023/24 contest; the dials were turned until the
default size shows the figures of `docs/sample.md`.
"""

from typing import Final

from stages.data.sample.draw import Floats, zipf

FULL_SESSIONS: Final = 3_463_064
FULL_TEST: Final = 83_189
FULL_VACANCIES: Final = 2_734_129
SESSIONS_PER_USER: Final = 3_463_064 / 882_409
COMPANIES_PER_VACANCY: Final = 278_912 / 2_734_129
AREAS: Final = 7_014
REGIONS: Final = 105
KNOWN_TEST_SHARE: Final = 0.76
BOT_EVENTS: Final = (260_689, 51_975, 7_281)
BOT_SESSIONS: Final = (640, 310, 90)
MAX_USER_SESSIONS: Final = 828

TRAIN_DAYS: Final = 14
TEST_DAYS: Final = 7
HORIZON_DAYS: Final = 22
WEEKEND: Final = 0.4
FIRST_WEEKDAY: Final = 2
DAY_SECONDS: Final = 86_400
START: Final = "2023-11-01"

EMPLOYMENT: Final = {"full": 46_362, "part": 3_101, "probation": 350, "project": 184, "volunteer": 3}
SCHEDULE: Final = {
    "fullDay": 33_346,
    "shift": 7_017,
    "remote": 3_700,
    "flyInFlyOut": 3_365,
    "flexible": 2_572,
}
EXPERIENCE: Final = {
    "noExperience": 18_473,
    "between1And3": 22_091,
    "between3And6": 8_334,
    "moreThan6": 1_102,
}
NO_SKILLS: Final = 0.45
NO_REGION: Final = 0.008
PAY_SHOWN: Final = {"none": 0.19, "to": 0.05, "from": 0.36, "both": 0.40}
ABSURD_PAY: Final = 991_788_366
ABSURD_SHARE: Final = 0.0013

REGION_SHIFT: Final = 1.2
REGION_ZIPF: Final = 1.25
TASTES: Final = 6
EMPLOYER_TASTE: Final = 0.75
EMPLOYER_ZIPF: Final = 0.85
NATIONWIDE: Final = 0.2
AREA_ZIPF: Final = 1.5
PULL_SPREAD: Final = 0.95
EMPLOYER_PULL: Final = 0.6
OLDEST_DAYS: Final = 30
LIFE_DAYS: Final = 18.0
EVERGREEN: Final = 0.04
EXPERIENCE_PAY: Final = (-0.2, 0.05, 0.35, 0.6)
SCHEDULE_PAY: Final = (0.0, -0.05, -0.05, 0.4, -0.2)
PAY_SPREAD: Final = 0.22
EMPLOYER_PAY: Final = 0.15

FRESH_DAYS: Final = 4.0
FRESH_FLOOR: Final = 0.12
LEAST_ON_SHOW: Final = 6.0

DEMAND_POWER: Final = 0.9
AMBITION: Final = 0.1
SCHEDULE_TASTE: Final = (0.6, 0.14, 0.14, 0.05, 0.07)
RELATED_TRADE: Final = 0.75
SUBURB: Final = 0.6
STRAY_TRADE: Final = (0.8, 3.2)
MOVERS: Final = 0.3
STRAY_REGION: Final = (1.5, 2.5)
HOMEBODY: Final = 0.02
EAGER: Final = (1.1, 1.3)
LIKES_PAY: Final = 0.9
HIDES_PAY: Final = 0.15
LIKES_GRADE: Final = 0.5
LIKES_SCHEDULE: Final = 0.6
LIKES_TRADE: Final = 0.5
LIKES_TASTE: Final = 1.0

SESSIONS_MEDIAN: Final = 0.47
SESSIONS_SPREAD: Final = 1.22
LOOKS_MEAN: Final = 0.72
LOOKS_PEOPLE: Final = 0.65
LOOKS_SESSION: Final = 0.85
LOOKS_TEST: Final = 0.0
MOST_LOOKS: Final = 150
SATURDAY: Final = 5
EVENING: Final = 0.35
RETURN_DAYS: Final = 0.8
CANDIDATES: Final = 3

RESULTS_PER_LOOK: Final = 3
BREADTH: Final = (0.6, 0.25, 0.12, 0.03)
WHIM: Final = 0.8
SEEN_AGAIN: Final = 0.4

APPLY_NOW: Final = 0.2
APPLY_IDLY: Final = -4.5
APPLY_MATCH: Final = 0.8
UNREAD: Final = 0.25
STAR: Final = -3.3
SOON: Final = 1e-6
VISITS: Final = 3
COME_BACK: Final = -2.0
BACK_MATCH: Final = 0.5
BACK_STAR: Final = 1.5
BACK_AGAIN: Final = 0.5
BACK_DONE: Final = -2.8
SAME_SESSION: Final = 0.25
HASTE: Final = 0.6
AGAIN_NOW: Final = 0.6
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
    return 0.45 * (zipf(REGIONS, 0.6) / zipf(REGIONS, 0.6)[0]) - 0.1
