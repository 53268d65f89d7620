"""Parameters of the baselines."""

from typing import Annotated

from pydantic import Field

from stages.params.base import Fraction, Section


class ActionWeights(Section):
    """What an action on a vacancy counts; of several on one vacancy the greatest does."""

    response: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    """What a response counts."""
    favourite: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    """What a favourite mark counts."""
    view: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    """What a view counts."""


class ItemKnnParams(Section):
    """Vacancies that others went on to: `stages/baselines/item_knn.py` has the formula."""

    window: Annotated[int, Field(ge=1, le=100_000)] = 20
    """Distinct vacancies that two of one history may lie apart to count as a pair."""
    distance: Annotated[float, Field(ge=0, le=100)] = 0.25
    """Exponent by which a pair counts less the farther apart it is; 0 counts all alike."""
    backward: Fraction = 0.25
    """What a pair counts against its order in time, beside 1 for along it."""
    activity: Fraction = 0.25
    """Exponent by which a user's pairs count less the longer the history; 0 counts all alike."""
    source_norm: Fraction = 0.75
    """Exponent of the users of the vacancy that is there; 0.5 for both is the cosine."""
    target_norm: Fraction = 0.35
    """Exponent of the users of the vacancy that may come next; more favours the rare."""
    shrink: Annotated[float, Field(ge=0, le=1_000_000_000)] = 20.0
    """Users added to both, so that chance meetings of rare vacancies count less."""
    neighbours: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Neighbours kept of a vacancy."""
    history: Annotated[int, Field(ge=1, le=100_000)] = 50
    """Newest distinct vacancies of a context that are asked."""
    recency: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Exponent by which older vacancies of a context count less."""
    session_recency: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Factor by which a vacancy of the context counts less for each session since."""
    weights: ActionWeights = ActionWeights()
    """By action, of a pair's second vacancy, and of those in the context."""


class AlsParams(Section):
    """Matrix factorisation through `implicit`."""

    factors: Annotated[int, Field(ge=1, le=8_192)] = 128
    """Numbers that describe a user or a vacancy."""
    iterations: Annotated[int, Field(ge=1, le=100_000)] = 15
    """Times that users and vacancies are solved in turn."""
    regularization: Annotated[float, Field(ge=0, le=1_000_000_000)] = 100.0
    """Weight of the squared factors."""
    alpha: Annotated[float, Field(gt=0, le=1_000_000)] = 30.0
    """Confidence of an action of weight 1, beside 1 for what was never touched."""
    weights: ActionWeights = ActionWeights()
    """By action, of users' vacancies in train and in the context."""


class BaselineParams(Section):
    """The recommenders that a model has to beat."""

    trending_days: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    """Days before the question that `trending` counts."""
    item_knn: ItemKnnParams = ItemKnnParams()
    """Vacancies that others went on to."""
    als: AlsParams = AlsParams()
    """Matrix factorisation."""
