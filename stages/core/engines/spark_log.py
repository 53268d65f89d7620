"""Keep Spark's driver from greeting on stderr, unless the user says how it logs."""

from collections.abc import Mapping
from pathlib import Path

import pyspark

OPTIONS = "SPARK_SUBMIT_OPTS"  # of Java, before spark.driver.extraJavaOptions
FILE = Path(__file__).with_name("spark_log4j2.properties")
KINDS = ("properties", "xml", "json", "yaml", "yml")
SPEAKING = ("LOG4J_CONFIGURATION_FILE", "PYSPARK_SUBMIT_ARGS", "JAVA_TOOL_OPTIONS")


def options(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Give what the environment needs so that Spark warns and says no more; nothing if it is said.

    Args:
        environment: Of this process.
        settings: Any `spark.*`.
    """
    place = _place(environment)
    said = [*settings.values(), *(environment.get(name, "") for name in SPEAKING), _defaults(place)]
    if OPTIONS in environment or any("log4j" in text for text in said) or not FILE.is_file():
        return {}
    if any((place / f"log4j2.{kind}").exists() for kind in KINDS):
        return {}
    return {OPTIONS: f"-Dlog4j2.configurationFile={FILE.as_uri()}"}


def _place(environment: Mapping[str, str]) -> Path:
    """Where Spark looks for its configuration."""
    if found := environment.get("SPARK_CONF_DIR"):
        return Path(found)
    return Path(environment.get("SPARK_HOME") or Path(pyspark.__file__).parent) / "conf"


def _defaults(place: Path) -> str:
    """Settings that Spark takes from a file; nothing where there is none that can be read."""
    try:
        return (place / "spark-defaults.conf").read_text(errors="replace")
    except OSError:
        return ""
