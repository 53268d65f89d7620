"""Whether a standalone cluster's master is there, which Spark itself finds out after a minute."""

import socket
from collections.abc import Sequence

from stages.interface.errors import HhrecError

SCHEME = "spark://"
LIMIT = 10.0  # seconds for a connection


def addresses(master: str) -> list[tuple[str, int]]:
    """Hosts and ports in the URL of a standalone cluster; none in any other."""
    if not master.startswith(SCHEME):
        return []
    parts = [part.rpartition(":") for part in master.removeprefix(SCHEME).split(",")]
    return [(host.strip("[]"), int(port)) for host, _, port in parts if host and port.isdecimal()]


def refusals(places: Sequence[tuple[str, int]]) -> list[str]:
    """Why nobody listens at any of these places; nothing where somebody does at one."""
    found = []
    for place in places:
        try:
            socket.create_connection(place, LIMIT).close()
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            found.append(f"{place[0]}:{place[1]} ({why})")
        else:
            return []
    return found


def require_answer(master: str) -> None:
    """Refuse to start Spark for a cluster whose masters are all silent.

    Raises:
        HhrecError: They are.
    """
    if found := refusals(addresses(master)):
        raise HhrecError(
            f"engine.spark.master: no master answers at {', '.join(found)}",
            "start the cluster, or give the address that its master's log or web page names:"
            " docs/spark.md",
        )
