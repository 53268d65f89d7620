"""What stops a server before it serves; `tests/hhrec_cli/test_serve.py` lets it serve."""

import socket
from pathlib import Path

import pytest

from stages.interface.errors import HhrecError
from stages.serve.run import run
from stages.serve.settings import Address, Limits
from tests.worlds.serve_world import Shelf


def test_an_address_that_is_taken_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    shelf = Shelf(None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(HhrecError, match="cannot listen there"):
            run(tmp_path, shelf.load, address=address, limits=Limits())


def test_a_broken_bundle_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match="broken"):
        run(tmp_path, Shelf(None).load, address=Address(port=0), limits=Limits())
