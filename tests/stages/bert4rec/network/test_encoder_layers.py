"""Reading an encoder of `transformers` row by row gives what the library itself computes."""

import pytest
import torch

from stages.bert4rec.network import encoder_layers as enc
from stages.bert4rec.network.backbones import Shape, build

LENGTHS = (7, 40, 24)


def made(backbone, layers=2):
    torch.manual_seed(0)
    built = build(backbone, Shape(16, layers, 2, 64, 0.0)).eval()
    if backbone == "modernbert":
        built.config.sliding_window = 4  # its default is wider than the rows of this test
    if backbone == "bert":  # a segment would say nothing of vacancies, and is left out
        torch.nn.init.zeros_(built.embeddings.token_type_embeddings.weight)
    return built


@pytest.mark.parametrize(
    ("backbone", "layers"), [("bert", 2), ("distilbert", 2), ("modernbert", 4)]
)
def test_states_of_padded_rows_are_those_of_the_library(backbone, layers):
    """ModernBERT's windows too, of whose four layers two look at near events only."""
    model = made(backbone, layers)
    vectors = torch.randn(len(LENGTHS), max(LENGTHS), 16)
    inside = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    places = torch.arange(max(LENGTHS)).expand(len(LENGTHS), -1)
    sees = inside[:, None, None].expand(-1, -1, max(LENGTHS), -1)
    states = enc.read(model, enc.embed(model, vectors, places), sees, places)
    library = model(inputs_embeds=vectors, attention_mask=inside.long()).last_hidden_state
    torch.testing.assert_close(states[inside], library[inside], atol=1e-5, rtol=1e-4)
    assert states.isfinite().all()


def test_modernbert_sees_near_events_only_where_its_layers_slide():
    model = made("modernbert", 4)
    model.config.sliding_window = 64
    everywhere = torch.arange(40)[None]
    vectors = torch.randn(1, 40, 16)
    wide = enc.read(model, enc.embed(model, vectors, everywhere), None, everywhere)
    model.config.sliding_window = 4
    narrow = enc.read(model, enc.embed(model, vectors, everywhere), None, everywhere)
    assert not torch.allclose(wide, narrow)


def test_within_a_distance_are_the_places_at_most_so_far_apart():
    assert enc.within(4, 1, torch.device("cpu"))[0, 0].int().tolist() == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [0, 1, 1, 1],
        [0, 0, 1, 1],
    ]
