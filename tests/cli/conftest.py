"""Fixtures for tests that type commands."""

import pytest

from tests.command import Type, typist


@pytest.fixture
def hhrec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Types `hhrec WORDS...` and gives back exit code, stdout and stderr."""
    return typist(monkeypatch, capsys)
