"""What a failure of Spark means to a user, without a Spark."""

from pathlib import Path

import pytest

pytest.importorskip("pyspark")

from stages.core.engines import spark_session
from stages.interface.errors import HhrecError
from stages.params import SparkParams

REPORT = """[PYTHON_EXCEPTION] An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "x.py", line 1, in <module>
ModuleNotFoundError: No module named 'stages'

org.apache.spark.SparkException: Job aborted
"""


def test_the_line_that_says_why_is_told() -> None:
    assert spark_session.cause(REPORT) == "ModuleNotFoundError: No module named 'stages'"
    assert "PYSPARK_PYTHON" in spark_session.hint(REPORT)
    assert spark_session.cause("") == "no reason given"


def test_a_refused_setting_is_told_without_the_trace_of_java() -> None:
    error = ValueError("[CANNOT_MODIFY_CONFIG] Cannot.\n\nJVM stacktrace:\norg.apache\n\tat org")
    assert spark_session.said(error).strip() == "[CANNOT_MODIFY_CONFIG] Cannot."
    assert spark_session.said(ValueError("plain")) == "plain"


def test_java_is_asked_for_where_spark_is_classic(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    assert spark_session.java() is None
    with pytest.raises(HhrecError, match="needs Java 17") as caught:
        spark_session.require(SparkParams(master="local[1]"))
    assert "openjdk-17" in caught.value.hint
    spark_session.require(SparkParams(remote="sc://nowhere"))
    monkeypatch.setenv("SPARK_REMOTE", "sc://there")
    assert spark_session.remote_of(SparkParams()) == "sc://there"
    assert spark_session.remote_of(SparkParams(master="local[1]")) == ""
