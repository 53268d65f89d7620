"""Rules over the rows of a table, and their findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from stages.data.formats import readable

Severity = Literal["stop", "warn", "info"]
SEVERITIES: tuple[Severity, ...] = ("stop", "warn", "info")
SHOWN = 40  # characters of one value in an example


class Finding(BaseModel):
    """One kind of fault in one file.

    Attributes:
        severity: `stop`: the pipeline refuses the file; `warn`: rows are lost or worth less;
            `info`: worth knowing.
        file: Name of the file.
        code: Name of the fault.
        column: Where it is.
        count: Rows, or events of a session file's lists, that have it.
        share: `count` of all rows, or of all events.
        consequence: What the pipeline makes of them.
        example: One of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    file: str
    code: str
    column: str
    count: int
    share: float
    consequence: str
    example: str


@dataclass(frozen=True)
class Rule:
    """A fault that a row has or has not."""

    severity: Severity
    code: str
    column: str
    consequence: str
    fault: pl.Expr

    def found(self, path: Path, count: int, total: int, example: str) -> Finding:
        """Report `count` rows with this fault among `total`."""
        return Finding(
            severity=self.severity,
            file=path.name,
            code=self.code,
            column=self.column,
            count=count,
            share=count / total if total else 1.0,
            consequence=self.consequence,
            example=example,
        )


def apply(rules: Sequence[Rule], frame: pl.LazyFrame, path: Path) -> tuple[int, list[Finding]]:
    """Count the rows of a table that break each rule, in one pass; then fetch an example of each.

    Returns:
        Rows of the table, and the findings in the order of the rules.
    """
    faults = [rule.fault.fill_null(False) for rule in rules]
    sums = [fault.sum().alias(str(index)) for index, fault in enumerate(faults)]
    with readable(path):
        counts = frame.select(pl.len().alias("rows"), *sums).collect(engine="streaming").row(0)
        total = int(counts[0])
        findings = [
            rule.found(path, int(count), total, first(frame.filter(fault)))
            for rule, fault, count in zip(rules, faults, counts[1:], strict=True)
            if count
        ]
    return total, findings


def rows(rule: Rule, faulty: pl.LazyFrame, total: int, path: Path) -> list[Finding]:
    """Report a table that holds nothing but faulty rows: at most one finding."""
    with readable(path):
        count = faulty.select(pl.len()).collect(engine="streaming").item()
        return [rule.found(path, count, total, first(faulty))] if count else []


def first(frame: pl.LazyFrame) -> str:
    """Spell out the first row of a table."""
    found = frame.head(1).collect(engine="streaming").to_dicts()
    return " ".join(f"{name}={_short(value)}" for row in found for name, value in row.items())


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
