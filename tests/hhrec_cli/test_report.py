"""`hhrec report`: what it prints, where it writes, how it fails."""

from pathlib import Path

import pytest

from tests.helpers.command import Type
from tests.worlds import scored_world


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a project directory that has contexts, labels and predictions, but no scores."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("raw: artifacts/raw\n")
    return scored_world.build(tmp_path / "artifacts").root


def test_it_writes_beside_the_artifacts_and_says_what_is_missing(
    artifacts: Path, hhrec: Type
) -> None:
    done = hhrec("report")
    assert done.code == 0
    assert (artifacts / "report.html").read_text().startswith("<!doctype html>")
    assert "artifacts/report.html" in done.out
    assert "no scores" not in done.out
    assert "no scores: artifacts/metrics: no scores found; run `hhrec evaluate`" in done.said()


def test_json_is_one_object(artifacts: Path, hhrec: Type, tmp_path: Path) -> None:
    out = tmp_path / "mine.html"
    shown = hhrec("report", "--out", out, "--json", "--quiet")
    assert shown.err == ""
    assert shown.json()["out"] == str(out)
    assert shown.json()["bytes"] == out.stat().st_size
    assert not (artifacts / "report.html").exists()


def test_other_directories_may_be_named(artifacts: Path, hhrec: Type) -> None:
    moved = artifacts.rename(artifacts.with_name("elsewhere"))
    assert hhrec("report", "--artifacts", moved, "--raw", moved / "raw", "--quiet").code == 0
    assert (moved / "report.html").is_file()


@pytest.mark.usefixtures("artifacts")
def test_mistakes_have_their_exit_codes(hhrec: Type) -> None:
    nothing = hhrec("report", "--artifacts", "nowhere")
    assert nothing.code == 3
    assert "hhrec run" in nothing.said()
    assert hhrec("report", "--sessions", "-1").code == 2
    assert hhrec("report", "--set", "seed=x").code == 1
