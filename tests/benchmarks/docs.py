"""From the results to docs/benchmarks.md and docs/benchmarks.svg: `python docs.py RESULTS DOCS`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

plt.rcParams.update({"svg.hashsalt": "hhrec", "font.size": 8, "svg.fonttype": "none"})

Found = dict[str, Any]
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
LOGS, CONTEST, TENFOLD = "logs", "contest", "tenfold"
TITLES = {
    LOGS: "Every log with default parameters",
    CONTEST: "Every stage at the size of the contest",
    TENFOLD: "The data stages at ten times the contest",
    "train_movielens": "Training, MovieLens-1M's shape",
    "train_items": "Training, 100,000 items",
    "train_growth": "Cost of more items",
    "predict_movielens": "Prediction, MovieLens-1M's shape",
    "predict_items": "Prediction, 1,000,000 items",
    "serve_sample": "Answers, the sample",
    "serve_items": "Answers, 2,734,129 vacancies",
    "quality_movielens": "Quality, MovieLens small, leave-one-out",
    "objectives_sample": "Objectives, the sample",
    "objectives_deskdrop": "Objectives, deskdrop",
    "objectives_movielens": "Objectives, MovieLens small",
    "objectives_ml1m": "Objectives, a made-up log of MovieLens-1M's size",
    "unoptimised_sample": "With and without the speed-ups, the sample",
    "unoptimised_deskdrop": "With and without the speed-ups, deskdrop",
    "ablations": "The sample without a part of the model",
}
OF_LOG = (
    *("log", "rows", "model MRR@100", "best baseline", "its MRR@100", "ratio", "lead"),
    *("intervals above 0", "below 0", "validation lead", "minutes"),
)
COLOURS = {"prefix": "#2a7f62", "mlm": "#2b6cb0", "causal": "#c0392b"}


def results(directory: Path) -> list[Found]:
    """Read what there is, in the order of `TITLES`."""
    files = [directory / f"{name}.json" for name in TITLES]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.is_file()]


def number(value: float) -> str:
    """Show four digits at most."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def shown(figure: Found) -> str:
    """Show a value with its unit, if it has one."""
    return f"{number(figure['value'])} {figure['unit']}".rstrip()


def aim(figure: Found) -> str:
    """Show the aim and whether it is reached."""
    if figure["aim"] is None:
        return ""
    bound = "at most" if figure["at_most"] else "at least"
    return f"{bound} {figure['aim']:g}: {'reached' if figure['reached'] else '**missed**'}"


def section(found: Found) -> str:
    """One benchmark: when, where, how, and its table."""
    machine = found["machine"]
    versions = ", ".join(
        f"{name} {value}" for name, value in (found["versions"] | peers(found)).items()
    )
    rows = [
        f"| {figure['name']} | {shown(figure)} | {figure['against']} | "
        f"{number(figure['reference'])} | {number(figure['ratio'])} | {aim(figure)} |"
        for figure in found["figures"]
    ]
    table = [
        "| figure | hhrec | reference | its value | ratio | aim |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    where = f"{machine['processor']}, {machine['threads']} threads, {machine['memory_gb']} GB"
    lines = [
        f"## {TITLES[found['benchmark']]}",
        "",
        f"{found['date'][:10]}, `{found['command']}`; {where}; {versions}.",
        "",
        *(of_logs(found) if found["benchmark"] == LOGS else table),
        *(of_stages(found) if found["benchmark"] in {CONTEST, TENFOLD} else []),
    ]
    return "\n".join(lines) + "\n"


def of_logs(found: Found) -> list[str]:
    """Table of the logs, a line each: means over its seeds, and how many leads are certain."""
    absent = found["settings"]["absent"]
    lines = [of_log(log, lines) for log, lines in found["runs"].items()]
    remark = [f"\nNot there: {', '.join(absent)}."] if absent else []
    return [f"| {' | '.join(OF_LOG)} |", "|---" * len(OF_LOG) + "|", *lines, *remark]


def of_stages(found: Found) -> list[str]:
    """Table of the stages, a line each, and of the scores where there are some."""
    lines = [
        f"| {name} | {one['wall']:,.1f} | {one['cpu']:,.1f} | {one['memory'] / 1e9:.2f} | "
        f"{one['disk'] / 1e6:,.0f} |"
        for name, one in found["runs"].items()
        if "wall" in one
    ]
    head = (
        "",
        "| stage | wall, s | CPU, s | peak memory, GB | disk, MB |",
        "|---|---|---|---|---|",
    )
    scores = found["runs"].get("scores", {})
    scored = [f"| {name} | {value:.4f} |" for name, value in scores.items()]
    return [
        *head,
        *lines,
        *(["", "| test rows | MRR@100 |", "|---|---|", *scored] if scored else []),
    ]


def of_log(log: str, lines: list[Found]) -> str:
    """One log's line; the baselines that were best with one seed or another."""
    tests = [line["test"] for line in lines]
    checks = [line["validation"]["value"] for line in lines if line["validation"]]
    model, best, lead = (fmean(test[name] for test in tests) for name in ("model", "best", "value"))
    above, below = (
        f"{sum(certain)} of {len(tests)}"
        for certain in ([test["low"] > 0 for test in tests], [test["high"] < 0 for test in tests])
    )
    cells = [
        log,
        f"{tests[0]['rows']:,}",
        f"{model:.4f}",
        ", ".join(sorted({test["baseline"] for test in tests})),
        f"{best:.4f}",
        number(model / best),
        f"{lead:+.4f}",
        above,
        below,
        f"{fmean(checks):+.4f}" if checks else "no rows",
        f"{fmean(line['minutes'] for line in lines):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def peers(found: Found) -> dict[str, str]:
    """Versions of the peers that took part."""
    every = [*found["runs"].values(), *found["runs"].get("training", {}).values()]
    flat = [one for entry in every for one in (entry if isinstance(entry, list) else [entry])]
    versions: dict[str, str] = {}
    for one in flat:
        versions |= one.get("versions", {}) if isinstance(one, dict) else {}
    return {name: value for name, value in versions.items() if name in {"replay-rec", "RecTools"}}


def draw(every: list[Found], target: Path) -> None:
    """Draw all ratios on a logarithmic axis, with ticks where the aims are."""
    heights = [len(found["figures"]) for found in every]
    figure, axes = plt.subplots(
        len(every),
        1,
        figsize=(9, 0.28 * sum(heights) + 0.7 * len(every)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for found, axis in zip(every, axes[:, 0], strict=True):
        bars(axis, found)
    figure.savefig(target, metadata={"Date": None, "Creator": None})


def colour(figure: Found) -> str:
    """Green for an aim reached, red for one missed, grey where there is none."""
    if figure["aim"] is None:
        return "#9aa5ad"
    return "#2a7f62" if figure["reached"] else "#c0392b"


def bars(axis: Axes, found: Found) -> None:
    """One benchmark's ratios."""
    figures = found["figures"]
    names = [f"{figure['name']} / {figure['against']}" for figure in figures]
    colours = [colour(figure) for figure in figures]
    axis.barh(range(len(figures)), [figure["ratio"] for figure in figures], color=colours)
    for place, figure in enumerate(figures):
        if figure["aim"] is not None:
            axis.plot([figure["aim"]] * 2, [place - 0.4, place + 0.4], color="black")
        axis.annotate(
            f" {number(figure['ratio'])}", (figure["ratio"], place), va="center", fontsize=7
        )
    axis.set(xscale="log", title=TITLES[found["benchmark"]])
    axis.set_yticks(range(len(figures)), names)
    axis.axvline(1, color="grey", linewidth=0.8)
    axis.invert_yaxis()
    axis.margins(x=0.12)


def every_run(found: Found) -> Iterator[tuple[str, int, Found]]:
    """Objective, number among its seeds from 0, and run."""
    for name, several in found["runs"].items():
        for seed, run in enumerate(several):
            yield name, seed, run


def draw_curves(every: list[Found], target: Path) -> None:
    """Draw validation scores of objectives, by epoch and by minute; further seeds paler."""
    figure, axes = plt.subplots(
        len(every), 2, figsize=(9, 2.6 * len(every)), squeeze=False, layout="constrained"
    )
    for found, (by_epoch, by_minute) in zip(every, axes, strict=True):
        for name, seed, run in every_run(found):
            scores = [point["score"] for point in run["curve"]]
            minutes = [point["seconds"] / 60 for point in run["curve"]]
            style = {"color": COLOURS[name], "label": None if seed else name}
            style |= {"marker": "o", "markersize": 3, "alpha": 0.4 if seed else 1.0}
            by_epoch.plot(range(1, len(scores) + 1), scores, **style)
            by_minute.plot(minutes, scores, **style)
        by_epoch.set(title=TITLES[found["benchmark"]], xlabel="epoch", ylabel="validation MRR@100")
        by_minute.set(xlabel="minutes of training")
        by_minute.legend()
    figure.savefig(target, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Put the figures between the marks of benchmarks.md."""
    source, docs = Path(sys.argv[1]), Path(sys.argv[2])
    every = results(source)
    page = docs / "benchmarks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    sections = "\n".join(section(found) for found in every) or "No full-size run yet.\n"
    picture = "![ratios, with the aims as black ticks](benchmarks.svg)\n\n" if every else ""
    curves = [found for found in every if found["benchmark"].startswith("objectives_")]
    if curves:
        picture += "![validation scores of the objectives](objectives.svg)\n\n"
        draw_curves(curves, docs / "objectives.svg")
    page.write_text(before + BEGIN + picture + sections + END + after, encoding="utf-8")
    if every:
        draw(every, docs / "benchmarks.svg")


if __name__ == "__main__":
    main()
