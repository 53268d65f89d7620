"""The batches of a training and of a ranking that need most memory, without making them."""

import numpy as np

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.query_encoder import together_encoded
from stages.interface.errors import HhrecError
from stages.params import Params
from stages.train import activation_probe, memory_model
from stages.train.dataset_stats import DatasetStats


def chosen(params: Params, found: DatasetStats) -> Ints:
    """Lengths of the windows that are trained on, ascending."""
    lengths = found.lengths[found.lengths >= params.train.min_length].astype(np.int64)
    if not len(lengths):
        raise HhrecError(
            f"no history has train.min_length={params.train.min_length} events",
            "lower train.min_length or filter.min_user_events",
        )
    return np.sort(np.minimum(lengths, params.sequences.max_length))


def widest(params: Params, found: DatasetStats) -> activation_probe.ProbeShape:
    """The batch with the most pairs of question and event."""
    lengths = chosen(params, found)
    runs = batch_plan.cut(lengths, params.train.batch_tokens)
    start, end = max(runs, key=lambda run: (run[1] - run[0]) * int(lengths[run[1] - 1]) ** 2)
    return activation_probe.ProbeShape(
        end - start, int(lengths[end - 1]), found.trained, found.periods, found.words
    )


def to_rank(params: Params, found: DatasetStats) -> memory_model.ToRank:
    """The rows ranked after an epoch, and the batch of them with most rows."""
    asked = found.asked[: params.train.validation_rows]
    lengths = np.minimum(asked, params.sequences.max_length).astype(np.int64)
    widest = max(together_encoded(lengths), key=len, default=lengths[:0])
    longest = int(lengths[widest].max(initial=0))
    close = params.train.near_ones() > 0
    return memory_model.ToRank(len(lengths), len(widest), len(widest) * longest, close)
