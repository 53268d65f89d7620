"""A synthetic log of a job board, with the statistics of the real one and none of its data.

The flow: professions (texts) and dials (numbers) -> catalogue -> shelves (search results a day)
-> people, sittings, browsing, deeds (what they do) -> journal, holdout -> cards, files.
"""

from stages.data.sample.run import (
    DEFAULT_SESSIONS,
    DEFAULT_VACANCIES,
    GENERATOR_VERSION,
    SampleReport,
    run,
)

__all__ = ["DEFAULT_SESSIONS", "DEFAULT_VACANCIES", "GENERATOR_VERSION", "SampleReport", "run"]
