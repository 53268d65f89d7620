"""What `hhrec params` says, and that params.yaml in the repository says the same."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stages.interface.errors import HhrecError
from stages.params import Params, load, reference, validated

FILE = Path(__file__).parents[3] / "params.yaml"


def test_the_shipped_file_is_what_the_models_say() -> None:
    assert FILE.read_text(encoding="utf-8") == reference.as_yaml(Params())


def test_a_written_file_loads_as_the_same_parameters(tmp_path: Path) -> None:
    chosen = validated({"train": {"lr": 1e-5}, "predict": {"seen": {"view": "hide"}}}, where="here")
    file = tmp_path / "params.yaml"
    file.write_text(reference.as_yaml(chosen), encoding="utf-8")
    assert load(file) == chosen


@given(st.floats(min_value=1e-12, max_value=10), st.integers(min_value=0, max_value=2**31 - 1))
def test_any_number_survives_the_file(lr: float, seed: int) -> None:
    chosen = validated({"seed": seed, "train": {"lr": lr}}, where="here")
    assert validated(yaml.safe_load(reference.as_yaml(chosen)), where="file") == chosen


def test_every_parameter_has_a_meaning_and_its_range() -> None:
    rows = {row.name: row for row in reference.described(Params())}
    assert all(len(row.meaning) > 10 for row in rows.values())
    assert rows["predict.seen.view"].range == "auto | keep | last | hide"
    assert rows["train.warmup"].range == "0 to 1"
    assert rows["train.dropout"].range == "at least 0, below 1 or null"
    assert rows["predict.k"].default == 100
    assert [name for name in ("seed", "raw", "split.kind") if name not in rows] == []


def test_values_beside_defaults() -> None:
    rows = {row.name: row for row in reference.described(validated({"seed": 7}, where="here"))}
    assert (rows["seed"].value, rows["seed"].default) == (7, 42)


def test_lines_fit_a_screen_and_ranges_stay_whole() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line.count("[") != line.count("]")] == []


@pytest.mark.parametrize(
    "text", ["after: 2024-05-01", "'after: 2024-05-01'", "\n    after: 2024-05-01"]
)
def test_a_date_to_split_at_needs_no_quotes(text: str, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("split: {}\n", encoding="utf-8")
    if text.startswith("after"):
        assert load(file, [f"split.kind={text}"]).split.kind == "after: 2024-05-01"
    else:
        file.write_text(f"split:\n  kind: {text}\n", encoding="utf-8")
        assert load(file).split.kind == "after: 2024-05-01"


@pytest.mark.parametrize("name", ["train.precision", "predict.precision"])
def test_no_needs_no_quotes_though_yaml_reads_it_as_false(name: str, tmp_path: Path) -> None:
    section, key = name.split(".")
    file = tmp_path / "params.yaml"
    file.write_text(f"{section}:\n  {key}: no\n", encoding="utf-8")
    for found in (load(file), load(file, [f"{name}=auto", f"{name}=no"])):
        assert getattr(getattr(found, section), key) == "no"
    with pytest.raises(HhrecError, match="found True"):
        load(file, [f"{name}=yes"])
