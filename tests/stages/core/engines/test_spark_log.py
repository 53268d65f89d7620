from pathlib import Path

import pytest

pytest.importorskip("pyspark")

from stages.core.engines import spark_log


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment whose Spark has no configuration."""
    return {"SPARK_HOME": str(tmp_path)}


def test_the_driver_gets_our_file_where_nothing_is_said(bare: dict[str, str]) -> None:
    found = spark_log.options(bare, {"spark.driver.extraJavaOptions": "-Xss4m"})
    assert found == {"SPARK_SUBMIT_OPTS": f"-Dlog4j2.configurationFile={spark_log.FILE.as_uri()}"}
    assert "rootLogger.level = warn" in spark_log.FILE.read_text()


@pytest.mark.parametrize(
    ("more", "settings"),
    [
        ({"SPARK_SUBMIT_OPTS": "-Xss4m"}, {}),
        ({"LOG4J_CONFIGURATION_FILE": "/a/log4j2.xml"}, {}),
        ({"PYSPARK_SUBMIT_ARGS": "--driver-java-options -Dlog4j2.configurationFile=a x"}, {}),
        ({}, {"spark.driver.extraJavaOptions": "-Dlog4j2.configurationFile=a"}),
    ],
)
def test_what_a_user_says_counts(
    bare: dict[str, str], more: dict[str, str], settings: dict[str, str]
) -> None:
    assert spark_log.options(bare | more, settings) == {}


@pytest.mark.parametrize("kind", spark_log.KINDS)
def test_a_file_of_the_user_counts(bare: dict[str, str], tmp_path: Path, kind: str) -> None:
    place = tmp_path / "conf"
    place.mkdir()
    (place / "log4j2.properties.template").touch()
    assert spark_log.options(bare, {})
    (place / f"log4j2.{kind}").touch()
    assert spark_log.options(bare, {}) == {}
    assert spark_log.options({"SPARK_CONF_DIR": str(place)}, {}) == {}


def test_options_in_the_file_of_defaults_count(bare: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "conf"
    place.mkdir()
    file = place / "spark-defaults.conf"
    file.write_text("spark.driver.memory 1g\n")
    assert spark_log.options(bare, {})
    file.write_text("spark.driver.extraJavaOptions -Dlog4j.configurationFile=file:/a.xml\n")
    assert spark_log.options(bare, {}) == {}
