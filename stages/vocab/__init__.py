"""An item id for every vacancy of the catalogue."""

from stages.vocab.stage import run

__all__ = ["run"]
