"""What a search chooses from, as it is typed."""

import pytest

from stages.interface.errors import HhrecError, UsageError
from stages.params import Params
from stages.tune.space import DEFAULT, Axis, laid_over, parsed


def test_ranges_and_choices() -> None:
    lr, layers, loss, dropout = parsed([
        "train.lr=0.001..0.1:log", "train.layers=1..3", "train.loss=full,gbce", "train.dropout=0.1,null",
    ])  # fmt: skip
    assert lr == Axis("train.lr", 0.001, 0.1, log=True)
    assert layers.whole()
    assert not lr.whole()
    assert loss.choices == ("full", "gbce")
    assert dropout.choices == (0.1, None)


@pytest.mark.parametrize(
    "text",
    [
        "lr=0.1..0.2", "predict.k=1..2", "train.rate=1..2", "train.lr", "train.lr=2..1",
        "train.lr=0..1:log", "train.lr=a..b", "train.lr=.nan..1", "train.lr=0..inf", "train.lr=0...inf",
        "train.loss=[a],b", "train.priors=true..false",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed([text])
    assert "--space" in caught.value.message
    assert caught.value.hint


def test_a_parameter_has_one_range() -> None:
    with pytest.raises(UsageError, match=r"train\.lr: stands twice"):
        parsed(["train.lr=0.1..0.2", "train.lr=1,2"])


def test_the_default_space_is_of_parameters_there_are() -> None:
    chosen = {
        axis.name: axis.low if not axis.choices else axis.choices[0] for axis in parsed(DEFAULT)
    }
    laid = laid_over(Params(), chosen, "here")
    assert (laid.train.lr, laid.train.layers) == (0.0003, 1)
    assert laid.model_dump(exclude={"train"}) == Params().model_dump(exclude={"train"})
    with pytest.raises(HhrecError, match=r"trial 3: 1 bad parameter"):
        laid_over(Params(), {"train.heads": 3}, "trial 3")
