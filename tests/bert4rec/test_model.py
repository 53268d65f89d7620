from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.bert4rec import masking, questions
from stages.bert4rec.batch import tensors
from stages.bert4rec.histories import window
from stages.bert4rec.loss import all_items
from stages.bert4rec.tokens import FIRST_ITEM
from tests.bert4rec.conftest import TRAINED, make_histories, make_model

ROWS = np.array([0, 2, 3])


def batch_of(objective: str, histories):
    view = window(histories, ROWS, 16)
    if objective == "mlm":
        hidden = masking.masks(view, np.random.default_rng(0), 0.3, 0.2)
        return tensors(view, masking.masked_places(view, hidden), hidden)
    ahead = questions.next_sessions(view, np.random.default_rng(0), 4)
    asked = questions.joined(questions.every_event(view), ahead)
    return tensors(view, asked, fresh=view.items.shape[1])


@pytest.mark.parametrize("backbone", ["bert", "distilbert", "modernbert"])
@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_every_backbone_learns_its_questions(objective, backbone, histories, catalogue):
    if backbone == "modernbert" and objective == "prefix":
        pytest.skip("params refuse modernbert with prefix")
    model = make_model(objective, backbone).train()
    batch = batch_of(objective, histories)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        loss = model(batch, catalogue, all_items(TRAINED, torch.device("cpu")))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize("objective", ["prefix", "causal"])
@pytest.mark.parametrize("backbone", ["bert", "distilbert"])
def test_no_question_sees_its_own_event_or_a_later_one(objective, backbone, catalogue):
    """Perturb everything from place t on: answers to questions at places <= t stay put."""
    histories = make_histories([9])
    view = window(histories, np.array([0]), 16)
    model = make_model(objective, backbone)

    def answers(view):
        ahead = questions.next_sessions(view, np.random.default_rng(5), 4)
        asked = tensors(view, questions.joined(questions.every_event(view), ahead))
        with torch.no_grad():
            states, history = model.answers(asked, catalogue)
        return asked, states, history

    before, states, history = answers(view)
    for place in range(9):
        items = view.items.copy()
        items[0, place:] = FIRST_ITEM + (items[0, place:] + 7) % 25
        _, changed, changed_history = answers(replace(view, items=items))
        old = (before.place[0] <= place).nonzero()[:, 0]
        torch.testing.assert_close(states[0, old], changed[0, old])
        torch.testing.assert_close(history[0, old, :place], changed_history[0, old, :place])
        assert (changed_history[0, old, place:] == -torch.inf).all()


def test_mlm_does_not_see_what_it_hides(catalogue):
    histories = make_histories([9])
    view = window(histories, np.array([0]), 16)
    hidden = np.zeros((1, 9), dtype=bool)
    hidden[0, 4] = True
    model = make_model("mlm")

    def state(view):
        asked = tensors(view, masking.masked_places(view, hidden), hidden)
        return model.answers(asked, catalogue)[0].detach()

    items = view.items.copy()
    items[0, 4] = FIRST_ITEM + 11
    assert torch.equal(state(view), state(replace(view, items=items)))


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_padding_changes_no_answer(objective, histories, catalogue):
    model = make_model(objective)
    alone = window(histories, np.array([0]), 16)
    together = window(histories, np.array([0, 2]), 16)  # row 0 is padded from 5 to 12 events
    one = model.answers(_ask(alone, objective), catalogue)[0][0]
    two = model.answers(_ask(together, objective), catalogue)[0][0]
    torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


def _ask(view, objective):
    from stages.bert4rec.ranking import question

    return question(view, objective)


def test_content_alone_gives_a_cold_vacancy_its_place(catalogue):
    model = make_model("prefix")
    cold = torch.tensor([FIRST_ITEM + TRAINED + 3])
    before, _ = model.tower(cold, catalogue)
    codes = catalogue.codes.clone()
    codes[cold] += 1
    codes %= 5
    after, _ = model.tower(cold, replace(catalogue, codes=codes))
    assert not torch.allclose(before, after)


@pytest.mark.parametrize("backbone", ["bert", "distilbert", "modernbert"])
def test_auto_model_reads_what_we_write(backbone, tmp_path, histories, catalogue):
    from transformers import AutoModel

    model = make_model("mlm", backbone)
    model.save_pretrained(tmp_path)
    read = AutoModel.from_pretrained(tmp_path).eval()
    batch = batch_of("mlm", histories)
    torch.testing.assert_close(model.answers(batch, catalogue), read.answers(batch, catalogue))
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, read.state_dict()[name]), name
