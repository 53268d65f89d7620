"""`import hhrec`: quick, complete, and as docs/python.md shows it."""

import json
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import hhrec

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "python.md"


def test_the_code_of_the_page_runs_in_an_empty_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code) > 5
    exec(compile("\n".join(code), PAGE, "exec"), {})  # noqa: S102
    out = capsys.readouterr().out
    assert out.startswith("0 findings")
    assert "no `action_type`, no `action_dt`" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".hhrec", "artifacts", "imported", "other", "raw",
    ]  # fmt: skip


def test_the_import_is_light() -> None:
    code = "import hhrec, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"torch", "polars", "numpy", "transformers", "typer", "pydantic"}


def test_every_name_is_there_documented_and_typed() -> None:
    assert set(hhrec.__all__) < set(dir(hhrec))
    for name in hhrec.__all__:
        found = getattr(hhrec, name)
        assert found.__doc__
        if not isinstance(found, type):
            assert "return" in typing.get_type_hints(found)
    with pytest.raises(AttributeError, match="no attribute 'recomend'"):
        hhrec.recomend  # noqa: B018


def test_the_page_names_every_function() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in hhrec.__all__ if f"hhrec.{name}" not in text] == ["Params"]
