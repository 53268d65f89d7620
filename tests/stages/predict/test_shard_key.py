"""The key of shards changes with all that their lists depend on, and with nothing else."""

from pathlib import Path
from typing import Any

import pytest
import torch

from stages.interface.processes import Processes
from stages.params import Params, validated
from stages.predict.shard_key import code, key

ASKED = {"part": "test", "where": [], "rules": {"capacity": None}}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path | None]:
    for name in ("model", "vocab"):
        (tmp_path / name).write_text(name)
    return {"model": tmp_path / "model", "vocab": tmp_path / "vocab", "allow": None}


def params(**sections: Any) -> Params:
    return validated(sections, where="test")


def test_equal_runs_have_one_key_wherever_their_files_lie(
    files: dict[str, Path | None], tmp_path: Path
) -> None:
    known = key(params(), files, ASKED, Processes())
    (tmp_path / "other").write_text("model")
    assert key(params(), files | {"model": tmp_path / "other"}, ASKED, Processes()) == known
    assert key(params(raw="elsewhere"), files, ASKED, Processes()) == known


@pytest.mark.parametrize("changed", ["file", "parameter", "option", "allow", "threads"])
def test_another_run_has_another_key(
    files: dict[str, Path | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    known = key(params(), files, ASKED, Processes())
    given, asked = params(), dict(ASKED)
    if changed == "file":
        (tmp_path / "vocab").write_text("vocab2")
    elif changed == "parameter":
        given = params(predict={"k": 7})
    elif changed == "option":
        asked["part"] = "validation"
    elif changed == "allow":
        files["allow"] = tmp_path / "model"
    else:
        monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    assert key(given, files, asked, Processes()) != known


def test_other_code_is_another_digest(tmp_path: Path) -> None:
    digests = set()
    for number, text in enumerate(("x = 1", "x = 2")):
        root = tmp_path / str(number)
        root.mkdir()
        (root / "a.py").write_text(text)
        (root / "a.pyc").write_text(str(number))
        digests.add(code(root))
    assert len(digests) == 2
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "a.py").write_text("x = 1")
    assert code(tmp_path / "2") in digests
    assert code() == code()
