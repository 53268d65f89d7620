"""Derived seeds: one for each purpose, from the user's seed."""

import hashlib
import zlib


def derive(seed: int, *purpose: str | int) -> int:
    """Seed in [0, 2**63) for one purpose: SHA-256 of the user's seed and the purpose's words.

    Because each use has its own seed, nothing has to be saved to repeat it: batch 7 of epoch 3 is
    the same in an undisturbed run, in a resumed one, and in each of several processes.
    """
    words = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def lot(seed: int, user: str) -> int:
    """Lot of a user where some of them are drawn: those with the smallest are taken, whoever is read first."""
    return zlib.crc32(f"{seed}:{user}".encode())
