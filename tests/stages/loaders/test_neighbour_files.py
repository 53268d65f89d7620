"""Tables of neighbours on disk and back, and when they are counted anew."""

from pathlib import Path

import pytest

from stages.bert4rec.retrieval import cooccurrence
from stages.bert4rec.retrieval.cooccurrence import Neighbours, neighbours
from stages.loaders import neighbour_files as module
from tests.worlds.small_model import make_histories

COUNT = 40


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """A stand-in for `sequences/train`: only its bytes matter."""
    (tmp_path / "train").mkdir()
    (tmp_path / "train/bucket-00000.parquet").write_bytes(b"some")
    return tmp_path / "train"


def same(one: Neighbours, other: Neighbours) -> bool:
    pairs = zip((*one.past, one.whole), (*other.past, other.whole), strict=True)
    tables = [
        (a.table != b.table).nnz == 0
        and (a.source == b.source).all()
        and (a.target == b.target).all()
        for a, b in pairs
    ]
    return all(tables) and one.end == other.end and (one.cuts == other.cuts).all()


def test_what_was_written_is_read_back_without_counting(
    tmp_path: Path, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories, key = make_histories([9] * 12, seed=4), module.key_of(train, COUNT)
    said: list[int] = []
    module.counted(
        tmp_path / "kept", histories, COUNT, key, lambda done, *_, **__: said.append(done)
    )
    assert said  # of the counting
    known = neighbours(histories, COUNT)
    found = module.opened(tmp_path / "kept", key, past=True)
    assert found is not None
    assert same(found, known)
    assert not found.whole.table.data.flags.writeable  # a map of the file
    monkeypatch.setattr(cooccurrence, "neighbours", None)
    module.counted(tmp_path / "kept", histories, COUNT, key)


def test_other_histories_rules_or_catalogues_have_another_key(
    train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {module.key_of(train, COUNT), module.key_of(train, COUNT + 1)}
    monkeypatch.setattr(cooccurrence, "RULES", (1,))
    keys.add(module.key_of(train, COUNT))
    (train / "bucket-00000.parquet").write_bytes(b"others")
    keys.add(module.key_of(train, COUNT))
    assert len(keys) == 4


@pytest.mark.parametrize("fault", ["gone", "cut short", "another", "no key"])
def test_what_is_not_whole_or_of_others_is_not_opened(tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "kept"
    module.write(folder, neighbours(make_histories([9] * 12), COUNT), "this")
    assert module.opened(folder, "this", past=True) is not None
    file = folder / "2_indices.npy"
    if fault == "gone":
        file.unlink()
    if fault == "cut short":
        file.write_bytes(file.read_bytes()[:70])
    if fault == "no key":
        (folder / "key.json").write_text("[]")
    assert module.opened(folder, "that" if fault == "another" else "this", past=True) is None


def test_a_model_holds_the_newest_and_what_it_lacks_is_counted(
    tmp_path: Path, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Histories are read in order to count only."""
    histories, key = make_histories([9] * 12, seed=4), module.key_of(train, COUNT)
    monkeypatch.setattr(module, "train_histories", lambda _: histories)
    known = neighbours(histories, COUNT)
    said: list[int] = []

    def told(done: int, total: int, note: str = "", **figures: float) -> None:
        del total, note, figures
        said.append(done)

    counted = module.of_model(tmp_path, train, COUNT, told)
    assert said
    module.write(tmp_path / "neighbours", known.newest(), key)
    said.clear()
    monkeypatch.setattr(module, "train_histories", None)
    opened = module.of_model(tmp_path, train, COUNT, told)
    assert not said
    assert same(counted, opened)
    assert module.opened(tmp_path / "neighbours", key, past=True) is not None
