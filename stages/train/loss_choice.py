"""Choose between the loss over all trained items and the one over drawn items."""

from stages.params import TrainParams

FULL_UNTIL = 4_096  # trained items up to which `auto` takes the whole softmax


def takes_all(settings: TrainParams, trained: int) -> bool:
    """Whether the loss sums over all trained items instead of drawn ones."""
    return settings.loss == "full" or (settings.loss == "auto" and trained <= FULL_UNTIL)


def loss_name(settings: TrainParams, trained: int) -> str:
    """Which loss it is, after `auto`: full, sampled or gbce."""
    if settings.loss == "auto":
        return "full" if takes_all(settings, trained) else "sampled"
    return settings.loss
