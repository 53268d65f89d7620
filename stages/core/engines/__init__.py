"""Where the work on buckets is done: in threads here, in processes, on Spark."""

from stages.core.engines.engine import Engine, Found, Settings, Shuffle, Slice, SparkSettings
from stages.core.engines.opening import opened
from stages.core.engines.results import Telling, Told, halves, total
from stages.core.engines.travelling import FieldsOnly

__all__ = [
    "Engine",
    "FieldsOnly",
    "Found",
    "Settings",
    "Shuffle",
    "Slice",
    "SparkSettings",
    "Telling",
    "Told",
    "halves",
    "opened",
    "total",
]
