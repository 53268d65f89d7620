"""How histories are to be answered: which seen policy, which weights, and who ranks."""

from dataclasses import dataclass

import numpy as np

from stages.bundle.content import Content
from stages.calibration import rerank
from stages.calibration.candidate_table import start
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import lags
from stages.calibration.recommender_choice import AS_TRAINED
from stages.core.calibration_file import MODEL
from stages.recommend.history import History
from stages.recommend.own_vacancies import Own, own_of
from stages.seen_policy import rules


@dataclass(frozen=True)
class Plan:
    """How a history is to be answered: its vacancies, weights of a calibration or None, who ranks."""

    history: History
    own: Own
    weights: Floats | None
    by: str


@dataclass
class Plans:
    """Makes plans.

    Attributes:
        content: The model with all that ranking needs.
    """

    content: Content

    def __post_init__(self) -> None:
        """Set up what does not depend on a history."""
        params, found = self.content.params.predict, self.content.loaded.calibration
        self.plain = self.chosen = rules.fixed(params.seen)
        self.by = AS_TRAINED
        if found is not None:
            self.by, fates = found.answer(params.fallback)
            self.chosen = rules.fixed(params.seen, fates)

    def of(self, history: History) -> Plan | None:
        """Plan the answer of a history; None where a baseline gives it."""
        found, learned = self.content.loaded.calibration, self.content.learned
        length = self.content.params.sequences.max_length
        if found is None or learned is None:
            return Plan(history, own_of(history, self.plain, length), None, AS_TRAINED)
        lag = lags(np.array([history.asked_at]), learned.end)[0]
        if lag > found.lag + rerank.SPARE:
            weights = start(found.heuristics)
            return Plan(history, own_of(history, self.plain, length), weights, AS_TRAINED)
        if self.by != MODEL:
            return None
        weights = rerank.weights_of(found, held_out=False)[0]
        return Plan(history, own_of(history, self.chosen, length), weights, MODEL)
