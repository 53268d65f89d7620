"""A server around a recommender without a model, asked in this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.serve_world import Asked, Shelf, asked


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Asked]]:
    """Starts a server; its settings are those of `tests.worlds.serve_world.server`."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "weights").write_text("1")
    with ExitStack() as stack:

        def started(shelf: Shelf | None = None, **more: Any) -> Asked:
            found = asked(tmp_path / "bundle", shelf or Shelf(), **more)
            stack.enter_context(found.client)
            assert found.client.get("/health").json() == {"status": "ok"}
            return found

        yield started


@pytest.fixture
def one(start: Callable[..., Asked]) -> Asked:
    """A server with the usual settings."""
    return start()
