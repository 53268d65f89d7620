"""Early stopping: after how many epochs without a better validation score a training ends."""

from dataclasses import replace

from stages.train.checkpointing import State


def after_epoch(state: State, mrr: float, patience: int) -> State:
    """Enter an epoch's MRR@100 on the validation rows.

    Args:
        state: At the epoch's end.
        mrr: The score.
        patience: Epochs without a better score after which the training is done; 0 for never.

    Returns:
        The state, with `waited` 0 where the score is the best so far.
    """
    if mrr > state.best:
        return replace(state, best=mrr, best_step=state.step, waited=0)
    waited = state.waited + 1
    return replace(state, waited=waited, done=state.done or 0 < patience <= waited)
