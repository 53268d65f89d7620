"""What a mirror held is remembered, and a file that changed is seen."""

from pathlib import Path

from stages.remote import standing
from stages.remote.standing import Seen


def test_a_file_that_changed_is_not_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a"
    assert standing.of(file) is None
    file.write_bytes(b"12")
    seen = {"": Seen.at(file, "mark")}
    standing.remember(file, seen)
    assert standing.of(file) == seen
    assert standing.is_as_seen(file, "", seen[""])
    file.write_bytes(b"123")
    assert not standing.is_as_seen(file, "", seen[""])
    standing.forget(file)
    assert standing.of(file) is None
    assert not standing.is_as_seen(tmp_path / "none", "", seen[""])
    assert standing.file_of(file, "x") == file / "x"
