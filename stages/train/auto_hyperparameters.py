"""Hyperparameters derived from the size of the log: batch, learning rate, epochs.

Chosen on the validation rows of three logs of 50,000 to 500,000 events: a hundred steps an epoch,
and some hundred steps in all, served each of them; docs/LOG.md has the runs.
"""

import math

from stages.params import Params, TrainParams

STEPS = 96  # of an epoch, about
LEAST, MOST = 512, 16_384  # positions of a batch
SMALL = 100_000  # events of an epoch
TOTAL = (450, 900)  # steps of a training, about: of others and of small logs
DROPOUT, ID_DROPOUT = (0.2, 0.3), (0.1, 0.3)  # of others and of small logs
FEWEST, OFTENEST = 3, 16  # epochs
MASKED_DROPOUT, MASKED_TOTAL, MASKED_OFTENEST = (
    0.1,
    2_000,
    40,
)  # of `mlm`, which asks a fifth a step
BASE_LR, BASE_ASKED = 1e-3, 1_024  # the rate grows with the square root of what a step asks
BASE_ID_LR = 3.0  # times the rate that the body would have if every position were asked for
MASKED_ID_LR = 9.0  # the same of `mlm`, whose answers are not among what the row shows


def sized(params: Params, events: int, processes: int = 1) -> Params:
    """Put values in the place of zeros, for so many events in an epoch.

    What a step sees decides, so one process that adds up two batches trains like two processes.
    """
    given = params.train
    small = events < SMALL
    tokens = given.batch_tokens or batch_tokens(events)
    batches = given.accumulation * processes
    steps = max(1, events / (tokens * batches))
    share = given.share_asked()
    asked = share * tokens * batches
    masked = given.objective == "mlm"
    id_lr = MASKED_ID_LR if masked else BASE_ID_LR
    dropouts = (MASKED_DROPOUT,) * 2 if masked else (DROPOUT[small], ID_DROPOUT[small])
    total, most = (MASKED_TOTAL, MASKED_OFTENEST) if masked else (TOTAL[small], OFTENEST)
    chosen = {
        "batch_tokens": tokens,
        "lr": given.lr or rate(asked),
        "id_lr": given.id_lr or round(id_lr / math.sqrt(share), 6),
        "dropout": dropouts[0] if given.dropout is None else given.dropout,
        "id_dropout": dropouts[1] if given.id_dropout is None else given.id_dropout,
        "epochs": given.epochs or max(epochs(steps, total, most), given.stop_epoch or 0),
    }
    return params.model_copy(update={"train": TrainParams(**given.model_dump() | chosen)})


def batch_tokens(events: int) -> int:
    """Power of two that gives about `STEPS` steps an epoch."""
    octave = round(math.log2(max(events, 1) / STEPS)) if events else 0
    return int(min(max(2**octave, LEAST), MOST))


def rate(asked: float) -> float:
    """Highest learning rate for steps that ask about so many positions."""
    return round(BASE_LR * math.sqrt(asked / BASE_ASKED), 6)


def epochs(steps: float, total: int, most: int = OFTENEST) -> int:
    """Epochs of so many steps that make about `total`, at most `most`."""
    return min(max(round(total / steps), FEWEST), most)
