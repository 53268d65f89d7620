"""What a failure of Spark means to a user, without a Spark."""

from pathlib import Path

import pytest

pytest.importorskip("pyspark")

from pyspark.errors import PySparkException

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


def test_of_py4j_the_line_after_the_colon_is_told() -> None:
    report = (
        "An error occurred while calling None.org.apache.spark.sql.classic.SparkSession.\n"
        ": java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.\n"
        "This stopped SparkContext was created at:\n\n"
        "java.base/jdk.internal.reflect.NativeConstructorAccessorImpl.newInstance0(Native Method)\n"
    )
    assert spark_session.cause(report) == (
        "java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext."
    )
    assert "no master answered" in spark_session.hint(report)


def test_a_lost_server_is_told_by_the_details_of_grpc() -> None:
    report = (
        "<_MultiThreadedRendezvous of RPC that terminated with:\n"
        '\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "Socket closed"\n'
        '\tdebug_error_string = "UNKNOWN:Error received from peer"\n>'
    )
    assert spark_session.cause(report) == "Socket closed"
    assert "server was lost" in spark_session.hint(report)


class Lost:
    """A session whose server went away after its settings were made."""

    def __init__(self) -> None:
        self.conf = self
        self.values: dict[str, str] = {}

    def get(self, name: str, default: str | None) -> str | None:
        return self.values.get(name, default)

    def set(self, name: str, value: str) -> None:
        self.values[name] = value

    def unset(self, name: str) -> None:
        raise PySparkException(f"no answer for {name}")


def test_settings_that_cannot_be_set_back_hide_no_failure() -> None:
    with pytest.raises(HhrecError, match="the first"), spark_session.changed(Lost(), {"a": "1"}):
        raise HhrecError("the first")


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
