"""`hhrec bundle`: what it writes, that `transformers` reads it, and what it refuses."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModel

import hhrec
from stages.bundle import facts, manifest, model_card, opening, stage
from stages.core import kinds
from stages.core.item_ids import FIRST_ITEM
from stages.core.manifests import of
from stages.interface.errors import HhrecError, MissingInputError
from stages.predict import loaded_model
from tests.worlds.served import Served


@pytest.fixture(scope="module")
def world(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A model and its bundle. Read it only."""
    found = Served(small_artifacts, tmp_path_factory.mktemp("bundle"))
    found.report = found.write()  # type: ignore[attr-defined]
    return found


def test_the_report_counts_what_is_there(world: Served) -> None:
    report: stage.BundleReport = world.report  # type: ignore[attr-defined]
    files = [file for file in world.path.rglob("*") if file.is_file()]
    assert report.files == len(files)
    assert report.bytes == sum(file.stat().st_size for file in files)
    assert report.vacancies == 300
    assert report.answers == "model"
    assert not report.remarks()
    assert kinds.foreign(world.path, kinds.BUNDLE) == []
    assert kinds.BUNDLE.proof(world.path)
    (made,) = of(world.path)
    assert made.kind == "bundle"
    assert set(made.inputs) == {"sequences", "features", "vocab"}


def test_it_holds_no_history_and_no_path_of_a_person(world: Served) -> None:
    users = set(world.rows()["user_id"])
    for file in world.path.rglob("*.json"):
        assert not [user for user in users if user in file.read_text(encoding="utf-8")]
    table = pl.read_ipc(world.path / opening.FACTS)
    assert "user_id" not in table.columns
    assert "description" not in table.columns
    assert table["vacancy_id"].n_unique() == 300


def test_the_card_says_what_it_is(world: Served) -> None:
    text = (world.path / model_card.FILE).read_text(encoding="utf-8")
    assert text.startswith("---\nlibrary_name: hhrec\n")
    assert "| Vacancies | 300, of which" in text
    assert "What it was worth" in text
    assert "no person's history" in text


def test_transformers_loads_the_weights(world: Served) -> None:
    assert hhrec.HhrecModel
    found = AutoModel.from_pretrained(world.path)
    content = opening.opened(world.path)
    expected = content.loaded.network.state_dict()
    assert found.state_dict().keys() == expected.keys()
    for name, weight in found.state_dict().items():
        assert torch.equal(weight, expected[name])


def test_everything_comes_back(world: Served) -> None:
    loaded = opening.opened(world.path)
    again = stage.arrays_of(loaded)
    for name, array in again[0].items():
        stored = np.load(world.path / "arrays" / f"{name}.npy")
        assert stored.tolist() == array.tolist(), name
    assert again[1] == manifest.read(world.path).numbers
    assert loaded.params == world.params
    assert loaded.info["kind"] == "bundle"


def test_a_machine_that_ranks_on_its_gpu_writes_the_same_vectors(
    world: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`meta` stands for a GPU: its tensors are no arrays either."""
    monkeypatch.setattr(loaded_model, "device", lambda: torch.device("meta"))
    stage.run(world.params, **world.paths, out=tmp_path / "b", vacancies=world.vacancies)
    for name in ("vectors", "special_vectors", "codes"):
        expected = np.load(world.path / "arrays" / f"{name}.npy")
        assert np.load(tmp_path / "b" / "arrays" / f"{name}.npy").tolist() == expected.tolist()


def test_without_a_catalogue_it_says_so(world: Served, tmp_path: Path) -> None:
    params = world.params.model_copy(update={"raw": str(tmp_path)})
    report = stage.run(params, **world.paths, out=tmp_path / "b")
    assert report.fields == 0
    assert "no catalogue" in report.remarks()[0]
    assert opening.opened(tmp_path / "b").facts is None
    with pytest.raises(MissingInputError):
        facts.facts_of(pl.DataFrame(), params, tmp_path / "none.parquet")


def test_what_the_catalogue_lacks_is_withdrawn_if_asked(world: Served, tmp_path: Path) -> None:
    catalogue = pl.read_parquet(world.vacancies).sort("vacancy_id")
    catalogue[3:].write_parquet(tmp_path / "today.parquet")
    given = {"vacancies": tmp_path / "today.parquet", "withdraw": True}
    report = stage.run(world.params, **world.paths, **given, out=tmp_path / "b")
    assert report.withdrawn == 3
    found = opening.opened(tmp_path / "b")
    names = found.loaded.names["vacancy_id"]
    gone = {names[int(item) - FIRST_ITEM] for item in found.withdrawn}
    assert gone == set(catalogue["vacancy_id"][:3])


def test_only_its_own_place_is_written(world: Served, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(HhrecError, match=r"note\.txt"):
        stage.run(world.params, **world.paths, out=tmp_path / "mine")
    short = world.params.sequences.model_copy(update={"max_length": 9})
    other = world.params.model_copy(update={"sequences": short})
    with pytest.raises(HhrecError, match="max_length"):
        stage.run(other, **world.paths, out=tmp_path / "b")


def cut(path: Path) -> None:
    data = (path / "arrays" / "vectors.npy").read_bytes()
    (path / "arrays" / "vectors.npy").write_bytes(data[:-1])


def no_json(path: Path) -> None:
    (path / "bundle.json").write_text("{", encoding="utf-8")


def newer(path: Path) -> None:
    found = json.loads((path / "bundle.json").read_text(encoding="utf-8"))
    (path / "bundle.json").write_text(json.dumps(found | {"bundle": 2}), encoding="utf-8")


def lost(path: Path) -> None:
    (path / "model.safetensors").unlink()


def other_bytes(path: Path) -> None:
    file = path / "params.json"
    file.write_bytes(b"[" * file.stat().st_size)


def other_numbers(path: Path) -> None:
    found = json.loads((path / "bundle.json").read_text(encoding="utf-8"))
    found["vacancies"] -= 1
    (path / "bundle.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (cut, "not whole: arrays/vectors.npy"),
        (no_json, "not readable"),
        (newer, "a bundle of version 2, expected 1"),
        (lost, "not whole: model.safetensors"),
        (other_bytes, "do not fit together"),
        (other_numbers, "follow: no table"),
    ],
)
def test_a_broken_bundle_is_refused(
    broken: Callable[[Path], None], said: str, world: Served, tmp_path: Path
) -> None:
    path = tmp_path / "b"
    shutil.copytree(world.path, path)
    broken(path)
    with pytest.raises(HhrecError, match=said):
        opening.opened(path)


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    assert not opening.is_bundle(tmp_path)
    with pytest.raises(MissingInputError, match="no bundle"):
        manifest.read(tmp_path)


def test_moments_are_written_in_utc() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert stage.moment(noon.timestamp() * 1e6) == "2024-05-01T12:00:00+00:00"
    assert stage.moment(0) is None
