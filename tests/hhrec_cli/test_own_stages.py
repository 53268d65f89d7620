"""A folder `stages` of the user's own where hhrec is started: hhrec imports its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.source import ROOT

POOL = """
import multiprocessing

import hhrec


def names(stops):
    return sorted(hhrec.__all__)[:stops], hhrec.HhrecError.__module__


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(names, [1]))
"""


@pytest.fixture(params=["package", "folder"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A directory with a `stages` that is not hhrec's."""
    (tmp_path / "stages").mkdir()
    if request.param == "package":
        (tmp_path / "stages" / "__init__.py").write_text("raise RuntimeError('foreign')\n")
    (tmp_path / "stages" / "params.py").write_text("raise RuntimeError('foreign')\n")
    return tmp_path


def python(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Type `python WORDS` where hhrec is found behind the working directory, as if installed."""
    path = os.pathsep.join(["", str(ROOT)])
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-m", "hhrec_cli", "params"), "train.lr"),
        (("-c", "import hhrec; print(hhrec.parameters().seed)"), "42"),
        (("-c", "import hhrec_cli, stages.params; print(stages.params.Params().seed)"), "42"),
    ],
)
def test_every_way_in_finds_its_own(elsewhere: Path, words: tuple[str, ...], said: str) -> None:
    done = python(*words, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_a_spawned_process_finds_its_own_too(elsewhere: Path) -> None:
    (elsewhere / "work.py").write_text(POOL)
    done = python("work.py", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[(['Answer'], 'stages.interface.errors')]\n"


def test_the_path_is_left_as_it_was(tmp_path: Path) -> None:
    code = "import sys; before = [*sys.path]; import hhrec; assert sys.path == before"
    assert python("-c", code, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", ["hhrec", "hhrec_cli"])
def test_another_one_that_is_imported_already_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "__init__.py").write_text("")
    done = python("-c", f"import stages; import {name}", cwd=tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: hhrec needs its own package `stages`")
    assert str(tmp_path / "stages") in last
