"""What a machine gives: cores, and the disk of a place."""

import os
from pathlib import Path

from stages.interface.machine import cores, nearest


def test_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_the_nearest_directory_is_the_first_one_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert nearest(tmp_path) == tmp_path
    assert nearest(tmp_path / "not" / "yet") == tmp_path
    assert nearest(tmp_path / "file") == tmp_path
    assert nearest(Path("not-yet-here")) == Path.cwd()
