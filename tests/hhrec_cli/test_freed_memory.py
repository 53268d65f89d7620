"""Polars keeps freed memory for a while, unless the environment says otherwise."""

import os
import sys

import pytest

from hhrec_cli import _freed_memory
from hhrec_cli._freed_memory import KEPT, SETTINGS


@pytest.mark.parametrize(
    ("given", "told"), [(None, KEPT), ("dirty_decay_ms:7", f"{KEPT},dirty_decay_ms:7")]
)
def test_what_the_environment_says_comes_last_and_counts(
    given: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "polars")
    monkeypatch.delenv(SETTINGS, raising=False)
    if given:
        monkeypatch.setenv(SETTINGS, given)
    _freed_memory.keep()
    assert os.environ[SETTINGS] == told


def test_nothing_is_set_once_polars_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", sys)
    monkeypatch.setenv(SETTINGS, "as it was")
    _freed_memory.keep()
    assert os.environ[SETTINGS] == "as it was"
