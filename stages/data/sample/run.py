"""One run of the generator: arguments in, five files out, all or none."""

import json
from pathlib import Path

from stages.core import kinds, outputs
from stages.data.sample.catalogue import draw_catalogue
from stages.data.sample.files import page_count, write_world
from stages.data.sample.shelves import stock_shelves
from stages.data.sample.simulate import World, chunk_count, simulate
from stages.data.sample.trades import load_trades
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent

GENERATOR_VERSION = "1"
DEFAULT_SESSIONS = 80_000
DEFAULT_VACANCIES = 63_000
LEAST = 50


class SampleReport(Report):
    """Counts of what was written."""

    generator_version: str
    seed: int
    train_sessions: int
    train_events: int
    test_sessions: int
    test_events: int
    users: int
    vacancies: int


def run(
    *, out: Path, sessions: int, vacancies: int, seed: int, progress: Progress = silent
) -> SampleReport:
    """Write a synthetic log: train, test, vacancies and labels as Parquet, and `sample.json`.

    Equal arguments give equal files. Memory holds the log as numbers and one slice of text.

    Args:
        out: Directory of the five files; an older sample there is replaced once all are done.
        sessions: Train sessions; test rows follow from them.
        vacancies: Size of the catalogue.
        seed: Seed of every random stream.
        progress: Told how many slices of how many are finished.

    Raises:
        HhrecError: A number is too small, or `out` cannot be written.
    """
    _check(sessions=sessions, vacancies=vacancies, seed=seed)
    made = outputs.prepare(out, kinds.SAMPLE)
    catalogue = draw_catalogue(seed, vacancies, load_trades())
    crowd, pages = chunk_count(sessions), page_count(vacancies)
    world = simulate(
        seed,
        stock_shelves(catalogue),
        sessions,
        lambda done: progress(done, crowd + pages, "people"),
    )
    report = _report(world, vacancies, seed)
    with made.replacing() as scratch:
        scratch.mkdir()
        write_world(
            seed,
            scratch,
            catalogue,
            world,
            lambda done: progress(crowd + done, crowd + pages, "vacancies"),
        )
        arguments = {"sessions": sessions, "vacancies": vacancies, "seed": seed}
        card = {"generator_version": GENERATOR_VERSION, **arguments}
        (scratch / "sample.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return report


def _check(*, sessions: int, vacancies: int, seed: int) -> None:
    """Refuse sizes that hold no world."""
    for name, found, least in (
        ("sessions", sessions, LEAST),
        ("vacancies", vacancies, LEAST),
        ("seed", seed, 0),
    ):
        if found < least:
            raise HhrecError(
                f"--{name}: expected at least {least}, found {found}",
                f"type `hhrec data sample --{name} {least}` or more",
            )


def _report(world: World, vacancies: int, seed: int) -> SampleReport:
    return SampleReport(
        generator_version=GENERATOR_VERSION,
        seed=seed,
        train_sessions=len(world.train.length),
        train_events=len(world.train.vacancy),
        test_sessions=len(world.test.length),
        test_events=len(world.test.vacancy),
        users=world.users,
        vacancies=vacancies,
    )
