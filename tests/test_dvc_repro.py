"""`dvc repro` for real, in a fresh repository with a small sample: minutes, so marked slow."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("hhrec") and shutil.which("dvc")), reason="not installed"),
]


def shell(repo: Path, *words: str) -> str:
    quiet = {"DVC_NO_ANALYTICS": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    author = {
        f"GIT_{role}_{key}": "t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        words,
        cwd=repo,
        env=os.environ | quiet | author,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with a small sample and one epoch, after `dvc repro`, all committed."""
    clone = tmp_path_factory.mktemp("dvc") / "clone"
    shell(ROOT, "git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
    sample = "hhrec data sample --out artifacts/sample"
    edit(clone / "dvc.yaml", "cmd: " + sample, f"cmd: {sample} --sessions 1000 --vacancies 800")
    edit(clone / "params.yaml", "  epochs: ", "  epochs: 1  # ")
    shell(clone, "dvc", "repro")
    shell(clone, "git", "add", "dvc.yaml", "params.yaml", "dvc.lock")
    shell(clone, "git", "commit", "--quiet", "--message", "small")
    return clone


def running(repo: Path) -> list[str]:
    lines = shell(repo, "dvc", "repro", "--dry").splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


def test_the_second_repro_does_nothing_and_git_is_clean(repo: Path) -> None:
    assert "up to date" in shell(repo, "dvc", "repro")
    assert shell(repo, "git", "status", "--short") == ""


def test_tables_are_not_held_twice(repo: Path) -> None:
    tables = [
        *repo.glob("artifacts/events/*.parquet"),
        *repo.glob("artifacts/sequences/*/*.parquet"),
    ]
    assert tables
    assert [table for table in tables if table.stat().st_nlink < 2 and not table.is_symlink()] == []


def test_one_seed_gives_one_lock(repo: Path) -> None:
    shell(repo, "dvc", "repro", "--force")
    assert shell(repo, "git", "status", "--short") == ""


def test_a_new_learning_rate_reruns_train_predict_evaluate(repo: Path) -> None:
    edit(repo / "params.yaml", "  lr: ", "  lr: 0.5  # ")
    assert running(repo) == ["train"]
    ran = [
        line.split("'")[1] for line in shell(repo, "dvc", "repro").splitlines() if "Running" in line
    ]
    assert ran == ["train", "predict", "evaluate", "report"]
    shell(repo, "git", "checkout", "--quiet", ".")


def test_own_files_are_read_and_never_written(repo: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(repo / "artifacts" / "sample", tmp_path / "own"))
    before = {file: file.read_bytes() for file in own.iterdir()}
    (own / "labels.parquet").unlink()
    del before[own / "labels.parquet"]
    edit(repo / "params.yaml", "raw: artifacts/sample", f"raw: {own}")
    shell(repo, "dvc", "repro", "evaluate")
    assert {file: file.read_bytes() for file in own.iterdir()} == before
    assert not (repo / "artifacts" / "metrics" / "test.json").exists()
    shell(repo, "git", "checkout", "--quiet", ".")


def test_scores_of_experiments_are_kept_and_shown_side_by_side(repo: Path) -> None:
    for name, rate in (("low", "0.001"), ("high", "0.01")):
        shell(
            repo, "dvc", "exp", "run", "--quiet", "--name", name, "--set-param", f"train.lr={rate}"
        )
    shown = shell(
        repo, "dvc", "exp", "show", "--csv", "--hide-workspace", "--drop", ".*artifacts/.*"
    )
    rows = {row["Experiment"]: row for row in csv.DictReader(shown.splitlines())}
    assert {"low", "high"} <= set(rows)
    assert (rows["low"]["train.lr"], rows["high"]["train.lr"]) == ("0.001", "0.01")
    for part in ("validation", "test"):
        scores = [float(rows[name][f"{part}.MRR@100"]) for name in ("low", "high")]
        assert all(0 < score < 1 for score in scores)
        assert len(set(scores)) == len(scores)
