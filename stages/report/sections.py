"""The sections of the page, each from its tables and files."""

from collections.abc import Callable
from typing import NamedTuple

from stages.core.artifact_paths import LIVE_DIR, METRICS_DIR
from stages.params import Params
from stages.report import headline, metric_glossary, scores, segments, training_curves
from stages.report.markup import Content, Html, fold, section, tag
from stages.report.metrics_reader import Scores
from stages.report.optional_parts import Ledger, Paths

CURVES = {
    "loss": "Training loss",
    "lr": "Learning rate",
    "validation_mrr_100": "Validation MRR@100",
}  # what depends on the machine, such as speeds, is left to `dvc plots`


class Site(NamedTuple):
    """What the sections are made from."""

    params: Params
    paths: Paths
    ledger: Ledger
    parts: dict[str, Scores]

    def by_part(self, what: str, make: Callable[[str, Scores], Content]) -> Content:
        """Make something of each part's scores; say why not where there are none."""
        if not self.parts:
            where = self.paths / METRICS_DIR
            return self.ledger.without(what, f"{where}: no scores found; run `hhrec evaluate`")
        first, *others = ((part, make(part, found)) for part, found in self.parts.items())
        folds = (fold(_rows(part), body) for part, body in others)
        return [tag("h3", _rows(first[0])), first[1], folds]


def _rows(part: str) -> str:
    return f"{part.capitalize()} rows"


def compared(site: Site) -> Html:
    """The model beside the baselines."""
    text = (
        "A row is a session with one true vacancy: the first that the person responds to in the "
        "next session. The best figure of a column is bold; below it stands its 95 % interval."
    )
    body = site.by_part("scores", scores.comparison)
    return section("scores", "The model beside the baselines", tag("p", text), body)


def pieces(site: Site) -> Html:
    """The same scores, the rows cut in several ways."""
    text = (
        "The model and the best baseline in every segment of the rows, and the segments of "
        f"{segments.FEW} rows or more in which the model scores least. Behind means that the "
        "baseline lies above the model's 95 % interval."
    )
    body = site.by_part("segments", segments.segments)
    return section("segments", "Where it is strong, and where weak", tag("p", text), body)


def training(site: Site) -> Html:
    """How training went."""
    live = site.paths / LIVE_DIR
    found = training_curves.read(live)
    drawn = [
        training_curves.draw(
            f"curve-{name}", title, found[name], best=name.startswith("validation")
        )
        for name, title in CURVES.items()
        if name in found
    ]
    body: Content = tag("div", drawn, class_="pictures")
    if not drawn:
        reason = f"{live}: no curves found; `hhrec train` writes them with train.tracker=dvclive"
        body = site.ledger.without("training curves", reason)
    return section("training", "Training", body)


def protocol(site: Site) -> Html:
    """What has to be equal before two pages may be compared."""
    text = "Scores of two pages may be compared where these cards agree."
    body = site.by_part("protocol card", lambda _, found: headline.protocol(found))
    return section("protocol", "Protocol", tag("p", text), body)


def words(site: Site) -> Html:
    """Explain metrics and words."""
    every = [name for found in site.parts.values() for name in found["scores"].values()]
    metrics = list(dict.fromkeys(name for score in every for name in score["metrics"]))
    return section("glossary", "Glossary", metric_glossary.glossary(metrics))
