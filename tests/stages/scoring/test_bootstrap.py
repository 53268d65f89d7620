import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scoring import bootstrap
from tests.oracles import recommendations as oracles

VALUES = np.random.default_rng(3).choice([0, 0, 0, 1 / 3, 1 / 2, 1], size=150)


def test_the_interval_agrees_with_a_plain_loop() -> None:
    found = bootstrap.intervals(VALUES[:, None], resamples=2_000, seed=1)[0]
    slow = oracles.resampled_means(VALUES.tolist(), resamples=2_000, seed=2)
    assert found.value == pytest.approx(VALUES.mean())
    spread = float(np.std(slow))
    assert found.low == pytest.approx(np.percentile(slow, 2.5), abs=0.2 * spread)
    assert found.high == pytest.approx(np.percentile(slow, 97.5), abs=0.2 * spread)
    means = bootstrap.means(VALUES[:, None], resamples=2_000, seed=1)
    assert means.std() == pytest.approx(spread, rel=0.1)


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(0)
    samples = generator.random((200, 120, 1)) < 0.3
    found = [bootstrap.intervals(rows * 1.0, resamples=300, seed=4)[0] for rows in samples]
    inside = sum(low <= 0.3 <= high for _, low, high in found)
    assert 180 <= inside <= 199


@given(st.permutations(list(range(30))))
def test_the_order_of_rows_and_of_columns_changes_nothing(order: list[int]) -> None:
    both = np.stack([VALUES[:30], VALUES[30:60]], axis=1)
    first = bootstrap.means(both, resamples=20, seed=7)
    assert np.array_equal(first, bootstrap.means(both[order], resamples=20, seed=7))


def test_blocks_only_bound_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap.means(VALUES[:, None], resamples=50, seed=7)
    monkeypatch.setattr(bootstrap, "BLOCK", 17)
    assert np.array_equal(whole, bootstrap.means(VALUES[:, None], resamples=50, seed=7))


def test_a_paired_difference_is_sharper_than_two_intervals() -> None:
    better = np.minimum(1, VALUES + 0.02)
    paired = bootstrap.differences(better[:, None], VALUES[:, None], resamples=500, seed=1)[0]
    alone = bootstrap.intervals(VALUES[:, None], resamples=500, seed=1)[0]
    assert paired.value == pytest.approx((better - VALUES).mean())
    assert paired.low > 0
    assert paired.high - paired.low < (alone.high - alone.low) / 5


def test_a_paired_difference_agrees_with_a_plain_loop_that_draws_rows() -> None:
    other = np.random.default_rng(5).permutation(VALUES)
    found = bootstrap.differences(VALUES[:, None], other[:, None], resamples=2_000, seed=1)[0]
    slow = oracles.resampled_means((VALUES - other).tolist(), resamples=2_000, seed=2)
    assert found.low == pytest.approx(np.percentile(slow, 2.5), abs=0.2 * np.std(slow))
    assert found.high == pytest.approx(np.percentile(slow, 97.5), abs=0.2 * np.std(slow))
    assert found.above == pytest.approx(np.mean(np.array(slow) > 0), abs=0.05)


def test_no_difference_is_above_zero_in_no_resample() -> None:
    same = bootstrap.differences(VALUES[:, None], VALUES[:, None], resamples=100, seed=1)[0]
    assert same == (0, 0, 0, 0)


def coverage(codes: list[int], rows: list[int], count: int) -> bootstrap.Interval:
    return bootstrap.coverage(
        np.array(codes, dtype=np.int64),
        np.array(rows, dtype=np.int64),
        count=count,
        catalogue=10,
        seed=1,
    )


def test_coverage_stands_inside_its_interval() -> None:
    value, low, high = coverage([0, 1, 2, 3, 0], [0, 0, 1, 2, 3], count=4)
    assert value == pytest.approx(0.4)
    assert 0 < low < value < high < 1


def test_coverage_of_what_everyone_gets_is_certain() -> None:
    rows = list(range(80))
    assert coverage([0] * 80, rows, count=80) == pytest.approx((0.1, 0.1, 0.1))
    assert coverage([], [], count=3) == (0, 0, 0)


def test_leaving_out_certain_vacancies_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, rows = [0] * 80 + [1, 2, 3], [*range(80), 4, 4, 70]
    fast = coverage(codes, rows, count=80)
    monkeypatch.setattr(bootstrap, "CERTAIN", 1_000)
    assert coverage(codes, rows, count=80) == pytest.approx(fast)
