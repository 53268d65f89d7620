import torch

from stages.bert4rec.batching.batch import tensors
from stages.bert4rec.examples import training_examples
from stages.bert4rec.network.repeat_scorer import RepeatScorer, describe
from stages.core.item_ids import UNK
from tests.worlds.small_model import seen

A, B, C = 10, 11, 12


def view(items, actions, sessions=None):
    return seen([items], [actions], [sessions or [0] * len(items)])


def asked(window):
    batch = tensors(window, training_examples.what_next(window))
    return batch, torch.ones(1, 1, window.items.shape[1], dtype=torch.bool)


def scores(window):
    batch, sees = asked(window)
    torch.manual_seed(0)
    repeats = RepeatScorer(8)
    width = window.items.shape[1]
    return repeats(torch.randn(1, 1, 8), torch.randn(1, width, 8), batch, describe(batch, sees))[
        0, 0
    ]


def test_at_the_start_the_newest_comes_first():
    result = scores(view([A, B, C, B], [2, 2, 1, 2]))
    by_item = {A: result[0], C: result[2], B: result[3]}
    assert result[1] == -torch.inf  # B stands again later
    assert sorted(by_item, key=by_item.get, reverse=True) == [B, C, A]


def test_an_unknown_vacancy_is_no_candidate():
    assert scores(view([A, UNK], [2, 2]))[1] == -torch.inf


def test_features_count_what_the_question_sees():
    batch, _ = asked(view([A, B, A, A], [2, 2, 3, 1], [0, 0, 1, 1]))
    sees = torch.tensor([[[True, True, True, False]]])
    features, newest = describe(batch, sees)
    assert newest.tolist() == [[[False, True, True, False]]]
    of_a = features[0, 0, 2].expm1().round(decimals=4).tolist()
    assert of_a[0] == 0  # nothing newer
    assert of_a[2:5] == [1, 1, 0]  # one view, one favourite; the response is not seen
    assert features[0, 0, 1, 0].expm1().round() == 1  # one vacancy is newer than B
    assert features[0, 0, 1, 1].expm1().round() == 2  # the asked session is two after B's
