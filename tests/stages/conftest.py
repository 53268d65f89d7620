"""Fixtures for the tests of the model and of its training."""

from tests.worlds.small_model import catalogue, histories

__all__ = ["catalogue", "histories"]
