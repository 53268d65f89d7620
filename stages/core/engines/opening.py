"""The engine that parameters name, open as long as a stage needs it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any

from stages.core.engines.engine import Engine, Memory, Settings
from stages.core.engines.local import Local
from stages.core.engines.pool import Pool
from stages.core.engines.processes import Processes
from stages.interface import extras

PYSPARK = ("pyspark", "pyarrow")


@contextmanager
def opened(settings: Settings, memory_gb: float) -> Iterator[Engine]:
    """Give an engine; in the end nothing is at work and its workers are gone.

    Args:
        settings: Which.
        memory_gb: What all work at once may need, in GiB.

    Raises:
        HhrecError: What Spark needs is not installed.
    """
    if settings.kind == "spark":
        extras.require("engine.kind spark", "spark", PYSPARK)
        spark: Any = import_module("stages.core.engines.spark")  # pyspark is an extra
        with spark.opened(settings.spark) as engine:
            yield engine
        return
    memory = Memory(memory_gb * 2**30, settings.workers)
    if settings.kind == "local":
        with closing(Local(memory)) as engine:
            yield engine
        return
    with closing(Pool(settings.workers)) as pool:
        yield Processes(memory, pool)
