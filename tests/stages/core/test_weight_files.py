"""Headers of safetensors files: those of the library are read, those that lie are refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from stages.core import weight_files
from stages.interface.errors import HhrecError

TENSORS = {
    "a": torch.zeros(3, 4),
    "b": torch.zeros(5, dtype=torch.float16),
    "c": torch.zeros((), dtype=torch.int64),
    "d": torch.zeros(0, 7, dtype=torch.bool),
}
ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def written(path: Path, header: Any, data: bytes = bytes(8), length: int | None = None) -> Path:
    """A file with a header of ours."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + data)
    return path


def test_shapes_are_those_that_the_library_reads(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "x", metadata={"format": "pt"})
    found = weight_files.shapes(tmp_path / "x")
    assert found == {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[" * 100_000,
        [],
        {"x": ONE | {"shape": [1 << 60]}},
        {"x": ONE | {"shape": [-2]}},
        {"x": ONE | {"shape": [2.0]}},
        {"x": ONE | {"dtype": "PICKLE"}},
        {"x": ONE | {"data_offsets": [8, 16]}},
        {"x": ONE | {"data_offsets": [0, 1 << 62], "shape": [1 << 60]}},
        {"x": ONE, "y": ONE},
        {"x": {}},
        {"x": None},
        {},
    ],
    ids=str,
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: Any) -> None:
    with pytest.raises(HhrecError, match="not a whole safetensors file"):
        weight_files.shapes(written(tmp_path / "x", header))


def test_a_header_longer_than_its_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match=r"4,611,686,018,427,387,904 bytes in a file of"):
        weight_files.shapes(written(tmp_path / "x", {"x": ONE}, length=1 << 62))


@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_damage_is_refused_or_harmless(damage: bytes, at: int) -> None:
    """What passes is read by the library, too, with the same shapes."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        save_file(TENSORS, path)
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + damage + whole[at + len(damage) :])
        try:
            found = weight_files.shapes(path)
        except HhrecError:
            return
        assert {name: tuple(one.shape) for name, one in load_file(path).items()} == found


def test_other_tensors_than_expected_are_named(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "x")
    expected = {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}
    weight_files.require_like(tmp_path / "x", expected)
    with pytest.raises(HhrecError, match=r"2 tensors .* a: expected \(9, 4\), found \(3, 4\); e: "):
        weight_files.require_like(tmp_path / "x", expected | {"a": (9, 4), "e": (1,)})
