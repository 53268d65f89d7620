"""Check raw files: whether the pipeline accepts them, and which rows it will drop.

Every file is opened by the function that the pipeline opens it with, so that both agree on what is
usable. Tables stay lazy: memory holds keys and ids, never the events.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, TEST_FILE, TRAIN_FILE, VACANCIES_FILE
from stages.core.raw_sessions import scan_sessions
from stages.core.schema import LABELS, RAW_VACANCIES
from stages.core.tables import scan
from stages.data.catalogue_rules import check_catalogue, check_known, check_labels
from stages.data.findings import SEVERITIES, Finding, Rule
from stages.data.session_rules import check_both, check_sessions, time_range
from stages.interface.errors import HhrecError, MissingInputError
from stages.interface.stage_report import Progress, Report, silent

HINT = "write them with `hhrec data sample` or `hhrec data import`, or name another directory"
ABSENT = Rule("info", "absent", "", "test rows are predicted, not scored", pl.lit(True))
UNUSABLE = Rule("stop", "unusable_file", "", "the pipeline refuses the file", pl.lit(True))


class CheckReport(Report):
    """Rows and events of the files, their first and last time, and the findings, worst first."""

    rows: dict[str, int]
    events: dict[str, int]
    times: dict[str, tuple[datetime | None, datetime | None]]
    findings: list[Finding]

    @property
    def stops(self) -> int:
        """Findings that the pipeline would not survive."""
        return sum(finding.severity == "stop" for finding in self.findings)


@dataclass
class Checked:
    """What is known so far; `sheets` holds the files that could be opened."""

    directory: Path
    sheets: dict[str, pl.LazyFrame]
    rows: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    times: dict[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def run(directory: Path, *, progress: Progress = silent) -> CheckReport:
    """Check `{train,test,vacancies}.parquet` and, where it exists, `labels.parquet`.

    A file that cannot be opened is one finding, and what would need it is not checked.

    Raises:
        MissingInputError: The directory or one of the three files is not there.
        HhrecError: A file breaks off while it is read.
    """
    raw = _opened(directory)
    for done, (step, needed) in enumerate(STEPS):
        progress(done, len(STEPS), " beside ".join(needed))
        if all(name in raw.sheets for name in needed):
            step(raw, needed[0])
    raw.findings.sort(key=lambda one: SEVERITIES.index(one.severity))
    return CheckReport(rows=raw.rows, events=raw.events, times=raw.times, findings=raw.findings)


def _opened(directory: Path) -> Checked:
    if not directory.is_dir():
        raise MissingInputError(f"{directory}: expected a directory of raw files, found none", HINT)
    missing = [name for name in RAW_FILES if not (directory / name).is_file()]
    if missing:
        raise MissingInputError(f"{directory}: no {', '.join(missing)} in it", HINT)
    raw = Checked(directory, {})
    for name in (*RAW_FILES, LABELS_FILE):
        try:
            raw.sheets[name] = _open(directory / name)
        except MissingInputError:
            raw.findings.append(ABSENT.found(directory / name, 0, 0, ""))
        except HhrecError as error:
            raw.findings.append(UNUSABLE.found(directory / name, 0, 0, error.message))
    return raw


def _open(path: Path) -> pl.LazyFrame:
    if path.name in RAW_FILES[:2]:
        return scan_sessions(path)
    schema = LABELS if path.name == LABELS_FILE else RAW_VACANCIES
    return scan(path, schema, made_by="hhrec data import")


def _sessions(raw: Checked, name: str) -> None:
    path = raw.directory / name
    test = name == TEST_FILE
    raw.rows[name], raw.events[name], found = check_sessions(path, raw.sheets[name], test=test)
    raw.findings += found
    raw.times[name] = time_range(raw.sheets[name])


def _catalogue(raw: Checked, name: str) -> None:
    path = raw.directory / name
    raw.rows[path.name], found = check_catalogue(path, raw.sheets[path.name])
    raw.findings += found


def _known(raw: Checked, name: str) -> None:
    vacancies = raw.sheets[VACANCIES_FILE]
    path = raw.directory / name
    raw.findings += check_known(path, raw.sheets[name], vacancies, raw.events[name])


def _both(raw: Checked, name: str) -> None:
    path = raw.directory / name
    train, test = raw.sheets[TRAIN_FILE], raw.sheets[name]
    raw.findings += check_both(path, train, test, raw.rows[name])


def _labels(raw: Checked, name: str) -> None:
    path = raw.directory / name
    test, vacancies = raw.sheets[TEST_FILE], raw.sheets[VACANCIES_FILE]
    raw.rows[name], found = check_labels(
        path, raw.sheets[name], test, vacancies, test_rows=raw.rows[TEST_FILE]
    )
    raw.findings += found


STEPS = (
    (_sessions, (TRAIN_FILE,)),
    (_sessions, (TEST_FILE,)),
    (_catalogue, (VACANCIES_FILE,)),
    (_known, (TRAIN_FILE, VACANCIES_FILE)),
    (_known, (TEST_FILE, VACANCIES_FILE)),
    (_both, (TEST_FILE, TRAIN_FILE)),
    (_labels, (LABELS_FILE, TEST_FILE, VACANCIES_FILE)),
)
