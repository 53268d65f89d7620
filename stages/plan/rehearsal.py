"""A rehearsal: the data stages themselves on a sample of people, timed and weighed."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from stages import explode, sequences, vocab
from stages import filter as filter_stage
from stages.core import table_files
from stages.core.artifact_paths import (
    EVENTS_DIR,
    FILTERED_DIR,
    SEQUENCES_DIR,
    TEST_FILE,
    TRAIN_FILE,
    VACANCIES_FILE,
    VOCAB_FILE,
)
from stages.core.buckets import buckets, keep
from stages.core.keys import KEYS
from stages.explode.holdout import ENOUGH_LABELS
from stages.explode.stage import bucket_number
from stages.params import EngineParams, Params
from stages.plan import catalogue_rehearsal, raw_counts
from stages.plan.raw_counts import RawCounts
from stages.plan.rehearsed import FEWER, Rehearsed, timed, times

EVENTS, MOST_EVENTS = 100_000, 1_000_000  # of the sample, about: of small logs, of any
ONE_IN = 100  # events between the two


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
            name: times(one.seconds, fewer[name].seconds, events, again.get(name, 1.0))
            for name, one in found.items()
        }
    found["features"], longer["features"] = catalogue_rehearsal.described(
        _here(params), raw, counts, out
    )
    return Rehearsal(
        stages=found,
        out=out,
        every=every,
        events=events,
        asked=counts.asked / max(part[1], 1),
        vacancies=counts.vacancies / max(table_files.row_count(out / VACANCIES_FILE), 1),
        longer=longer,
        work=_work(out / EVENTS_DIR, out / "work.arrow"),
    )


def _of_people(
    params: Params, raw: Path, people: Path, out: Path, every: int
) -> dict[str, Rehearsed]:
    """Run the stages whose work is on people: on one of them in `every`."""
    paths = {name: out / name for name in (EVENTS_DIR, FILTERED_DIR, VOCAB_FILE, SEQUENCES_DIR)}
    found = {"explode": _exploded(params, people, paths[EVENTS_DIR], every)}
    found["filter"] = timed(
        lambda: filter_stage.run(params, events=paths[EVENTS_DIR], out=paths[FILTERED_DIR]),
        paths[FILTERED_DIR],
    )
    found["vocab"] = timed(
        lambda: vocab.run(
            params,
            events=paths[FILTERED_DIR],
            vacancies=raw / VACANCIES_FILE,
            out=paths[VOCAB_FILE],
        ),
        paths[VOCAB_FILE],
    )
    found["sequences"] = timed(
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
        return timed(lambda: explode.run(given, train=train, test=test, out=out), out)

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
    return _here(params).model_copy(update=changes)


def _here(params: Params) -> Params:
    """Parameters of work in this process: others' seconds are not seen, nor this machine's files by others."""
    return params.model_copy(update={"engine": EngineParams()})


def _work(events: Path, scratch: Path) -> int:
    """Bytes of the events as `explode` holds them until they are split."""
    rows = table_files.scan_parquet(buckets(events)).drop("part", "label")
    numbered = rows.drop(KEYS).with_columns(name=pl.lit(0, pl.UInt32), from_test=False)
    held = 0
    for part in (numbered, rows.select(KEYS).unique()):
        keep(part, scratch, mapped=True)
        held += scratch.stat().st_size
    return held
