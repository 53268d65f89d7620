"""The train stage: seeds, leaks, early stopping, curves."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from safetensors.torch import load_file
from torch import Tensor

from stages.baselines.stage import BASELINES
from stages.bert4rec.network.config import HhrecConfig
from stages.core import calibration_file as calibration
from stages.core.model_files import read_chosen
from stages.interface.errors import HhrecError, MissingInputError
from stages.train.callbacks import metrics
from stages.train.metric_loggers import open_tracker
from stages.train.publish import calibration_of
from tests.worlds.small_training import fit, params, weights


def same(one: dict[str, Tensor], two: dict[str, Tensor]) -> bool:
    return all((one[name] == two[name]).all() for name in one)


def test_a_seed_gives_one_model_and_seeds_differ(small_artifacts: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        fit(small_artifacts, tmp_path / name, params(seed=seed))
    assert same(weights(tmp_path / "one"), weights(tmp_path / "again"))
    assert not same(weights(tmp_path / "one"), weights(tmp_path / "other"))


def test_held_out_rows_change_no_trained_weight(small_artifacts: Path, tmp_path: Path) -> None:
    """Other labels and contexts: the last checkpoint (not the best, which labels choose) stays."""
    other = tmp_path / "sequences"
    shutil.copytree(small_artifacts / "sequences", other)
    for file in (other / "validation").glob("*.parquet"):
        rows = pl.read_parquet(file)
        rows.with_columns(
            label_item=pl.lit(5, pl.Int32), items=pl.col("items").list.eval(pl.lit(7, pl.Int32))
        ).write_parquet(file)
    for name, sequences in (("one", small_artifacts / "sequences"), ("two", other)):
        fit(small_artifacts, tmp_path / name, params(), sequences=sequences)
    newest = [
        load_file(max((tmp_path / name / "checkpoints").glob("step-*")) / "model.safetensors")
        for name in ("one", "two")
    ]
    assert same(*newest)


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_every_objective_trains_and_ranks(
    small_artifacts: Path, tmp_path: Path, objective: str
) -> None:
    report = fit(small_artifacts, tmp_path, params(objective=objective))
    assert report.epochs == 2
    assert report.best_mrr_100 is not None
    assert 0 < report.best_mrr_100 < 1


def test_patience_ends_a_training_that_does_not_improve(
    small_artifacts: Path, tmp_path: Path
) -> None:
    report = fit(small_artifacts, tmp_path, params(epochs=40, patience=1, lr=0.5))
    assert report.stopped == "early, 1 epochs without a better MRR@100"
    assert report.epochs < 40
    again = fit(small_artifacts, tmp_path, params(epochs=40, patience=1, lr=0.5), resume=True)
    assert again.steps == report.steps  # an ended training stays ended


def test_full_and_sampled_losses_are_what_they_say(small_artifacts: Path, tmp_path: Path) -> None:
    kinds = {
        kind: fit(small_artifacts, tmp_path / kind, params(loss=kind, epochs=1)).loss
        for kind in ("auto", "full", "sampled", "gbce")
    }
    assert kinds == {"auto": "full", "full": "full", "sampled": "sampled", "gbce": "gbce"}


def test_dvclive_writes_curves_and_nothing_else(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    live = tmp_path / "live"
    fit(small_artifacts, tmp_path / "run", params(tracker="dvclive"), live=live)
    curves = {path.stem for path in (live / "plots" / "metrics").glob("*.tsv")}
    assert {"loss", "lr", "gradient_norm", "validation_mrr_100"} <= curves
    assert not (tmp_path / "dvc.yaml").exists()


def curves_of(live: Path) -> dict[str, list[tuple[int, float]]]:
    files = (live / "plots" / "metrics").glob("*.tsv")
    return {file.stem: pl.read_csv(file, separator="\t").rows() for file in files}


def test_a_resumed_training_keeps_the_curves_and_goes_on_with_them(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if killed at the end: an early checkpoint is the newest, the curves are further on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(metrics, "LOG_EVERY", 1)
    live, settings = tmp_path / "live", params(tracker="dvclive", save_steps=2, keep=50)
    whole = fit(small_artifacts, tmp_path / "run", settings, live=live)
    before = curves_of(live)
    assert [step for step, _ in before["loss"]] == list(range(1, whole.steps + 1))
    _, *later = sorted((tmp_path / "run" / "checkpoints").glob("step-*"))
    for path in later:
        path.rename(tmp_path / path.name)
    resumed = fit(small_artifacts, tmp_path / "run", settings, live=live, resume=True)
    assert resumed.resumed_at == 2
    assert curves_of(live) == before
    done = fit(small_artifacts, tmp_path / "run", settings, live=live, resume=True)
    assert done.resumed_at == whole.steps
    assert curves_of(live) == before


def test_a_tracker_that_is_not_installed_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wandb", None)
    with pytest.raises(HhrecError, match="wandb") as caught:
        open_tracker("wandb", tmp_path, params(), active=True)
    assert "pip install 'hhrec[wandb]'" in caught.value.hint


def test_too_long_a_min_length_names_the_parameter(small_artifacts: Path, tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match=r"train\.min_length=100000"):
        fit(small_artifacts, tmp_path, params(min_length=100_000))


def test_the_way_that_ranks_the_validation_rows_best_is_written_down(
    small_artifacts: Path, tmp_path: Path
) -> None:
    """Fixed, each way has the score that the search saw: it changes prediction, not training."""
    scores = {}
    for asks in ("session", "event"):
        out = tmp_path / asks
        scores[asks] = fit(small_artifacts, out, params(epochs=1, asks=asks)).best_mrr_100
        assert same(weights(out), weights(tmp_path / "session"))
    found = fit(small_artifacts, tmp_path / "free", params(epochs=1))
    chosen = read_chosen(tmp_path / "free" / "model").asks
    config = HhrecConfig.from_pretrained(tmp_path / "free" / "model")
    assert found.best_mrr_100 == scores[chosen] == max(scores.values())
    assert config.asks == found.asks == chosen


def test_a_calibration_is_taken_over_only_where_nothing_is_held_out(
    small_artifacts: Path, tmp_path: Path
) -> None:
    with pytest.raises(HhrecError, match="expected no validation rows") as caught:
        fit(small_artifacts, tmp_path, params(epochs=1), calibrated=tmp_path / "model")
    assert "split.kind=none" in caught.value.hint
    with pytest.raises(MissingInputError, match="expected a model"):
        calibration_of(tmp_path / "nowhere", 0)


def test_training_ends_beside_every_baseline(small_artifacts: Path, tmp_path: Path) -> None:
    found = fit(small_artifacts, tmp_path, params(epochs=1))
    told = calibration.read(tmp_path / "model")
    config = HhrecConfig.from_pretrained(tmp_path / "model")
    assert set(told.baselines) == set(BASELINES)
    best = max(told.baselines.values(), key=lambda one: one["mrr_100"])
    assert found.best_baseline_mrr_100 == best["mrr_100"]
    assert found.lead["value"] == pytest.approx(told.mrr_100 - best["mrr_100"])
    ahead = told.mrr_100 >= best["mrr_100"]
    assert found.answers == config.answers == ("model" if ahead else found.best_baseline)
    assert config.seen == found.seen == told.seen
    assert found.best_baseline in found.remarks()[0]
