"""transformers neither warns nor draws bars on stderr once it is told to be quiet."""

import pytest
from transformers.utils import logging

from stages.interface.quiet_libraries import quieten


@pytest.fixture(autouse=True)
def as_before():
    level = logging.get_verbosity()
    drawn = logging.is_progress_bar_enabled()
    yield
    logging.set_verbosity(level)
    (logging.enable_progress_bar if drawn else logging.disable_progress_bar)()


def test_only_errors_are_left() -> None:
    logging.set_verbosity_info()
    logging.enable_progress_bar()
    quieten()
    assert logging.get_verbosity() == logging.ERROR
    assert not logging.is_progress_bar_enabled()
