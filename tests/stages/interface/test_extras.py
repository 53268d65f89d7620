"""A command without the packages of its extra says what to install."""

import pytest

from stages.interface import extras
from stages.interface.errors import HhrecError


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    extras.require("hhrec serve", "serve", ("json",))
    with pytest.raises(HhrecError, match="hhrec serve needs no_such_one, no_such_other,") as caught:
        extras.require("hhrec serve", "serve", ("json", "no_such_one", "no_such_other"))
    assert caught.value.hint == "pip install 'hhrec[serve]'"
