"""Metrics: sums over the steps, shown on the bar each step and on the tracker every few."""

from dataclasses import replace

from stages.train.callbacks.metrics import LOG_EVERY, Metrics
from stages.train.loop import Figures
from tests.worlds.small_task import make_task

STEP = Figures(
    step=1, total=20, loss=2.0, lr=0.1, norm=1.5, tokens=30, filled=40, positions=50, seconds=0.5
)


class Kept:
    """A tracker, and a bar, that keep what they are told."""

    def __init__(self):
        self.logged, self.bar, self.figures = {}, [], []

    def log(self, values, step):
        self.logged.setdefault(step, {}).update(values)

    def close(self): ...

    def progress(self, done, total, note="", **figures):
        self.bar.append((done, total, note))
        self.figures.append(figures)


def made(processes=1):
    kept = Kept()
    return kept, Metrics(make_task(), processes, kept, kept.progress)


def test_speed_and_padding_are_those_of_all_steps():
    _, metrics = made(processes=2)
    assert metrics.speed() is None
    for step in (1, 2):
        metrics.add(replace(STEP, step=step))
    assert metrics.speed() == 2 * 60 / 1.0  # both processes' tokens
    assert metrics.padding() == 0.2
    assert metrics.loss == 2.0


def test_before_the_first_step_padding_is_that_of_the_plan():
    _, metrics = made()
    assert 0 <= metrics.padding() < 1


def test_the_bar_moves_each_step_and_the_tracker_hears_some_and_each_epochs_end():
    kept, metrics = made()
    steps = range(1, 2 * LOG_EVERY + 1)
    for step in steps:
        metrics.show(replace(STEP, step=step), best=-1.0)
    assert [done for done, _, _ in kept.bar] == list(steps)
    due = {step for step in steps if not step % LOG_EVERY or not step % metrics.an_epoch}
    assert set(kept.logged) == due
    assert kept.logged[LOG_EVERY] == {"loss": 2.0, "lr": 0.1, "gradient_norm": 1.5}


def test_the_best_score_is_shown_once_there_is_one():
    kept, metrics = made()
    metrics.show(STEP, best=-1.0)
    metrics.show(STEP, best=0.25)
    assert [("best MRR 0.2500" in note) for _, _, note in kept.bar] == [False, True]
    told = {"loss": 2.0, "tokens_per_second": 0}
    assert kept.figures == [told, told | {"best_mrr_100": 0.25}]
    metrics.log_validation(3, 0.25, 9)
    assert kept.logged[9] == {"validation_mrr_100": 0.25, "epoch": 3}
