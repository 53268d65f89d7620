"""Questions of a batch: some of them alone, weights, no neighbours."""

import numpy as np
import pytest
import torch

from stages.bert4rec.batching import batch
from stages.bert4rec.batching.batch import ASKED, EVENTS, Batch
from stages.bert4rec.examples import training_examples
from stages.bert4rec.examples.histories import window
from stages.bert4rec.retrieval.candidate_generation import no_one_near
from tests.worlds.small_model import TRAINED, make_histories


@pytest.fixture
def questions():
    view = window(make_histories([5, 9, 2]), np.arange(3), 8)
    return view, training_examples.every_event(view, np.random.default_rng(0), TRAINED)


def test_some_questions_keep_all_events(questions) -> None:
    made: Batch = batch.tensors(*questions)
    count = made.place.shape[1]
    for first, last in ((0, 2), (1, None), (count, None)):
        found = batch.narrowed(made, first, last)
        for name in ASKED:
            assert torch.equal(getattr(found, name), getattr(made, name)[:, first:last]), name
        for name in EVENTS:
            assert getattr(found, name) is getattr(made, name)
    whole = [batch.narrowed(made, 0, 2), batch.narrowed(made, 2)]
    for name in ASKED:
        assert torch.equal(torch.cat([getattr(one, name) for one in whole], 1), getattr(made, name))


def test_a_batch_without_neighbours_says_so_for_every_question(questions) -> None:
    _, asked = questions
    near = no_one_near(asked)
    assert near.items.shape == near.score.shape == (*asked.place.shape, 0)
    assert near.stale.tolist() == np.zeros(asked.place.shape).tolist()
    made = batch.tensors(*questions)
    assert made.near.shape == near.items.shape
