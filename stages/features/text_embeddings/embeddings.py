"""Vectors of vacancies' texts by a local text model, each text encoded once."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from stages.features.text_embeddings.cache import VectorCache, keys_of
from stages.features.text_embeddings.model_layout import content_hash
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import FeaturesParams

AT_ONCE = 4_096  # texts between writes to the cache
BATCH = 64  # texts encoded together
FORMAT = 1  # of cached vectors: a new one where the same model would answer otherwise


class TextVectors:
    """A text model with its cache.

    Args:
        settings: `text_model`, `text_tokens` and `text_description` are used.
        cache: Directory of caches, one a model.
    """

    def __init__(self, settings: FeaturesParams, cache: Path) -> None:
        from stages.features.text_embeddings.models import open_encoder  # noqa: PLC0415  most catalogues need no torch

        directory = Path(settings.text_model or "")
        self.encoder = open_encoder(directory, settings.text_tokens)
        self.hash = content_hash(directory)
        key = f"{FORMAT}:{self.hash}:{settings.text_tokens}"
        own = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
        self.cache = VectorCache(own, self.encoder.width)
        self.encoded = 0

    def of(self, texts: pl.Series, note: Callable[[str], None]) -> np.ndarray:
        """Vectors (n, D) float16 of texts; zeros where the text is null or empty."""
        rows = np.flatnonzero((texts.fill_null("") != "").to_numpy())
        vectors = np.zeros((len(texts), self.encoder.width), dtype=np.float16)
        said = texts.gather(rows)
        self._encode_missing(said.unique(), note)
        vectors[rows] = self.cache.gather(keys_of(said))
        return vectors

    def _encode_missing(self, texts: pl.Series, note: Callable[[str], None]) -> None:
        """Encode distinct texts that the cache lacks, like lengths together, some at a time."""
        missing = texts.filter(self.cache.lacks(keys_of(texts))).alias("text").to_frame()
        ordered = missing.sort(pl.col("text").str.len_bytes(), "text")["text"]
        for start in range(0, len(ordered), AT_ONCE):
            part = ordered[start : start + AT_ONCE]
            batches = [part[at : at + BATCH].to_list() for at in range(0, len(part), BATCH)]
            made = np.concatenate([self.encoder.encode(batch) for batch in batches])
            self.cache.add(keys_of(part), made.astype(np.float16))
            self.encoded += len(part)
            note(f"{start + len(part):,} of {len(ordered):,} texts encoded")


def joined(facts: pl.DataFrame, described: pl.Series | None) -> pl.Series:
    """Title, skills and maybe description of each vacancy, a line each; empty without any."""
    lines = facts.select("title", pl.col("skills").list.join(", "))
    if described is not None:
        lines = lines.with_columns(described.alias("text"))
    filled = [pl.when(pl.col(name) != "").then(name) for name in lines.columns]
    text = pl.concat_str(filled, separator="\n", ignore_nulls=True)
    return lines.select(text.alias("text")).to_series()


def check_model(books: Path, made_with: str, found: str) -> None:
    """Refuse another text model than the one that code books were made with.

    Args:
        books: Where they are, for the message.
        made_with: Hash of their text model, empty where they have none.
        found: Hash of the one in use, empty where there is none.
    """
    if made_with == found:
        return
    if not found:
        raise MissingInputError(
            f"{books}: made with the text model {made_with[:12]}, but features.text_model is null",
            "add --set features.text_model=DIR with the directory of that model",
        )
    said = f"the text model {made_with[:12]}" if made_with else "no text model"
    raise HhrecError(
        f"{books}: made with {said}, but features.text_model is {found[:12]}",
        "name that model, or leave --books out to make new books",
    )
