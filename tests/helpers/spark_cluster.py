"""A Spark standalone cluster and a Spark Connect server on this machine, from the pip package."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds in which a daemon must listen
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


def home() -> Path:
    """Where pip put Spark."""
    import pyspark

    return Path(pyspark.__file__).parent


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment() -> dict[str, str]:
    """What daemons and their Python workers need: this Python, this code, one thread each."""
    return {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "POLARS_MAX_THREADS": "1",
    }


class Cluster:
    """A master and workers of one core and 1 GiB each; each daemon's log is a file in `logs`."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.port = free_port()
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start a daemon in a session of its own."""
        with (self.logs / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                [str(home() / "bin/spark-class"), *words],
                env=environment() | {"SPARK_HOME": str(home())},
                cwd=self.logs,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.daemons[name] = child
        return child

    def start_master(self) -> None:
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0")
        self.start("master", "org.apache.spark.deploy.master.Master", *where)
        self.wait("master", "I have been elected leader")

    def start_worker(self, name: str) -> None:
        size = ("--cores", "1", "--memory", "1g", "--work-dir", str(self.logs / name))
        where = ("--host", "127.0.0.1", "--webui-port", "0", self.master)
        self.start(name, "org.apache.spark.deploy.worker.Worker", *size, *where)
        self.wait(name, "Successfully registered with master")

    def start_connect(self) -> str:
        """Start a Spark Connect server on the cluster; give its URL."""
        port = free_port()
        settings = {
            "spark.connect.grpc.binding.port": str(port),
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.executor.memory": "512m",
            "spark.driver.memory": "512m",
        }
        words = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        self.start(
            "connect",
            "org.apache.spark.deploy.SparkSubmit",
            *("--class", CONNECT, "--master", self.master, *words, "spark-internal"),
        )
        self.wait("connect", "Spark Connect server started at")
        return f"sc://127.0.0.1:{port}"

    def executors(self) -> dict[int, str]:
        """Process ids of executors, and the worker that each belongs to."""
        found = {}
        for name in self.daemons:
            listed = subprocess.run(
                ["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True
            ).stdout
            for line in listed.splitlines():
                pid, _, words = line.strip().partition(" ")
                if "CoarseGrainedExecutorBackend" in words and str(self.logs / name) in words:
                    found[int(pid)] = name
        return found

    def wait(self, name: str, said: str) -> None:
        """Wait until a daemon's log says something."""
        log, end = self.logs / f"{name}.log", time.monotonic() + PATIENCE
        while not re.search(re.escape(said), log.read_text(errors="replace")):
            told = log.read_text(errors="replace")[-3_000:]
            assert self.daemons[name].poll() is None, told
            assert time.monotonic() < end, f"{name} does not say {said!r}:\n{told}"
            time.sleep(0.2)

    def kill(self, name: str) -> None:
        """End a daemon and all that it started, as `kill -9` would."""
        child = self.daemons.pop(name)
        for pid, owner in self.executors().items():
            if owner == name:
                os.kill(pid, signal.SIGKILL)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """End everything."""
        for name in list(self.daemons)[::-1]:
            self.kill(name)


@contextmanager
def cluster(logs: Path, workers: int = 2) -> Iterator[Cluster]:
    """A running cluster."""
    found = Cluster(logs)
    try:
        found.start_master()
        for number in range(workers):
            found.start_worker(f"worker-{number}")
        yield found
    finally:
        found.stop()
