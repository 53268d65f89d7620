"""Where a model ranks."""

import torch

from stages.predict import loaded_model
from tests.worlds.little_model import trained


def test_a_machine_without_a_gpu_ranks_on_its_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert loaded_model.device() == torch.device("cpu")


def test_a_model_is_held_where_it_ranks_or_where_it_is_wanted(
    small_artifacts, tmp_path, monkeypatch
):
    paths = trained(small_artifacts, tmp_path)
    monkeypatch.setattr(loaded_model, "device", lambda: torch.device("meta"))
    for given, kind in (({}, "meta"), ({"where": loaded_model.CPU}, "cpu")):
        loaded = loaded_model.load(**paths, **given)
        assert {weight.device.type for weight in loaded.network.parameters()} == {kind}
        assert loaded.catalogue.codes.device.type == kind
