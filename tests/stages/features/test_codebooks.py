import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from stages.core.schema import CATEGORICAL
from stages.features import tokenizer
from stages.features.code_book import CodeBook
from stages.features.codebooks import CodeBooks, books_hash, load_books, load_tokenizer, save_books
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import FeaturesParams


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    words = tokenizer.train(pl.DataFrame({"text": ["водитель"], "count": [3]}), 100)
    books = CodeBooks(
        params=FeaturesParams(),
        rates={"RUR": 1.0},
        columns={name: CodeBook(values=("x", "ы"), hashed=0) for name in CATEGORICAL.values()},
        salary_edges=(1.5, 2.5),
        token_count=tokenizer.parse(words).get_vocab_size(),
    )
    save_books(books, words, tmp_path / "books")
    return tmp_path / "books"


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_books_come_back_as_they_were_saved(saved: Path) -> None:
    books = load_books(saved)
    assert books.sizes == dict.fromkeys(CATEGORICAL.values(), 4)
    assert books.salary_buckets == 4
    assert books.token_count == load_tokenizer(saved).get_vocab_size()
    with pytest.raises(ValidationError):
        books.token_count = 7


def test_the_hash_is_of_the_content_and_not_of_its_layout(saved: Path) -> None:
    first = books_hash(saved)
    assert len(first) == 64
    document = json.loads((saved / "books.json").read_text())
    (saved / "books.json").write_text(json.dumps(dict(reversed(document.items())), indent=7))
    assert books_hash(saved) == first
    edit(saved / "books.json", salary_edges=[1.5, 2.6])
    second = books_hash(saved)
    assert second != first
    edit(saved / "tokenizer.json", version="1.1")
    assert books_hash(saved) not in {first, second}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 2}, "format"),
        ({"columns": {}}, "columns: expected company_id"),
        ({"salary_edges": [2, 1]}, "salary_edges: not rising"),
        ({"surplus": 1}, "surplus"),
        ({"params": {"max_codes": 0}}, "max_codes"),
    ],
)
def test_broken_books_are_named(saved: Path, changes: dict[str, Any], complaint: str) -> None:
    edit(saved / "books.json", **changes)
    with pytest.raises(HhrecError, match=complaint) as caught:
        load_books(saved)
    assert "features build" in caught.value.hint


def test_a_value_listed_twice_is_refused(saved: Path) -> None:
    columns = json.loads((saved / "books.json").read_text())["columns"]
    columns["area_id"]["values"] = ["x", "x"]
    edit(saved / "books.json", columns=columns)
    with pytest.raises(HhrecError, match="area_id: a value stands twice"):
        load_books(saved)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\x00", '{"model": {"type": "BPE"}}'])
def test_a_broken_tokenizer_is_named(saved: Path, text: str) -> None:
    (saved / "tokenizer.json").write_text(text)
    with pytest.raises(HhrecError, match=r"tokenizer\.json"):
        load_tokenizer(saved)


def test_a_tokenizer_of_other_books_is_refused(saved: Path) -> None:
    edit(saved / "books.json", token_count=77)
    with pytest.raises(HhrecError, match="77"):
        load_tokenizer(saved)


def test_missing_files_are_missing_input(saved: Path) -> None:
    (saved / "tokenizer.json").unlink()
    for read in (load_tokenizer, books_hash):
        with pytest.raises(MissingInputError, match=r"tokenizer\.json"):
            read(saved)
    with pytest.raises(MissingInputError, match=r"books\.json"):
        load_books(saved / "nowhere")


def test_codes_decode_to_their_values() -> None:
    book = CodeBook(values=("a", "b"), hashed=3)
    frame = pl.DataFrame({"value": ["b", None, "a", "other"]})
    codes = frame.select(book.encode(pl.col("value"))).to_series().to_list()
    assert codes[:3] == [3, 0, 2]
    assert 4 <= codes[3] < book.size == 7
    assert [book.decode(code) for code in (0, 1, 2, 3, 4, 6)] == [None, "?", "a", "b", "#0", "#2"]
