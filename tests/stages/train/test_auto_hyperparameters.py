"""What parameters leave to the size of the log is chosen once, by what a step sees."""

import pytest

from stages.train.auto_hyperparameters import sized
from tests.worlds.small_training import params


def free(**values):
    return params(**{"batch_tokens": 0, "lr": 0.0, "epochs": 0, "dropout": None, **values})


def test_two_processes_are_sized_like_one_that_adds_up_two_batches():
    for events in (3_000, 60_000, 5_000_000):
        alone = sized(free(accumulation=2), events).train.model_dump(exclude={"accumulation"})
        paired = sized(free(), events, processes=2).train.model_dump(exclude={"accumulation"})
        assert alone == paired
        assert paired["lr"] > sized(free(), events).train.lr


def test_an_epoch_has_about_a_hundred_steps_and_small_logs_pass_more_often():
    for events in (100_000, 400_000, 1_500_000):
        tokens = sized(free(), events).train.batch_tokens
        assert events / tokens == pytest.approx(96, rel=0.5)
    small, large = (sized(free(), events).train for events in (20_000, 400_000))
    assert small.epochs > large.epochs
    assert small.dropout > large.dropout


def test_a_step_that_asks_for_fewer_positions_learns_at_a_lower_rate():
    whole, masked, none = (
        sized(free(**values), 400_000).train.lr
        for values in (
            {"objective": "causal"},
            {"objective": "mlm", "mask_prob": 0.25},
            {"objective": "mlm", "mask_prob": 0.0},
        )
    )
    assert masked == pytest.approx(whole / 2, rel=1e-4)
    assert 0 < none < masked


def test_the_tables_learn_alike_however_few_positions_a_step_asks_for():
    few, many = (
        sized(free(objective="mlm", mask_prob=share), 400_000).train for share in (0.1, 0.4)
    )
    assert few.lr * few.id_lr == pytest.approx(many.lr * many.id_lr, rel=1e-2)
    assert sized(free(objective="causal"), 400_000).train.id_lr == 3.0


def test_a_masked_model_sees_its_histories_more_often_with_less_dropout():
    masked, prefix = (sized(free(objective=o), 50_000).train for o in ("mlm", "prefix"))
    assert masked.epochs > prefix.epochs
    assert masked.dropout < prefix.dropout
    assert masked.id_lr > prefix.id_lr


def test_what_is_given_stays():
    given = free(batch_tokens=700, lr=0.5, id_lr=2.0, epochs=2, dropout=0.0, id_dropout=0.0)
    assert sized(given, 1_000_000, processes=4).train == given.train
