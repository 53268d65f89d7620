"""A warm start: rows follow their vacancies, the body is taken whole, anything else is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file, save_file

from stages import predict
from stages.core.model_files import read_chosen, read_names
from stages.interface.errors import HhrecError, MissingInputError
from stages.train.report import TrainReport
from tests.worlds.small_training import fit, params, weights

FIRST = 3


@pytest.fixture(scope="module")
def yesterday(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs."""
    out = tmp_path_factory.mktemp("yesterday")
    fit(small_artifacts, out, params(epochs=3))
    return out


def next_day(artifacts: Path, out: Path) -> Path:
    """The same log under another vocabulary: its first vacancy is gone, ids are turned round."""
    shutil.copytree(artifacts / "sequences", out / "sequences")
    shutil.copytree(artifacts / "features", out / "features")
    vocab = pl.read_parquet(artifacts / "vocab.parquet")
    count = int(vocab["trained"].sum())
    names = vocab["vacancy_id"].to_list()
    turned = ["quite-new", *reversed(names[1:count]), *names[count:]]
    vocab.with_columns(vacancy_id=pl.Series(turned)).write_parquet(out / "vocab.parquet")
    return out


def test_rows_follow_their_vacancies(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    """With a learning rate of almost nothing the weights after training are those it began with."""
    today = next_day(small_artifacts, tmp_path)
    still = params(lr=1e-12, weight_decay=0.0, epochs=1)
    report = fit(today, tmp_path, still, origin=yesterday / "model")
    old, new = weights(yesterday), weights(tmp_path)
    count = len(read_names(yesterday / "model"))
    assert report.started_from == {"kept": count - 1, "new": 1, "gone": 1}
    for name in ("tower.ids.weight", "tower.id_bias.weight"):
        torch.testing.assert_close(new[name][:FIRST], old[name][:FIRST])
        assert new[name][FIRST].abs().max() < 1e-9  # from content alone
        torch.testing.assert_close(new[name][FIRST + 1 :], old[name][FIRST + 1 :].flip(0))
    body = [name for name in old if not name.startswith("tower.id")]
    torch.testing.assert_close({n: new[n] for n in body}, {n: old[n] for n in body})
    names = read_names(tmp_path / "model").to_list()
    assert names == pl.read_parquet(today / "vocab.parquet")["vacancy_id"].head(count).to_list()


def test_a_resumed_warm_start_ends_where_an_undisturbed_one_does(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"origin": yesterday / "model"}
    fit(small_artifacts, tmp_path / "whole", params(epochs=2), **given)
    fit(small_artifacts, tmp_path / "cut", params(epochs=2), **given)
    newest = max((tmp_path / "cut/checkpoints").glob("step-*"))
    shutil.rmtree(newest)
    shutil.rmtree(tmp_path / "cut/model")
    report = fit(small_artifacts, tmp_path / "cut", params(epochs=2), resume=True, **given)
    assert 0 < report.resumed_at < report.steps
    torch.testing.assert_close(
        weights(tmp_path / "whole"), weights(tmp_path / "cut"), rtol=0, atol=0
    )
    with pytest.raises(HhrecError, match="other parameters, other data"):
        fit(small_artifacts, tmp_path / "cut", params(epochs=2), resume=True)


def test_another_shape_is_refused_with_the_settings_to_change(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    other = params(hidden_size=32, layers=2, epochs=1)
    with pytest.raises(HhrecError, match=r"train\.hidden_size was 16, is 32") as caught:
        fit(small_artifacts, tmp_path, other, origin=yesterday / "model")
    assert "--set train.hidden_size=16 --set train.layers=1" in caught.value.hint


def test_other_books_are_refused(small_artifacts: Path, yesterday: Path, tmp_path: Path) -> None:
    today = next_day(small_artifacts, tmp_path)
    file = today / "features/books/books.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"rates": {"RUR": 2.0}}))
    with pytest.raises(HhrecError, match="trained with the code books") as caught:
        fit(today, tmp_path, params(epochs=1), origin=yesterday / "model")
    assert "features build --books" in caught.value.hint


def test_what_is_no_model_is_refused(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    with pytest.raises(MissingInputError, match=r"expected config\.json"):
        fit(small_artifacts, tmp_path, params(epochs=1), origin=tmp_path / "none")
    origin = tmp_path / "origin"
    shutil.copytree(yesterday / "model", origin)
    found = load_file(origin / "model.safetensors")
    found["out.weight"] = torch.zeros(3, 3)
    save_file(found, origin / "model.safetensors")
    with pytest.raises(HhrecError, match=r"out\.weight is 3 x 3, expected 16 x 16"):
        fit(small_artifacts, tmp_path, params(epochs=1), origin=origin)
    (origin / "vocabulary.parquet").unlink()
    with pytest.raises(MissingInputError, match=r"vocabulary\.parquet"):
        fit(small_artifacts, tmp_path, params(epochs=1), origin=origin)


def test_predict_refuses_a_vocabulary_that_moved_the_ids(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    today = next_day(small_artifacts, tmp_path)
    with pytest.raises(HhrecError, match="mean other vacancies than in") as caught:
        predict.run(
            params(),
            model=yesterday / "model",
            sequences=today / "sequences",
            features=today / "features",
            vocab=today / "vocab.parquet",
            out=tmp_path / "p.parquet",
        )
    assert "vocab build --extend" in caught.value.hint


def test_a_model_says_which_epoch_it_is_of(
    small_artifacts: Path, yesterday: Path, tmp_path: Path
) -> None:
    chosen = read_chosen(yesterday / "model")
    assert 1 <= chosen.epoch <= chosen.epochs == 3
    assert chosen.validation_mrr_100 is not None
    report = fit(small_artifacts, tmp_path, params(epochs=3))
    assert report.best_epoch == chosen.epoch
    assert report.best_mrr_100 == chosen.validation_mrr_100
    (yesterday / "training.json").write_text("{}")
    with pytest.raises(HhrecError, match=r"expected training\.json"):
        read_chosen(yesterday)
    with pytest.raises(MissingInputError, match=r"training\.json: not found"):
        read_chosen(tmp_path)


def test_stop_epoch_ends_on_the_curve_of_all_epochs(small_artifacts: Path, tmp_path: Path) -> None:
    """The second of three epochs has the weights of the run of three after its second."""
    report = fit(small_artifacts, tmp_path / "two", params(epochs=3, stop_epoch=2))
    fit(small_artifacts, tmp_path / "three", params(epochs=3, keep=9))
    assert report.epochs == 2
    assert isinstance(report, TrainReport)
    step = f"step-{report.steps:09d}"
    two, three = (
        load_file(tmp_path / name / "checkpoints" / step / "model.safetensors")
        for name in ("two", "three")
    )
    torch.testing.assert_close(two, three, rtol=0, atol=0)
    with pytest.raises(HhrecError, match=r"stop_epoch \(4\) must not be above epochs \(3\)"):
        params(epochs=3, stop_epoch=4)
