"""Fixtures for tests that type commands in a finished project."""

import shutil
from pathlib import Path

import pytest

from tests.worlds.project import project_of


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, raw_dir: Path) -> Path:
    """A project directory after a whole run on the tiny log. Read it only."""
    return project_of(raw_dir, tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to break, as the working directory; the home is another."""
    root = Path(shutil.copytree(finished, tmp_path / "home" / "project"))
    (tmp_path / "home" / "letters.txt").write_text("dear")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(root)
    return root
