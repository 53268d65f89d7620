"""Parameters of the engine: what goes together, and settings of Spark in each way they are given."""

from typing import Any

import pytest

from stages.interface.errors import HhrecError
from stages.params import EngineParams, load, validated

MEMORY = {"spark.executor.memory": "8g"}


def engine(**given: Any) -> EngineParams:
    return validated({"engine": given}, where="test").engine


@pytest.mark.parametrize(
    "settings", [MEMORY, {"spark": {"executor": {"memory": "8g"}}}, {"spark.executor": {"memory": "8g"}}]
)  # fmt: skip
def test_settings_of_spark_are_names_with_dots(settings: dict[str, Any]) -> None:
    assert engine(spark={"settings": settings}).spark.settings == MEMORY


def test_settings_on_the_command_line_are_text_for_spark() -> None:
    words = ["executor.memory=8g", "executor.cores=4", "ui.enabled=false", "task.cpus=1"]
    found = load(None, [f"engine.spark.settings.spark.{word}" for word in words]).engine
    assert found.spark.settings == {f"spark.{word}".partition("=")[0]: word.partition("=")[2] for word in words}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "processes", "workers": 1}, "set engine.workers to 2 or more"),
        ({"kind": "dask"}, "local"),
        ({"workers": 0}, "greater than or equal to 1"),
        ({"spark": {"master": "local[2]", "remote": "sc://h"}}, "both given"),
        ({"spark": {"settings": {"memory": "8g"}}}, "start with spark."),
        ({"spark": {"settings": {"spark.hadoop.fs.s3a.secret.key": "x"}}}, "credential"),
        (
            {"spark": {"remote": "sc://h:15002/;token=abc"}},
            "belongs into the environment, SPARK_REMOTE",
        ),
        ({"spark": {"settings": [1]}}, "dictionary"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(HhrecError, match=said):
        engine(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"remote": "sc://h:15002/;token=hush"},
        {"master": "spark://h?password=hush"},
        {"settings": {"spark.my.token": "hush"}},
    ],
)
def test_a_credential_is_refused_and_not_repeated(given: dict[str, Any]) -> None:
    with pytest.raises(HhrecError) as caught:
        engine(spark=given)
    assert "found a credential" in str(caught.value)
    assert "hush" not in str(caught.value) + caught.value.hint
