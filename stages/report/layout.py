"""The frame of the page: one self-contained file, wide and narrow, light and dark.

`page.css` and `page.js` beside this module are written into it.
"""

from collections.abc import Mapping
from importlib import resources

from stages.report.markup import Content, Html, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def _file(name: str) -> Html:
    """Text of a file of this folder, on lines of its own."""
    return Html("\n" + resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def page(title: str, head: Content, sections: Mapping[str, tuple[str, Html]], foot: str) -> Html:
    """The whole document, from `id: (name in the navigation, section)`."""
    links = (tag("a", name, href=f"#{key}") for key, (name, _) in sections.items())
    metas = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
    ]
    body = [
        tag("header", tag("div", tag("h1", title), head)),
        tag("nav", tag("div", links), aria_label="sections"),
        tag("main", (section for _, section in sections.values())),
        tag("footer", tag("p", foot)),
        tag("script", _file("page.js")),
    ]
    top = tag("head", metas, tag("title", title), tag("style", _file("page.css")))
    return Html("<!doctype html>\n" + tag("html", top, tag("body", body), lang="en") + "\n")
