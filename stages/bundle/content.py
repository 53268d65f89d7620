"""All that an answer needs, in memory or mapped from files."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.bert4rec.network.fixed_tower import FixedTower, special_vectors
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.item_vectors import item_matrix
from stages.bert4rec.ranking.ranker import Ranker
from stages.bundle.vacancy_ids import VacancyIds
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import Heuristics
from stages.params import Params
from stages.predict.eligibility import Activity
from stages.predict.loaded_model import LoadedModel

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Content:
    """A model with its vacancies, their vectors, and recommenders that have been learned.

    Attributes:
        loaded: The model.
        params: Those it was made with.
        ids: Item ids by vacancy id.
        known: Reads what is known of vacancies, by item; None without a catalogue.
        matrix: Their vectors.
        tower: The same, with biases and with those of the special ids.
        learned: The recommenders that the calibration asks; None without one.
        info: Where it comes from.
        withdrawn: Item ids of vacancies that are not recommended any more, (W,).
        lock: Held while the ranker ranks.
    """

    loaded: LoadedModel
    params: Params
    ids: VacancyIds
    known: Callable[[], pl.DataFrame | None]
    matrix: ItemMatrix
    tower: FixedTower
    learned: Heuristics | None
    info: Mapping[str, Any]
    withdrawn: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def facts(self) -> pl.DataFrame | None:
        """What is known of vacancies, by item, read when it is first asked for."""
        return self.known()

    @cached_property
    def ranker(self) -> Ranker:
        """Ranks many rows at once; to be used under the lock, for it remembers its moment."""
        return self.loaded.ranker(self.params, matrix=self.matrix)

    @cached_property
    def lengths(self) -> Floats:
        """Length of each vector, (C,)."""
        found: Floats = self.matrix.exact[: len(self.matrix), :-2].norm(dim=1).numpy()
        return found

    @cached_property
    def met(self) -> Activity:
        """On which days vacancies were met in train."""
        return self.loaded.activity(self.params)


def computed(
    loaded: LoadedModel, params: Params, facts: pl.DataFrame | None, info: Mapping[str, Any]
) -> Content:
    """Compute and learn all that is not in files."""
    matrix = item_matrix(loaded.network, loaded.catalogue).measured(half=False)
    biases = matrix.exact[: len(matrix), -2].clone()
    tower = FixedTower(matrix.exact, biases, *special_vectors(loaded.network, loaded.catalogue))
    ids = VacancyIds.of(loaded.names["vacancy_id"])
    return Content(loaded, params, ids, lambda: facts, matrix, tower, loaded.learned(params), info)
