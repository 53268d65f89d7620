"""The parts of a score stand in named columns; with the weights of training they add up to it."""

import torch

from stages.bert4rec.network import score_parts

START = torch.tensor([float(name in score_parts.START) for name in score_parts.PARTS])
FEATURES = score_parts.WIDTH - len(score_parts.NEW) - len(score_parts.OWN)


def cells(parts: torch.Tensor) -> dict[str, list[float]]:
    return {name: parts[..., score_parts.column(name)].tolist() for name in score_parts.PARTS}


def test_a_new_vacancy_has_a_vector_a_bias_a_demand_and_maybe_neighbours() -> None:
    vector, bias, demand, near = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    found = cells(score_parts.of_new(vector, bias, demand, near))
    assert found["vector"] == [1, 2]
    assert found["bias"] == [3, 4]
    assert found["demand"] == [5, 6]
    assert found["near"] == [7, 8]
    assert found["is_near"] == [1, 1]
    assert not any(any(found[name]) for name in score_parts.PARTS[len(score_parts.NEW) :])
    alone = cells(score_parts.of_new(vector, bias, demand))
    assert alone == found | {"near": [0, 0], "is_near": [0, 0]}


def test_a_vacancy_of_the_history_has_parts_of_its_own() -> None:
    vector, demand, repeat = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    features = torch.arange(2.0 * FEATURES).reshape(2, FEATURES)
    found = cells(score_parts.of_history(vector, demand, repeat, features))
    assert found["own_vector"] == [1, 2]
    assert found["own_demand"] == [3, 4]
    assert found["repeat"] == [5, 6]
    assert found["in_history"] == [1, 1]
    assert not any(any(found[name]) for name in score_parts.NEW)
    last = score_parts.PARTS[-FEATURES:]
    assert torch.tensor([found[name] for name in last]).T.tolist() == features.tolist()


def test_the_weights_of_training_add_the_parts_up() -> None:
    one, two, three, four = torch.rand(4, 5)
    new = score_parts.of_new(one, two, three, four)
    torch.testing.assert_close(new @ START, one + two + three + four)
    own = score_parts.of_history(one, two, three, torch.rand(5, FEATURES))
    torch.testing.assert_close(own @ START, one + two + three)
    assert not score_parts.nothing(one).any()
    assert score_parts.nothing(one).shape == new.shape
