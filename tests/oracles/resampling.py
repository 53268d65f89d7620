"""Intervals of coverage and crowding, from all recommendations at once: each resample is drawn anew."""

import numpy as np

from stages.scoring import bootstrap, congestion
from stages.scoring.bootstrap import Interval


def coverage(
    codes: np.ndarray, rows: np.ndarray, count: int, catalogue: int, seed: int
) -> Interval:
    """What `bootstrap.coverage` says, a resample after the other."""
    value = len(set(codes.tolist())) / catalogue if catalogue else 0.0
    if not value:
        return Interval(0.0, 0.0, 0.0)
    rare = np.bincount(codes)[codes] < bootstrap.CERTAIN
    generator = np.random.default_rng(seed)
    covered = []
    for _ in range(bootstrap.COVERAGE_RESAMPLES):
        drawn = set(generator.integers(count, size=count).tolist())
        covered.append(len({c for c, r in zip(codes[rare], rows[rare], strict=True) if r in drawn}))
    margin = bootstrap.NORMAL * float(np.std(covered, ddof=1)) / max(1, catalogue)
    return Interval(value, max(0.0, value - margin), min(1.0, value + margin))


def crowding(shown: congestion.Shown, seed: int) -> dict[str, Interval]:
    """What `congestion.congestion` says, a resample after the other."""
    found = congestion._figures(np.bincount(shown.items, minlength=shown.catalogue))
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(congestion.RESAMPLES if shown.count else 0):
        times = np.bincount(
            generator.integers(shown.count, size=shown.count), minlength=shown.count
        )
        counts = np.bincount(shown.items, times[shown.rows], minlength=shown.catalogue)
        drawn.append(list(congestion._figures(counts.astype(np.int64)).values()))
    errors = np.std(drawn, axis=0, ddof=1) if drawn else np.zeros(len(found))
    return {
        name: Interval(
            value, max(0.0, value - bootstrap.NORMAL * error), value + bootstrap.NORMAL * error
        )
        for (name, value), error in zip(found.items(), errors.tolist(), strict=True)
    }
