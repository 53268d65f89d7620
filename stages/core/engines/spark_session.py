"""A Spark session, classic or of Spark Connect, as settings and environment say."""

import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from stages.core.engines import spark_connect, spark_log, spark_master
from stages.core.engines.engine import SparkSettings
from stages.interface import extras, failures
from stages.interface.errors import HhrecError

CONNECT = ("grpc", "grpc_status", "google.rpc")  # what a client of Spark Connect needs besides
QUIET = {"spark.app.name": "hhrec", "spark.ui.showConsoleProgress": "false"}
GUIDE = "docs/spark.md shows a cluster step by step"
DETAILS = re.compile(r'details = "(.+)"')  # in what gRPC says of a call
LOST = ("StatusCode.UNAVAILABLE", "RETRIES_EXCEEDED", "SESSION_CHANGED", "SESSION_NOT_FOUND")


def remote_of(settings: SparkSettings) -> str:
    """URL of the Spark Connect server; empty where Spark is classic."""
    return settings.remote or ("" if settings.master else os.environ.get("SPARK_REMOTE", ""))


def require(settings: SparkSettings) -> None:
    """Refuse to start without what Spark needs on this machine.

    Raises:
        HhrecError: It is not there.
    """
    if remote_of(settings):
        extras.require("engine.spark.remote", "spark", CONNECT)
    elif not java():
        raise HhrecError(
            "engine.kind spark needs Java 17 or newer; found no `java` in JAVA_HOME or on PATH",
            "apt-get install openjdk-17-jre-headless, or set JAVA_HOME, or name a Spark Connect"
            " server in engine.spark.remote",
        )


def java() -> str | None:
    """The `java` that Spark is going to start."""
    if home := os.environ.get("JAVA_HOME"):
        return shutil.which("java", path=str(Path(home) / "bin"))
    return shutil.which("java")


def session(settings: SparkSettings) -> SparkSession:
    """Give the session of this process: the one that is there, or a new one.

    Raises:
        HhrecError: Spark does not start, cannot be reached, or refuses a setting.
    """
    if "spark.pyspark.python" not in settings.settings:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    remote = remote_of(settings)
    return _connected(remote, settings.settings) if remote else _classic(settings)


def _classic(settings: SparkSettings) -> SparkSession:
    """Start Spark in a JVM of this machine."""
    values = {**QUIET, **settings.settings}
    if settings.master:
        values["spark.master"] = settings.master
    spark_master.require_answer(values.get("spark.master", ""))
    os.environ.update(spark_log.options(os.environ, values))
    with told("Spark does not start"), _handlers_kept():
        return SparkSession.builder.config(map=values).getOrCreate()


def _connected(remote: str, values: Mapping[str, str]) -> SparkSession:
    """Reach a Spark Connect server, or start one where the URL says `local`."""
    if not remote.startswith("local"):
        spark_connect.require_answer(remote)
    with told("Spark does not start"), _handlers_kept(), spark_connect.given_up_with():
        found = SparkSession.builder.remote(remote).getOrCreate()
    spark_connect.be_patient(found.client)
    for name, value in values.items():
        try:
            found.conf.set(name, value)
        except PySparkException as error:
            raise HhrecError(
                f"engine.spark.settings: {name}: {failures.short(said(error))}",
                "settings of the server are made where the server is started",
            ) from error
    return found


@contextmanager
def changed(spark: SparkSession, values: Mapping[str, str]) -> Iterator[None]:
    """Change settings of a session for a while; of one that is lost, none need be set back."""
    before = {name: spark.conf.get(name, None) for name in values}
    for name, value in values.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        with suppress(PySparkException, *_java_errors()):
            for name, old in before.items():
                spark.conf.unset(name) if old is None else spark.conf.set(name, old)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn a failure of Spark into an error with advice."""
    try:
        yield
    except (PySparkException, *_java_errors()) as error:
        raise HhrecError(f"{what}: {cause(str(error))}", hint(str(error))) from error


def said(error: Exception) -> str:
    """What an error says, less the trace of the server's Java that Spark Connect appends."""
    return str(error).partition("JVM stacktrace:")[0]


def _java_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError  # noqa: PLC0415  not part of a Connect client alone

    return (Py4JError, ConnectionError)


def cause(text: str) -> str:
    """The line of a long report that says why: of gRPC its details, of py4j the line after `: `."""
    if details := DETAILS.search(text):
        return failures.short(details[1])
    lines = [line.strip().removeprefix(": ") for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    plain = [
        line for line in wanted if "PythonException" not in line and "SparkException" not in line
    ]
    return failures.short((plain or wanted or lines or ["no reason given"])[-1 if plain else 0])


def hint(text: str) -> str:
    """What to do about a failure of Spark."""
    if "No module named" in text:
        return f"the Python of the executors lacks hhrec or what it needs (PYSPARK_PYTHON): {GUIDE}"
    if "JAVA_GATEWAY_EXITED" in text or "UnsupportedClassVersionError" in text:
        return "Java's words stand above; `java -version` must say 17 or newer"
    if any(word in text for word in LOST):
        return f"the Spark Connect server was lost: start it again and type the same; {GUIDE}"
    if "stopped SparkContext" in text:
        return f"no master answered, or it ended the application: lines above say which; {GUIDE}"
    return f"the reports of Spark's driver and executors say more; {GUIDE}"


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Keep our handler of Ctrl-C, which pyspark replaces by its own."""
    ours = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and ours is not None:
            signal.signal(signal.SIGINT, ours)


def interrupt(spark: Any) -> None:
    """End what Spark is doing for us, as far as it listens: we are on the way out."""
    with suppress(Exception):  # a classic session has no client
        spark_connect.give_up(spark.client)
    with suppress(Exception):
        spark.interruptAll()
