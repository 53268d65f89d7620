"""The plan counts what training does, expects what it holds, and refuses what does not fit."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stages.bert4rec.network.config import HhrecConfig
from stages.interface.errors import HhrecError
from stages.train import (
    activation_probe,
    dataset_stats,
    live_bytes,
    memory_check,
    widest_batch,
)
from stages.train import memory_model as memory
from stages.train import stage as train
from stages.train.auto_hyperparameters import sized
from stages.train.plan import planned
from tests.helpers.command import Type
from tests.worlds.small_training import fit, params
from tests.worlds.training_world import World

ROOT = Path(__file__).parents[3]
LIKE_DEFAULTS = {"hidden_size": 128, "heads": 4, "layers": 2}
WORLDS: dict[int | str, World] = {
    2: World(2_000, 3_000),
    100: World(100_000, 3_000),
    300: World(300_000, 60_000),
    500: World(500_000, 3_000),
    "ranking": World(20_000, 200, longest=8, validation=20_000),
}


def tables_of(artifacts: Path) -> dict[str, Path]:
    return {
        "sequences": artifacts / "sequences",
        "features": artifacts / "features",
        "vocab": artifacts / "vocab.parquet",
    }


def resident(artifacts: Path, out: Path, steps: int, **settings: Any) -> dict[str, int]:
    """What a training process of its own came to hold."""
    sets = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
    script = ROOT / "tests" / "launched" / "resident.py"
    done = subprocess.run(
        [sys.executable, str(script), str(artifacts), str(out), str(steps), *sets],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("objective", ["prefix", "mlm", "causal"])
def test_the_plan_counts_what_training_then_does(
    small_artifacts: Path, tmp_path: Path, objective: str
) -> None:
    settings = params(objective=objective)
    planned = train.plan(settings, **tables_of(small_artifacts))
    done = fit(small_artifacts, tmp_path, settings)
    for name in ("trained_items", "histories", "tokens_per_epoch", "steps", "loss"):
        assert getattr(planned, name) == getattr(done, name), name
    assert planned.epochs == done.epochs
    if objective == "mlm":  # which shows some histories in several cuts
        assert planned.padding < done.padding
    else:
        assert planned.padding == done.padding
    assert sum(planned.parameters.values()) == done.parameters
    assert planned.fits
    assert planned.peak > planned.memory["libraries"]


def test_held_counts_tensors_while_they_live() -> None:
    def work() -> None:
        kept = torch.ones(1000, requires_grad=True)
        for _ in range(5):
            _ = (kept * 2).detach()  # one at a time

    assert 2 * 4000 <= live_bytes.peak_of(work) <= 3 * 4000


def test_the_probe_foretells_a_larger_step() -> None:
    """Against the slow way: running the step itself."""
    settings = params(batch_tokens=2048).train
    config = HhrecConfig(
        hidden_size=16, layers=1, heads=2, history_length=32, code_sizes=(5,), neighbours=20
    )
    shape = activation_probe.ProbeShape(rows=64, length=32, trained=1000, periods=5, words=0)
    whole = HhrecConfig(**(config.to_dict() | {"trained": 1000}))
    true = activation_probe._measured(whole, settings, shape, full=True)
    found = activation_probe.step_bytes(whole, settings, shape, full=True)
    assert sum(asdict(found).values()) == pytest.approx(true, rel=0.15)


@pytest.mark.parametrize("trained", [1, 2, 3, 4])
@pytest.mark.parametrize("asked", [{}, {"objective": "mlm", "mask_prob": 0.0}], ids=str)
def test_the_probe_foretells_a_step_of_very_few_vacancies_and_masks(
    trained: int, asked: dict[str, Any]
) -> None:
    settings = params(batch_tokens=512, **asked).train
    whole = HhrecConfig(
        hidden_size=16, layers=1, heads=2, history_length=16, code_sizes=(5,), trained=trained,
        neighbours=settings.near_ones(),
    )  # fmt: skip
    shape = activation_probe.ProbeShape(rows=32, length=16, trained=trained, periods=5, words=0)
    true = activation_probe._measured(whole, settings, shape, full=True)
    found = activation_probe.step_bytes(whole, settings, shape, full=True)
    assert sum(asdict(found).values()) == pytest.approx(true, rel=0.15)


def test_what_does_not_fit_is_refused_with_settings_that_do(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = params(batch_tokens=4096, hidden_size=64, layers=2)
    need = train.plan(settings, **tables_of(small_artifacts)).peak
    monkeypatch.setattr(memory, "room", lambda _: need - memory.MB)
    with pytest.raises(HhrecError, match="training needs about") as caught:
        fit(small_artifacts, tmp_path, settings)
    assert not (tmp_path / "model").exists()
    assert "--set train.batch_tokens=2048" in caught.value.hint
    fit(small_artifacts, tmp_path, params(batch_tokens=2048, hidden_size=64, layers=2, epochs=1))


def test_what_the_plan_chose_is_in_it(small_artifacts: Path) -> None:
    free = params(batch_tokens=0, lr=0.0, id_lr=0.0, epochs=0, dropout=None, id_dropout=None)
    found = train.plan(free, **tables_of(small_artifacts))
    events = dataset_stats.read(free, **tables_of(small_artifacts)).shown(free.sequences.max_length)
    chosen = sized(free, events).train
    for name in ("batch_tokens", "lr", "id_lr", "epochs", "dropout", "id_dropout"):
        assert getattr(found, name) == getattr(chosen, name), name
    assert found.epochs > 0
    assert found.batch_tokens >= 512


def test_remedies_are_sought_to_the_end_whatever_the_heads(
    small_artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """250 is no multiple of four heads, which is nothing to a number of positions."""
    settings = params(batch_tokens=1000, heads=4)
    found = dataset_stats.read(settings, **tables_of(small_artifacts))
    report = train.plan(settings, **tables_of(small_artifacts))
    monkeypatch.setattr(memory_check, "_fits", lambda *given: given[-1] == 250)
    assert list(memory_check.fitting(settings, found, report)) == [("train.batch_tokens", 250)]


def test_fewer_validation_rows_are_a_remedy_where_the_calibration_is_largest(
    small_artifacts: Path,
) -> None:
    settings = params(validation_rows=5_000, dropout=0.1, id_dropout=0.1)
    read = dataset_stats.read(settings, **tables_of(small_artifacts))
    found = replace(read, asked=np.ones(5_000, dtype=np.int64), vacancies=10_000)
    report = planned(settings, found, device=torch.device("cpu"))
    assert report.memory["fitting"] == max(report.memory.values())
    less = report.model_copy(update={"available": report.peak - 100 * memory.MB})
    assert ("train.validation_rows", 2_500) in memory_check.fitting(settings, found, less)


def test_short_rows_to_rank_are_encoded_some_at_a_time() -> None:
    """A million rows of one event: no more at once than have room, with all their neighbours."""
    settings = params(validation_rows=1_000_000)
    one = memory.ToRank(1_000_000, 1_024, 1_024, neighbours=True)
    found = dataset_stats.DatasetStats(
        lengths=np.full(100, 20), asked=np.ones(1_000_000, dtype=np.int64), trained=100,
        vacancies=100, words=0, periods=3, code_sizes=(), word_count=0, has_salary=False,
        text_width=0,
    )  # fmt: skip
    assert widest_batch.to_rank(settings, found) == one


def test_a_machine_far_too_small_says_so(
    small_artifacts: Path, monkeypatch: pytest.MonkeyPatch, hhrec: Type
) -> None:
    monkeypatch.setattr(memory, "room", lambda _: memory.MB)
    words = [
        str(word)
        for name, path in tables_of(small_artifacts).items()
        for word in (f"--{name}", path)
    ]
    typed = hhrec("train", "--plan", "--json", "--params", ROOT / "params.yaml", *words)
    assert typed.code == 1
    assert typed.json()["fits"] is False  # the plan itself is shown all the same
    assert "no single setting makes it fit" in typed.said()


def test_a_plan_names_the_settings_that_training_would_name(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hhrec: Type
) -> None:
    """Where the size of the batch, for one, is left to the log."""
    free = params(batch_tokens=0, lr=0.0, epochs=0, hidden_size=64, layers=2, priors=False)
    need = train.plan(free, **tables_of(small_artifacts)).peak
    monkeypatch.setattr(memory, "room", lambda _: need - memory.MB)
    with pytest.raises(HhrecError, match="training needs about") as caught:
        fit(small_artifacts, tmp_path, free)
    assert "--set train.batch_tokens=" in caught.value.hint
    (tmp_path / "params.yaml").write_text(json.dumps(free.model_dump()))
    words = [
        str(word)
        for name, path in tables_of(small_artifacts).items()
        for word in (f"--{name}", path)
    ]
    typed = hhrec("train", "--plan", "--params", tmp_path / "params.yaml", *words)
    assert typed.code == 1
    assert caught.value.hint in typed.said()


def test_plan_is_a_table_for_people_and_one_object_for_programs(
    small_artifacts: Path, hhrec: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        str(word)
        for name, path in tables_of(small_artifacts).items()
        for word in (f"--{name}", path)
    ]
    words += ["--params", str(ROOT / "params.yaml"), "--plan"]
    shown = hhrec("train", *words).out
    assert "memory.activations" in shown
    assert "MiB" in shown
    assert hhrec("train", *words, "--json").json()["memory"]["activations"] > 0
    assert list(tmp_path.iterdir()) == []  # nothing is written


@pytest.mark.parametrize("more", [["--resume"], ["--from", "model"], ["--calibrated", "model"]])
def test_a_plan_is_one_of_a_training_from_the_start(hhrec: Type, more: list[str]) -> None:
    typed = hhrec("train", "--plan", "--params", ROOT / "params.yaml", *more)
    assert typed.code == 2
    assert "--plan excludes --from, --calibrated and --resume" in typed.said()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "settings"),
    [
        (2, {}),
        (2, {"batch_tokens": 1024}),
        (2, {"batch_tokens": 8192}),
        (2, {"objective": "mlm"}),
        (2, {"loss": "sampled"}),
        (100, {}),
        (100, {"objective": "mlm"}),
        (100, {"loss": "full", "batch_tokens": 1024}),
        (300, {"batch_tokens": 1024}),
        (500, {"batch_tokens": 1024}),
        (500, {"loss": "full", "objective": "mlm", "batch_tokens": 1024}),
        ("ranking", {"batch_tokens": 512, "asks": "session"}),
    ],
    ids=str,
)
def test_the_expected_peak_is_within_a_quarter_of_the_measured_one(
    tmp_path: Path, world: int | str, settings: dict[str, Any]
) -> None:
    """Growth of the process's resident memory over a dozen steps."""
    artifacts = WORLDS[world].write(tmp_path)
    found = resident(artifacts, tmp_path / "out", 12, **LIKE_DEFAULTS, **settings)
    assert found["expected"] == pytest.approx(found["grown"], rel=0.25), found


@pytest.mark.slow
def test_ten_times_the_users_need_no_more_memory_than_planned(tmp_path: Path) -> None:
    """Histories are mapped from disk; what grows are events while they are counted."""
    few, many = 20_000, 200_000
    small = {"hidden_size": 16, "heads": 2, "layers": 1, "batch_tokens": 1024}
    held = {
        users: resident(
            World(2_000, users).write(tmp_path / str(users)), tmp_path / f"out{users}", 5, **small
        )
        for users in (few, many)
    }
    assert held[many]["expected"] < 3 * held[few]["expected"]
    for found in held.values():
        assert found["expected"] == pytest.approx(found["grown"], rel=0.25), held
