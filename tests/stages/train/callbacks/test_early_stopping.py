"""Early stopping counts the epochs since the best one, and never forgets that it was the last."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stages.train.callbacks.early_stopping import after_epoch
from stages.train.checkpointing import State

NEW = State(0, -1.0, 0, "print")


def after(scores, patience):
    """States after each epoch, ten steps long, until one is done."""
    state, states = NEW, []
    for number, score in enumerate(scores, start=1):
        state = after_epoch(replace(state, step=10 * number), score, patience)
        states.append(state)
        if state.done:
            break
    return states


def test_two_epochs_without_a_better_score_are_enough_for_a_patience_of_two():
    states = after([0.1, 0.3, 0.2, 0.3, 0.9], patience=2)
    assert [state.waited for state in states] == [0, 0, 1, 2]  # an equal score is no better one
    assert [state.done for state in states] == [False, False, False, True]
    assert (states[-1].best, states[-1].best_step) == (0.3, 20)


def test_no_patience_never_stops():
    assert not any(state.done for state in after([0.3, *[0.1] * 50], patience=0))


def test_the_last_epoch_stays_the_last():
    assert after_epoch(replace(NEW, done=True), 0.5, 3).done


@given(st.lists(st.floats(0, 1), min_size=1), st.integers(0, 5))
def test_the_best_is_the_first_of_the_highest(scores, patience):
    states = after(scores, patience)
    told = scores[: len(states)]
    assert states[-1].best == max(told)
    assert states[-1].best_step == 10 * (told.index(max(told)) + 1)
    assert states[-1].waited == len(told) - 1 - told.index(max(told))
