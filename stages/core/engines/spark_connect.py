"""A client of Spark Connect that knows when to stop.

pyspark's own tries for ten minutes where no server answers, and again when the process ends.
"""

import atexit
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stages.interface import failures
from stages.interface.errors import HhrecError

FIRST_ANSWER = 30.0  # seconds; gRPC gives up a connection after 20 and then says why
TRIES, LONGEST_WAIT = 9, 5_000  # milliseconds: half a minute for a server that was lost
RUNNING = "start the server, or name one that runs as sc://HOST:PORT: docs/spark.md"


def require_answer(remote: str) -> None:
    """Ask the server for something: whatever it answers, it is there.

    Asked by gRPC, not by a plain connection, since gRPC may go through a proxy.

    Raises:
        HhrecError: No server answers, or the URL is none.
    """
    import grpc  # noqa: PLC0415  only what uses Spark Connect needs it
    from pyspark.sql.connect.client import DefaultChannelBuilder  # noqa: PLC0415  likewise

    where = "Spark Connect (engine.spark.remote or SPARK_REMOTE)"
    try:
        builder = DefaultChannelBuilder(remote)
    except ValueError as error:
        raise HhrecError(f"{where}: {failures.short(error)}", RUNNING) from error
    silent = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    with builder.toChannel() as channel:
        try:
            channel.unary_unary("/hhrec/ping")(b"", timeout=FIRST_ANSWER)
        except grpc.RpcError as error:
            if error.code() in silent:
                raise HhrecError(
                    f"{where}: no server answers at {builder.endpoint}:"
                    f" {failures.short(error.details())}",
                    RUNNING,
                ) from error


@contextmanager
def given_up_with() -> Iterator[None]:
    """Where a session cannot be opened, let what there is of it try no more."""
    from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415  as above

    try:
        yield
    except BaseException:
        if (session := SparkSession.getActiveSession()) is not None:
            give_up(session.client)
        raise


def be_patient(client: Any) -> None:
    """Try for half a minute where the server is lost, and once when the process ends."""
    from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415  as above

    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]")  # our own error says it
    client.set_retry_policies([DefaultPolicy(max_retries=TRIES, max_backoff=LONGEST_WAIT)])
    atexit.register(give_up, client)  # before what the client registered earlier


def give_up(client: Any) -> None:
    """Try nothing twice any more: calls under way in other threads end with their next failure."""
    for policy in client.get_retry_policies():
        policy.max_retries = 0
