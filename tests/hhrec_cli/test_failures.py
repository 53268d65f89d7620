"""Disks that are full, streams that are closed, files that are broken: one clear error each."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hhrec_cli import _failures
from stages.core import exchange
from tests.helpers.command import Type, Typed
from tests.helpers.trees import tree

A = "artifacts/"
WRITERS = {
    "explode": "events",
    "filter": "filtered",
    "vocab build": "vocab.parquet",
    "features build": "features",
    "sequences build": "sequences",
    "train": "model",
    "predict": "predictions.parquet",
    "baseline popular": "baselines/popular.parquet",
    f"blend {A}predictions.parquet {A}baselines/popular.parquet --out {A}blend.parquet": "blend.parquet",
    "evaluate": "metrics",
    "report": "report.html",
    "data sample --sessions 50 --vacancies 50 --out artifacts/sample": "sample",
    "data import log.csv --out artifacts/imported": "imported",
    "run": "events",
}
LOG = "user_id,item_id,timestamp\n" + "".join(
    f"u{user},i{item},2024-01-{day:02}T10:00:00\n"
    for user in range(3)
    for item, day in enumerate(range(1, 9))
)


def one_error(found: Typed, code: int = 1) -> str:
    """What was said, after a look at its form."""
    assert found.code == code, (found.out, found.err)
    assert "Traceback" not in found.err
    assert [line for line in found.err.splitlines() if line.startswith("error ")]
    assert " next " in found.said()
    assert len(found.err) < 2_500
    return found.said()


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as `ulimit -f` does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("line", WRITERS)
def test_a_limit_of_file_sizes_leaves_the_old_artifact(
    project: Path, hhrec: Type, line: str
) -> None:
    Path("log.csv").write_text(LOG)
    if line.startswith("blend"):
        assert hhrec("baseline", "popular").code == 0
    before = tree(project / A / WRITERS[line])
    with files_up_to(200):
        found = hhrec(*line.split())
    said = one_error(found)
    assert "ulimit -f" in said or "large" in said
    assert tree(project / A / WRITERS[line]) == before
    assert not list(project.rglob("*.part"))


@pytest.mark.parametrize("line", WRITERS)
def test_a_full_disk_leaves_the_old_artifact_and_says_what_is_free(
    project: Path, hhrec: Type, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    Path("log.csv").write_text(LOG)
    if line.startswith("blend"):
        assert hhrec("baseline", "popular").code == 0
    before = tree(project / A / WRITERS[line])
    monkeypatch.setattr(exchange, "flush", full)
    said = one_error(hhrec(*line.split()))
    assert "No space left on device" in said
    assert "bytes are free there" in said
    assert tree(project / A / WRITERS[line]) == before
    assert not list(project.rglob("*.part"))


@pytest.mark.parametrize("line", ["explode --out /sys/new", "report --out /sys/new/report.html"])
@pytest.mark.usefixtures("project")
def test_a_read_only_place_is_named_before_any_work(hhrec: Type, line: str) -> None:
    assert "/sys" in one_error(hhrec(*line.split()))


def shell(line: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell with `hhrec` in it."""
    typed = line.replace("hhrec", f"{sys.executable} -m hhrec_cli")
    return subprocess.run(
        ["bash", "-c", typed], cwd=where, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hhrec params > /dev/full", "stdout: No space left on device"),
        ("hhrec params --json > /dev/full", "stdout: No space left on device"),
        ("hhrec --version > /dev/full", "stdout: No space left on device"),
        ("hhrec vocab show >&-", "stdout: closed"),
    ],
)
def test_a_stdout_that_takes_nothing_is_an_error(project: Path, line: str, says: str) -> None:
    found = shell(line, project)
    assert found.returncode == 1
    assert says in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr


def test_a_reader_that_leaves_early_gets_no_traceback(project: Path) -> None:
    found = shell("hhrec params --yaml | head -1; exit ${PIPESTATUS[0]}", project)
    assert found.returncode in {0, 1}
    assert "Traceback" not in found.stderr
    assert "Exception" not in found.stderr


def flipped(name: str) -> Callable[[], None]:
    """Turn bytes in the middle of a Parquet file: its footer stays whole."""

    def act() -> None:
        file = Path(name)
        held = bytearray(file.read_bytes())
        for place in range(4, len(held) // 2):
            held[place] ^= 0x5A
        file.write_bytes(held)

    return act


def text(name: str, content: str) -> Callable[[], None]:
    return lambda: Path(name).write_text(content)


def cut(name: str) -> Callable[[], None]:
    return lambda: Path(name).write_bytes(Path(name).read_bytes()[:100])


BROKEN = [
    ("explode", flipped("raw/train.parquet")),
    ("filter", flipped(A + "events/bucket-00000.parquet")),
    ("vocab build", flipped("raw/vacancies.parquet")),
    ("features build", flipped(A + "vocab.parquet")),
    ("sequences build", flipped(A + "filtered/bucket-00000.parquet")),
    ("train", flipped(A + "sequences/train/bucket-00000.parquet")),
    ("predict", flipped(A + "sequences/test/bucket-00000.parquet")),
    ("evaluate", flipped(A + "predictions.parquet")),
    ("report", flipped(A + "events/bucket-00000.parquet")),
    ("vocab show", flipped(A + "vocab.parquet")),
    *(
        ("predict", text(A + "model/config.json", content))
        for content in ("[]", "{", "null", '{"hidden_size": "x"}', '{"code_sizes": 3}')
    ),
    *(
        ("train --from artifacts/model", text(A + "model/config.json", content))
        for content in ("[]", "{", '{"hidden_size": "x"}', '{"code_sizes": 3}')
    ),
    ("predict", cut(A + "model/model.safetensors")),
    ("predict", text(A + "model/calibration.json", "[1]")),
    ("predict", text(A + "features/books/books.json", "[]")),
    ("predict", text(A + "features/books/tokenizer.json", "{}")),
    ("report", text(A + "metrics/test.json", "[[[[")),
    ("evaluate", text("raw/sample.json", "[]")),
]


@pytest.mark.parametrize("manifests", [True, False], ids=["", "without manifests"])
@pytest.mark.parametrize(("line", "act"), BROKEN)
@pytest.mark.usefixtures("project")
def test_a_broken_file_is_named(
    hhrec: Type, line: str, act: Callable[[], None], *, manifests: bool
) -> None:
    act()
    if not manifests:
        shutil.rmtree("artifacts/.hhrec")
    found = hhrec(*line.split())
    if found.code == 0 and line == "predict":
        pytest.skip("what was broken is not read")
    one_error(found)


CHECKPOINTS: dict[str, Callable[[Path], object]] = {
    "state is no JSON": lambda step: (step / "state.json").write_text("{"),
    "state is a list": lambda step: (step / "state.json").write_text("[]"),
    "state of another version": lambda step: (step / "state.json").write_text('{"fingerprint": 1}'),
    "no state": lambda step: (step / "state.json").unlink(),
    "optimiser cut": lambda step: (step / "optimizer.safetensors").write_bytes(b"12345678"),
    "weights cut": lambda step: (step / "model.safetensors").write_bytes(b""),
    "no weights": lambda step: (step / "model.safetensors").unlink(),
    "an empty directory": lambda step: (step.parent / "step-999999999").mkdir(),
    "a file": lambda step: (step.parent / "step-999999999").write_text("x"),
    "no best": lambda step: shutil.rmtree(step.parent / "best"),
    "best without weights": lambda step: (step.parent / "best/model.safetensors").unlink(),
}


@pytest.mark.parametrize("fault", CHECKPOINTS)
def test_a_broken_checkpoint_is_named_and_kept(project: Path, hhrec: Type, fault: str) -> None:
    steps = sorted((project / "artifacts/checkpoints").glob("step-*"))
    CHECKPOINTS[fault](steps[-1])
    before = tree(project / "artifacts/model")
    said = one_error(hhrec("train", "--resume"))
    assert "artifacts/checkpoints" in said
    assert tree(project / "artifacts/model") == before


def test_a_step_without_a_finite_loss_is_not_taken(
    project: Path, hhrec: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.bert4rec.network.model import HhrecModel

    before, forward = tree(project / "artifacts/model"), HhrecModel.forward
    monkeypatch.setattr(HhrecModel, "forward", lambda *given: forward(*given) * float("nan"))
    assert "finite" in one_error(hhrec("train", "--set", "train.epochs=1"))
    assert tree(project / "artifacts/model") == before


@pytest.mark.usefixtures("project")
def test_a_fault_of_hhrec_leaves_its_traceback_in_a_private_file(
    hhrec: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def faulty(*_given: object, **_named: object) -> None:
        raise KeyError("x" * 5_000)

    monkeypatch.setattr("stages.params.reference.described", faulty)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = one_error(hhrec("params"))
    assert "a fault of hhrec itself: KeyError" in said
    file = next(tmp_path.glob("hhrec-traceback-*.txt"))
    assert file.stat().st_mode & 0o077 == 0
    assert "faulty" in file.read_text()


@pytest.mark.parametrize(
    "line",
    ["data import \udcef.csv --out new", "explode --out \udcef", "vocab show --vocab=\udcef.csv"],
)
@pytest.mark.usefixtures("project")
def test_a_name_in_another_encoding_is_refused_before_any_work(hhrec: Type, line: str) -> None:
    Path("\udcef.csv").write_text(LOG)
    before = sorted(Path().rglob("*"))
    said = one_error(hhrec(*line.split()), code=2)
    assert r"\xef" in said
    assert "expected UTF-8" in said
    assert sorted(Path().rglob("*")) == before


def test_memory_that_is_not_there_is_said() -> None:
    said = _failures._as_ours(MemoryError("cannot allocate 12 TB"))
    assert "not enough memory (cannot allocate 12 TB)" in said.message
    assert said.exit_code == 1


@pytest.mark.usefixtures("project")
def test_code_that_a_directory_names_is_never_run(hhrec: Type, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(
        json.dumps({"model_type": "evil", "auto_map": dict.fromkeys(("AutoConfig", "AutoModel", "AutoTokenizer"), "evil.Evil")})
    )  # fmt: skip
    (model / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    (model / "model.safetensors").write_bytes(b"")
    for line in (
        f"features build --set features.text_model={model}",
        f"train --set train.layers_from={model}",
    ):
        one_error(hhrec(*line.split()))
    assert not (tmp_path / "ran").exists()
