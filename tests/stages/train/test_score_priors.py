"""Where the counted parts of the score start: in the proportions of the log."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.bert4rec.network import popularity_prior, repeat_scorer
from stages.calibration.conditional_logit import probabilities
from stages.core.item_ids import FIRST_ITEM
from stages.train import score_priors
from tests.worlds.responses import ITEMS, TRAINED, asked_of, returning

OFFSETS = dict(
    zip(score_priors.BLOCKS, np.cumsum([0, *score_priors.BLOCKS.values()]), strict=False)
)


def masses(task, found):
    """Chance of each kind of candidate by the priors, and how often one was the answer."""
    choices, actions = score_priors._joined(list(score_priors._asked(task, 5)))
    assert set(actions.tolist()) == {1}
    weights = (found.demand, found.near[1], found.near_demand, found.repeats[1], found.own_demand)
    row = np.concatenate([[1.0], *weights])
    chance, _ = probabilities(choices, row)
    kinds = {"near": OFFSETS["near"] + 1, "own": OFFSETS["own_demand"] - 1}
    held = {name: choices.values[:, place] == 1 for name, place in kinds.items()}
    has_own = np.add.reduceat(held["own"], choices.starts[:-1]) > 0
    return {
        name: (
            float(np.add.reduceat(chance * there, choices.starts[:-1])[has_own].mean()),
            float(there[choices.chosen][has_own].mean()),
        )
        for name, there in held.items()
    }


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_old_vacancies_start_with_their_share_of_the_answers(share):
    task = returning(share)
    expected, met = masses(task, score_priors.priors(task, 5))["own"]
    assert share - 0.05 < met < share + 0.2 * (1 - share)  # some return by chance
    assert expected == pytest.approx(met, abs=0.02)


def test_where_people_return_to_what_they_responded_to_that_is_no_bar():
    back, away = (score_priors.priors(returning(share), 5).repeats[1] for share in (0.8, 0.02))
    counted = [repeat_scorer.NAMES.index(name) for name in ("responded", "responses")]
    assert back[[*counted, -1]].sum() > away[[*counted, -1]].sum() + 2


def test_popular_vacancies_start_above_others():
    """Draws by a share that falls with the id; nothing else tells vacancies apart."""
    generator = np.random.default_rng(0)
    chance = 1 / (1 + np.arange(ITEMS))
    rows = [
        (FIRST_ITEM + generator.choice(ITEMS, 8, replace=False, p=chance / chance.sum())).tolist()
        for _ in range(300)
    ]
    task = asked_of(rows, [list(range(8))] * 300)
    found = score_priors.priors(task, 5)
    last = torch.tensor(task.catalogue.demand.periods())
    items = torch.arange(FIRST_ITEM, TRAINED)
    described = popularity_prior.describe(items, last, last, task.catalogue.demand).double()
    scores = described @ torch.from_numpy(found.demand)
    assert scores[:4].mean() > scores[20:].mean() + 1


def test_neighbours_start_high_where_one_vacancy_leads_to_the_next():
    generator = np.random.default_rng(0)
    rows = [
        (FIRST_ITEM + (start + np.arange(6)) % ITEMS).tolist()
        for start in generator.integers(0, ITEMS, 300)
    ]
    task = asked_of(rows, [list(range(6))] * 300)
    expected, met = masses(task, score_priors.priors(task, 5))["near"]
    assert met > 0.7
    assert expected == pytest.approx(met, abs=0.1)


def test_without_histories_newer_is_better_and_neighbours_are_as_near_as_they_are():
    task = asked_of([[5, 6]])
    found = score_priors.priors(replace(task, rows=np.zeros(0, dtype=int)), 1)
    assert found.repeats[:, 0].tolist() == [-1.0] * 4
    assert found.near.tolist() == [[1.0, 0.0]] * 4
    assert not found.repeats[:, 1:].any()
    assert not found.demand.any()


def test_equal_seeds_give_equal_starts_for_every_objective():
    for objective in ("prefix", "causal", "mlm"):
        task = returning(0.3, users=20)
        task = replace(task, settings=task.settings.model_copy(update={"objective": objective}))
        one, other = score_priors.priors(task, 3), score_priors.priors(task, 3)
        assert (one.repeats == other.repeats).all()
        assert np.isfinite(one.repeats).all()
        assert np.isfinite(one.demand).all()
