"""A loss or gradient that is no number: the training stops, and the batch is kept for a look."""

import math
import re
import stat
import tempfile
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors import safe_open

from stages.bert4rec.batching.batch import ASKED, EVENTS
from stages.interface.errors import HhrecError
from stages.train import finite_check, loop, parameter_groups
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def step() -> loop.StepBatches:
    return next(loop.work(make_task(), 0, 1, Accelerator(cpu=True)))


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan)])
def test_what_is_no_number_stops_and_names_a_private_file(loss: float, norm: float) -> None:
    part = step()
    with pytest.raises(
        HhrecError, match=f"step 1: .* found loss {loss} and .* norm {norm}"
    ) as told:
        finite_check.require_finite(loss, norm, part, 0.1)
    (name,) = re.findall(r"\S+\.safetensors", told.value.message)
    assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    (index, batch), *_ = part.batches
    with safe_open(name, framework="pt") as file:
        assert file.metadata()["step"] == "1"
        assert set(file.keys()) == {f"{index}.{one}" for one in (*EVENTS, *ASKED)}
        assert torch.equal(file.get_tensor(f"{index}.items"), batch.items)


def test_numbers_pass_and_leave_no_file(tmp_path: Path) -> None:
    finite_check.require_finite(3.0, 1e9, step(), 0.1)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert finite_check.kept(step()) == "no file (No such file or directory)"


def test_a_weight_that_is_no_number_ends_the_loop_before_the_step() -> None:
    task, model = make_task(), make_model("prefix").train()
    with torch.no_grad():
        model.tower.ids.weight[5] = math.inf
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    with pytest.raises(HhrecError, match=r"the batch is in .*hhrec-batch-"):
        loop.run(
            task,
            model,
            parameter_groups.optimizers(model, 0.1, 0.0),
            Accelerator(cpu=True),
            full=True,
            first_step=0,
            after_step=lambda _: True,
        )
    for name, weight in model.named_parameters():
        assert torch.equal(weight, before[name]), name
