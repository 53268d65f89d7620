"""The way of asking is chosen by the score, and is an argument: no model is changed for a try."""

import weakref
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.params import SeenParams, validated
from stages.train import validation
from stages.train.validation import Scored, Validation
from tests.worlds.small_model import make_model
from tests.worlds.small_training import fit, params


def made(**settings):
    params = validated({"train": settings}, where="test")
    return Validation(params, pl.DataFrame(), (), None, np.zeros(0), 0, None)


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ({"session": 0.1, "event": 0.2}, "event"),
        ({"session": 0.2, "event": 0.1}, "session"),
        ({"session": 0.2, "event": 0.2}, "session"),  # the first of equals
    ],
)
def test_the_way_that_ranks_best_is_taken(monkeypatch, scores, best):
    def ranked(self, model, catalogue, accelerator, *, asks):  # noqa: ARG001
        return Scored(scores[asks], asks, SeenParams())

    monkeypatch.setattr(Validation, "ranked", ranked)
    model = make_model("prefix")
    before = model.config.to_dict()
    assert made().best_way(model, None, None).asks == best
    assert made(asks="event").best_way(model, None, None).asks == "event"
    assert made(objective="mlm").best_way(model, None, None).asks == "session"
    assert model.config.to_dict() == before


def test_vectors_of_the_catalogue_are_gone_before_the_calibration_is_fitted(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: weakref.WeakSet[object] = weakref.WeakSet()
    ranker, fitted, seen = Validation.ranker, validation.fitted, []

    def noted(*given, **named):
        found = ranker(*given, **named)
        alive.add(found)
        return found

    def counted(*given, **named):
        seen.append(len(alive))
        return fitted(*given, **named)

    monkeypatch.setattr(Validation, "ranker", noted)
    monkeypatch.setattr(validation, "fitted", counted)
    fit(small_artifacts, tmp_path, params(epochs=1))
    assert seen == [0]
