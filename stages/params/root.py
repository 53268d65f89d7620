"""All parameters: one section a stage."""

from typing import Annotated

from pydantic import Field

from stages.params.base import Section
from stages.params.baselines import BaselineParams
from stages.params.data import (
    ExplodeParams,
    FeaturesParams,
    FilterParams,
    SequencesParams,
    SplitParams,
    VocabParams,
)
from stages.params.engine import EngineParams
from stages.params.evaluate import EvaluateParams
from stages.params.predict import PredictParams
from stages.params.training import TrainParams


class Params(Section):
    """All of `params.yaml`."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    """Source of every random choice; each purpose derives its own seed from it."""
    raw: str = "artifacts/sample"
    """Directory of train.parquet, test.parquet, vacancies.parquet and, if known, labels.parquet."""
    split: SplitParams = SplitParams()
    explode: ExplodeParams = ExplodeParams()
    filter: FilterParams = FilterParams()
    vocab: VocabParams = VocabParams()
    features: FeaturesParams = FeaturesParams()
    sequences: SequencesParams = SequencesParams()
    train: TrainParams = TrainParams()
    predict: PredictParams = PredictParams()
    evaluate: EvaluateParams = EvaluateParams()
    baseline: BaselineParams = BaselineParams()
    engine: EngineParams = EngineParams()
