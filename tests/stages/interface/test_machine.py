"""What a machine gives: cores, the disk of a place, and memory that it gets back."""

import os
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from stages.interface.machine import cores, give_back_memory, nearest


def test_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_the_nearest_directory_is_the_first_one_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert nearest(tmp_path) == tmp_path
    assert nearest(tmp_path / "not" / "yet") == tmp_path
    assert nearest(tmp_path / "file") == tmp_path
    assert nearest(Path("not-yet-here")) == Path.cwd()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_free_memory_between_blocks_in_use_is_given_back() -> None:
    """Of 20,000 blocks of 20 kB the last stay: without being told, malloc keeps what is below."""
    held = psutil.Process().memory_info
    blocks = [bytes(20_000) for _ in range(20_000)]
    del blocks[:19_000]
    before = held().rss
    give_back_memory()
    assert before - held().rss > 300_000_000
    assert len(blocks) == 1_000
