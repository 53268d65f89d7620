"""Several processes do what one does: the same losses, the same MRR to the last digit."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from accelerate.commands.config.config_args import load_config_from_file

from tests.helpers.launching import ANY_PORT, accelerate, environment, report, words
from tests.helpers.source import ROOT

TWO = ("--multi_gpu", "--num_processes", "2", *ANY_PORT)
CPU = {"ACCELERATE_USE_CPU": "true"}
EVERY_STEP = str(ROOT / "tests" / "launched" / "every_step.py")
SAME = {
    "dropout": 0.0,
    "id_dropout": 0.0,
    "loss": "full",
    "tracker": "dvclive",
    "batch_tokens": 128,
    "save_minutes": 10,
    "epochs": 20,
}
SETS = [word for name, value in SAME.items() for word in ("--set", f"train.{name}={value}")]

C10D = (
    "torch.distributed.run --nnodes 2 --nproc_per_node 1 --rdzv_backend c10d --rdzv_id test"
    " --rdzv_endpoint 127.0.0.1:{port} --local_addr 127.0.0.1"
)
RANKS = (
    "torch.distributed.run --nnodes 2 --node_rank {rank} --nproc_per_node 1"
    " --master_addr 127.0.0.1 --master_port {port}"
)
ACCELERATE = (
    "accelerate.commands.launch --multi_gpu --num_machines 2 --machine_rank {rank}"
    " --num_processes 2 --main_process_ip 127.0.0.1 --main_process_port {port}"
)
CONFIGS = ROOT / "docs" / "accelerate"
FROM_FILE = (
    f"accelerate.commands.launch --config_file {CONFIGS / 'two-nodes.yaml'} --machine_rank {{rank}}"
    " --num_processes 2 --main_process_port {port}"
)


def losses(out: Path) -> list[float]:
    curve = pl.read_csv(out / "live" / "plots" / "metrics" / "loss.tsv", separator="\t")
    return curve.sort("step")["loss"].to_list()


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["prefix", "mlm"])
def test_two_processes_follow_the_losses_of_one(
    small_artifacts: Path, tmp_path: Path, objective: str
) -> None:
    """One process adds up two batches a step; of two, each takes one of the same two."""
    one, two = tmp_path / "one", tmp_path / "two"
    more = (*SETS, "--set", f"train.objective={objective}", "--json")
    alone = words(small_artifacts, one, *more, "--set", "train.accumulation=2")
    assert report(accelerate(EVERY_STEP, "train", *alone))["processes"] == 1
    paired = words(small_artifacts, two, *more)
    assert report(accelerate(*TWO, EVERY_STEP, "train", *paired, **CPU))["processes"] == 2
    assert len(losses(one)) >= 100
    assert losses(two)[:100] == pytest.approx(losses(one)[:100], rel=1e-4)


@pytest.mark.slow
def test_one_checkpoint_has_one_mrr_however_many_processes_rank(
    small_artifacts: Path, tmp_path: Path
) -> None:
    report(accelerate("hhrec", "train", *words(small_artifacts, tmp_path, "--json")))
    script = (
        str(ROOT / "tests" / "launched" / "validate.py"), str(small_artifacts), str(tmp_path / "model")
    )  # fmt: skip
    found = [accelerate(*how, *script, **CPU).stdout.split() for how in ((), TWO)]
    assert [processes for processes, _ in found] == ["1", "2"]
    assert found[0][1] == found[1][1]
    assert 0 < float.fromhex(found[0][1]) < 1


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def agents(command: str, small_artifacts: Path, out: Path) -> list[dict[str, object] | None]:
    """Type a launch command of docs/distributed.md on two machines, both of them this one."""
    port = free_port()
    train = words(small_artifacts, out, "--json", "--set", "train.epochs=1")
    started = [
        subprocess.Popen(
            [sys.executable, "-m",
             *command.format(rank=rank, port=port).split(), "-m", "hhrec_cli", "train", *train],
            cwd=ROOT, env=environment(**CPU), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]  # fmt: skip
    said = [agent.communicate(timeout=1200) for agent in started]
    assert [agent.returncode for agent in started] == [0, 0], said
    return [json.loads(out.splitlines()[-1]) if out.strip() else None for out, _ in said]


@pytest.mark.parametrize(
    ("name", "machines", "processes"),
    [("one-gpu", 1, 1), ("eight-gpus", 1, 8), ("two-nodes", 2, 16)],
)
def test_accelerate_takes_the_config_files_of_the_docs(
    name: str, machines: int, processes: int
) -> None:
    found = load_config_from_file(str(CONFIGS / f"{name}.yaml"))
    assert (found.num_machines, found.num_processes) == (machines, processes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [C10D, RANKS, ACCELERATE, FROM_FILE], ids=["c10d", "ranks", "accelerate", "file"]
)
def test_two_machines_train_one_model(small_artifacts: Path, tmp_path: Path, command: str) -> None:
    """Only the first process of all reports."""
    reports = [found for found in agents(command, small_artifacts, tmp_path) if found]
    assert len(reports) == 1
    assert reports[0]["processes"] == 2
    assert (tmp_path / "model" / "model.safetensors").is_file()
