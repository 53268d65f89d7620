import socket

import pytest

from stages.core.engines import spark_master
from stages.interface.errors import HhrecError
from tests.helpers.spark_cluster import free_port


def test_only_urls_of_standalone_clusters_have_addresses_to_try() -> None:
    assert spark_master.addresses("spark://a:7077,b.c:78") == [("a", 7077), ("b.c", 78)]
    assert spark_master.addresses("spark://[::1]:7077") == [("::1", 7077)]
    for other in ("", "local[2]", "yarn", "k8s://https://a:443", "spark://a", "spark://a:b"):
        assert spark_master.addresses(other) == []


def test_one_master_that_answers_is_enough() -> None:
    silent = ("127.0.0.1", free_port())
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = server.getsockname()
        assert spark_master.refusals([silent, place]) == []
        spark_master.require_answer(f"spark://127.0.0.1:{place[1]}")
    assert spark_master.refusals([silent]) == [f"127.0.0.1:{silent[1]} (Connection refused)"]
    assert spark_master.refusals([]) == []


def test_a_silent_master_is_told_with_its_address() -> None:
    port = free_port()
    with pytest.raises(HhrecError, match=f"no master answers at 127.0.0.1:{port} ") as caught:
        spark_master.require_answer(f"spark://127.0.0.1:{port}")
    assert "start the cluster" in caught.value.hint
    spark_master.require_answer("local[2]")
