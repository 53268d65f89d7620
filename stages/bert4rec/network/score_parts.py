"""The named parts that a candidate's score is the sum of, for a calibration to weight anew."""

import torch
from torch import Tensor

from stages.bert4rec.network import repeat_scorer

NEW = ("vector", "bias", "demand", "near", "is_near")
OWN = ("own_vector", "own_demand", "repeat", "in_history")
PARTS = (*NEW, *OWN, *repeat_scorer.NAMES)
START = {"vector", "bias", "demand", "near", "own_vector", "own_demand", "repeat"}  # weight 1
WIDTH = len(PARTS)


def column(name: str) -> int:
    """Place of a part."""
    return PARTS.index(name)


def of_history(by_vector: Tensor, demand: Tensor, repeat: Tensor, features: Tensor) -> Tensor:
    """Parts of vacancies of the history: (...) each and features (..., 10) -> (..., F)."""
    none = torch.zeros_like(by_vector)
    new = [none] * len(NEW)
    own = [by_vector, demand.expand_as(by_vector), repeat, torch.ones_like(by_vector)]
    return torch.cat([torch.stack([*new, *own], -1), features], -1)


def of_new(by_vector: Tensor, bias: Tensor, demand: Tensor, near: Tensor | None = None) -> Tensor:
    """Parts of vacancies that the history does not hold, neighbours or not: (...) -> (..., F)."""
    none = torch.zeros_like(by_vector)
    said = [none, none] if near is None else [near, torch.ones_like(near)]
    new = torch.stack(
        [by_vector, bias.expand_as(by_vector), demand.expand_as(by_vector), *said], -1
    )
    return torch.nn.functional.pad(new, (0, WIDTH - len(NEW)))


def nothing(like: Tensor) -> Tensor:
    """Parts of places that are no candidates: (...) -> (..., F) zeros."""
    return like.new_zeros(*like.shape, WIDTH)
