"""Plain text from HTML descriptions and lists of skills."""

import re
from html.parser import HTMLParser

import polars as pl

INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font"}
    | {"i", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong"}
    | {"sub", "sup", "tt", "u", "var", "wbr"}
)  # tags that may stand inside a word; every other tag separates words
DROPPED = frozenset({"script", "style"})
MARKUP = re.compile("[<&]")


class _Visible(HTMLParser):
    """Collects the text a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.dropped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in DROPPED:
            self.dropped = tag
        self._separate(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs  # `<script/>` opens nothing here: a lost slash must not hide the whole text
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.dropped:
            self.dropped = ""
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if not self.dropped:
            self.pieces.append(data)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Skip `<![...]>`; the inherited method raises on sections it does not know."""
        del report
        return self.rawdata.find(">", i) + 1 or -1

    def _separate(self, tag: str) -> None:
        if tag not in INLINE:
            self.pieces.append(" ")


def strip_html(html: str) -> str:
    """Return the visible text of an HTML fragment, entities decoded, blanks collapsed.

    Tags of blocks and line breaks become blanks, inline tags vanish, scripts and styles are
    dropped with their content. Any string is accepted: what is not HTML stays as it is.
    """
    if not MARKUP.search(html):
        return " ".join(html.split())
    parser = _Visible()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.pieces).split())


def visible(html: pl.Series) -> pl.Series:
    """Strip the HTML of a string column; null stays null."""
    texts = [None if text is None else strip_html(text) for text in html]
    return pl.Series(html.name, texts, dtype=pl.String)


def normal_skill(skill: str) -> str:
    """Trim, casefold and collapse inner blanks: `" MS  Excel"` and `"ms excel"` are one skill."""
    return " ".join(skill.casefold().split())


def normal_skills(skills: pl.Series) -> pl.Series:
    """Normalise list[str]: each skill once, in alphabetical order, empty ones dropped; null stays."""
    rows = pl.DataFrame({"row": range(len(skills)), "skill": skills})
    each = rows.explode("skill", empty_as_null=False).drop_nulls()
    distinct = each["skill"].unique()
    normal = pl.Series([normal_skill(skill) for skill in distinct], dtype=pl.String)
    named = pl.col("skill").replace_strict(distinct, normal, return_dtype=pl.String)
    clean = each.with_columns(named).filter(pl.col("skill") != "").unique().sort("row", "skill")
    lists = clean.group_by("row", maintain_order=True).agg("skill")
    found = rows.select("row").join(lists, on="row", how="left", maintain_order="left")["skill"]
    empty = pl.when(skills.is_not_null()).then(pl.lit([], dtype=pl.List(pl.String)))
    return pl.select(pl.coalesce(found, empty)).to_series().alias(skills.name)
