"""Dataset, data loader, loop, callbacks, checkpoints, optimisers, memory plan."""

from stages.train.stage import run

__all__ = ["run"]
