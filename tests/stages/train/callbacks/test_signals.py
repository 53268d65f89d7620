"""A signal is noted while a training listens, and does afterwards what it did before."""

import os
import signal
import threading

import pytest
import torch
from accelerate import Accelerator

from stages.train.callbacks.signals import Signals, in_any_process


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_the_old_handler_comes_back(kind):
    before, signals = signal.getsignal(kind), Signals()
    with signals.listening():
        assert not signals.name
        os.kill(os.getpid(), kind)
        assert signals.name == kind.name
    assert signal.getsignal(kind) is before


def test_the_old_handler_comes_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), Signals().listening():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_that_cannot_listen_trains_all_the_same():
    entered = []

    def train():
        with Signals().listening():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGTERM)]


class Two:
    """An accelerator of two processes, of which the other one raises `flag`."""

    num_processes, device = 2, torch.device("cpu")

    def __init__(self, flag):
        self.flag = flag

    def reduce(self, mine):
        return mine + float(self.flag)


@pytest.mark.parametrize("mine", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_a_flag_in_one_process_is_up_in_all(mine, other):
    assert in_any_process(mine, Two(other)) is (mine or other)
    assert in_any_process(mine, Accelerator(cpu=True)) is mine
