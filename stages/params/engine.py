"""Parameters of where the data stages do their work."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from stages.params.base import SECRET, Section

LARGEST = 100  # settings


class SparkParams(Section):
    """Where Spark is. Empty values leave it to Spark's own files and environment."""

    master: Annotated[str, Field(max_length=1_000)] = ""
    """URL of a master: `local[2]`, `spark://HOST:7077`, `yarn`, `k8s://...`."""
    remote: Annotated[str, Field(max_length=1_000)] = ""
    """URL of a Spark Connect server, `sc://HOST:15002`; not beside `master`."""
    settings: dict[str, str] = Field(default_factory=dict, max_length=LARGEST)
    """Any settings of Spark: `{spark.executor.memory: 8g}`."""

    @field_validator("master", "remote")
    @classmethod
    def _no_secret(cls, value: str) -> str:
        if SECRET.search(value):
            msg = "a credential belongs into the environment, SPARK_REMOTE"
            raise ValueError(msg)
        return value

    @field_validator("settings", mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        """Take `--set engine.spark.settings.spark.executor.memory=8g`, which nests the names."""
        if not isinstance(value, Mapping):
            return value
        return dict(_leaves(value, ""))

    @field_validator("settings")
    @classmethod
    def _of_spark(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [name for name in value if not name.startswith("spark.")]
        if wrong:
            msg = f"expected names that start with spark., found {wrong[0][:80]}"
            raise ValueError(msg)
        if secret := [name for name in value if SECRET.search(name)]:
            msg = f"{secret[0][:80]}: a credential belongs into Spark's own files or environment"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one(self) -> "SparkParams":
        if self.master and self.remote:
            msg = "master and remote are both given: leave one of them empty"
            raise ValueError(msg)
        return self


class EngineParams(Section):
    """Where the data stages do their work. No result depends on `kind`."""

    kind: Literal["local", "processes", "spark"] = "local"
    """`local`: buckets side by side in threads of one process; `processes`: in processes of this
    machine; `spark`: on a Spark cluster (extra `hhrec[spark]`)."""
    workers: Annotated[int, Field(ge=1, le=1_024)] = 2
    """Buckets worked on at once; they share `explode.memory_gb`, so that `explode.buckets: 0` cuts
    smaller buckets."""
    spark: SparkParams = SparkParams()

    @model_validator(mode="after")
    def _several(self) -> "EngineParams":
        if self.kind == "processes" and self.workers == 1:
            msg = "processes with workers 1 is local: set engine.workers to 2 or more"
            raise ValueError(msg)
        return self


def _leaves(values: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Names and values of nested mappings, joined by dots; plain values as Spark reads them."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
