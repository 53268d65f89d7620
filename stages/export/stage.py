"""Export: write the query encoder and the item matrix of a bundle as ONNX."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from stages.bundle import opening
from stages.bundle.content import Content
from stages.core import kinds, outputs
from stages.core.fingerprints import listed
from stages.export import checking, notes
from stages.export.extra import require_extra
from stages.export.graph_files import Axes, Given, write_graph, write_table
from stages.export.graphs import Encoder, Ranking
from stages.export.plain_model import plain_model, tables
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent

STEPS = 5
CLOSE = 1e-3  # of scores; what is further apart is no rounding
HISTORY = {0: "histories", 1: "events"}
Graph = tuple[dict[str, Given], dict[str, Axes]]


class ExportReport(Report):
    """What was written: vacancies, width of a vector, files and bytes; how far scores are from torch's."""

    vacancies: int
    width: int
    files: int
    bytes: int
    largest_difference: float


def run(*, bundle: Path, out: Path, progress: Progress = silent) -> ExportReport:
    """Write a bundle's encoder and vectors as ONNX.

    Args:
        bundle: What `hhrec bundle` wrote.
        out: Directory to write.
        progress: Told how far it has come.

    Raises:
        MissingInputError: There is no bundle.
        HhrecError: A package is missing, the bundle is broken, or onnxruntime computes something
            else than torch.
    """
    require_extra()
    made = outputs.prepare(out, kinds.ONNX, inputs={"bundle": bundle})
    progress(1, STEPS, "opening")
    content = opening.opened(bundle)
    with made.replacing() as scratch:
        scratch.mkdir()
        graphs = write_all(content, scratch, progress)
        progress(4, STEPS, "checking")
        difference = checking.largest_difference(content, scratch)
        if not difference < CLOSE:
            raise HhrecError(
                f"{out}: onnxruntime's scores are {difference:g} from torch's, expected at most {CLOSE}",
                "try other versions of onnx and onnxruntime: constraints.txt has those tested",
            )
        said = notes.described(content, graphs, difference)
        (scratch / notes.JSON_FILE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        (scratch / notes.README).write_text(notes.text(said), encoding="utf-8")
        files = listed(scratch)
        size = sum(file.stat().st_size for file in files.values())
    return ExportReport(
        vacancies=said["vacancies"],
        width=said["width"],
        files=len(files),
        bytes=size,
        largest_difference=difference,
    )


def write_all(content: Content, directory: Path, progress: Progress) -> Mapping[str, Graph]:
    """Write tables, graphs and ids into an empty directory."""
    model = plain_model(content)
    constant = tables(content)
    for name, values in constant.items():
        write_table(directory / f"{name}.bin", values.numpy())
    ids = content.loaded.names["vacancy_id"].to_list()
    (directory / "vacancy_ids.json").write_text(
        json.dumps(ids, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    graphs = {"encoder.onnx": encoder(constant), "ranking.onnx": ranking(constant)}
    modules: list[nn.Module] = [Encoder(model).eval(), Ranking().eval()]
    for number, (name, module) in enumerate(zip(graphs, modules, strict=True)):
        progress(2 + number, STEPS, name)
        write_graph(directory / name, module, *graphs[name])
    return graphs


def table(constant: Mapping[str, torch.Tensor], name: str) -> Given:
    """A constant that a file holds; a few rows of it are an example."""
    return Given(constant[name][:7].clone(), {0: "item_ids"}, f"{name}.bin")


def encoder(constant: Mapping[str, torch.Tensor]) -> Graph:
    """Inputs and outputs of the encoder."""
    row = torch.tensor([[3, 4, 3, 1, 5], [6, 4, 0, 0, 0]])
    columns = {
        name: Given(row % 4 if name == "actions" else row.clone(), HISTORY)  # one tensor: one input
        for name in ("items", "actions", "times", "sessions")
    }
    lengths = Given(torch.tensor([5, 2]), {0: "histories"})
    given = {
        **columns,
        "lengths": lengths,
        "vectors": table(constant, "vectors"),
        "own_demand": table(constant, "own_demand"),
    }
    return given, {"states": {0: "histories"}, "own": HISTORY}


def ranking(constant: Mapping[str, torch.Tensor]) -> Graph:
    """Inputs and outputs of the ranking."""
    width = constant["vectors"].shape[1]
    given = {
        "states": Given(torch.zeros(2, width), {0: "histories"}),
        "items": Given(torch.tensor([[3, 4, 3, 1, 5], [6, 4, 0, 0, 0]]), HISTORY),
        "own": Given(torch.zeros(2, 5), HISTORY),
        "k": Given(torch.tensor([3]), {}),
        "vectors": table(constant, "vectors"),
        "biases": table(constant, "biases"),
    }
    return given, {"found": {0: "histories", 1: "k"}, "scores": {0: "histories", 1: "k"}}
