"""dvc.yaml: the same graph as the commands' defaults, with the right code and parameters."""

import shlex
import subprocess
from typing import Any

import pytest
import typer
import yaml

from hhrec_cli._reference import leaves
from hhrec_cli.main import app
from stages import STAGES
from stages.params import Params
from tests.helpers.source import ROOT, closure

COMMANDS = dict(leaves(typer.main.get_command(app), "hhrec"))
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
MODULES = {"sample": "stages.data.sample"}
PREDICTIONS = {"predictions.parquet", "validation_predictions.parquet"}
BESIDE = {  # what a command reads without an option whose default is that path
    "evaluate": PREDICTIONS,
    "report": PREDICTIONS | {"events", "filtered", "metrics", "sequences", "vocab.parquet"},
}
FREE = ("stages/__init__.py", "stages/data/__init__.py", "stages/interface/", "stages/params/")


def test_dvc_stages_are_sample_the_stages_evaluate_and_report() -> None:
    assert list(DVC) == ["sample", *STAGES, "evaluate", "report"]


@pytest.mark.parametrize("name", DVC)
def test_each_cmd_of_dvc_parses(name: str) -> None:
    cmd = DVC[name]["cmd"]
    for line in [cmd] if isinstance(cmd, str) else cmd:
        words = shlex.split(line)
        path = next(path for path in COMMANDS if line == path or line.startswith(path + " "))
        context = COMMANDS[path].make_context(path, words[len(path.split()) :])
        assert context.command is COMMANDS[path]


@pytest.mark.parametrize("name", DVC)
def test_each_dvc_stage_depends_on_its_own_code(name: str) -> None:
    module = MODULES.get(name, f"stages.{name}")
    deps = [dep for dep in DVC[name]["deps"] if dep.startswith("stages/")]
    covered = {file: [dep for dep in deps if _covers(dep, file)] for file in closure(module)}
    assert all(file.startswith(FREE) for file, by in covered.items() if not by)
    unused = set(deps) - {dep for by in covered.values() for dep in by}
    assert not unused


def test_code_dependencies_are_folders_and_few() -> None:
    deps = [dep for stage in DVC.values() for dep in stage["deps"] if dep.startswith("stages/")]
    assert all((ROOT / dep / "__init__.py").is_file() for dep in deps)
    assert len(deps) < 40


@pytest.mark.parametrize("name", ["train", "predict", "evaluate", "report"])
def test_an_edit_of_a_late_stage_reruns_no_other(name: str) -> None:
    assert [key for key, stage in DVC.items() if f"stages/{name}" in stage["deps"]] == [name]


def _covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(dep + "/")


def test_dvc_paths_are_the_defaults_of_the_commands() -> None:
    outs = {name: _paths(stage) for name, stage in DVC.items()}
    made = {path: name for name, paths in outs.items() for path in paths}
    made["artifacts/metrics"] = "evaluate"  # two files in it are outs, and DVC follows them
    for name, stage in DVC.items():
        line = stage["cmd"] if isinstance(stage["cmd"], str) else stage["cmd"][0]
        params = COMMANDS[" ".join(line.split(" --")[0].split())].params
        read = {dep for dep in stage["deps"] if dep.startswith("artifacts/")}
        assert read <= set(made), f"{name} reads what no stage makes"
        defaults = {str(param.default) for param in params}
        assert read - defaults == {f"artifacts/{one}" for one in BESIDE.get(name, ())}, name


def _paths(stage: dict[str, Any]) -> list[str]:
    entries = [entry for key in ("outs", "metrics", "plots") for entry in stage.get(key, [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def test_every_out_is_ignored_by_git() -> None:
    outs = [path for stage in DVC.values() for path in _paths(stage)]
    outs += ["artifacts/checkpoints", "artifacts/live", "artifacts/inputs.json"]
    asked = subprocess.run(
        ["git", "check-ignore", *outs], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode == 128:
        pytest.skip("not a git repository")
    assert asked.stdout.split() == outs


@pytest.mark.parametrize("name", DVC)
def test_dvc_params_exist(name: str) -> None:
    sections = {key.split(".")[0] for key in DVC[name].get("params", [])}
    assert sections <= set(Params.model_fields)
    assert "raw" not in sections  # a change of `raw` shows as another path of a dep


def test_a_new_learning_rate_reruns_training_and_what_reads_its_results() -> None:
    rerun = [name for name, stage in DVC.items() if "train" in stage.get("params", [])]
    assert rerun == ["train"]
    for name, stage in DVC.items():
        made = {path for other in rerun for path in _paths(DVC[other])}
        if made & set(stage["deps"]) and name not in rerun:
            rerun.append(name)
    # report reads the directory of the metrics files that evaluate makes
    assert rerun == ["train", "predict", "evaluate", "report"]
