"""What an export says of itself: `export.json` for programs, `README.md` for people."""

from collections.abc import Mapping
from typing import Any

from stages.bundle.content import Content
from stages.core.actions import ACTION_NAMES
from stages.core.item_ids import FIRST_ITEM, PAD, UNK
from stages.export.graph_files import Given

JSON_FILE, README = "export.json", "README.md"
LEFT_OUT = (
    "neighbours (people who viewed X went on to Y)",
    "the calibration on validation rows, which weighs the parts of the score anew",
    "what becomes of vacancies that a person responded to (predict.seen), and other rules",
    "demand after the newest train event",
)

TEXT = """# A model of hhrec as ONNX

`encoder.onnx` turns histories into queries, `ranking.onnx` these into the best of {vacancies:,} vacancies.
Written by `hhrec export onnx`; `export.json` says the same for programs.

| file | |
|---|---|
| `encoder.onnx` | histories to `states` and `own`: queries, and the scores of the vacancies in the history |
| `ranking.onnx` | these to the k best vacancies: inner products, biases, and the history's own scores in their places |
| `vectors.bin` | vectors by item id, ({rows}, {width}) float32, little-endian, row by row; both graphs refer to it |
| `biases.bin` | biases by item id, ({rows},) float32, with what demand says at the end of the log |
| `own_demand.bin` | what demand says of a vacancy that the person knows already, ({rows},) float32 |
| `vacancy_ids.json` | place p has the vacancy whose item id is p + {first} |

Keep the files together. Without `ranking.onnx`: the score of a vacancy that is not in the history is the
inner product of `states` and its row of `vectors.bin`, plus its bias; so any index for inner products will do.

## Inputs of the encoder

Histories are rows, oldest event first, at most {length} events: the newest ones. Rows that are shorter
are filled up with zeros at the end. Everything is int64.

| input | shape | |
|---|---|---|
| `items` | (histories, events) | item id of the vacancy; {unknown} where the catalogue lacks it, {pad} behind the end |
| `actions` | (histories, events) | {actions} |
| `times` | (histories, events) | microseconds since 1970, UTC |
| `sessions` | (histories, events) | 0 for the events of the person's first session, 1 for those of the next, ...; a session ends with a pause of more than 30 minutes |
| `lengths` | (histories,) | events of each; 0 is allowed |

`ranking.onnx` takes `states`, `items` and `own`, and `k`, (1,) int64. It gives `found` (item ids) and `scores`,
(histories, k), best first. A score of -inf stands where nothing was left to recommend.

```python
import json
from pathlib import Path

import numpy as np
import onnxruntime

encoder = onnxruntime.InferenceSession("encoder.onnx", providers=["CPUExecutionProvider"])
ranking = onnxruntime.InferenceSession("ranking.onnx", providers=["CPUExecutionProvider"])
ids = json.loads(Path("vacancy_ids.json").read_text(encoding="utf-8"))

history = {{
    "items": np.array([[0 + {first}, 1 + {first}]]),  # ids[0], then ids[1]
    "actions": np.array([[2, 1]]),
    "times": np.array([[1_716_206_400_000_000, 1_716_206_460_000_000]]),
    "sessions": np.array([[0, 0]]),
    "lengths": np.array([2]),
}}
states, own = encoder.run(None, history)
asked = {{"states": states, "items": history["items"], "own": own, "k": np.array([10])}}
found, scores = ranking.run(None, asked)
best = [ids[item - {first}] for item in found[0]]
```

## What it is

Model {digest}, log until {until}. On histories made up for this purpose the scores of the best vacancies
differ from those of torch by at most {difference:.1e}.

Left out, so lists differ from those of `hhrec recommend`:

{left_out}
"""


def described(
    content: Content,
    graphs: Mapping[str, tuple[Mapping[str, Given], Mapping[str, Mapping[int, str]]]],
    difference: float,
) -> dict[str, Any]:
    """What programs want to know."""
    config = content.loaded.network.config
    return {
        "onnx": 1,
        "model": content.info["digest"],
        "trained_until": content.info["trained_until"],
        "objective": config.objective,
        "asks": config.asks,
        "vacancies": len(content.loaded.names),
        "withdrawn": len(content.withdrawn),
        "width": config.hidden_size,
        "events": config.history_length,
        "item_ids": {"padding": PAD, "unknown": UNK, "first": FIRST_ITEM},
        "actions": {name: code for code, name in ACTION_NAMES.items()},
        "graphs": {
            name: {
                "inputs": [
                    {"name": one, "type": dtype(value), "shape": shape(value)}
                    for one, value in given.items()
                    if not value.table
                ],
                "outputs": list(outputs),
                "tables": {one: value.table for one, value in given.items() if value.table},
            }
            for name, (given, outputs) in graphs.items()
        },
        "left_out": LEFT_OUT,
        "largest_difference": difference,
    }


def shape(given: Given) -> list[int | str]:
    """Sizes of an input, with names for those that vary."""
    return [given.axes.get(axis, size) for axis, size in enumerate(given.example.shape)]


def dtype(given: Given) -> str:
    """The type of its numbers."""
    return str(given.example.dtype).removeprefix("torch.")


def text(said: Mapping[str, Any]) -> str:
    """Write the README of what `described` says."""
    names = ", ".join(f"{code} {name}" for name, code in said["actions"].items())
    return TEXT.format(
        vacancies=said["vacancies"],
        rows=said["vacancies"] + FIRST_ITEM,
        width=said["width"],
        first=FIRST_ITEM,
        length=said["events"],
        unknown=UNK,
        pad=PAD,
        actions=names,
        digest=said["model"][:12],
        until=said["trained_until"] or "unknown",
        difference=said["largest_difference"],
        left_out="\n".join(f"- {one}" for one in said["left_out"]),
    )
