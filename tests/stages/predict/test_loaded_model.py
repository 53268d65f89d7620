"""Where a model ranks."""

import torch

from stages.predict import loaded_model


def test_a_machine_without_a_gpu_ranks_on_its_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert loaded_model.device() == torch.device("cpu")
