import numpy as np
import pytest

from stages.bert4rec.repeat_prior import repeat_prior
from stages.bert4rec.repeats import NAMES
from stages.bert4rec.tokens import FIRST_ITEM
from tests.bert4rec.conftest import told

TRAINED = FIRST_ITEM + 40


def log(returns: float, users: int = 300, length: int = 8, seed: int = 0):
    """Histories of one response a session; `returns` of them are of the vacancy before."""
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(users):
        row = [int(generator.integers(FIRST_ITEM, TRAINED))]
        while len(row) < length:
            again = generator.random() < returns
            row.append(row[-1] if again else int(generator.integers(FIRST_ITEM, TRAINED)))
        rows.append(row)
    sessions = [list(range(length))] * users
    return told(rows, [[1] * length] * users, sessions)


@pytest.mark.parametrize("returns", [0.1, 0.5, 0.9])
def test_the_start_gives_the_vacancy_before_its_share_of_the_log(returns):
    histories = log(returns)
    prior = repeat_prior(histories, np.arange(300), TRAINED, 1)
    features = np.zeros(len(NAMES))  # the newest vacancy, responded to once, one session ago
    for name, value in {
        "session_distance": np.log(2),
        "responses": np.log(2),
        "responded": 1,
    }.items():
        features[NAMES.index(name)] = value
    score = prior.weights[1] @ features + prior.base[1]
    assert np.exp(score) / (1 + np.exp(score)) == pytest.approx(returns, abs=0.12)


def test_where_people_return_to_what_they_responded_to_that_is_no_bar():
    back, away = (repeat_prior(log(share), np.arange(300), TRAINED, 1) for share in (0.8, 0.02))
    responded = NAMES.index("responded"), NAMES.index("responses")
    assert sum(back.weights[1, list(responded)]) > sum(away.weights[1, list(responded)])


def test_without_histories_newer_is_better_and_nothing_else_is_known():
    prior = repeat_prior(told([[5, 6]]), np.zeros(0, dtype=int), TRAINED, 1)
    assert prior.weights[:, 0].tolist() == [-1.0] * 4
    assert not prior.weights[:, 1:].any()
    assert not prior.base.any()
