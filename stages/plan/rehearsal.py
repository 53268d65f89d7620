"""A rehearsal: the data stages themselves on a sample of people, timed and weighed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from stages import explode, features, sequences, vocab
from stages import filter as filter_stage
from stages.core import tables
from stages.core.artifact_paths import (
    EVENTS_DIR,
    FEATURES_DIR,
    FILTERED_DIR,
    SEQUENCES_DIR,
    TEST_FILE,
    TRAIN_FILE,
    VACANCIES_FILE,
    VOCAB_FILE,
)
from stages.core.buckets import buckets
from stages.core.fingerprints import sizes
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import VOCAB
from stages.explode.holdout import ENOUGH_LABELS
from stages.explode.stage import bucket_number
from stages.interface.stage_report import Report
from stages.params import Params
from stages.plan import raw_counts
from stages.plan.raw_counts import RawCounts

EVENTS, MOST_EVENTS = 100_000, 1_000_000  # of the sample, about: of small logs, of any
ONE_IN = 100  # events between the two
VACANCIES = 20_000  # of the catalogue that features are made of
FEWER = 4  # once more of so much fewer: what takes time for each, and what for all
WITH_TEXTS = 200  # of them where a text model reads each


@dataclass(frozen=True)
class Rehearsed:
    """One stage on the sample: seconds, bytes of its artifact, and what it reported."""

    seconds: float
    bytes: int
    report: Report


@dataclass(frozen=True)
class Rehearsal:
    """The data stages on a sample of a log.

    Attributes:
        stages: By name.
        out: Directory of the sample's artifacts.
        every: One person in so many was taken.
        events: Events of all over events of the sample.
        asked: Test rows of all over those of the sample.
        vacancies: Vacancies of all over those that features were made of.
        longer: How many times as long each stage takes for all.
        work: Bytes that `explode` holds for a while beside its artifact.
    """

    stages: dict[str, Rehearsed]
    out: Path
    every: int
    events: float
    asked: float
    vacancies: float
    longer: dict[str, float]
    work: int


def rehearse(params: Params, raw: Path, counts: RawCounts, out: Path) -> Rehearsal:
    """Run explode, filter, vocab, features and sequences on a sample; all below `out`.

    The sample is of whole people, so what is per person is as in the log. What only the whole log
    shows is left out of it: `filter.min_item_events` and `vocab.min_count` are 1, so `filtered` is at
    most so large.

    Raises:
        HhrecError: The raw files cannot be used, or leave nothing to train on.
    """
    every = max(1, counts.every // min(max(EVENTS, counts.every // ONE_IN), MOST_EVENTS))
    people = raw if every == 1 else out / "people"
    if every > 1:
        raw_counts.sample_people(raw, people, every)
    given = _sampled(params, counts, every)
    found = _of_people(given, raw, people, out, every)
    part = raw_counts.of_people(people)
    events, longer = counts.every / max(part[0], 1), dict.fromkeys(found, 1.0)
    if every > 1:
        few = out / "few-people"
        raw_counts.sample_people(people, few, FEWER * every)
        fewer = {name: replace(one, seconds=one.seconds / FEWER) for name, one in found.items()}
        if raw_counts.of_people(few)[0]:
            fewer = _of_people(given, raw, few, out / "of-few", FEWER * every)
        again = {"sequences": bucket_number(params, counts.every) / given.explode.buckets}
        longer = {
            name: _times(one.seconds, fewer[name].seconds, events, again.get(name, 1.0))
            for name, one in found.items()
        }
    found["features"], longer["features"] = _features(params, raw, counts, out)
    return Rehearsal(
        stages=found,
        out=out,
        every=every,
        events=events,
        asked=counts.asked / max(part[1], 1),
        vacancies=counts.vacancies / max(_shown(out), 1),
        longer=longer,
        work=_work(out / EVENTS_DIR, out / "work.parquet"),
    )


def _of_people(
    params: Params, raw: Path, people: Path, out: Path, every: int
) -> dict[str, Rehearsed]:
    """Run the stages whose work is on people: on one of them in `every`."""
    paths = {name: out / name for name in (EVENTS_DIR, FILTERED_DIR, VOCAB_FILE, SEQUENCES_DIR)}
    found = {"explode": _exploded(params, people, paths[EVENTS_DIR], every)}
    found["filter"] = _timed(
        lambda: filter_stage.run(params, events=paths[EVENTS_DIR], out=paths[FILTERED_DIR]),
        paths[FILTERED_DIR],
    )
    found["vocab"] = _timed(
        lambda: vocab.run(
            params,
            events=paths[FILTERED_DIR],
            vacancies=raw / VACANCIES_FILE,
            out=paths[VOCAB_FILE],
        ),
        paths[VOCAB_FILE],
    )
    found["sequences"] = _timed(
        lambda: sequences.run(
            params,
            filtered=paths[FILTERED_DIR],
            events=paths[EVENTS_DIR],
            vocab=paths[VOCAB_FILE],
            out=paths[SEQUENCES_DIR],
        ),
        paths[SEQUENCES_DIR],
    )
    return found


def _exploded(params: Params, people: Path, out: Path, every: int) -> Rehearsed:
    """Explode the sample; split as the whole log will be, of which it has too few labels to tell."""

    def work(kind: str) -> Rehearsed:
        split = params.split.model_copy(update={"kind": kind})
        given = params.model_copy(update={"split": split})
        train, test = people / TRAIN_FILE, people / TEST_FILE
        return _timed(lambda: explode.run(given, train=train, test=test, out=out), out)

    if params.split.kind == "auto" and every > 1:
        found = work("test_sessions")
        if found.report.model_dump()["labels"] * every >= ENOUGH_LABELS:
            return found
    return work(params.split.kind)


def _sampled(params: Params, counts: RawCounts, every: int) -> Params:
    """Parameters for the sample: as many buckets as show what several cost, its share of limits."""
    cut = bucket_number(params, counts.every)
    changes = {
        "explode": params.explode.model_copy(update={"buckets": min(cut, 2)}),
        "split": params.split.model_copy(
            update={"max_users": max(1, params.split.max_users // every)}
        ),
    }
    if every > 1:
        changes["filter"] = params.filter.model_copy(update={"min_item_events": 1})
        changes["vocab"] = params.vocab.model_copy(update={"min_count": 1})
    return params.model_copy(update=changes)


def _features(params: Params, raw: Path, counts: RawCounts, out: Path) -> tuple[Rehearsed, float]:
    """Make features of a part of the catalogue, under numbers of its own.

    Returns:
        The stage, and how many times as long it takes for the whole catalogue.
    """
    size = WITH_TEXTS if params.features.text_model else VACANCIES
    rows = raw_counts.sample_catalogue(raw, counts.vacancies, size)
    rows.write_parquet(out / VACANCIES_FILE)
    ids = rows.select("vacancy_id").drop_nulls().unique().sort("vacancy_id")
    numbered = ids.select(
        "vacancy_id",
        item=pl.int_range(FIRST_ITEM, pl.len() + FIRST_ITEM, dtype=pl.Int32),
        count=pl.lit(1, dtype=pl.Int64),
        trained=pl.lit(value=True),
    )
    whole = _described(params, numbered, out, FEATURES_DIR)
    if len(rows) == counts.vacancies:
        return whole, 1.0
    fewer = _described(params, numbered.head(len(numbered) // FEWER), out, "fewer")
    return whole, _times(whole.seconds, fewer.seconds, counts.vacancies / max(len(rows), 1))


def _described(params: Params, numbered: pl.DataFrame, out: Path, name: str) -> Rehearsed:
    """Make features of numbered vacancies."""
    vocabulary, made = out / f"{name}.parquet", out / name
    tables.sink(numbered, vocabulary, VOCAB)
    rows, texts = out / VACANCIES_FILE, out / f"{name}-texts"
    return _timed(
        lambda: features.run(params, vacancies=rows, vocab=vocabulary, out=made, text_cache=texts),
        made,
    )


def _times(whole: float, fewer: float, more: float, again: float = 1.0) -> float:
    """How many times as long `more` of the same take: a part of the time does not grow with it.

    Args:
        whole: Seconds of the sample.
        fewer: Seconds of one part in `FEWER` of it.
        more: How many times the sample there is.
        again: How often the part that does not grow is spent.
    """
    if not whole:
        return more
    each = min(max(whole - fewer, 0.0) * FEWER / (FEWER - 1) / whole, 1.0)
    return each * more + (1 - each) * again


def _shown(out: Path) -> int:
    return int(pl.scan_parquet(out / VACANCIES_FILE).select(pl.len()).collect().item())


def _timed(work: Callable[[], Report], made: Path) -> Rehearsed:
    """Run a stage; where others use the machine, too, its CPU time is what it would have taken."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = work()
    seconds = min(time.perf_counter() - wall, time.process_time() - cpu)
    return Rehearsed(seconds, sum(sizes(made).values()), report)


def _work(events: Path, scratch: Path) -> int:
    """Bytes of the events as `explode` holds them until they are split."""
    pl.read_parquet(buckets(events)).drop("part", "label").write_parquet(scratch, compression="lz4")
    return scratch.stat().st_size
