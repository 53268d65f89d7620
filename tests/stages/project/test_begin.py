"""A project of one's own: what is written, and that nothing is overwritten."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.interface.errors import HhrecError, UsageError
from stages.params import Params, load
from stages.project import begin
from tests.helpers.source import ROOT


def test_a_new_directory_gets_all_files(tmp_path: Path) -> None:
    report = begin.run(tmp_path / "board", raw="/data/log")
    assert report.written == ["params.yaml", "dvc.yaml", ".gitignore"]
    given = load(tmp_path / "board" / "params.yaml")
    assert given == Params(raw="/data/log")
    assert load(begin_in(tmp_path / "other") / "params.yaml").raw == "raw"


def begin_in(directory: Path) -> Path:
    begin.run(directory)
    return directory


def test_what_stands_there_is_kept_to_the_byte(tmp_path: Path) -> None:
    own = tmp_path / "dvc.yaml"
    own.write_text("stages: {}\n")
    report = begin.run(tmp_path)
    assert report.kept == ["dvc.yaml"]
    assert "dvc.yaml" in " ".join(report.remarks())
    assert own.read_text() == "stages: {}\n"
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(HhrecError, match="nothing is overwritten"):
        begin.run(tmp_path)
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml"])
def test_a_link_to_nowhere_counts_as_something(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    assert begin.run(tmp_path).kept == [name]
    assert not (tmp_path / "elsewhere").exists()


def test_raw_is_not_written_into_other_parameters(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    with pytest.raises(UsageError, match="cannot be written into it"):
        begin.run(tmp_path, raw="raw")
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_the_pipeline_is_that_of_the_repository_without_sample_and_code() -> None:
    ours = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    theirs = yaml.safe_load(begin.TEMPLATE.read_text(encoding="utf-8"))
    del ours["stages"]["sample"]
    for stage in ours["stages"].values():
        stage["deps"] = [dep for dep in stage["deps"] if not dep.startswith("stages/")]
    plain(ours), plain(theirs)
    assert theirs == ours
    assert list(theirs["stages"]) == list(ours["stages"])


def plain(pipeline: dict[str, Any]) -> None:
    """Drop the names of drawings: that of the repository lies in its own .dvc/plots."""
    for plot in pipeline["stages"]["evaluate"]["plots"]:
        del plot["artifacts/metrics/comparison.csv"]["template"]
