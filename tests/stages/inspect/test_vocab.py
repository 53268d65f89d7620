"""What an id stands for, however long it is."""

from pathlib import Path

import polars as pl
import pytest

from stages.core.schema import VOCAB
from stages.inspect.vocab import lookup
from stages.interface.errors import HhrecError

LONG = "9" * 45


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    rows = {"vacancy_id": ["cook", LONG], "item": [3, 4], "count": 1, "trained": True}
    pl.DataFrame(rows, schema=VOCAB).write_parquet(tmp_path / "vocab.parquet")
    return tmp_path / "vocab.parquet"


@pytest.mark.parametrize("digits", [10, 11, 19, 45, 5_000])
def test_a_long_number_is_an_unknown_id(vocab: Path, digits: int) -> None:
    with pytest.raises(HhrecError, match="is neither a vacancy id nor an item number"):
        lookup(vocab, ["8" * digits])


def test_a_long_number_that_is_an_id_is_found(vocab: Path) -> None:
    assert lookup(vocab, [LONG, "3"])["item"].to_list() == [4, 3]
