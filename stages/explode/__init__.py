"""Raw sessions to ordered events, split into train, validation and test."""

from stages.explode.stage import run

__all__ = ["run"]
