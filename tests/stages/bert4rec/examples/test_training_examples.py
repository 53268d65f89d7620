"""Weights of questions."""

from dataclasses import fields

import numpy as np

from stages.bert4rec.examples import training_examples
from stages.bert4rec.examples.histories import window
from stages.bert4rec.examples.training_examples import Questions
from tests.worlds.small_model import TRAINED, make_histories


def test_a_weight_scales_questions_and_changes_nothing_else() -> None:
    view = window(make_histories([5, 9, 2]), np.arange(3), 8)
    asked = training_examples.every_event(view, np.random.default_rng(0), TRAINED)
    assert asked.weight.any()
    found = training_examples.weighted(asked, 0.25)
    assert found.weight.dtype == asked.weight.dtype
    assert found.weight.tolist() == (asked.weight / 4).tolist()
    for field in fields(Questions):
        if field.name != "weight":
            assert getattr(found, field.name) is getattr(asked, field.name)
