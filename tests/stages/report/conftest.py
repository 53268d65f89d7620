"""Artifacts to report on, written once a session."""

from pathlib import Path

import pytest

from stages.params import Params
from tests.worlds import report_world


@pytest.fixture(scope="session")
def params() -> Params:
    return report_world.PARAMS


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `raw` beside what every stage writes. Read it only."""
    return report_world.build(tmp_path_factory.mktemp("page"))
