"""Give memory that no tensor uses back, now and then: what a step frees fits the next one badly."""

import time

from stages.interface.machine import give_back_memory

SECONDS = 15.0  # between two times, of which each takes a hundredth of that at most


class FreeMemory:
    """Gives it back after steps, when it is time."""

    def __init__(self) -> None:
        self.given_at = time.monotonic()

    def after_step(self) -> None:
        """Give it back, unless that was done just now."""
        if time.monotonic() - self.given_at > SECONDS:
            give_back_memory()
            self.given_at = time.monotonic()
