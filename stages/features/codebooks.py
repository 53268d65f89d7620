"""Code books: the frozen mappings from a vacancy's fields to a model's input codes."""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from tokenizers import Tokenizer

from stages.core import json_text
from stages.core.schema import CATEGORICAL
from stages.features import tokenizer as bpe
from stages.features.code_book import CodeBook
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import FeaturesParams

BOOKS, TOKENIZER = "books.json", "tokenizer.json"
MADE_BY = "run `hhrec features build` without --books to make new ones"


class CodeBooks(BaseModel):
    """All that `features build` learnt from a catalogue, the tokenizer aside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    params: FeaturesParams
    rates: dict[str, float]
    columns: dict[str, CodeBook]
    salary_edges: tuple[float, ...]
    token_count: int = Field(ge=2)
    text_model: str = ""  # SHA-256 of the text model's files, empty without one

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Number of codes of each categorical column, missing and unknown included."""
        return {column: book.size for column, book in self.columns.items()}

    @property
    def salary_buckets(self) -> int:
        """Number of salary codes, 0 (missing) included."""
        return len(self.salary_edges) + 2

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if list(self.columns) != list(CATEGORICAL.values()):
            raise ValueError(f"columns: expected {', '.join(CATEGORICAL.values())}")
        for column, book in self.columns.items():
            if len(set(book.values)) < len(book.values):
                raise ValueError(f"columns.{column}: a value stands twice")
        if list(self.salary_edges) != sorted(set(self.salary_edges)):
            raise ValueError("salary_edges: not rising")
        return self


def save_books(books: CodeBooks, tokenizer: str, directory: Path) -> None:
    """Write books.json and tokenizer.json into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(books.model_dump(mode="json"), ensure_ascii=False, indent=1)
    (directory / BOOKS).write_text(text + "\n", encoding="utf-8")
    (directory / TOKENIZER).write_text(tokenizer.rstrip("\n") + "\n", encoding="utf-8")


def load_books(directory: Path) -> CodeBooks:
    """Read books.json.

    Raises:
        MissingInputError: There is none.
        HhrecError: It is broken, or of another format.
    """
    document = _document(directory / BOOKS)
    try:
        return CodeBooks.model_validate(document)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "content"
        raise HhrecError(f"{directory / BOOKS}: {where}: {fault['msg']}", MADE_BY) from error


def load_tokenizer(directory: Path) -> Tokenizer:
    """Read the tokenizer beside the books; raises as `load_books` does."""
    path = directory / TOKENIZER
    try:
        tokenizer = bpe.parse(json.dumps(_document(path)))
    except ValueError as error:
        raise HhrecError(f"{path}: not the tokenizer of code books ({error})", MADE_BY) from error
    expected, found = load_books(directory).token_count, tokenizer.get_vocab_size()
    if expected != found:
        raise HhrecError(f"{path}: {found} tokens, but {BOOKS} says {expected}", MADE_BY)
    return tokenizer


def read_tokenizer(directory: Path) -> str:
    """Content of tokenizer.json, as it stands."""
    return (directory / TOKENIZER).read_text(encoding="utf-8")


def require_params(books: CodeBooks, asked: FeaturesParams, directory: Path) -> None:
    """Raise HhrecError where parameters differ from those the books were made with.

    Where the text model lies may differ; `stages.features.text_embeddings.embeddings` compares what it holds.
    """
    used = books.params.model_dump()
    faults = [
        f"features.{name} is {value}, the books were made with {used[name]}"
        for name, value in asked.model_dump(exclude={"text_model"}).items()
        if value != used[name]
    ]
    if faults:
        first = faults[0].split()[0]
        hint = f"add --set {first}={used[first.removeprefix('features.')]}, or leave --books out"
        raise HhrecError(f"{directory}: " + "; ".join(faults), hint)


def books_hash(directory: Path) -> str:
    """SHA-256 (hex) of both files' content, whatever their blanks and order of keys."""
    content = [_document(directory / name) for name in (BOOKS, TOKENIZER)]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _document(path: Path) -> Any:
    if not path.is_file():
        raise MissingInputError(f"{path}: not found; code books were expected there", MADE_BY)
    try:
        return json_text.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HhrecError(f"{path}: not JSON ({error})", MADE_BY) from error
