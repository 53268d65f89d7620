"""Session cards: what a person did, and what was recommended."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from stages.core.actions import ACTION_NAMES
from stages.report.formatting import ago, salary, when, words
from stages.report.markup import Content, Html, tag
from stages.report.session_sample import KINDS, SHOWN, SessionSample

Cards: TypeAlias = Mapping[str, Mapping[str, Any]]
LATEST = 10  # events of a history that are shown


def sample(choice: SessionSample, cards: Cards) -> Content:
    """Buttons to choose a kind, then one fold a session; all are there without a script."""
    shown = Counter(row["kind"] for row in choice.rows)
    buttons = [
        tag("button", f"{name} ", tag("small", size), type="button", data_pick=kind)
        for kind, name in {"": "all", **KINDS}.items()
        if (size := shown[kind] if kind else len(choice.rows))
    ]
    folds = [
        _fold(row, cards, heuristic=choice.heuristic, is_open=place == 0)
        for place, row in enumerate(choice.rows)
    ]
    return [tag("p", buttons, class_="picks", hidden=True), folds]


def _fold(row: Mapping[str, Any], cards: Cards, *, heuristic: str | None, is_open: bool) -> Html:
    found = row["rank"] > 0
    verdict = f"found at {row['rank']}" if found else "missed"
    mood = height(row["rank"]) or "good" if found else "bad"
    label = cards.get(row["label"], {})
    kind, known = KINDS[row["kind"]].split()[0], len(row["vacancies"])
    summary = tag(
        "summary",
        tag("mark", verdict, class_=mood),
        tag("b", label.get("name") or row["label"]),
        tag(
            "small", f"{kind} · {when(row['asked_at'])} · {known:,} events · user {row['user_id']}"
        ),
    )
    columns = [_history(row, cards), _recommended(row, cards), _beside(row, cards, heuristic)]
    body = tag("div", columns, class_="two" if heuristic is None else "two three")
    return tag("details", summary, body, data_kind=row["kind"], open=is_open)


def _history(row: Mapping[str, Any], cards: Cards) -> Html:
    events = list(zip(row["times"], row["actions"], row["vacancies"], row["sessions"], strict=True))
    latest = events[::-1][:LATEST]
    lines, before = [], None
    for time, action, vacancy, session in latest:
        deed = ACTION_NAMES[action]
        moment = tag("time", f"{when(time)}, {ago(row['asked_at'] - time)}")
        isnt_first = before not in {None, session}
        head = tag("p", tag("mark", deed, class_=deed), moment)
        lines.append(
            tag("li", head, _vacancy(vacancy, cards), class_="cut" if isnt_first else None)
        )
        before = session
    rest = len(events) - len(latest)
    more = tag("p", f"and {rest:,} earlier events", class_="more") if rest else None
    nothing = None if events else tag("p", "Nothing is known of this person.", class_="more")
    return tag("div", tag("h4", "Did, newest first"), tag("ul", lines), more, nothing)


def _recommended(row: Mapping[str, Any], cards: Cards) -> Html:
    touched: dict[str, Counter[str]] = {}
    for vacancy, action in zip(row["vacancies"], row["actions"], strict=True):
        touched.setdefault(vacancy, Counter())[ACTION_NAMES[action]] += 1
    ranked = list(enumerate(row["predictions"], start=1))
    shown = ranked[:SHOWN] + [pair for pair in ranked[SHOWN:] if pair[1] == row["label"]]
    lines = [_line(rank, vacancy, row["label"], touched, cards) for rank, vacancy in shown]
    parts: list[Content] = [tag("h4", "Recommended, best first"), tag("ol", lines)]
    if not row["rank"]:
        lost = tag(
            "li", _badge("responded to next", "true"), _vacancy(row["label"], cards), class_="true"
        )
        where = f"not among the {len(ranked)}:" if ranked else "nothing was recommended:"
        parts += [tag("p", where, class_="more"), tag("ul", lost)]
    return tag("div", parts)


def _line(
    rank: int, vacancy: str, label: str, touched: Mapping[str, Counter[str]], cards: Cards
) -> Html:
    known = [
        f"{deed} ×{times}" if times > 1 else deed
        for deed, times in touched.get(vacancy, Counter()).items()
    ]
    badges = [_badge("responded to next", "true")] if vacancy == label else []
    badges += [_badge(f"before: {', '.join(known)}", "before")] if known else []
    line = tag("p", badges) if badges else None
    return tag(
        "li",
        _rank(rank),
        line,
        _vacancy(vacancy, cards),
        value=rank,
        class_="true" if badges and vacancy == label else None,
    )


def _beside(row: Mapping[str, Any], cards: Cards, heuristic: str | None) -> Html | None:
    """What the best baseline recommends, each with its place in the model's list."""
    if heuristic is None:
        return None
    places = {vacancy: rank for rank, vacancy in enumerate(row["predictions"], start=1)}
    lines = []
    for rank, vacancy in enumerate(row["heuristic"], start=1):
        place = places.get(vacancy)
        said = f"model {place}" if place else "not in the model's list"
        badges = [_badge("responded to next", "true")] if vacancy == row["label"] else []
        badges.append(_badge(said, (height(place) or "far") if place else "before"))
        kind = "true" if vacancy == row["label"] else None
        line = [_rank(rank), tag("p", badges), _vacancy(vacancy, cards)]
        lines.append(tag("li", line, value=rank, class_=kind))
    return tag("div", tag("h4", f"Best heuristic: {words(heuristic)}"), tag("ol", lines))


def height(rank: int) -> str | None:
    """Class of a badge by rank: the first three, the first ten, others."""
    return next((kind for most, kind in ((3, "top"), (10, "high")) if 0 < rank <= most), None)


def _rank(rank: int) -> Html:
    return tag("span", rank, class_=" ".join(filter(None, ["rank", height(rank)])))


def _badge(text: str, kind: str) -> Html:
    return tag("mark", text, class_=kind)


def _vacancy(vacancy: str | None, cards: Cards) -> Content:
    """Title, then employer, area and salary; the bare id where the catalogue lacks it."""
    card = cards.get(vacancy or "")
    if card is None:
        return tag("b", vacancy or "a vacancy outside the catalogue")
    return [tag("b", card["name"] or vacancy), tag("small", " · ".join(_facts(card)))]


def _facts(card: Mapping[str, Any]) -> Iterator[str]:
    if card["company.id"]:
        yield f"employer {card['company.id']}"
    if card["area.id"]:
        yield f"area {card['area.id']}"
    yield salary(
        card["compensation.from"], card["compensation.to"], card["compensation.currencyCode"]
    )
