"""Token and address."""

import pytest

from stages.interface.errors import HhrecError
from stages.serve.settings import SHORTEST, TOKEN, Address, token


def test_a_token_is_read_from_the_environment_or_there_is_none() -> None:
    assert token({}) is None
    assert token({TOKEN: "x" * SHORTEST}) == "x" * SHORTEST


@pytest.mark.parametrize("value", ["", "short", "with spaces in it, too", "ключ" * 9])
def test_a_token_that_protects_nothing_is_refused(value: str) -> None:
    with pytest.raises(HhrecError, match=TOKEN) as caught:
        token({TOKEN: value})
    assert not value or value not in str(caught.value)


def test_which_addresses_are_local() -> None:
    assert [Address(host).local for host in ("127.0.0.1", "::1", "localhost", "10.1.1.1")] == [
        True,
        True,
        True,
        False,
    ]
    assert Address("::1").name == "[::1]"
