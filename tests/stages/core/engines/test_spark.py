"""Spark for real: a cluster of two workers and a Spark Connect server from the pip package.

Run by `make test-spark`, in an environment that has the extra `spark`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.data.sample.run import run as sample
from tests.helpers.source import ROOT
from tests.helpers.spark_cluster import Cluster, cluster, environment
from tests.launched import on_engine
from tests.worlds import edges

pytestmark = pytest.mark.slow
LIMIT = 1_800.0
SETTINGS = {
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@pytest.fixture(scope="module")
def raws(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Raw directories: every odd log, and a sample."""
    root = tmp_path_factory.mktemp("spark") / "raw"
    odd = [edges.write(root / name, log()) for name, log in edges.LOGS.items()]
    sample(out=root / "sample", sessions=400, vacancies=300, seed=5)
    return [*odd, root / "sample"]


@pytest.fixture(scope="module")
def here(raws: list[Path]) -> dict[str, str]:
    """What the local engine writes."""
    out = raws[0].parents[1] / "local"
    for raw in raws:
        on_engine.work({"kind": "local"}, raw, out / raw.name)
    return on_engine.hashes(out)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("pyspark")
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def start(spark: dict[str, object], out: Path, raws: list[Path]) -> "subprocess.Popen[str]":
    """The data stages of logs in a process of their own."""
    engine = json.dumps({"kind": "spark", "workers": 2, "spark": spark})
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(ROOT / "tests/launched/on_engine.py"), engine, str(out)]
        + [str(raw) for raw in raws],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(child: "subprocess.Popen[str]") -> dict[str, str]:
    """The hashes that it prints."""
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err[-5_000:]
    return json.loads(out)


def test_a_cluster_writes_equal_bytes(
    running: Cluster, raws: list[Path], here: dict[str, str], tmp_path: Path
) -> None:
    spark = {"master": running.master, "settings": SETTINGS}
    assert ended(start(spark, tmp_path / "out", raws)) == here


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    running: Cluster, raws: list[Path], here: dict[str, str], tmp_path: Path
) -> None:
    log = [raw for raw in raws if raw.name == "heavy"]
    child = start({"master": running.master, "settings": SETTINGS}, tmp_path / "out", log)
    end = time.monotonic() + LIMIT
    while not list(tmp_path.glob("out/heavy/.events.*/work/bucket-*.arrow")):
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    running.kill("worker-1")
    assert ended(child) == {name: one for name, one in here.items() if name.startswith("heavy/")}
    running.start_worker("worker-1")


def test_spark_connect_writes_equal_bytes(
    running: Cluster, raws: list[Path], here: dict[str, str], tmp_path: Path
) -> None:
    remote = running.start_connect()
    try:
        assert ended(start({"remote": remote}, tmp_path / "out", raws)) == here
    finally:
        running.kill("connect")


def test_spark_submit_runs_a_command(
    running: Cluster, raws: list[Path], here: dict[str, str], tmp_path: Path
) -> None:
    """As docs/spark.md shows it: a file of two lines, with master and settings from outside."""
    launcher = tmp_path / "submit.py"
    launcher.write_text("from hhrec_cli.main import main\n\nmain()\n")
    words = [word for name, value in SETTINGS.items() for word in ("--conf", f"{name}={value}")]
    sets = ["engine.kind=spark", "explode.buckets=5", "split.kind=last_session"]
    raw = next(raw for raw in raws if raw.name == "quirks")
    import pyspark

    done = subprocess.run(
        [
            str(Path(pyspark.__file__).parent / "bin/spark-submit"),
            "--master",
            running.master,
            *words,
        ]
        + [str(launcher), "explode", "--json", "--train", str(raw / "train.parquet")]
        + ["--test", str(raw / "test.parquet"), "--out", str(tmp_path / "events")]
        + [word for one in sets for word in ("--set", one)],
        env=environment() | {"PYSPARK_DRIVER_PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    said = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    assert json.loads(said)["buckets"] == 5  # among what spark-submit says itself
    assert {f"quirks/{name}": one for name, one in on_engine.hashes(tmp_path).items()
            if name.startswith("events/")} == {
        name: one for name, one in here.items() if name.startswith("quirks/events/")}  # fmt: skip


def test_without_a_server_or_java_one_line_says_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    words = [sys.executable, "-m", "hhrec_cli", "explode", "--set", "engine.kind=spark"]
    raw = edges.write(tmp_path / "raw", edges.one_item())
    words += ["--train", str(raw / "train.parquet"), "--test", str(raw / "test.parquet")]
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    plain = {name: value for name, value in environment().items() if name != "JAVA_HOME"}
    done = subprocess.run(
        words, env=plain | {"PATH": str(nowhere)}, cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, "Java 17" in done.stderr, "openjdk" in done.stderr) == (1, True, True)
    assert "Traceback" not in done.stderr
    assert not os.path.lexists(tmp_path / "artifacts/events")
