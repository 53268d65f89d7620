"""Bytes that later stages write: formulas, of which each stands for the files of one artifact."""

from dataclasses import dataclass

from stages.calibration.heuristics import MOST_EVENTS, MOST_FACTORS
from stages.core.item_ids import FIRST_ITEM
from stages.train.dataset_stats import DatasetStats
from stages.train.memory_model import FLOAT, optimizer_bytes

STEPS_KEPT = 2  # checkpoints that stay beside the best model
EVENT = 25  # bytes of an event in the trainer's store: item, action, time, session, rank, met
PERSON = 16
METRICS = 330_000  # of two parts with eight baselines: their size hardly depends on the log
PAGE = 450_000  # of the report, likewise
FACTS = 500  # bytes of a vacancy in a bundle: fields, names, codes, words, demand
FOLLOWED = 56  # of an event there: pairs that follow each other, times of trending ones
PAIRED = 96  # of an event: neighbours of item-kNN, where a log is small enough to learn it
FACTORS = 600  # of a trained vacancy: its ALS factors, likewise


@dataclass(frozen=True)
class ModelSize:
    """Bytes of a model.

    Attributes:
        weights: Of all weights, in fp32.
        optimizer: Of the optimiser's state.
        names: Of the trained vocabulary beside it.
    """

    weights: int
    optimizer: int
    names: int

    @property
    def model(self) -> int:
        """Of the model's directory."""
        return self.weights + self.names

    def checkpoints(self, events: float, people: float) -> float:
        """Of the checkpoints that a finished training leaves, with its store of events."""
        kept = STEPS_KEPT * (self.weights + self.optimizer) + self.weights
        return kept + EVENT * events + PERSON * people


def model_size(parameters: dict[str, int], found: DatasetStats, vocab_bytes: float) -> ModelSize:
    """Count a model's bytes from its weights by part."""
    every = sum(parameters.values())
    body = every - parameters["item table"]
    share = found.trained / max(found.vacancies, 1)
    return ModelSize(
        FLOAT * every, optimizer_bytes(found.trained + FIRST_ITEM, body), round(vocab_bytes * share)
    )


def bundle(model: ModelSize, found: DatasetStats, hidden_size: int, events: float) -> float:
    """Of a bundle: the model, vectors and facts of all vacancies, and what plain recommenders learnt."""
    facts = found.vacancies * (FLOAT * (hidden_size + 2) + FACTS)
    small = events <= MOST_EVENTS and len(found.lengths) + found.trained <= MOST_FACTORS
    learnt = events * (FOLLOWED + PAIRED * small) + found.trained * FACTORS * small
    return model.model + facts + learnt


def predictions(rows: float, k: int, vacancies: int, id_bytes: float, key_bytes: float) -> float:
    """Of one predictions file."""
    return rows * (min(k, vacancies) * id_bytes + key_bytes)
