"""Facts of the log that the synthetic world imitates, from public analyses of hh.ru's contest."""

from typing import Final

FULL_SESSIONS: Final = 3_463_064
FULL_TEST: Final = 83_189
FULL_VACANCIES: Final = 2_734_129
SESSIONS_PER_USER: Final = FULL_SESSIONS / 882_409
COMPANIES_PER_VACANCY: Final = 278_912 / FULL_VACANCIES
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

EMPLOYMENT: Final = {
    "full": 46_362,
    "part": 3_101,
    "probation": 350,
    "project": 184,
    "volunteer": 3,
}
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
