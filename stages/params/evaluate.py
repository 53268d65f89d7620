"""Parameters of evaluation."""

from typing import Annotated

from pydantic import Field

from stages.params.base import Section


class EvaluateParams(Section):
    """How scores are estimated."""

    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 1_000
    """Resamples of the 95 % intervals."""
