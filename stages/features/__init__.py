"""Codebooks, tokenizer, text embeddings; the codes of every vacancy."""

from stages.features.stage import run

__all__ = ["run"]
