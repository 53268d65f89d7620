"""The frame of the page: one self-contained file, wide and narrow, light and dark.

`page.css` and `page.js` beside this module are written into it.
"""

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

from stages.report.markup import Content, Html, tag

POLICY = (  # styles stand in attributes, too; of scripts there is one, known by its hash
    "default-src 'none'; style-src 'unsafe-inline'; script-src '{script}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def _file(name: str) -> Html:
    """Text of a file of this folder, on lines of its own."""
    return Html("\n" + resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def policy(script: str) -> str:
    """What a browser may do with the page: run this one script, and load nothing."""
    digest = hashlib.sha256(script.encode()).digest()
    return POLICY.format(script="sha256-" + base64.b64encode(digest).decode())


def page(
    title: str, head: Content, sections: Mapping[str, tuple[str, Html]], foot: Content
) -> Html:
    """The whole document, from `id: (name in the navigation, section)`."""
    links = (tag("a", name, href=f"#{key}") for key, (name, _) in sections.items())
    script = _file("page.js")
    metas = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
    ]
    body = [
        tag("header", tag("div", tag("h1", title), head)),
        tag("nav", tag("div", links), aria_label="sections"),
        tag("main", (section for _, section in sections.values())),
        tag("footer", foot),
        tag("script", script),
    ]
    top = tag("head", metas, tag("title", title), tag("style", _file("page.css")))
    return Html("<!doctype html>\n" + tag("html", top, tag("body", body), lang="en") + "\n")
