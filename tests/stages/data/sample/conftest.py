"""The default sample, written once a session."""

import pytest

from stages.data.sample import DEFAULT_SESSIONS, DEFAULT_VACANCIES, run
from tests.worlds.sampled import Sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    out = tmp_path_factory.mktemp("default") / "sample"
    run(out=out, sessions=DEFAULT_SESSIONS, vacancies=DEFAULT_VACANCIES, seed=42)
    return Sample(out)
