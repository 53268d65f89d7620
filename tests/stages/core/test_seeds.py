"""A seed for each purpose: the same everywhere, another for every other purpose."""

import hashlib
import zlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stages.core.seeds import derive, lot

PURPOSES = st.lists(
    st.text(alphabet="abc", min_size=1, max_size=3) | st.integers(0, 99), max_size=3
)


def test_a_seed_is_half_of_the_first_eight_bytes_of_a_hash() -> None:
    digest = hashlib.sha256(b"42/train/epoch/3").hexdigest()
    assert derive(42, "train", "epoch", 3) == int(digest[:16], 16) // 2
    assert derive(42, "train", "epoch", 3) == 3_397_938_395_364_128_241  # of every release


@given(st.integers(0, 2**40), PURPOSES)
def test_it_is_what_every_generator_of_random_numbers_takes(
    seed: int, words: list[str | int]
) -> None:
    assert 0 <= derive(seed, *words) < 2**63
    assert derive(seed, *words) == derive(seed, *words)


def test_seeds_differ_by_seed_purpose_and_number() -> None:
    seeds = sorted(
        derive(seed, purpose, number)
        for seed in (0, 1, 42)
        for purpose in ("mask", "negatives", "order")
        for number in range(100)
    )
    assert all(one < two for one, two in pairwise(seeds))
    steps = [two - one for one, two in pairwise(seeds)]
    assert max(steps) < 2**63 / 50  # spread over the whole range


def test_a_lot_is_of_the_seed_and_the_user_alone():
    assert lot(42, "ü") == zlib.crc32(b"42:\xc3\xbc")
    lots = {lot(seed, user) for seed in (1, 2) for user in ("a", "b")}
    assert len(lots) == 4
