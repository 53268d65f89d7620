"""The section of session cards."""

from stages.core.artifact_paths import SEQUENCES_DIR, VACANCIES_FILE, VOCAB_FILE
from stages.report import session_cards
from stages.report.heuristic_lists import attached
from stages.report.markup import Content, Html, section, tag
from stages.report.metrics_reader import PARTS
from stages.report.optional_parts import Paths
from stages.report.sections import Site
from stages.report.session_sample import KINDS, SHOWN, SessionSample, cards, choose, wanted


def sample(site: Site, count: int) -> Html:
    """Sessions of every kind, chosen by the seed."""
    part = _part(site.paths)
    if part is None:
        reason = "no predictions beside labels were found; run `hhrec predict`"
        body = site.ledger.without("sessions", reason)
        return section("sessions", "Sessions", body)
    body = site.ledger.attempt("sessions", lambda: _chosen(site, part, count))
    return section("sessions", "Sessions", body)


def _part(paths: Paths) -> str | None:
    """The first part with predictions and labels: those of test rows are beside the input files."""
    for part in PARTS:
        known = paths.labels() if part == "test" else paths / SEQUENCES_DIR / part
        if known and known.exists() and paths.predictions(part).is_file():
            return part
    return None


def _chosen(site: Site, part: str, count: int) -> Content:
    paths = site.paths
    choice = choose(
        paths / SEQUENCES_DIR,
        paths / VOCAB_FILE,
        part=part,
        labels=paths.labels() if part == "test" else None,
        predictions=paths.predictions(part),
        count=count,
        seed=site.params.seed,
    )
    choice = attached(choice, site.parts.get(part), paths)
    facts = cards(paths.raw / VACANCIES_FILE, set(wanted(choice)))
    return [tag("p", _text(choice)), session_cards.sample(choice, facts)]


def _text(choice: SessionSample) -> str:
    sizes = ", ".join(f"{name} {choice.sizes.get(kind, 0):,}" for kind, name in KINDS.items())
    return (
        f"{len(choice.rows)} of {sum(choice.sizes.values()):,} {choice.part} sessions, drawn by "
        f"the seed in equal numbers from each kind while it lasts ({sizes}). A repeat is a true "
        "vacancy that the person had touched before; found means that it is among the "
        f"recommendations, of which the first {SHOWN} are shown. Employers and places are named "
        "by the ids of the catalogue. Any other person, why, and what if: the page of hhrec serve."
    )
