"""The base class of all parameter sections."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Precision = Annotated[
    Literal["no", "bf16", "auto"],
    BeforeValidator(lambda value: "no" if value is False else value),  # YAML reads no as false
]


class Section(BaseModel):
    """Parameters of one stage: frozen, and nothing that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
