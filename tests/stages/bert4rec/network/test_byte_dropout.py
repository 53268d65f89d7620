"""Dropout by bytes behaves as torch's own does."""

import pytest
import torch
from torch import nn

from stages.bert4rec.network.byte_dropout import ByteDropout, use_bytes
from tests.worlds.small_model import make_model


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
def test_the_share_of_zeros_is_the_rate_and_the_mean_stays(p):
    torch.manual_seed(0)
    out = ByteDropout(p)(torch.ones(1000, 333))
    rate = round(p * 256) / 256
    assert float((out == 0).float().mean()) == pytest.approx(rate, abs=0.005)
    assert float(out.mean()) == pytest.approx(1, abs=0.02)
    assert out[out > 0].unique().tolist() == pytest.approx([1 / (1 - rate)])


def test_elements_are_dropped_independently():
    torch.manual_seed(0)
    dropped = (ByteDropout(0.5)(torch.ones(4096, 16)) == 0).float()
    shares = torch.corrcoef(dropped.T)
    assert (shares - torch.eye(16)).abs().max() < 0.08


@pytest.mark.parametrize("p", [0.0, 0.001])
def test_below_a_byte_nothing_is_dropped(p):
    values = torch.randn(50)
    assert ByteDropout(p)(values) is values


def test_evaluation_changes_nothing():
    values = torch.randn(7, 5)
    assert ByteDropout(0.5).eval()(values) is values


@pytest.mark.parametrize("p", [0.998, 0.9999])
def test_a_rate_near_one_stays_finite(p):
    torch.manual_seed(0)
    out = ByteDropout(p)(torch.ones(10_000))
    assert out.isfinite().all()
    assert float(out.mean()) == pytest.approx(1, abs=0.6)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(), (1,), (7, 5), (0, 3)])
def test_any_shape_and_type_comes_back(shape, kind):
    out = ByteDropout(0.5)(torch.ones(shape, dtype=kind))
    assert out.shape == shape
    assert out.dtype == kind


def test_gradients_pass_where_values_do():
    torch.manual_seed(1)
    values = torch.randn(40, 9, requires_grad=True)
    out = ByteDropout(0.3)(values)
    out.sum().backward()
    torch.testing.assert_close(values.grad * values, out)
    assert (values.grad == 0).any()


def test_a_seed_repeats_the_mask_and_the_next_call_draws_anew():
    layer, values = ByteDropout(0.5), torch.ones(99)
    torch.manual_seed(4)
    first, second = layer(values), layer(values)
    torch.manual_seed(4)
    assert torch.equal(layer(values), first)
    assert not torch.equal(first, second)


def test_every_dropout_inside_a_model_is_replaced():
    model = nn.Sequential(nn.Dropout(0.2), nn.ModuleDict({"in": nn.Sequential(nn.Dropout(0.4))}))
    use_bytes(model)
    assert [m.p for m in model.modules() if isinstance(m, ByteDropout)] == [0.2, 0.4]
    for backbone in ("bert", "distilbert", "modernbert"):
        parts = list(make_model("mlm", backbone).streams.encoder.modules())
        assert not any(isinstance(part, nn.Dropout) for part in parts)
