"""The end of an epoch: whether validation is broken off by a signal, and what is known then."""

import os
import signal

import pytest
import torch

from stages.params import SeenParams
from stages.train.callbacks import Watch
from stages.train.checkpointing import State
from stages.train.validation import Scored
from tests.worlds.small_training import params

EPOCH = 5  # steps


class Processes:
    """An accelerator of so many processes, of which another one was signalled or not."""

    device = torch.device("cpu")

    def __init__(self, count, other):
        self.num_processes, self.other = count, other

    def reduce(self, mine):
        return mine + float(self.other)


class Stand:
    """The training, its validation rows, checkpoints and metrics; ranking is sent a signal."""

    model, task = torch.nn.Linear(1, 1), type("Task", (), {"catalogue": None})
    params = params(epochs=3)

    def __init__(self, processes, *, signalled):
        self.accelerator, self.signalled = processes, signalled
        self.saved, self.marked, self.ranked = [], [], False

    def __len__(self):
        return 4

    def steps_per_epoch(self):
        return EPOCH

    def best_way(self, *_):
        if self.signalled:
            os.kill(os.getpid(), signal.SIGTERM)
        self.accelerator.other = not self.signalled  # heard of where there are several
        self.ranked = True
        return Scored(0.5, "session", SeenParams())

    def save(self, state):
        self.saved.append(state)

    def mark(self, state):
        self.marked.append(state)

    def keep_best(self, *_): ...

    def log_validation(self, *_): ...


def end_epoch(count, *, signalled):
    stand = Stand(Processes(count, other=False), signalled=signalled)
    watch = Watch(stand, stand, stand, stand, State(EPOCH, -1.0, 0, "f"))
    with watch.signals.listening():
        goes_on = watch.end_epoch()
    return stand, watch, goes_on


def test_a_signal_breaks_off_the_validation_of_one_process():
    stand, watch, goes_on = end_epoch(1, signalled=True)
    assert not goes_on
    assert not stand.ranked
    assert watch.interrupted
    assert watch.state.pending  # going on begins with it
    assert stand.saved == [watch.state]
    assert stand.marked == []


@pytest.mark.parametrize("signalled", [True, False], ids=["here", "elsewhere"])
def test_several_processes_end_their_validation_before_they_heed_a_signal(signalled):
    """One that broke off would leave the others waiting for its lists."""
    stand, watch, goes_on = end_epoch(2, signalled=signalled)
    assert not goes_on
    assert stand.ranked
    assert watch.interrupted
    assert (watch.state.best, watch.state.pending) == (0.5, False)
    assert stand.marked == [watch.state]


def test_without_a_signal_training_goes_on():
    stand, watch, goes_on = end_epoch(1, signalled=False)
    assert goes_on
    assert stand.ranked
    assert not watch.interrupted
