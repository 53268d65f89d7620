"""Text vectors in the features stage: rows by item, the cache, frozen books."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.features.codebooks import load_books
from stages.features.text_embeddings import embeddings
from stages.features.text_embeddings.cache import VectorCache, keys_of
from stages.features.text_embeddings.models import StaticEncoder
from stages.features.vector_file import VECTORS, open_vectors
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.feature_world import IDS, VACANCIES, build, vacancy
from tests.worlds.text_world import WORDS, sentence_model, static_model

PYTHON, SQL, DRIVER = (WORDS.index(word) for word in ("python", "sql", "водитель"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return static_model(tmp_path / "text-model")


def vectors(where: Path) -> np.ndarray:
    return np.load(where / "features" / VECTORS)


def made(where: Path, model: Path, rows: Any = VACANCIES, ids: Any = IDS, **more: Any) -> Any:
    return build(where, rows, ids, text_model=str(model), **more)[1]


def test_rows_are_by_item_and_say_what_the_texts_say(tmp_path: Path, model: Path) -> None:
    report = made(tmp_path, model)
    rows = vectors(tmp_path)
    assert rows.dtype == np.float16
    assert rows.shape == (3 + len(IDS), len(WORDS))
    assert not rows[[0, 1, 2, 7]].any()  # special ids, and v_5, of which nothing is known
    assert set(rows[3].nonzero()[0]) == {DRIVER}
    assert {PYTHON, SQL} <= set(rows[4].nonzero()[0])
    np.testing.assert_allclose(np.linalg.norm(rows[3:7].astype(float), axis=1), 1, atol=1e-3)
    assert report.text_vectors == {"width": len(WORDS), "encoded": 4}
    assert load_books(tmp_path / "features/books").params.text_model is None  # a path is no fact


def test_descriptions_are_read_unless_told_otherwise(tmp_path: Path, model: Path) -> None:
    rows = [vacancy("v_1", name="python", description="<p>sql</p>")]
    made(tmp_path, model, rows, ["v_1"])
    assert set(vectors(tmp_path)[3].nonzero()[0]) == {PYTHON, SQL}
    made(tmp_path, model, rows, ["v_1"], text_description=False)
    assert set(vectors(tmp_path)[3].nonzero()[0]) == {PYTHON}


def test_a_text_is_encoded_once(tmp_path: Path, model: Path) -> None:
    made(tmp_path, model)
    before = vectors(tmp_path)
    assert made(tmp_path, model).text_vectors["encoded"] == 0
    np.testing.assert_array_equal(vectors(tmp_path), before)
    changed = [*VACANCIES[:-1], vacancy("v_5", name="sql")]
    assert made(tmp_path, model, changed).text_vectors["encoded"] == 1
    assert set(vectors(tmp_path)[7].nonzero()[0]) == {SQL}
    other = static_model(tmp_path / "other", "embedding.weight")
    assert made(tmp_path, other).text_vectors["encoded"] == 4  # another model, other vectors
    assert made(tmp_path, model, text_tokens=3).text_vectors["encoded"] == 4


@pytest.mark.parametrize("slice_items", [1, 2, 100])
def test_slices_change_no_vector(tmp_path: Path, slice_items: int) -> None:
    text = sentence_model(tmp_path / "text")
    for name, size in (("a", 100), ("b", slice_items)):
        made(tmp_path / name, text, slice_items=size)
    one, two = (vectors(tmp_path / name).astype(float) for name in ("a", "b"))
    np.testing.assert_allclose(one, two, atol=1e-3)


def test_an_interrupted_run_keeps_what_it_encoded(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "AT_ONCE", 1)
    encode, done = StaticEncoder.encode, []

    def until_the_third(self: StaticEncoder, texts: list[str]) -> np.ndarray:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(texts)
        return encode(self, texts)

    monkeypatch.setattr(StaticEncoder, "encode", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, model)
    assert not (tmp_path / "features").exists()
    monkeypatch.setattr(StaticEncoder, "encode", encode)
    assert made(tmp_path, model).text_vectors["encoded"] == 2


def test_frozen_books_want_their_text_model(tmp_path: Path, model: Path) -> None:
    made(tmp_path / "a", model)
    books = tmp_path / "a/features/books"
    moved = tmp_path / "moved"
    model.rename(moved)
    made(tmp_path / "b", moved, books=books)
    with pytest.raises(MissingInputError, match=r"features\.text_model is null"):
        build(tmp_path / "b", VACANCIES, IDS, books=books)
    other = static_model(tmp_path / "other", "embedding.weight")
    with pytest.raises(HhrecError, match="made with the text model"):
        made(tmp_path / "b", other, books=books)
    build(tmp_path / "plain", VACANCIES, IDS)
    with pytest.raises(HhrecError, match="made with no text model"):
        made(tmp_path / "b", other, books=tmp_path / "plain/features/books")


def test_without_a_text_model_there_is_no_file(tmp_path: Path) -> None:
    _, report = build(tmp_path, VACANCIES, IDS)
    assert report.text_vectors == {}
    assert not (tmp_path / "features" / VECTORS).exists()
    assert open_vectors(tmp_path / "features", 5).shape == (8, 0)


def test_vectors_of_other_vacancies_are_refused(tmp_path: Path, model: Path) -> None:
    made(tmp_path, model)
    with pytest.raises(HhrecError, match="8 rows, expected 9"):
        open_vectors(tmp_path / "features", 6)
    (tmp_path / "features" / VECTORS).write_text("no array")
    with pytest.raises(HhrecError, match="not readable"):
        open_vectors(tmp_path / "features", 5)


@given(parts=st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=5), max_size=4))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_cache_gives_back_what_was_put_in(tmp_path: Path, parts: list[list[str]]) -> None:
    """Against a dictionary; opened anew between writes."""
    directory = tmp_path / str(len(list(tmp_path.iterdir())))
    known: dict[str, np.ndarray] = {}
    for part in parts:
        cache, texts = VectorCache(directory, 2), pl.Series(part, dtype=pl.String).unique()
        lacks = cache.lacks(keys_of(texts))
        assert lacks.to_list() == [text not in known for text in texts]
        new = texts.filter(lacks)
        if len(new):
            rows = np.arange(2 * len(new), dtype=np.float16).reshape(-1, 2) + len(known)
            cache.add(keys_of(new), rows)
            known |= dict(zip(new, rows, strict=True))
        asked = pl.Series([*known, *known], dtype=pl.String)
        expected = [known[text] for text in asked]
        if expected:
            np.testing.assert_array_equal(cache.gather(keys_of(asked)), expected)


def test_a_broken_file_of_the_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_text("no")
    with pytest.raises(HhrecError, match="not readable") as caught:
        VectorCache(tmp_path, 2)
    assert "rm " in caught.value.hint
