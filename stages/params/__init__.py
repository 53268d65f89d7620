"""Every parameter of every stage, with its meaning and unit; `load` reports all faults at once."""

from stages.params.answers import EvaluateParams, PredictParams, SeenParams
from stages.params.baselines import ActionWeights, AlsParams, BaselineParams, ItemKnnParams
from stages.params.data import FeaturesParams, SplitParams
from stages.params.reading import load, validated
from stages.params.training import TrainParams
from stages.params.whole import Params

__all__ = [
    "ActionWeights",
    "AlsParams",
    "BaselineParams",
    "EvaluateParams",
    "FeaturesParams",
    "ItemKnnParams",
    "Params",
    "PredictParams",
    "SeenParams",
    "SplitParams",
    "TrainParams",
    "load",
    "validated",
]
