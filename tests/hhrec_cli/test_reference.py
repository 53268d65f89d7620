"""docs/cli.md is what the commands say; `hhrec params` and its forms."""

from pathlib import Path

import pytest
import yaml

from hhrec_cli import _reference
from stages.params import Params
from tests.helpers.command import Type
from tests.helpers.source import ROOT


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == _reference.render(), "docs/cli.md is old: run `make reference`"


def test_the_reference_shows_choices_defaults_and_flags() -> None:
    lines = _reference.render().splitlines()
    assert "| `--part` | `test`, `validation` | `test` | Which rows. |" in lines
    assert "| `--resume` |  |  | Go on from the newest checkpoint. |" in lines
    assert any(line.startswith("| `--set` | `SECTION.KEY=VALUE` |") for line in lines)


def test_params_prints_names_values_and_ranges(hhrec: Type) -> None:
    shown = hhrec("params", "--params", ROOT / "params.yaml", "--set", "train.lr=0.25")
    line = next(line for line in shown.out.splitlines() if line.startswith("train.lr "))
    assert line.split()[1:5] == ["0.2500", "0.0000", "0", "to"]


def test_params_as_json_and_yaml(hhrec: Type) -> None:
    words = ("params", "--params", ROOT / "params.yaml", "--set", "seed=7")
    assert hhrec(*words, "--json").json()["seed"]["value"] == 7
    assert yaml.safe_load(hhrec(*words, "--yaml").out)["seed"] == 7


def test_params_without_a_file_are_the_defaults(
    hhrec: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert yaml.safe_load(hhrec("params", "--yaml").out) == Params().model_dump()
    assert hhrec("params", "--set", "seed=7", "--json").json()["seed"]["value"] == 7
