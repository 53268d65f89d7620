"""Inputs and results of a ranker: active vacancies, ranked lists."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.query_rows import EncodedRows


class Activity(Protocol):
    """Which vacancies are active when a question is asked."""

    def day_of(self, asked_at: Ints) -> Ints:
        """Day of each question, (R,)."""

    def active(self, day: int) -> np.ndarray:
        """Whether each item is a candidate on a day, by item id, (N,) bool."""

    def since(self, day: int) -> int:
        """Moment from which on an event on the row's own side makes a candidate."""


@dataclass(frozen=True)
class Ranked:
    """Some rows with their best candidates.

    Attributes:
        rows: Row numbers, (B,).
        items: Item ids, best first, equal scores by ascending id, (B, k); 0 where none is left.
        scores: -inf where none is left, (B, k).
        candidates: Vacancies that these rows could have got, before any were hidden.
        encoded: The rows themselves, to ask for the parts of scores.
        kept: Which of their own vacancies are candidates, neither hidden nor left out, (P,) bool.
    """

    rows: Ints
    items: Tensor
    scores: Tensor
    candidates: int
    encoded: EncodedRows
    kept: Tensor
