"""Sizes of the tables of a whole log, from those of a rehearsal on a sample of it."""

from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.core import table_files
from stages.core.artifact_paths import (
    BOOKS_DIR,
    FEATURES_DIR,
    FILTERED_DIR,
    SEQUENCES_DIR,
    VOCAB_FILE,
)
from stages.core.buckets import buckets
from stages.core.fingerprints import sizes
from stages.core.keys import KEYS
from stages.core.schema import CATEGORICAL
from stages.features.code_book import FIRST_VALUE
from stages.params import Params
from stages.plan import raw_counts
from stages.plan.raw_counts import RawCounts
from stages.plan.rehearsal import Rehearsal
from stages.train import dataset_stats
from stages.train.dataset_stats import DatasetStats


def stats(params: Params, raw: Path, counts: RawCounts, found: Rehearsal) -> DatasetStats:
    """What training will read of the whole log, as far as the sample tells.

    Args:
        params: All parameters.
        raw: Directory of the raw files.
        counts: Their sizes.
        found: The rehearsal.
    """
    near = dataset_stats.read(
        params,
        sequences=found.out / SEQUENCES_DIR,
        features=found.out / FEATURES_DIR,
        vocab=found.out / VOCAB_FILE,
    )
    if found.every > 1:
        kept = found.stages["filter"].report.model_dump()["events"]
        share = kept * found.events / max(counts.events, 1)
        least = max(params.vocab.min_count, params.filter.min_item_events)
        near = replace(
            near,
            trained=max(1, raw_counts.trained(raw, counts, least, share)),
            lengths=repeated(near.lengths, found.events),
            asked=repeated(near.asked, found.events)[: params.train.validation_rows],
        )
    return replace(
        near,
        vacancies=found.stages["vocab"].report.model_dump()["vacancies"],
        code_sizes=_code_sizes(params, raw, near.code_sizes),
    )


def repeated(lengths: Ints, times: float) -> Ints:
    """Lengths of `times` as many rows of the same kinds."""
    whole = np.tile(lengths, ceil(times)) if len(lengths) else lengths
    return whole[: round(len(lengths) * times)]


def _code_sizes(params: Params, raw: Path, known: tuple[int, ...]) -> tuple[int, ...]:
    """Codes of each column of the whole catalogue: at least those of the sample."""
    most, spare = params.features.max_codes, params.features.hash_codes
    values = raw_counts.values(raw)
    sizes = [min(values.get(name, 0), most + spare) + FIRST_VALUE for name in CATEGORICAL.values()]
    every = zip(known, [*sizes, 0], strict=True)
    return tuple(max(size, more) if size else 0 for size, more in every)


def rows(found: Rehearsal) -> dict[str, float]:
    """Rows of each part of the sequences of the whole log."""
    return {
        "train": _rows(found, "train") * found.events,
        "validation": _rows(found, "validation") * found.events,
        "test": _rows(found, "test") * found.asked,
    }


def _rows(found: Rehearsal, part: str) -> int:
    files = buckets(found.out / SEQUENCES_DIR / part)
    return table_files.row_count(files)


def bytes_of(found: Rehearsal) -> dict[str, float]:
    """Bytes of the artifact of each data stage of the whole log."""
    events, stages = found.events, found.stages
    asked = sum(file.stat().st_size for file in buckets(found.out / SEQUENCES_DIR / "test"))
    books = sum(sizes(found.out / FEATURES_DIR / BOOKS_DIR).values())  # of any catalogue alike
    return {
        "explode": stages["explode"].bytes * events,
        "filter": stages["filter"].bytes * events,
        "vocab": float(stages["vocab"].bytes),
        "features": (stages["features"].bytes - books) * found.vacancies + books,
        "sequences": (stages["sequences"].bytes - asked) * events + asked * found.asked,
    }


def seconds_of(found: Rehearsal) -> dict[str, float]:
    """Seconds of each data stage on the whole log, as fast as on the sample."""
    return {name: one.seconds * found.longer[name] for name, one in found.stages.items()}


def key_bytes(found: Rehearsal) -> float:
    """Bytes of the keys of one row of a predictions file."""
    files = buckets(found.out / SEQUENCES_DIR / "test") + buckets(
        found.out / SEQUENCES_DIR / "validation"
    )
    keys = pl.concat([table_files.read_parquet(file, KEYS) for file in files]).sort(KEYS)
    return _written(keys, found) / max(len(keys), 1)


def id_bytes(found: Rehearsal, k: int, lists: int = 1000) -> float:
    """Bytes of one recommended id in a predictions file: ids drawn as often as they are met."""
    met = table_files.scan_parquet(buckets(found.out / FILTERED_DIR)).select("vacancy_id").collect()
    if met.is_empty():
        return 0.0
    drawn = met.sample(lists * k, with_replacement=True, seed=1)
    table = drawn.group_by(pl.int_range(pl.len()) // k, maintain_order=True).agg("vacancy_id")
    return _written(table.select("vacancy_id"), found) / (lists * k)


def _written(table: pl.DataFrame, found: Rehearsal) -> int:
    file = found.out / "written.parquet"
    table.write_parquet(file, compression="zstd", statistics=False)
    return file.stat().st_size
