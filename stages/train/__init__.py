"""Dataset, data loader, loop, callbacks, checkpoints, optimizers, memory plan."""

from stages.train.stage import run

__all__ = ["run"]
