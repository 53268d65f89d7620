"""The base class of all parameter sections."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

Fraction = Annotated[float, Field(ge=0, le=1)]
Precision = Annotated[
    Literal["no", "bf16", "auto"],
    BeforeValidator(lambda value: "no" if value is False else value),  # YAML reads no as false
]
TrainPrecision = Annotated[
    Literal["no", "tf32", "bf16", "auto"],
    BeforeValidator(lambda value: "no" if value is False else value),
]
LARGEST = 10**15  # no parameter is a larger number
SECRET = re.compile(r"password|secret|token|credential|access\.?key", re.IGNORECASE)


class Section(BaseModel):
    """Parameters of one stage: frozen, finite, and nothing that is not declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _plain_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number is expected, and numbers beyond any sense."""
        kind = cls.model_fields[str(info.field_name)].annotation
        kinds = {kind, *get_args(kind)}
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            msg = "expected a number"
            raise ValueError(msg)
        if isinstance(value, int | float) and abs(value) > LARGEST:
            msg = f"expected a number of at most {LARGEST:.0e}"
            raise ValueError(msg)
        return value
