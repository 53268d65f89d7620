"""Times of a sample and of a part of it, drawn out to all: what grows, and what does not."""

import pytest

from stages.plan import rehearsed


@pytest.mark.parametrize(
    ("whole", "fewer", "again", "seconds"),
    [
        (
            4.0,
            1.0,
            1.0,
            400.0,
        ),  # all of it grows: a hundred times as much takes a hundred times as long
        (4.0, 4.0, 1.0, 4.0),  # nothing does
        (5.0, 2.0, 1.0, 401.0),  # 1 s whatever there is, 4 s for each sample
        (5.0, 2.0, 10.0, 410.0),  # the same once for each of ten buckets
        (4.0, 5.0, 1.0, 4.0),  # a clock that errs makes no time negative,
        (4.0, 0.1, 1.0, 400.0),  # nor more than all of it
    ],
)
def test_only_what_grew_with_the_sample_grows_with_the_log(whole, fewer, again, seconds):
    assert whole * rehearsed.times(whole, fewer, 100.0, again) == pytest.approx(seconds)


def test_a_stage_that_takes_no_time_at_all_is_taken_to_grow():
    assert rehearsed.times(0.0, 0.0, 7.0) == 7.0
