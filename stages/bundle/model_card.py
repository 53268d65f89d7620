"""The model card of a bundle: what it is, what it was worth, and how it is used."""

from stages.bundle.content import Content
from stages.core.calibration_file import Calibration

FILE = "README.md"

HEAD = """---
library_name: hhrec
pipeline_tag: other
tags: [recommendation, sequential-recommendation, hhrec]
---

# Vacancies for people, by hhrec

From the events of a person (views, favourites, responses) to the vacancies they will most likely
respond to next.
"""

USE = """
## How to use it

```python
import hhrec

recommender = hhrec.load("{path}")
events = [{{"vacancy_id": "…", "action_type": "view", "action_dt": "2024-05-20T12:00:00"}}]
recommender.recommend(events, k=10)
```

`hhrec recommend {path} < history.jsonl` does the same from a shell. The weights alone are in the
layout of `transformers`; `import hhrec; hhrec.HhrecModel` makes `AutoModel.from_pretrained` know them.
"""

LIMITS = """
## What to know

- It knows the log until {until}. What is in demand after that it does not see: write a new bundle
  every day.
- Scores of one person can be compared with each other, those of two people cannot.
- It repeats what people did: who was shown little was clicked little. Look at the spread of the
  lists (`hhrec evaluate`), and at a capacity (`hhrec predict --capacity`), before it decides what
  people see.
- It holds vacancies, counts and weights, and no person's history.
"""


def text(content: Content, *, until: str | None) -> str:
    """Write the card."""
    config, found = content.loaded.network.config, content.loaded.calibration
    facts = [
        (
            "Vacancies",
            f"{len(content.loaded.names):,}, of which {config.trained:,} with an embedding",
        ),
        ("Fields", "none" if content.facts is None else ", ".join(content.facts.columns)),
        (
            "Encoder",
            f"{config.backbone}, {config.layers} layers of {config.hidden_size}, {config.objective}",
        ),
        ("History", f"the last {config.history_length} events"),
        ("Log until", until or "unknown"),
        ("Answered by", "model as trained" if found is None else found.answers),
    ]
    table = "\n".join(f"| {name} | {said} |" for name, said in facts)
    parts = [HEAD, f"\n| | |\n|---|---|\n{table}\n", USE.format(path="BUNDLE")]
    if found is not None:
        parts.append(figures(found))
    return "".join([*parts, LIMITS.format(until=until or "its end")])


def figures(found: Calibration) -> str:
    """Say what it was worth on the validation rows."""
    lines = [f"| model | {found.mrr_100:.4f} |"]
    lines += [f"| {name} | {one['mrr_100']:.4f} |" for name, one in found.baselines.items()]
    table = "\n".join(lines)
    return (
        f"\n## What it was worth\n\nOn {found.rows:,} validation rows, cross-fitted by user:\n\n"
        f"| | MRR@100 |\n|---|---|\n{table}\n"
    )
