"""Parameters of the stages before training."""

from typing import Annotated

from pydantic import Field, field_validator

from stages.params.base import Section


class SplitParams(Section):
    """How `explode` chooses validation rows."""

    kind: Annotated[
        str, Field(pattern=r"^(auto|test_sessions|last_session|none|after: ?\d{4}-\d\d-\d\d)$")
    ] = "auto"
    """`test_sessions`, `last_session`, `after: YYYY-MM-DD`, or `auto`: the first where it gives
    1,000 labels or as many as the second would, else that. `none` holds nothing out and trains on the test contexts too."""
    max_users: Annotated[int, Field(ge=1, le=1_000_000_000)] = 20_000
    """Most users held out for validation, chosen by a seeded hash of the user id."""

    @field_validator("kind", mode="before")
    @classmethod
    def _after(cls, value: object) -> object:
        """Take `after: DATE` as YAML reads it without quotes: a mapping to a date."""
        if isinstance(value, dict) and list(value) == ["after"]:
            return f"after: {value['after']}"
        return value


class ExplodeParams(Section):
    """How big tables are cut into buckets."""

    buckets: Annotated[int, Field(ge=0, le=4096)] = 0
    """Number of buckets; 0 chooses the fewest that fit `memory_gb`. No result depends on it."""
    memory_gb: Annotated[float, Field(gt=0, le=100_000)] = 4.0
    """Memory that the buckets worked on at once may need, in GiB."""


class FilterParams(Section):
    """What is left out of training; contexts are never filtered."""

    min_item_events: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    """Fewest events of a vacancy."""
    min_user_events: Annotated[int, Field(ge=1, le=1_000_000_000)] = 2
    """Fewest events of a user."""
    max_user_events: Annotated[int, Field(ge=1, le=1_000_000_000)] = 3_000
    """Most events of a user before he counts as a bot."""
    rounds: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How often both minimums are applied; 0 repeats to the fixed point (k-core)."""


class VocabParams(Section):
    """Which vacancies get an id embedding."""

    min_count: Annotated[int, Field(ge=1, le=1_000_000_000)] = 2
    """Fewest filtered train events of a vocabulary item."""


class FeaturesParams(Section):
    """How vacancies become numbers."""

    max_codes: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    """Most codes of one categorical column, by frequency; rarer values share hashed codes."""
    hash_codes: Annotated[int, Field(ge=1, le=10_000_000)] = 1_024
    """Codes that the rarer values of a column share."""
    tokens: Annotated[int, Field(ge=100, le=1_000_000)] = 8_000
    """Size of the tokenizer trained on titles and skills."""
    max_title_tokens: Annotated[int, Field(ge=1, le=4_096)] = 16
    """Tokens kept of a title."""
    max_skill_tokens: Annotated[int, Field(ge=1, le=4_096)] = 24
    """Tokens kept of all skills."""
    max_text_tokens: Annotated[int, Field(ge=0, le=65_536)] = 0
    """Tokens kept of the description without its HTML; 0 leaves descriptions out."""
    salary_cap: Annotated[int, Field(ge=1, le=1_000_000_000_000)] = 1_000_000
    """Salaries above this many roubles a month are clipped to it."""
    text_model: str | None = None
    """Directory of a local sentence encoder or table of token vectors, which reads the vacancies'
    texts; null: none."""
    text_tokens: Annotated[int, Field(ge=1, le=65_536)] = 128
    """Most tokens of a text that `text_model` reads."""
    text_description: bool = True
    """Whether `text_model` reads the description behind title and skills."""

    def reads_descriptions(self) -> bool:
        """Whether anything is made of the descriptions."""
        return self.max_text_tokens > 0 or (self.text_model is not None and self.text_description)


class SequencesParams(Section):
    """How long a history the model sees."""

    max_length: Annotated[int, Field(ge=2, le=4096)] = 64
    """Last events of a context that are kept, and that a batch is cut to."""
