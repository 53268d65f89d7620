"""Arrays of a bundle: what is written is what is opened, and nothing else is."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from stages.bundle import array_files
from stages.interface.errors import HhrecError


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3), np.zeros(0, np.float32), np.ones((3, 0), np.float16)]
)
def test_arrays_come_back_and_a_change_stays_in_memory(array: np.ndarray, tmp_path: Path) -> None:
    array_files.save(tmp_path, {"one": array})
    found = array_files.opened(tmp_path, "one")
    assert found.dtype == array.dtype
    assert found.tolist() == array.tolist()
    found[...] = 9
    assert array_files.opened(tmp_path, "one").tolist() == array.tolist()


def test_tables_come_back(tmp_path: Path) -> None:
    table = sparse.random(9, 9, 0.3, format="csr", rng=np.random.default_rng(1))
    array_files.save(tmp_path, array_files.of_table("near", table))
    found = array_files.table(tmp_path, "near", 9)
    assert (found != table).nnz == 0


def test_what_is_no_array_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / array_files.FOLDER
    folder.mkdir()
    np.save(folder / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    (folder / "text.npy").write_text("no array", encoding="utf-8")
    for name in ("pickled", "text", "missing"):
        with pytest.raises(HhrecError, match=f"{name}.npy: not a readable array"):
            array_files.opened(tmp_path, name)
    array_files.save(tmp_path, {f"t_{part}": np.zeros(3) for part in array_files.PARTS})
    with pytest.raises(HhrecError, match="t: no table"):
        array_files.table(tmp_path, "t", 9)
