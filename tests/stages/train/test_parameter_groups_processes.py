"""Two processes that talk over gloo take the steps of one, in the tables too."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from tests.launched.pair import RUNS, steps

ROOT = Path(__file__).parents[3]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """What each of two processes ended with, by run and rank."""
    out = tmp_path_factory.mktemp("pair")
    common = {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": free_port(),
    }
    running = [
        subprocess.Popen(
            [sys.executable, ROOT / "tests/launched/pair.py", out],
            env=os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(2)
    ]
    assert [process.wait() for process in running] == [0, 0]
    return {name: [load_file(out / f"{name}-{rank}") for rank in range(2)] for name in RUNS}


@pytest.mark.parametrize("loss", ["full", "sampled"])
def test_two_processes_take_the_steps_of_one(loss, pair):
    alone = steps(Accelerator(cpu=True), full=loss == "full", accumulation=2)
    first, second = pair[loss]
    assert int(alone["last"].sum()) > 0
    for name, value in alone.items():
        assert torch.equal(first[name], second[name]), name
        torch.testing.assert_close(first[name], value, atol=1e-5, rtol=1e-4)


def test_a_run_of_two_processes_repeats_itself_to_the_bit(pair):
    once, again = pair["sampled"][0], pair["again"][0]
    assert all(torch.equal(value, again[name]) for name, value in once.items())
