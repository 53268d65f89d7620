"""Build features: codes, salary and tokens of every vacancy of the vocabulary."""

from functools import partial
from pathlib import Path

from stages.core import engines, kinds, outputs, table_files, tables
from stages.core.artifact_paths import BOOKS_DIR, TEXT_CACHE_DIR, VACANCIES_FILE
from stages.core.buckets import kept_files
from stages.core.schema import RAW_VACANCIES
from stages.features import salary
from stages.features.clean import MADE_BY, Cleaning, Slicing, write_facts
from stages.features.codebooks import (
    CodeBooks,
    books_hash,
    load_books,
    load_tokenizer,
    read_tokenizer,
    require_params,
    save_books,
)
from stages.features.encoding import encode_slices
from stages.features.fit_codebooks import learn
from stages.features.html_text import visible
from stages.features.text_embeddings.embeddings import TextVectors, check_model, joined
from stages.features.vector_file import VECTORS, VectorFile
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import FeaturesParams, Params

SLICE_ITEMS = 100_000  # vacancies in memory at once


class FeaturesReport(Report):
    """What `features build` did."""

    vacancies: int
    """Vacancies encoded: all of the vocabulary."""
    absent: int
    """Vacancies of the vocabulary that the catalogue lacks: they get missing codes."""
    outside: int
    """Rows of the catalogue whose vacancy the vocabulary lacks, rows without an id included."""
    duplicates: int
    """Rows of the catalogue left out because another of the same vacancy came first."""
    codes: dict[str, int]
    """Codes of each column."""
    tokens: int
    """Tokens of the tokenizer."""
    text_vectors: dict[str, int]
    """Width of the text vectors, and texts that were not in the cache; empty without a model."""
    frozen: bool
    """Whether the books were given and not learnt."""
    books: str
    """SHA-256 of the books."""


def run(
    params: Params,
    *,
    vacancies: Path,
    vocab: Path,
    out: Path,
    books: Path | None = None,
    text_cache: Path | None = None,
    progress: Progress = silent,
    slice_items: int = SLICE_ITEMS,
) -> FeaturesReport:
    """Read catalogue and vocabulary, write `out/books/`, `out/items/` and maybe `out/vectors.npy`.

    With `books` the vacancies are encoded by those and nothing is learnt. Text vectors are kept in
    `text_cache`, by default `text-cache` beside `out`.
    """
    made = outputs.prepare(
        out,
        kinds.FEATURES,
        inputs={VACANCIES_FILE: vacancies, "vocab": vocab},
        references={"books": books},
        params=params,
    )
    settings = params.features
    reader = _reader(settings, text_cache or out.parent / TEXT_CACHE_DIR)
    frozen = _frozen(books, settings, reader) if books else None
    tables.scan(vacancies, RAW_VACANCIES, made_by=MADE_BY)
    slicing = _slicing(vocab, slice_items)
    rates = frozen[0].rates if frozen else salary.RATES
    with (
        made.replacing() as place,
        engines.opened(params.engine, params.explode.memory_gb) as engine,
    ):
        scratch = place.absolute()
        work = scratch / "work"
        clean, encode = engines.halves(progress, len(slicing.numbers), "cleaned", "encoded")
        counts = write_facts(engine, vacancies, Cleaning(slicing, settings, rates, work), clean)
        learnt, words = frozen or learn(table_files.scan_ipc(kept_files(work)), settings)
        learnt = learnt.model_copy(update={"text_model": reader.hash if reader else ""})
        save_books(learnt, words, scratch / BOOKS_DIR)
        encode_slices(engine, work, scratch, slice_items, encode)
        if reader:
            write_vectors(work, reader, settings, scratch / VECTORS, counts["vacancies"], progress)
        tables.remove(work)
    return FeaturesReport(
        **counts,
        codes={**learnt.sizes, "salary": learnt.salary_buckets},
        tokens=learnt.token_count,
        text_vectors={"width": reader.encoder.width, "encoded": reader.encoded} if reader else {},
        frozen=frozen is not None,
        books=books_hash(out / BOOKS_DIR),
    )


def write_vectors(
    work: Path,
    reader: TextVectors,
    settings: FeaturesParams,
    out: Path,
    vacancies: int,
    progress: Progress,
) -> None:
    """Write the text vectors of every bucket of facts to one file, by item."""
    files, file = kept_files(work), VectorFile(out, vacancies, reader.encoder.width)
    for done, part in enumerate(files):
        facts = table_files.read_ipc(part)
        described = visible(facts["text"]) if settings.text_description else None
        note = partial(progress, len(files) + done, 2 * len(files))
        file.write(facts["item"], reader.of(joined(facts, described), note))
    file.close()


def _slicing(vocab: Path, size: int) -> Slicing:
    items = tables.scan_vocab(vocab)
    if items.head(1).collect().is_empty():
        raise HhrecError(f"{vocab}: no vacancies, nothing to describe", "see `hhrec vocab show`")
    return Slicing(vocab.absolute(), size)


def _reader(settings: FeaturesParams, cache: Path) -> TextVectors | None:
    return None if settings.text_model is None else TextVectors(settings, cache)


def _frozen(
    directory: Path, settings: FeaturesParams, reader: TextVectors | None
) -> tuple[CodeBooks, str]:
    books = load_books(directory)
    load_tokenizer(directory)
    require_params(books, settings, directory)
    check_model(directory, books.text_model, reader.hash if reader else "")
    return books, read_tokenizer(directory)
