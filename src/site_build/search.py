"""Give the search what it looks through: every section of every page, as its reader sees it.

Sphinx's own search finds a page only if it has every word of a query. Who pastes a message brings
words that no page has, such as the name of their layer, so that the site has a search of its own:
docs/_static/search-ranking.js ranks the sections in the browser, and needs no server. It has their
plain text, out of which a piece is shown as well, so that it works from a disk; and the words that
link to them, for these often ask what a title answers.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

INDEX = "searchindex.js"

# What a reader comes to by an address of its own: a section, or something that the package offers.
_PARTS = (nodes.section, addnodes.desc)
_NO_TEXT = (nodes.title, nodes.comment, nodes.math, nodes.math_block, addnodes.desc_signature)
_NO_WORDS = re.compile(r"<(svg|rnn-explorer|script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


@dataclass
class Part:
    """A part of a page that has an address of its own.

    Args:
        anchors: Its ids, the first the one to link to.
        title: Its heading, or its name in the package.
        text: What a reader sees in it, but for the parts inside of it.
    """

    anchors: list[str]
    title: str
    text: str


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("search_listed", [], "html", types=list)
    app.connect("builder-inited", _replace)
    app.connect("html-page-context", _keep)
    app.connect("build-finished", _join)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def parts_of(page: nodes.document) -> Iterator[Part]:
    """Yield the parts of a page, outer ones first: the first is the page itself.

    Args:
        page: As it is written, outputs and values included.
    """
    for part in page.findall(lambda node: isinstance(node, _PARTS)):
        named = addnodes.desc_signature if isinstance(part, addnodes.desc) else nodes.title
        title = part.next_node(named)
        assert isinstance(part, nodes.Element)
        assert title is not None
        # `rnn_returns.observe` is the title of what is imported as `observe`.
        anchors = title["ids"] or part["ids"]
        name = title["ids"][0].partition(".")[2] if title["ids"] else title.astext()
        yield Part(anchors, name, " ".join(" ".join(_texts(part)).split()))


def _texts(node: nodes.Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, _PARTS + _NO_TEXT):
            continue
        if isinstance(child, nodes.raw):
            yield unescape(_NO_WORDS.sub(" ", child.astext()))
        elif isinstance(child, nodes.TextElement):
            yield child.astext()
        else:
            yield from _texts(child)


def _links(page: nodes.document, address: str) -> Iterator[tuple[str, str]]:
    """Yield where the links of a page lead within the site, and with what words."""
    for link in page.findall(nodes.reference):
        if link.get("internal"):
            yield urljoin(address, link.get("refuri") or f"#{link['refid']}"), link.astext()


def _replace(app: Sphinx) -> None:
    # Else Sphinx would write an index of its own, and the page that conf.py names already.
    app.builder.search = False  # type: ignore[attr-defined]


def kept(app: Sphinx, docname: str) -> dict[str, Any]:
    """Return what was kept of a page when it was written: its parts and its links."""
    page: dict[str, Any] = json.loads(_file(app, docname).read_text(encoding="utf-8"))
    return page


def _file(app: Sphinx, docname: str) -> Path:
    return Path(app.outdir).parent / "search" / f"{docname}.json"


def _keep(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Keep what the search needs of a page in a file: pages are written by several processes."""
    if doctree is not None:
        needed = {
            "parts": [asdict(part) for part in parts_of(doctree)],
            "links": [*_links(doctree, app.builder.get_target_uri(pagename))],
        }
        file = _file(app, pagename)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(needed), encoding="utf-8")


def _join(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    pages = {page: kept(app, page) for page in sorted(app.env.found_docs)}
    called = defaultdict(set)
    for page in pages.values():
        for address, words in page["links"]:
            called[address].add(words)
    written = {}
    for name, page in pages.items():
        address, parts = app.builder.get_target_uri(name), []
        for number, part in enumerate(page["parts"]):
            names = [f"{address}#{anchor}" for anchor in part["anchors"]]
            words = set().union(*(called[one] for one in (names if number else [address, *names])))
            anchor = part["anchors"][0] if number else ""
            parts.append((anchor, part["title"], " ".join(sorted(words)), part["text"]))
        written[address] = {"listed": name in app.config.search_listed, "parts": parts}
    text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, INDEX).write_text(f"const SEARCHED = {text};\n", encoding="utf-8")
