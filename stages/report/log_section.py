"""The sections about the data: the funnel and the histograms."""

import polars as pl

from stages.core import tables
from stages.core.artifact_paths import (
    EVENTS_DIR,
    FILTERED_DIR,
    SEQUENCES_DIR,
    TEST_FILE,
    TRAIN_FILE,
    VOCAB_FILE,
)
from stages.core.schema import PREDICTIONS
from stages.report import evaluation_rows, funnel, histograms, table_counts
from stages.report.markup import Content, Html, section, tag
from stages.report.sections import Site
from stages.report.table_counts import Log


def funnel_of(site: Site, log: Log | None) -> Html:
    """How much is left after each stage, and why the rest is not."""
    paths, params = site.paths, site.params
    attempt = site.ledger.attempt
    text = "What each stage passes on, and for what reason it drops the rest."
    vocab, sequences = paths / VOCAB_FILE, paths / SEQUENCES_DIR
    return section(
        "data",
        "The data on its way",
        tag("p", text),
        tag("h3", "From the input files to the training data"),
        attempt("data funnel", lambda: _flow(site, log)),
        tag("h3", "Vacancies"),
        attempt("vacancies", lambda: funnel.vacancies(vocab, _recommended(site), params)),
        tag("h3", "Questions"),
        attempt(
            "questions",
            lambda: evaluation_rows.questions(
                sequences, vocab, params.sequences.max_length, labels=paths.labels()
            ),
        ),
    )


def _flow(site: Site, log: Log | None) -> Content:
    paths, params = site.paths, site.params
    if log is None:
        return site.ledger.without("data funnel", _no_events(site))
    files = [paths.raw / name for name in (TRAIN_FILE, TEST_FILE)]
    raw = table_counts.raw_files(*files) if all(file.is_file() for file in files) else None
    lost = (
        None if raw else site.ledger.without("input files", f"{files[0]} or {files[1]}: not found")
    )
    kept = table_counts.filtered(paths / FILTERED_DIR) if (paths / FILTERED_DIR).exists() else None
    return [lost, funnel.flow(raw, log, kept, params)]


def _recommended(site: Site) -> int | None:
    """Distinct vacancies in the lists of the test rows, where there are lists."""
    file = site.paths.predictions("test")
    if not file.is_file():
        return None
    lists = tables.scan(file, PREDICTIONS, made_by="hhrec predict").select("predictions")
    each = lists.explode("predictions", empty_as_null=False, keep_nulls=False)
    return int(each.select(pl.col("predictions").n_unique()).collect(engine="streaming").item())


def spread(site: Site, log: Log | None) -> Html:
    """How events are spread over users, vacancies, sessions and time."""
    if log is None:
        body = site.ledger.without("distributions", _no_events(site))
        return section("log", "The log", body)
    vacancies = table_counts.per_vacancy(site.paths / EVENTS_DIR)
    drawn = [
        histograms.spread("users", "Events per user", log.per_user, "users"),
        histograms.spread("vacancies", "Events per vacancy", vacancies, "vacancies"),
        histograms.spread("lengths", "Events per session", log.per_session, "sessions"),
        histograms.gaps(log.gaps),
        histograms.weekdays(log.weekdays),
    ]
    text = "All events of both input files, bots included. A bar of the first four pictures is a doubling; their axes are logarithmic."
    return section("log", "The log", tag("p", text), tag("div", drawn, class_="pictures"))


def _no_events(site: Site) -> str:
    return f"{site.paths / 'events'}: not found; run `hhrec explode`"
