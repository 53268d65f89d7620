"""Every parameter of every stage, with its meaning and unit; `load` reports all faults at once."""

from stages.params.baselines import ActionWeights, AlsParams, BaselineParams, ItemKnnParams
from stages.params.data import FeaturesParams, SplitParams
from stages.params.engine import EngineParams, SparkParams
from stages.params.evaluate import EvaluateParams
from stages.params.loading import load, validated
from stages.params.predict import PredictParams, SeenParams
from stages.params.root import Params
from stages.params.training import TrainParams

__all__ = [
    "ActionWeights",
    "AlsParams",
    "BaselineParams",
    "EngineParams",
    "EvaluateParams",
    "FeaturesParams",
    "ItemKnnParams",
    "Params",
    "PredictParams",
    "SeenParams",
    "SparkParams",
    "SplitParams",
    "TrainParams",
    "load",
    "validated",
]
