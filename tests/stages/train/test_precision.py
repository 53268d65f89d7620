"""`train.precision`: what `auto` measures, what it leaves behind, and that a resume keeps to it."""

import json
import math
from itertools import count

import pytest
import torch
from accelerate import Accelerator
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from stages.interface.errors import HhrecError
from stages.train import checkpointing, loop, parameter_groups, precision, resume
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task
from tests.worlds.small_training import fit, params

TICKS = {"bf16 is faster": (2.0, 1.0), "fp32 is faster": (1.0, 2.0), "much alike": (1.02, 1.0)}


def ticking(no, bf16):
    """A clock by which steps in fp32 and bfloat16, in turns, take so many seconds."""
    now, calls = 0.0, count()

    def clock():
        nonlocal now
        call = next(calls)
        if call % 2:  # the end of a step
            now += no if call % 4 == 1 else bf16
        return now

    return clock


def settle(model, clock, wanted="auto", *, full=True):
    return precision.settle(
        wanted, make_task(dropout=0.3), model, Accelerator(cpu=True), full=full, clock=clock
    )


@pytest.mark.parametrize("case", TICKS)
def test_auto_takes_the_faster_when_losses_agree(case):
    no, bf16 = TICKS[case]
    choice = settle(make_model("prefix").train(), ticking(no, bf16))
    assert choice.kind == ("bf16" if case == "bf16 is faster" else "no")
    assert choice.speedup == pytest.approx(no / bf16)
    assert 0 < choice.difference < precision.TOLERANCE
    assert f"{choice.kind}: bf16 is {no / bf16:.2f} x as fast" in str(choice)


def test_auto_stays_with_fp32_when_losses_disagree(monkeypatch):
    honest = loop.accumulate

    def lies(*arguments, **named):
        loss, weight = honest(*arguments, **named)
        return loss * (1.02 if named["precision"] == "bf16" else 1), weight

    monkeypatch.setattr(loop, "accumulate", lies)
    choice = settle(make_model("prefix").train(), ticking(9.0, 1.0))
    assert choice.kind == "no"
    assert choice.speedup == pytest.approx(9)
    assert choice.difference == pytest.approx(0.02, rel=0.2)


@given(st.floats(0.1, 10), st.floats(0.5, 3), st.floats(0.5, 9), st.floats(-0.03, 0.03))
def test_bf16_is_chosen_where_it_is_faster_and_its_loss_alike_and_nowhere_else(
    fast, speedup, exact, difference
):
    assume(abs(speedup - precision.GAIN) > 1e-6)
    assume(abs(abs(difference) - precision.TOLERANCE) > 1e-6)
    rough = exact * (1 + difference)
    choice = precision.choose({"no": (fast * speedup, exact), "bf16": (fast, rough)})
    alike = math.isclose(exact, rough, rel_tol=0, abs_tol=precision.TOLERANCE * exact)
    assert choice.kind == ("bf16" if speedup > precision.GAIN and alike else "no")


@pytest.mark.parametrize(
    ("speedup", "difference", "kind"),
    [(1.06, 0.009, "bf16"), (1.04, 0.0, "no"), (9.0, 0.011, "no"), (9.0, -0.011, "no")],
)
def test_how_much_faster_and_how_alike_is_enough(speedup, difference, kind):
    measured = {"no": (speedup, 4.0), "bf16": (1.0, 4.0 * (1 + difference))}
    assert precision.choose(measured).kind == kind


@pytest.mark.parametrize(("rough", "kind"), [(0.0, "bf16"), (0.5, "no")])
def test_losses_of_zero_are_compared_too(rough, kind):
    """As of steps that hold nothing but unknown vacancies."""
    choice = precision.choose({"no": (2.0, 0.0), "bf16": (1.0, rough)})
    assert (choice.kind, choice.speedup, choice.difference) == (kind, 2.0, rough)


def test_a_loss_that_is_no_number_is_not_chosen():
    choice = precision.choose({"no": (2.0, 5.0), "bf16": (1.0, math.nan)})
    assert choice.kind == "no"


def test_measuring_leaves_weights_gradients_and_random_numbers_alone():
    model = make_model("prefix").train()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    settle(model, ticking(1, 1), full=False)
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("wanted", ["no", "bf16"])
def test_a_given_precision_is_taken_without_measuring(wanted, monkeypatch):
    monkeypatch.setattr(precision, "measure", None)
    assert settle(make_model("prefix"), None, wanted) == precision.PrecisionChoice(wanted)


def test_bf16_on_a_device_without_it_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(precision, "is_bf16_available", lambda **_: False)
    with pytest.raises(HhrecError, match=r"train\.precision=bf16"):
        settle(make_model("prefix"), None, "bf16")
    assert settle(make_model("prefix"), None, "auto").kind == "no"


class Kinds(TorchDispatchMode):
    """Notes in which precision operations take their first operand."""

    def __init__(self):
        super().__init__()
        self.of = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if args and isinstance(args[0], torch.Tensor):
            self.of.setdefault(func.overloadpacket.__name__, set()).add(args[0].dtype)
        return func(*args, **(kwargs or {}))


def test_in_bf16_products_are_short_and_sums_weights_and_states_are_not():
    task = make_task(epochs=1)
    model = make_model("prefix").train()
    optimizers = parameter_groups.optimizers(model, 0.01, 0.01)
    with Kinds() as seen:
        loop.run(
            task,
            model,
            optimizers,
            Accelerator(cpu=True),
            full=True,
            first_step=0,
            after_step=lambda figures: figures.step < 2,
            precision="bf16",
        )
    assert seen.of["addmm"] == {torch.bfloat16}
    assert seen.of["logsumexp"] == {torch.float32}
    assert seen.of["embedding"] == {torch.float32}
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    states = [value for part in optimizers for one in part.state.values() for value in one.values()]
    assert {value.dtype for value in states} <= {torch.float32, torch.int32}


def test_a_resumed_run_keeps_the_choice_and_does_not_measure(
    small_artifacts, tmp_path, monkeypatch
):
    settings = params(precision="auto", save_steps=2, keep=50, epochs=1)
    taken = precision.PrecisionChoice("bf16", 1.5, 0.001)
    monkeypatch.setattr(resume, "settle", lambda *_, **__: taken)
    whole = fit(small_artifacts, tmp_path, settings)
    assert (whole.precision, whole.bf16_speedup, whole.bf16_loss_difference) == ("bf16", 1.5, 0.001)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["precision"] == "bf16"
    saved = sorted((tmp_path / "checkpoints").glob("step-*"))
    assert [checkpointing.read_state(path).step for path in saved][:2] == [2, 4]
    last = checkpointing.load_file(saved[-1] / "model.safetensors")
    for path in saved[1:]:
        path.rename(tmp_path / path.name)  # as if killed after step 2
    monkeypatch.setattr(resume, "settle", None)
    resumed = fit(small_artifacts, tmp_path, settings, resume=True)
    assert (resumed.resumed_at, resumed.precision, resumed.bf16_speedup) == (2, "bf16", 1.5)
    newest = checkpointing.load_file(
        checkpointing.newest(tmp_path / "checkpoints") / "model.safetensors"
    )
    assert all(torch.equal(value, newest[name]) for name, value in last.items())
    fit(small_artifacts, tmp_path, params(precision="bf16", epochs=1), resume=True)
    with pytest.raises(HhrecError, match=r"trained with train\.precision=bf16, found no"):
        fit(small_artifacts, tmp_path, params(precision="no", epochs=1), resume=True)
