"""Training callbacks: metrics, validation, early stopping, checkpoints, signals."""

from stages.train.callbacks.watch import Watch

__all__ = ["Watch"]
