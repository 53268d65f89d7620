"""Each thing that the doctor looks at: well, and not well."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from stages import STAGES
from stages.inspect import doctor
from stages.params import Params
from tests.helpers.source import ROOT


class Usage(NamedTuple):
    free: int


def test_packages_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["polars>=99", "nowhere-at-all", "pytest; extra == 'dev'"]
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: needed)
    _, found = doctor.packages()
    assert found.state == "wrong"
    assert "polars" in found.found
    assert "nowhere-at-all is missing" in found.found
    assert "pytest" not in found.found


def test_hhrec_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise doctor.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "requires", requires)
    _, found = doctor.packages()
    assert (found.state, found.found) == ("look", "hhrec is not installed")


class Cuda:
    """Two GPUs of 80 GB, half of them free."""

    @staticmethod
    def is_available() -> bool:
        return True

    @staticmethod
    def device_count() -> int:
        return 2

    @staticmethod
    def mem_get_info(number: int) -> tuple[int, int]:
        return 40 * doctor.GB, (80 + number) * doctor.GB

    @staticmethod
    def get_device_name(number: int) -> str:
        return f"GPU {number}"


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "import_module", lambda _: SimpleNamespace(cuda=Cuda))
    assert [(one.state, one.found) for one in doctor.devices()] == [
        ("ok", "GPU 0, 40.0 of 80.0 GB free"),
        ("ok", "GPU 1, 40.0 of 81.0 GB free"),
    ]


def test_a_torch_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError(f"{name}: libcudart.so is broken")

    monkeypatch.setattr(doctor, "import_module", fail)
    (found,) = doctor.devices()
    assert (found.state, found.advice) == ("wrong", "make install")
    assert "libcudart.so is broken" in found.found


def test_parameters_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("train: {lr: true}")
    params, found = doctor.parameters(tmp_path / "p.yaml")
    assert (params, found.state) == (None, "wrong")
    assert "train.lr" in found.found


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "free at" in doctor.disk(tmp_path / "not" / "yet").found
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage(1 << 20))
    assert doctor.disk(tmp_path).state == "look"
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert doctor.disk(tmp_path).state == "wrong"


def test_more_memory_wanted_than_there_is() -> None:
    params = Params.model_validate({"explode": {"memory_gb": 4000}})
    memory, threads, files = doctor.machine(params)
    assert (memory.state, threads.state) == ("look", "ok")
    assert "--set explode.memory_gb=" in memory.advice
    assert files.name == "open files"


def test_devices_are_told() -> None:
    pytest.importorskip("torch")
    assert all(one.state == "ok" and one.found for one in doctor.devices())


def test_raw_files_that_lack(raw_dir: Path, tmp_path: Path) -> None:
    assert doctor.raw_files(raw_dir).state == "ok"
    assert "train.parquet" in doctor.raw_files(tmp_path).found


def test_raw_files_in_a_store(raw_dir: Path) -> None:
    assert doctor.raw_files(Path(f"file://{raw_dir}")).state == "ok"
    lost = doctor.raw_files(Path("memory://bucket/none"))
    assert lost.state == "look"
    assert "memory://bucket/none: train.parquet" in lost.found
    assert doctor.raw_files(Path("nosuch://bucket/raw")).state == "wrong"


def test_artifacts_to_be_made_anew(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("a file")
    one, counts = doctor.standing(tmp_path, None)
    assert (one.state, one.advice) == ("look", "move it away")
    assert counts.found == "14 absent, 1 foreign"


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        (None, "ok", "none"),
        ("a: [", "wrong", "not a pipeline"),
        ("stages: 3", "wrong", "not a pipeline"),
        ("stages: {explode: {deps: [stages/gone]}}", "look", "no stage filter"),
    ],
)
def test_the_pipeline_file(tmp_path: Path, text: str | None, state: str, said: str) -> None:
    if text is not None:
        (tmp_path / "dvc.yaml").write_text(text)
    (found,) = doctor.pipeline_file(tmp_path / "dvc.yaml", STAGES)
    assert found.state == state
    assert said in found.found


def test_our_own_pipeline_file_is_well() -> None:
    (found,) = doctor.pipeline_file(ROOT / "dvc.yaml", STAGES)
    assert found.state == "ok" or "dvc is not installed" in found.found


def test_everything_is_looked_at_even_where_parameters_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = {one.name: one.state for one in doctor.examine(Path("no.yaml"), Path("a"), STAGES)}
    assert found["parameters"] == "wrong"
    assert {"python", "disk", "memory", "devices", "artifacts", "dvc.yaml"} <= set(found)
    assert not list(tmp_path.iterdir())
