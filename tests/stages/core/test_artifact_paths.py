"""Names of files, keys and units stand in one module each; dvc.yaml spells the same."""

import ast
from pathlib import Path

import pytest
import yaml

from stages.core import artifact_paths, model_files
from stages.core.artifact_paths import ARTIFACTS, TEST, VALIDATION, predictions_file
from stages.core.keys import KEYS
from stages.core.time_units import DAY, HOUR

ROOT = Path(__file__).parents[3]
FROZEN = ROOT / "stages" / "data" / "sample"
FOREIGN = ROOT / "stages" / "features" / "text_embeddings"  # files of other people's text models
FILES = {value for name, value in vars(artifact_paths).items() if name.endswith("_FILE")}
FILES |= {predictions_file(part) for part in (TEST, VALIDATION)}
FILES |= {model_files.VOCABULARY, model_files.CHOSEN, model_files.CALIBRATION}
FILES |= {model_files.CONFIG, model_files.WEIGHTS, model_files.BEST}
MODULES = [
    file
    for folder in ("stages", "hhrec_cli")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if not {FROZEN, FOREIGN} & set(file.parents)
]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_names_of_files_keys_and_units_are_spelled_in_core_alone(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    values = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    pairs = [
        tuple(getattr(item, "value", None) for item in node.elts)
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple | ast.List)
    ]
    found = {*(values & FILES), *(values & {DAY, HOUR}), *({KEYS} & set(pairs))}
    at_home = {"artifact_paths.py", "keys.py", "model_files.py", "time_units.py"}
    assert not found or (file.name in at_home and file.parent.name == "core")


def test_dvc_writes_under_the_names_of_core() -> None:
    names = {value for name, value in vars(artifact_paths).items() if name.endswith("_DIR")}
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    entries = [entry for stage in stages.values() for entry in stage.get("outs", [])]
    outs = [Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]
    assert outs
    assert {out.parent for out in outs} == {ARTIFACTS}
    assert {out.name for out in outs} <= names | FILES


def test_predictions_of_each_part_have_a_name() -> None:
    assert predictions_file("test") == "predictions.parquet"
    assert predictions_file("validation") == "validation_predictions.parquet"
