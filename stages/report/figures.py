"""Pictures as inline SVG: the same bytes for the same figures, readable on light and dark.

Matplotlib draws lines and texts in one marker colour, which becomes `currentColor`; texts stay
texts, so that they can be searched, read out and take the font of the page.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from stages.report.markup import Html, glue, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#123456"  # becomes the colour of the text around the picture
ACCENT, SECOND, THIRD, QUIET = "#3b82f6", "#f59e0b", "#a855f7", "#8a94a6"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hhrec",
    "text.parse_math": False,  # a `$` in a name is a dollar
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": QUIET,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@contextmanager
def styled() -> Iterator[None]:
    """Use the page's style, above the defaults and whatever the machine's matplotlibrc says."""
    import matplotlib as mpl  # noqa: PLC0415  slow to import, and only the page draws

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def picture(
    key: str,
    title: str,
    draw: Callable[["Axes"], None],
    *,
    note: str = "",
    size: tuple[float, float] = (4.0, 2.6),
) -> Html:
    """Draw one picture as `<figure>`: title, SVG and, below it, what is to be seen.

    Args:
        key: Distinguishes the ids inside this picture from those of the others.
        title: Heading, and the SVG's accessible name.
        draw: Draws on the axes it is given.
        note: A sentence under the picture; also the SVG's description.
        size: Width and height in inches.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415

    with styled():
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        out = StringIO()
        figure.savefig(out, format="svg", metadata=METADATA, transparent=True)
    caption = tag("figcaption", tag("b", title), tag("span", note) if note else None)
    return tag("figure", caption, _inline(out.getvalue(), key, title, note))


def nothing(title: str) -> Html:
    """What stands in a picture's place where there is nothing to draw."""
    return tag("figure", tag("figcaption", tag("b", title), tag("span", "There are none.")))


def _inline(svg: str, key: str, title: str, note: str) -> Html:
    """The `<svg>` element alone: named, ids of its own, sized by the page, in the page's ink."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{key}-", body).replace(INK, "currentColor")
    opening = re.compile(r"<svg\b[^>]*?viewBox=\"([^\"]+)\"[^>]*>", flags=re.DOTALL)
    names = glue((tag("title", title, id=f"{key}-title"), tag("desc", note, id=f"{key}-desc")))
    labels = f'role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc"'
    return Html(opening.sub(rf'<svg viewBox="\1" {labels}>' + names.replace("\\", r"\\"), body, 1))
