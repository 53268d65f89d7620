"""Build the HTML page from what a directory of artifacts holds."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from stages.core import kinds, lineage, outputs
from stages.core.artifact_paths import (
    EVENTS_DIR,
    LABELS_FILE,
    LIVE_DIR,
    METRICS_DIR,
    RAW_FILES,
    SEQUENCES_DIR,
    TEST,
    VOCAB_FILE,
    predictions_file,
)
from stages.interface.errors import MissingInputError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.remote.urls import shown
from stages.report import headline, layout, log_section, sections, session_section, table_counts
from stages.report.markup import Content, Html, tag
from stages.report.metrics_reader import parts
from stages.report.optional_parts import Ledger, Paths
from stages.report.sections import Site

SESSIONS = 30
RAW = (*RAW_FILES, LABELS_FILE)
READ = (EVENTS_DIR, METRICS_DIR, predictions_file(TEST), SEQUENCES_DIR, VOCAB_FILE, LIVE_DIR)
TITLE = "Which vacancy next?"
FOOT = "Written by `hhrec report`. This file holds all it shows and fetches nothing."


class PageReport(Report):
    """The file written; `notes` say what is not in it, and why."""

    out: str
    bytes: int
    pictures: int
    sessions: int
    notes: list[str]

    def figures(self) -> Iterator[tuple[str, Any]]:
        """Yield `(name, value)`; of the notes only how many, since the page has them too."""
        for name, value in super().figures():
            yield name, len(value) if name == "notes" else value


def run(
    params: Params,
    *,
    raw: Path,
    artifacts: Path,
    out: Path,
    sessions: int = SESSIONS,
    progress: Progress = silent,
) -> PageReport:
    """Write one self-contained HTML page about all that is in `artifacts`.

    Args:
        params: Seed of the sample of sessions; limits that name the reasons of drops.
        raw: Directory of the input files: the catalogue's texts, and labels where they are known.
        artifacts: Directory of everything that stages wrote; each part of it may be absent.
        out: HTML file, replaced as a whole.
        sessions: How many sessions are shown.
        progress: Told how many of all sections are finished.

    Raises:
        MissingInputError: Nothing that could be told of is in `artifacts`.
        HhrecError: A file is there and not what its command writes.
    """
    if not any((artifacts / name).exists() for name in READ):
        raise MissingInputError(
            f"{artifacts}: nothing to report on; expected one of {', '.join(READ)}",
            "run `hhrec run`, or name another directory with --artifacts DIR",
        )
    place = prepared(params, raw, artifacts, out)
    paths, ledger = Paths(raw, artifacts), Ledger()
    site = Site(params, paths, ledger, parts(artifacts / METRICS_DIR))
    made: dict[str, tuple[str, Html]] = {}
    makers = _makers(site, sessions)
    for key, (name, make) in makers.items():
        made[key] = (name, make())
        progress(len(made), len(makers), name)
    html = shown(layout.page(TITLE, _head(site), made, _foot(site)))
    with place.replacing() as scratch:
        scratch.write_text(html, encoding="utf-8")
    return PageReport(
        out=str(out),
        bytes=len(html.encode()),
        pictures=html.count("<svg "),
        sessions=html.count("<details data-kind="),
        notes=ledger.notes,
    )


def prepared(params: Params, raw: Path, artifacts: Path, out: Path) -> outputs.Output:
    """Check the place of the page, and that all that it tells of fits together."""
    paths = Paths(raw, artifacts)
    parts = {part: paths.predictions(part) for part in ("test", "validation")}
    made = outputs.prepare(
        out,
        kinds.PAGE,
        inputs={
            **{role: artifacts / role for role in ("events", "filtered", "sequences", "metrics")},
            **{f"predictions for {part}": file for part, file in parts.items()},
            **{name: raw / name for name in RAW},
            "vocab": artifacts / VOCAB_FILE,
        },
        params=params,
    )
    for part in parts:
        if found := made.inputs.get(f"predictions for {part}"):
            lineage.require_fact(found, "part", part)
    return made


def _makers(site: Site, count: int) -> dict[str, tuple[str, Callable[[], Html]]]:
    """Name in the navigation and maker of each section, by its id, in the order of the page."""
    events = site.paths / EVENTS_DIR
    found = cache(lambda: table_counts.log(events, site.params.filter.max_user_events))
    counted = found if events.exists() else lambda: None
    return {
        "scores": ("Scores", lambda: sections.compared(site)),
        "segments": ("Segments", lambda: sections.pieces(site)),
        "sessions": ("Sessions", lambda: session_section.sample(site, count)),
        "data": ("Data", lambda: log_section.funnel_of(site, counted())),
        "log": ("The log", lambda: log_section.spread(site, counted())),
        "training": ("Training", lambda: sections.training(site)),
        "protocol": ("Protocol", lambda: sections.protocol(site)),
        "glossary": ("Glossary", lambda: sections.words(site)),
    }


def _foot(site: Site) -> Content:
    """Hashes of what the scores were made from, and who wrote the page."""
    known = [headline.hashes(found) for found in list(site.parts.values())[:1]]
    return [known, tag("p", FOOT)]


def _head(site: Site) -> Content:
    """The headline of the first part that has scores."""
    for part, found in site.parts.items():
        return [headline.headlines(part, found), headline.brief(found)]
    return tag("p", "There are no scores yet.", class_="lead")
