from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from stages.bert4rec.batching.batch import tensors
from stages.bert4rec.examples import masking, training_examples
from stages.bert4rec.examples.histories import Histories, meetings, window
from stages.bert4rec.network import score_parts, sequence_encoder
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.question import question
from stages.bert4rec.retrieval.candidate_generation import near
from stages.bert4rec.retrieval.line_sums import held
from stages.bert4rec.retrieval.negative_sampling import all_items
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.train import parameter_groups
from tests.worlds.small_model import TRAINED, make_histories, make_model, told

ROWS = np.array([0, 2, 3])
HIDING = {"mask_prob": 0.3, "weights": (1.0, 1.0, 2.0), "trained": FIRST_ITEM + TRAINED}


def batch_of(objective: str, histories, catalogue, *, close: bool = True):
    view, generator = window(histories, ROWS, 16), np.random.default_rng(0)
    if objective == "mlm":
        made = masking.hide(view, generator, **HIDING)
        asked = training_examples.joined(made.fresh, made.late)
        return tensors(made.view, asked, made.hidden, fresh=made.fresh.place.shape[1])
    fresh = training_examples.every_event(view, generator, FIRST_ITEM + TRAINED)
    ahead = training_examples.next_sessions(view, generator, 4, FIRST_ITEM + TRAINED)
    asked = training_examples.joined(fresh, ahead)
    whole = held(histories, ROWS, len(catalogue))
    found = near(catalogue.neighbours, view, whole, asked, 5) if close else None
    return tensors(view, asked, near=found, fresh=fresh.place.shape[1])


@pytest.mark.parametrize("backbone", ["bert", "distilbert", "modernbert"])
@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_every_backbone_learns_its_questions(objective, backbone, histories, catalogue):
    if backbone == "modernbert" and objective == "prefix":
        pytest.skip("params refuse modernbert with prefix")
    model = make_model(objective, backbone).train()
    batch = batch_of(objective, histories, catalogue)
    optimizers = parameter_groups.optimizers(model, 0.01, 0.0)
    losses = []
    for _ in range(30):
        loss = model(batch, catalogue, all_items(TRAINED, torch.device("cpu")))
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize(
    ("objective", "backbone"),
    [
        ("prefix", "bert"),
        ("prefix", "distilbert"),
        ("causal", "bert"),
        ("causal", "distilbert"),
        ("causal", "modernbert"),
    ],
)
def test_no_question_sees_its_own_event_or_a_later_one(objective, backbone, catalogue):
    """Perturb everything from place t on: answers to questions at places <= t stay put.

    Neighbours too: they are asked for as at prediction, where no answer is known, and are found
    anew in the changed history.
    """
    length, model = 9, make_model(objective, backbone)
    torch.nn.init.normal_(model.nearby.second.weight)
    whole = with_items(make_histories([length]))
    before, states, own, logits = asked_everywhere(model, whole, catalogue)
    assert before.near.count_nonzero() > 20
    for place in range(length):
        items = whole.items.copy()
        items[place:] = FIRST_ITEM + (items[place:] + 7) % 25
        changed = replace(
            with_items(whole, items),
            actions=np.where(np.arange(length) < place, whole.actions, 3 - whole.actions),
            times=np.where(np.arange(length) < place, whole.times, whole.times + 10**10),
        )
        _, new_states, new_own, new_logits = asked_everywhere(model, changed, catalogue)
        old = (before.place[0] <= place).nonzero()[:, 0]
        assert torch.equal(own[0, old, length:], new_own[0, old, length:])
        torch.testing.assert_close(states[0, old], new_states[0, old])
        torch.testing.assert_close(logits[0, old, :place], new_logits[0, old, :place])
        torch.testing.assert_close(logits[0, old, length:], new_logits[0, old, length:])
        assert (new_logits[0, old, place:length] == -torch.inf).all()


def with_items(histories: Histories, items: np.ndarray | None = None) -> Histories:
    """Replace the items, and what follows from them; all of one session if none are given."""
    if items is None:
        items = histories.items
        histories = replace(histories, sessions=np.zeros_like(histories.sessions))
    ranks, met = meetings(items, histories.offsets)
    return replace(histories, items=items, ranks=ranks, met=met)


def asked_everywhere(model, histories, catalogue):
    """Ask at every place for a response, as at prediction: the batch, states, own candidates."""
    view, length = window(histories, np.array([0]), 16), len(histories.items)
    place = np.arange(length + 1)[None]
    zeros = np.zeros_like(place)
    asked = training_examples.Questions(
        place,
        zeros + 1,
        zeros,
        zeros + 1,
        zeros,
        np.ones(place.shape, np.float32),
        zeros,
        zeros - 1,
    )
    whole = held(histories, np.array([0]), len(catalogue))
    batch = tensors(view, asked, near=near(catalogue.neighbours, view, whole, asked, 5))
    with torch.no_grad():
        return batch, *model.answers(batch, catalogue)[:3]


def test_mlm_does_not_see_what_it_hides(catalogue):
    histories = make_histories([9])
    view = window(histories, np.array([0]), 16)
    hidden = np.zeros((1, 9), dtype=bool)
    hidden[0, 4] = True
    model = make_model("mlm")

    def state(view):
        asked = tensors(view, masking.masked_places(view, hidden, FIRST_ITEM + TRAINED), hidden)
        return model.answers(asked, catalogue)[0].detach()

    items = view.items.copy()
    items[0, 4] = FIRST_ITEM + 11
    assert torch.equal(state(view), state(replace(view, items=items)))


def test_a_prefix_question_starts_as_the_event_before_it(catalogue):
    view = window(told([[7, 8, 9]]), np.array([0]), 16)
    model = make_model("prefix")
    shown = []
    model.streams.previous.register_forward_hook(
        lambda _, given, made: shown.append((given[0], made))
    )
    every = training_examples.every_event(view, np.random.default_rng(0), FIRST_ITEM + TRAINED)
    batch = tensors(view, every)
    with torch.no_grad():
        model.answers(batch, catalogue)
        vectors, _ = model.tower(batch.items[0], catalogue)
        events = model.streams.events(batch, vectors[None])
    given, made = shown[0]
    torch.testing.assert_close(made, given)
    torch.testing.assert_close(given[:, 0], model.streams.start[None])  # nothing came before
    torch.testing.assert_close(given[:, 1:], events[:, :-1])


def test_a_hidden_event_starts_as_the_mask_and_what_its_row_shows_before_it(catalogue):
    view = window(told([[7, 8, 9, 6]]), np.array([0]), 16)
    hidden = np.array([[True, False, True, True]])
    model = make_model("mlm")
    batch = tensors(view, masking.masked_places(view, hidden, FIRST_ITEM + TRAINED), hidden)
    given = []
    model.streams.previous.register_forward_pre_hook(lambda _, before: given.append(before[0]))
    with torch.no_grad():
        vectors, _ = model.tower(batch.items[0], catalogue)
        events = model.streams.events(batch, vectors[None])
        shown = model.streams.asking(events, batch.hidden.flatten().nonzero()[:, 0])
        model.answers(batch, catalogue)
    torch.testing.assert_close(given[1], given[0])  # answers start so, too
    torch.testing.assert_close(shown[:, :2], events[:, :2])  # nothing came first; not hidden
    torch.testing.assert_close(shown[:, 2:], events[:, 2:] + events[:, 1:-1])


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_padding_changes_no_answer(objective, histories, catalogue):
    model = make_model(objective)
    rows = QueryRows(histories, np.full(6, -1), 16, np.zeros(0, int), np.zeros(7, int))
    alone = question(model, catalogue, rows, np.array([0]))
    together = question(model, catalogue, rows, np.array([0, 2]))
    assert together.items.shape[1] > alone.items.shape[1]  # row 0 is padded from 5 to 12 events
    one = known(*model.answers(alone, catalogue)[:3])
    two = known(*model.answers(together, catalogue)[:3])
    assert one[1] == two[1]
    torch.testing.assert_close(one[0], two[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(one[2], two[2], atol=1e-5, rtol=1e-4)


def known(states, items, logits):
    """State of the first row, its candidates and their logits."""
    there = logits[0, 0] > -torch.inf
    return states[0], items[0, 0, there].tolist(), logits[0, 0, there]


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_questions_and_rows_that_pad_add_nothing_to_the_loss(objective, histories, catalogue):
    model = make_model(objective)
    batch = batch_of(objective, histories, catalogue)
    items = all_items(TRAINED, torch.device("cpu"))
    before = model(batch, catalogue, items)
    weight, target = batch.weight, batch.target.clone()
    target[weight == 0] = FIRST_ITEM + 1
    after = model(replace(batch, target=target), catalogue, items)
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-6)
    nothing = model(replace(batch, weight=torch.zeros_like(weight)), catalogue, items)
    nothing.backward()
    assert nothing == 0
    for name, table in model.named_parameters():
        assert table.grad is None or not table.grad.to_dense().any(), name


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
    batch = batch_of("mlm", histories, catalogue)
    for read in (AutoModel.from_pretrained(tmp_path).eval(), HhrecModel.read(tmp_path)):
        assert not read.training
        ours, theirs = model.answers(batch, catalogue)[:3], read.answers(batch, catalogue)[:3]
        torch.testing.assert_close(ours, theirs)
        for name, weight in model.state_dict().items():
            assert torch.equal(weight, read.state_dict()[name]), name
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}


def test_a_model_takes_the_weights_and_the_ways_of_another(tmp_path, histories, catalogue):
    better, model = make_model("prefix").eval(), make_model("prefix")
    for weight in better.parameters():
        nn.init.normal_(weight, std=0.3)
    better.write(tmp_path, asks="event")
    batch = batch_of("prefix", histories, catalogue)
    expected = better.answers(batch, catalogue)[:3]
    held = {name: weight.data_ptr() for name, weight in model.named_parameters()}
    model.train().take(tmp_path)
    torch.testing.assert_close(model.answers(batch, catalogue)[:3], expected, rtol=0, atol=0)
    assert {name: weight.data_ptr() for name, weight in model.named_parameters()} == held
    assert (model.config.asks, model.training) == ("event", False)


def test_a_model_takes_nothing_of_another_shape(tmp_path):
    make_model("mlm").write(tmp_path)
    model = make_model("prefix")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(HhrecError, match="are not as its config"):
        model.take(tmp_path)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_a_model_that_lacks_a_weight_is_not_read(tmp_path):
    make_model("mlm").save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["repeats.base.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(HhrecError, match=r"repeats\.base\.weight: expected .* found nothing"):
        HhrecModel.read(tmp_path)


def test_a_question_is_ahead_where_its_session_is_newer_than_all_it_sees(catalogue):
    histories = told([[7, 8, 9, 10]], sessions=[[0, 0, 1, 1]])
    view = window(histories, np.array([0]), 16)
    model = make_model("prefix")
    every = training_examples.every_event(view, np.random.default_rng(0), FIRST_ITEM + TRAINED)
    assert every.place.tolist() == [[0, 1, 2, 3]]
    assert sequence_encoder.ahead(tensors(view, every)).tolist() == [[1, 0, 1, 0]]
    sessions = training_examples.next_sessions(
        view, np.random.default_rng(0), 4, FIRST_ITEM + TRAINED
    )
    assert sequence_encoder.ahead(tensors(view, sessions)).tolist() == [[1]]
    rows = QueryRows(histories, np.array([-1]), 16, np.zeros(0, int), np.zeros(2, int))
    for asks, ahead in (("session", 1), ("event", 0)):
        batch = question(model, catalogue, rows, np.array([0]), asks)
        assert sequence_encoder.ahead(batch).tolist() == [[ahead]]


def test_demand_of_new_vacancies_does_not_move_those_of_the_history(histories, catalogue):
    model = make_model("prefix")
    batch = batch_of("prefix", histories, catalogue)
    width = batch.items.shape[1]
    _, _, before = model.answers(batch, catalogue)[:3]
    for weight in (model.trend.second.weight, model.tower.id_bias.weight):
        torch.nn.init.normal_(weight, std=3.0)
    _, _, after = model.answers(batch, catalogue)[:3]
    assert torch.equal(before[..., :width], after[..., :width])
    assert not torch.equal(before[..., width:], after[..., width:])
    torch.nn.init.normal_(model.own_trend.second.weight)
    _, _, after = model.answers(batch, catalogue)[:3]
    assert not torch.equal(before[..., :width], after[..., :width])


def test_a_model_trained_in_bf16_encodes_in_it_and_scores_in_fp32(histories, catalogue):
    model = make_model("prefix")
    batch = batch_of("prefix", histories, catalogue)
    exact, _, _ = model.answers(batch, catalogue)[:3]
    model.config.precision = "bf16"
    rounded, _, logits = model.answers(batch, catalogue)[:3]
    assert rounded.dtype == logits.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    asked = batch.weight > 0
    torch.testing.assert_close(exact[asked], rounded[asked], atol=0.1, rtol=0.1)


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_the_score_of_an_own_candidate_is_the_sum_of_its_parts(objective, histories, catalogue):
    model = make_model(objective)
    for weight in (model.trend.second.weight, model.own_trend.second.weight):
        torch.nn.init.normal_(weight)
    batch = batch_of(objective, histories, catalogue)
    answers = model.answers(batch, catalogue, parts=True)
    start = torch.tensor([float(name in score_parts.START) for name in score_parts.PARTS])
    real = answers.logits.isfinite()
    assert real.any()
    torch.testing.assert_close(
        (answers.parts @ start)[real], answers.logits[real], atol=1e-4, rtol=1e-4
    )
