"""What a client of Spark Connect does without a Spark."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("pyspark")
pytest.importorskip("grpc")
pytest.importorskip("grpc_status")

from stages.core.engines import spark_connect
from stages.interface.errors import HhrecError
from tests.helpers.source import ROOT
from tests.helpers.spark_cluster import free_port

ENDING = """
import sys
from pyspark.sql.connect.session import SparkSession
from stages.core.engines import spark_connect
spark_connect.be_patient(SparkSession(sys.argv[1]).client)
"""


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    remote, start = f"127.0.0.1:{free_port()}", time.monotonic()
    with pytest.raises(HhrecError, match=f"no server answers at {remote}: .*refused") as caught:
        spark_connect.require_answer(f"sc://{remote}/;token=secret")
    assert time.monotonic() - start < 10
    assert "sc://HOST:PORT" in caught.value.hint
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("remote", ["127.0.0.1:15002", "sc://a:port", "sc://"])
def test_what_is_no_url_is_told(remote: str) -> None:
    with pytest.raises(HhrecError, match=r"engine\.spark\.remote or SPARK_REMOTE"):
        spark_connect.require_answer(remote)


def test_any_answer_of_a_server_will_do() -> None:
    import grpc

    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            spark_connect.require_answer(f"sc://127.0.0.1:{port}")
        finally:
            server.stop(None).wait()


def test_a_lost_server_is_tried_for_half_a_minute_and_then_never_twice() -> None:
    from pyspark.sql.connect.client import SparkConnectClient

    client = SparkConnectClient(f"sc://127.0.0.1:{free_port()}")
    spark_connect.be_patient(client)
    (policy,) = client.get_retry_policies()
    state, waits = policy.to_state(), []
    while (wait := state.next_attempt()) is not None:
        waits.append(wait)
    assert 20_000 < sum(waits) < 40_000
    under_way = policy.to_state()
    assert under_way.next_attempt() is not None
    spark_connect.give_up(client)
    assert under_way.next_attempt() is None
    client.close()


def test_a_session_that_is_cut_off_while_it_opens_tries_no_more() -> None:
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession(f"sc://127.0.0.1:{free_port()}")
    SparkSession._set_default_and_active_session(session)
    try:
        with pytest.raises(KeyboardInterrupt), spark_connect.given_up_with():
            raise KeyboardInterrupt
        assert [one.max_retries for one in session.client.get_retry_policies()] == [0]
    finally:
        session.stop()


def test_a_process_ends_soon_though_its_server_is_gone() -> None:
    words = [sys.executable, "-W", "error", "-c", ENDING, f"sc://127.0.0.1:{free_port()}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
