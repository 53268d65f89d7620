"""What becomes of memory that polars no longer needs, in stages that work bucket by bucket."""

import os
import sys

SETTINGS = "_RJEM_MALLOC_CONF"  # of jemalloc, which polars brings along
KEPT = "dirty_decay_ms:10000"  # polars' own choice is 500


def keep() -> None:
    """Let polars keep freed memory for ten seconds before the system gets it back.

    Each bucket of events needs what the one before it freed; to ask the system anew took a tenth of
    the time of `explode` and `filter`. Polars reads it when it is imported, and nothing is done
    later. What the environment says stands above it; processes that are started inherit it.
    """
    if "polars" in sys.modules:
        return
    given = os.environ.get(SETTINGS)
    os.environ[SETTINGS] = f"{KEPT},{given}" if given else KEPT
