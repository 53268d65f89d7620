"""The final fit: once validated, train on everything and recommend from that.

Nothing is held out: validation sessions and test contexts, which are known when the questions are
asked, are trained on too; labels never. The parameters are those of the validated run, and training
ends after the epoch that was its best, with the same fall of the learning rate; an epoch of more
data has more steps. The calibration is that of the validated model, for nothing is left to fit one on. No
validation figure exists for the result.
"""

from pathlib import Path

from stages.core.model_files import read_chosen
from stages.params import Params

STAGES = ("explode", "filter", "vocab", "features", "sequences", "train", "predict test", "bundle")


def final_params(params: Params, validated: Path) -> Params:
    """Parameters of the final fit.

    Args:
        params: Those of the validated run.
        validated: Its model, beside which its best epoch is written.

    Raises:
        MissingInputError: No epoch is written there.
    """
    best = read_chosen(validated)
    given = params.train
    asks = best.asks if len(given.ways()) > 1 else given.asks  # of one way nothing was chosen
    return params.model_copy(
        update={
            "split": params.split.model_copy(update={"kind": "none"}),
            "train": given.model_copy(
                update={"stop_epoch": best.epoch, "epochs": best.epochs, "asks": asks}
            ),
        }
    )
