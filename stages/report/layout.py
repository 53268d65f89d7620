"""The frame of the page: one file that fetches nothing, for wide and narrow screens, light and dark."""

from collections.abc import Mapping

from stages.report.markup import Content, Html, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
STYLE = Html(
    """
:root{color-scheme:light dark;--ink:#1b2333;--soft:#5d6880;--line:#dfe4ee;--page:#f4f6fb;--card:#fff;
--accent:#2563eb;--wash:#e8effd;--good:#15803d;--goodwash:#dcfce7;--bad:#b91c1c;--badwash:#fee2e2;--warm:#b45309;--warmwash:#fef3c7;--like:#7e22ce;--likewash:#f3e8ff}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf3;--soft:#98a3b8;--line:#2b3447;--page:#0e131d;--card:#171e2b;
--accent:#7aa7ff;--wash:#1d2a45;--good:#6ee7a0;--goodwash:#12331f;--bad:#fca5a5;--badwash:#401a1d;--warm:#fcd34d;--warmwash:#3a2c0c;--like:#d8b4fe;--likewash:#32204a}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
header{background:linear-gradient(120deg,#1e3a8a,#2563eb 60%,#0891b2);color:#fff;padding:2.2rem 1rem 2.4rem}
header>div,main,nav>div,footer>*{max-width:1120px;margin-inline:auto}
h1{font-size:clamp(1.5rem,4.5vw,2.2rem);line-height:1.2;margin-block:0 .4rem}
h2{font-size:1.35rem;margin:0 0 .6rem}h3{font-size:1.08rem;margin:1.6rem 0 .5rem}h4{font-size:.95rem;margin:1.1rem 0 .4rem}
header p{margin-block:.2rem;opacity:.95}header .lead{font-size:1.08rem;max-width:56rem}header .brief{margin-top:1rem;opacity:.85}
nav{position:sticky;top:0;z-index:2;background:var(--card);border-bottom:1px solid var(--line)}
nav>div{display:flex;gap:.3rem;overflow-x:auto;padding:.45rem .3rem;scrollbar-width:none}
nav a{color:var(--soft);text-decoration:none;padding:.25rem .7rem;border-radius:99px;white-space:nowrap;font-size:.92rem}
nav a:hover,nav a:focus-visible{background:var(--wash);color:var(--accent)}
main{padding:1.1rem 0}@media(max-width:1150px){main{padding-inline:1rem}}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.2rem 1.3rem;margin-bottom:1.1rem}
section>p{margin:.2rem 0 .9rem;color:var(--soft);max-width:60rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(13rem,45%),1fr));gap:.7rem;margin-top:1.2rem}
.tile{background:#ffffff1f;border:1px solid #ffffff3d;border-radius:12px;padding:.7rem .9rem;display:flex;flex-direction:column}
.tile b{font-size:1.7rem;line-height:1.25}.tile span{font-weight:600}.tile small{opacity:.9}
small{font-size:.8rem;color:var(--soft)}header small{color:inherit}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(21rem,100%),1fr));gap:1rem}
figure{margin:0;border:1px solid var(--line);border-radius:12px;padding:.8rem .8rem .4rem;min-width:0}
figcaption b{display:block}figcaption span{color:var(--soft);font-size:.86rem}
svg{width:100%;height:auto;display:block;margin-top:.3rem}svg text{font-family:inherit!important}
.halves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(25rem,100%),1fr));gap:1rem;align-items:start;margin-bottom:.8rem}.halves .scroll{margin:0}
.scroll{overflow-x:auto;margin:.3rem 0 .6rem;border:1px solid var(--line);border-radius:10px}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.42rem .45rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child>*{border-bottom:0}thead th{color:var(--soft);font-weight:600;overflow-wrap:normal;background:var(--page)}
thead th:not(:first-child){text-align:right}tbody th{font-weight:500;min-width:7.2rem;overflow-wrap:normal}tbody th mark{display:table}thead th:first-child,tbody th{position:sticky;left:0;background-clip:padding-box}tbody th{background:var(--card)}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}td small{display:block;font-size:.74rem}td.loss,td.aside{color:var(--soft)}
tbody th span{color:var(--soft);padding-left:1rem;display:block}
.bar{min-width:9.5rem;width:24%;white-space:nowrap}.bar i{display:inline-block;height:.7rem;border-radius:3px;background:var(--accent);margin-right:.4rem;vertical-align:middle;max-width:calc(100% - 3.6rem);min-width:1px}
.bar i.loss{background:var(--bad);opacity:.6}.bar i.aside{background:var(--soft);opacity:.5}.bar small{display:inline}
mark{border-radius:99px;padding:.08rem .55rem;font-size:.78rem;font-weight:600;background:var(--wash);color:var(--accent);white-space:nowrap}
mark.good,mark.true{background:var(--goodwash);color:var(--good)}mark.bad{background:var(--badwash);color:var(--bad)}
mark.response{background:var(--warmwash);color:var(--warm)}mark.favourite{background:var(--likewash);color:var(--like)}mark.before,mark.other{background:var(--page);color:var(--soft)}
.absent{border-left:3px solid var(--warm);padding:.4rem .8rem;background:var(--warmwash);border-radius:0 8px 8px 0}
.picks{display:flex;flex-wrap:wrap;gap:.4rem}.picks[hidden]{display:none}
button{font:inherit;font-size:.88rem;color:var(--ink);background:var(--page);border:1px solid var(--line);border-radius:99px;padding:.25rem .8rem;cursor:pointer}
button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--card)}button[aria-pressed=true] small{color:inherit}
details{border:1px solid var(--line);border-radius:10px;margin-bottom:.5rem}details[hidden]{display:none}
summary{cursor:pointer;padding:.55rem .8rem}summary>*{margin-right:.45rem}details[open]>summary{border-bottom:1px solid var(--line)}
.in{padding:0 .9rem .6rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:0 1.6rem;padding:.2rem .9rem .9rem}
.two ul{list-style:none;padding:0;margin:0}.two ol{padding-left:1.9rem;margin:0}.two li{padding:.32rem .4rem;border-bottom:1px solid var(--line)}
.two li.cut{border-top:2px solid var(--soft)}.two li.true{background:var(--goodwash);border-radius:8px}
.two li p{margin:0;display:flex;flex-wrap:wrap;gap:.35rem;align-items:center}.two li b{font-weight:550;display:block}.two li small{display:block}
time,.more{color:var(--soft);font-size:.8rem}.more{margin:.4rem 0}
.card{display:grid;grid-template-columns:minmax(6.5rem,auto) 1fr;gap:.25rem 1rem;margin:0;font-size:.9rem}.card dt{color:var(--soft)}.card dd{margin:0}
.card dd>span{display:inline-block;margin-right:1rem}.card .key{color:var(--soft)}code{font:.86em ui-monospace,SFMono-Regular,Menlo,monospace}
footer{padding:.4rem 1rem 2rem;color:var(--soft);font-size:.85rem}
@media(max-width:600px){section{padding:1rem .8rem;border-radius:10px}main{padding:.7rem .6rem}.tile b{font-size:1.35rem}th,td{padding:.38rem .5rem}tbody th{min-width:6.5rem}.card{grid-template-columns:1fr;gap:0}.card dd{margin-bottom:.45rem}}
@media print{nav,.picks{display:none!important}section{break-inside:avoid}}
"""
)
SCRIPT = Html(
    """
const picks = document.querySelector(".picks");
if (picks) {
  const choose = (kind) => {
    for (const button of picks.children) button.ariaPressed = String(button.dataset.pick === kind);
    for (const fold of document.querySelectorAll("details[data-kind]"))
      fold.hidden = kind !== "" && fold.dataset.kind !== kind;
  };
  picks.hidden = false;
  picks.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.pick);
  });
  choose("");
}
"""
)


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
        tag("script", SCRIPT),
    ]
    top = tag("head", metas, tag("title", title), tag("style", STYLE))
    return Html("<!doctype html>\n" + tag("html", top, tag("body", body), lang="en") + "\n")
