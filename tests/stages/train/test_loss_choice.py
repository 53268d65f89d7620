"""The loss over all trained items is taken where it is asked for, or where `auto` finds few."""

import pytest

from stages.params import TrainParams
from stages.train.loss_choice import FULL_UNTIL, loss_name, takes_all


@pytest.mark.parametrize(
    ("loss", "trained", "name"),
    [
        ("auto", FULL_UNTIL, "full"),
        ("auto", FULL_UNTIL + 1, "sampled"),
        ("full", 10**7, "full"),
        ("sampled", 1, "sampled"),
        ("gbce", 1, "gbce"),
    ],
)
def test_which_loss_it_is(loss, trained, name):
    settings = TrainParams(loss=loss)
    assert loss_name(settings, trained) == name
    assert takes_all(settings, trained) is (name == "full")
