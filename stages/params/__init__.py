"""Every parameter of every stage, with its meaning and unit; `load` reports all faults at once."""

from stages.params.answers import EvaluateParams, PredictParams, SeenParams
from stages.params.baselines import ActionWeights, AlsParams, BaselineParams, ItemKnnParams
from stages.params.data import (
    ExplodeParams,
    FeaturesParams,
    FilterParams,
    SequencesParams,
    SplitParams,
    VocabParams,
)
from stages.params.reading import load, validated
from stages.params.training import MaskingParams, TrainParams
from stages.params.whole import Params

__all__ = [
    "ActionWeights",
    "AlsParams",
    "BaselineParams",
    "EvaluateParams",
    "ExplodeParams",
    "FeaturesParams",
    "FilterParams",
    "ItemKnnParams",
    "MaskingParams",
    "Params",
    "PredictParams",
    "SeenParams",
    "SequencesParams",
    "SplitParams",
    "TrainParams",
    "VocabParams",
    "load",
    "validated",
]
