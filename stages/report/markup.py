"""HTML building: every text is escaped unless it is `Html`.

A handful of functions instead of a template: the page has no author but this package.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import TypeAlias


class Html(str):
    """Text that is HTML already. Only this package makes it, from `tag` or its own constants."""

    __slots__ = ()


Content: TypeAlias = "str | int | Iterable[Content] | None"
TAGS = re.compile(r"<[^>]*>")
VOID = frozenset({"meta", "input", "br"})


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Html:
    """One element: contents escaped and glued, attributes escaped; `None` and `False` left out.

    `class_` stands for `class`, `data_kind` for `data-kind`, `True` for an attribute without value.
    """
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    words = [
        key if value is True else f'{key}="{escape(str(value))}"'
        for key, value in pairs
        if value is not None and value is not False
    ]
    opening = " ".join([name, *words])
    if name in VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{glue(content)}</{name}>")


def glue(content: Content) -> Html:
    """Escape what is not `Html`, and put it all together."""
    if isinstance(content, Html):
        return content
    if content is None:
        return Html("")
    if isinstance(content, str | int):
        return Html(escape(str(content)))
    return Html("".join(glue(part) for part in content))


def table(head: Iterable[Content], rows: Iterable[Iterable[Content]], *, class_: str = "") -> Html:
    """A table in a box of its own; on a phone each row is a card, its cells named by the head.

    Without styles for that it scrolls sideways, so that the page never does.
    """
    names = [*map(glue, head)]
    header = tag("tr", (tag("th", name, scope="col") for name in names))
    body = (
        tag("tr", (_cell(cell, name) for cell, name in zip(row, names, strict=True)))
        for row in rows
    )
    whole = tag("table", tag("thead", header), tag("tbody", body), class_=class_ or None)
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label="table")


def _cell(cell: Content, head: Html) -> Html:
    """One cell, with the text of its column's head for where the head is not beside it."""
    whole = cell if isinstance(cell, Html) and _is_cell(cell) else tag("td", cell)
    name = unescape(TAGS.sub("", head))
    if not name or not whole.startswith("<td"):
        return whole
    return Html(f'<td data-head="{escape(name)}"' + whole.removeprefix("<td"))


def _is_cell(cell: Content) -> bool:
    return isinstance(cell, Html) and cell.startswith(("<td", "<th"))


def section(key: str, title: str, *content: Content) -> Html:
    """A part of the page that the navigation leads to."""
    return tag("section", tag("h2", title), content, id=key)


def fold(title: str, *content: Content) -> Html:
    """Something that is looked at on demand."""
    return tag("details", tag("summary", tag("b", title)), tag("div", content, class_="in"))


def absent(reason: str) -> Html:
    """What stands where a part of the page could not be made."""
    return tag("p", tag("b", "Not here: "), reason, class_="absent")
