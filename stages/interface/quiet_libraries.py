"""Silence warnings and progress bars of libraries: stderr is for our own."""

from transformers.utils import logging


def quieten() -> None:
    """Silence the warnings and progress bars of transformers."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
