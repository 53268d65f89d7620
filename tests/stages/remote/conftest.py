"""An empty store in memory, and an empty cache, for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds import object_store


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HHREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    object_store.empty_memory()
    yield
    object_store.empty_memory()
