import hashlib
import json
from pathlib import Path

import pytest

from stages.evaluate import protocol
from stages.interface.errors import HhrecError
from stages.params import Params, SplitParams
from tests.worlds import scored_world


def card(root: Path, params: Params, labels: Path | None = None) -> dict[str, object]:
    return protocol.card(
        params, part="test", rows=7, raw=root / "raw", labels=labels, sequences=root / "sequences"
    )


def test_the_card_names_all_that_must_be_equal(tmp_path: Path) -> None:
    world = scored_world.build(tmp_path)
    (tmp_path / "raw" / "test.parquet").write_bytes(b"sessions")
    (tmp_path / "raw" / "sample.json").write_text('{"generator_version": "3"}')
    found = card(tmp_path, Params(seed=5, split=SplitParams(kind="last_session")), world.labels)
    assert found["data"] == {
        "test.parquet": hashlib.sha256(b"sessions").hexdigest(),
        "labels.parquet": hashlib.sha256(world.labels.read_bytes()).hexdigest(),
    }
    assert (found["generator"], found["split"], found["seed"]) == ("3", "last_session", 5)
    assert (found["part"], found["rows"], found["k"]) == ("test", 7, 100)
    assert found["seen"] == {"response": "last", "favourite": "keep", "view": "keep"}
    assert set(found["libraries"]) >= {"numpy", "polars", "torch"}
    json.dumps(found)


def test_one_changed_byte_changes_the_data_hash(tmp_path: Path) -> None:
    file = tmp_path / "train.parquet"
    file.write_bytes(b"a" * (protocol.CHUNK + 1))
    before = protocol.data_hash(tmp_path, None)
    file.write_bytes(b"a" * protocol.CHUNK + b"b")
    assert protocol.data_hash(tmp_path, None) != before


def test_auto_is_resolved_by_the_validation_rows(tmp_path: Path) -> None:
    assert protocol.split_kind("auto", tmp_path) == "auto"
    world = scored_world.build(tmp_path)
    assert protocol.split_kind("auto", world.sequences) == "auto: last_session"
    test = world.sequences / "test" / "bucket-00000.parquet"
    test.write_bytes((world.sequences / "validation" / "bucket-00000.parquet").read_bytes())
    assert protocol.split_kind("auto", world.sequences) == "auto: test_sessions"


@pytest.mark.parametrize("text", ["", "[]", "{}", "7"])
def test_a_broken_generator_card_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "sample.json").write_text(text)
    with pytest.raises(HhrecError, match=r"sample\.json"):
        protocol.generator(tmp_path)


def test_own_files_have_no_generator(tmp_path: Path) -> None:
    assert protocol.generator(tmp_path) is None
