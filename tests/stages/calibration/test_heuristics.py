import numpy as np

from stages.calibration import heuristics
from stages.calibration.heuristics import ABSENT, CHEAP, DEAR, lags
from stages.seen_policy.choice import KEEP
from tests.worlds.baseline_world import PARAMS, VOCAB, Event, recommend, rows_of, train_of

TRAIN = [
    [Event(3, 1, 0, 1), Event(4, 1, 0, 2), Event(5, 1, 1, 3)],
    [Event(3, 1, 0, 90), Event(4, 2, 0, 91), Event(6, 1, 1, 92)],
    [Event(7, 1, 0, 93), Event(4, 1, 0, 94)],
]
CONTEXTS = [[Event(3, 1, 0, 50)], [], [Event(7, 2, 0, 95), Event(4, 1, 1, 96)]]


def learned(names=CHEAP + DEAR):
    return heuristics.learn(names, train=train_of(TRAIN), vocab=VOCAB, params=PARAMS)


def test_ranks_are_places_in_the_lists_of_the_baselines():
    ranks = learned().ranks(rows_of(CONTEXTS))
    lists = recommend("popular", CONTEXTS, train=TRAIN, seen=KEEP)
    column = heuristics.CHEAP.index("popular")
    for row, found in enumerate(lists):
        rows = np.full(len(found), row)
        assert ranks.of(rows, np.array(found))[:, column].tolist() == list(range(1, len(found) + 1))


def test_what_no_list_holds_is_absent():
    ranks = learned(("item_knn",)).ranks(rows_of(CONTEXTS))
    assert ranks.of(np.array([0, 1]), np.array([12, 3])).tolist() == [[ABSENT], [ABSENT]]


def test_pairs_are_all_that_the_lists_hold():
    ranks = learned(("item_knn", "als")).ranks(rows_of(CONTEXTS))
    owner, items = ranks.pairs(np.array([2, 1, 0]))
    assert set(owner.tolist()) == {0, 2}  # row 1 has no context
    told = ranks.of(np.array([2, 1, 0])[owner], items)
    assert (told.min(axis=1) < ABSENT).all()


def test_no_rows_and_no_recommenders_have_ranks_of_the_right_shape():
    assert learned().ranks(rows_of([])).of(np.zeros(0, int), np.zeros(0, int)).shape == (0, 4)
    assert learned(()).ranks(rows_of(CONTEXTS)).of(np.array([0]), np.array([3])).shape == (1, 0)


def test_the_dear_ones_are_learned_only_where_the_log_can_afford_them(monkeypatch):
    assert heuristics.affordable(train_of(TRAIN)) == CHEAP + DEAR
    monkeypatch.setattr(heuristics, "MOST_EVENTS", 7)
    assert heuristics.affordable(train_of(TRAIN)) == CHEAP


def test_a_question_is_late_by_the_time_since_the_last_train_event():
    end = learned(()).end
    assert lags(np.array([end - 5, end, end + 7, -1]), end).tolist() == [0, 0, 7, 0]
