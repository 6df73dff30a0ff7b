"""Write the index of the search: every section of every page, as readers see it.

Sphinx's own search finds a page only if it has every word of a query. A pasted error message has
words that no page has, such as the name of a layer, so the site has a different search:
docs/_static/search-ranking.js ranks the sections in the browser, without a server. Of each section
the index has the plain text, from which a result shows a part, the texts of the links to it, and
the questions that it answers: those of the FAQ, those of a list of public threads, and the messages
of other versions. It also has the words that a query may use instead of the words of the pages.
"""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from site_build.content.markdown import visible_children
from site_build.publish.site_metadata import describe

INDEX = "searchindex.js"

# What has an address: a section, or an object of the package.
_SECTIONS = (nodes.section, addnodes.desc)
_NO_TEXT = (nodes.title, nodes.comment, nodes.math, nodes.math_block, addnodes.desc_signature)
_MARKUP = re.compile(r"<(svg|script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("search_weights", {}, "html", types=dict)
    app.add_config_value("search_data", "", "html", types=str)
    app.connect("builder-inited", _disable_sphinx_search)
    app.connect("html-page-context", _write_page)
    app.connect("build-finished", _merge_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _sections(page: nodes.document) -> Iterator[dict[str, Any]]:
    """Yield the ids, the title and the text of each section of a page: first the page itself."""
    for section in page.findall(lambda node: isinstance(node, _SECTIONS)):
        named = addnodes.desc_signature if isinstance(section, addnodes.desc) else nodes.title
        title = section.next_node(named)
        assert isinstance(section, nodes.Element)
        assert title is not None
        if _only_links(section):
            continue
        # `rnn_returns.observe` is the title of what is imported as `observe`.
        name = title["ids"][0].partition(".")[2] if title["ids"] else title.astext()
        text = " ".join(" ".join(_texts(section)).split())
        yield {"anchors": title["ids"] or section["ids"], "title": name, "text": text}


def _only_links(section: nodes.Element) -> bool:
    """Whether a section is only a list of links, as "See also" is: it answers no query itself."""
    _, *content = section.children
    items = content[0].children if [type(each) for each in content] == [nodes.bullet_list] else ()
    links = [item.next_node(nodes.reference) for item in items]
    return bool(items) and all(
        link is not None and item.astext().startswith(link.astext())
        for item, link in zip(items, links, strict=True)
    )


def _texts(node: nodes.Node) -> Iterator[str]:
    for child in visible_children(node):
        if isinstance(child, _SECTIONS + _NO_TEXT):
            continue
        if isinstance(child, nodes.raw):
            yield unescape(_MARKUP.sub(" ", child.astext()))
        elif isinstance(child, nodes.TextElement):
            yield child.astext()
        else:
            yield from _texts(child)


def _disable_sphinx_search(app: Sphinx) -> None:
    # Sphinx would write another index, and a page that conf.py names already.
    app.builder.search = False  # type: ignore[attr-defined]


def _questions(page: nodes.document) -> Iterator[tuple[str, str]]:
    """Yield the address and the text of each question: a paragraph in bold, then the links."""
    for paragraph in page.findall(nodes.paragraph):
        if isinstance(paragraph[0], nodes.strong):
            for link in paragraph.findall(nodes.reference):
                if link.get("internal"):
                    yield link.get("refuri") or f"#{link['refid']}", paragraph[0].astext()


def read_page(app: Sphinx, docname: str) -> dict[str, Any]:
    """Return the description, the sections and the links of a page that was written."""
    page: dict[str, Any] = json.loads(_file(app, docname).read_text(encoding="utf-8"))
    return page


def _file(app: Sphinx, docname: str) -> Path:
    return Path(app.outdir).parent / "search" / f"{docname}.json"


def _write_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Write what `read_page` returns into a file, because several processes write pages."""
    if doctree is not None:
        address = app.builder.get_target_uri(pagename)
        links = [
            (urljoin(address, link.get("refuri") or f"#{link['refid']}"), link.astext())
            for link in doctree.findall(nodes.reference)
            if link.get("internal")
        ]
        questions = [(urljoin(address, target), text) for target, text in _questions(doctree)]
        file = _file(app, pagename)
        file.parent.mkdir(parents=True, exist_ok=True)
        page = {
            "description": describe(doctree),
            "sections": [*_sections(doctree)],
            "links": links,
            "questions": questions,
        }
        file.write_text(json.dumps(page), encoding="utf-8")


def _merge_index(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    pages = {page: read_page(app, page) for page in sorted(app.env.found_docs)}
    called, asked = defaultdict(set), defaultdict(set)
    for page in pages.values():
        for address, text in page["links"]:
            called[address].add(text)
        for address, text in page["questions"]:
            asked[address].add(text)
    index = {}
    phrases = _read_phrases(app)
    for name, page in pages.items():
        address, sections = app.builder.get_target_uri(name), []
        for number, section in enumerate(page["sections"]):
            anchors = section["anchors"]
            names = [f"{address}#{anchor}" for anchor in anchors] + ([] if number else [address])
            # A label says in a few words what a section is about, in English in every language.
            labels = {*anchors} - {nodes.make_id(section["title"])}
            links = labels.union(*(called[each] for each in names))
            questions = set().union(
                *(asked[each] for each in names), *(phrases[each] for each in anchors)
            )
            texts = [" | ".join(sorted(each)) for each in (links, questions)]
            sections.append(
                (anchors[0] if number else "", section["title"], *texts, section["text"])
            )
        index[address] = {"weight": _weigh(app, name), "parts": sections}
    words = {"common": [], "synonyms": []} | _read_toml(app, "words")
    text = "".join(
        f"const {name} = {json.dumps(value, ensure_ascii=False, separators=(',', ':'))};\n"
        for name, value in (("SEARCHED", index), ("SEARCH_WORDS", words))
    )
    Path(app.outdir, INDEX).write_text(text, encoding="utf-8")


def _read_phrases(app: Sphinx) -> dict[str, set[str]]:
    """Return what readers ask and paste, by the label of the section that answers it."""
    phrases = defaultdict(set)
    for question in _read_toml(app, "public_questions").get("question", []):
        phrases[question["label"]].add(question["question"])
    for label, messages in _read_toml(app, "other_messages").items():
        phrases[label].update(messages)
    return phrases


def _read_toml(app: Sphinx, name: str) -> dict[str, Any]:
    file = Path(app.srcdir, app.config.search_data, f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _weigh(app: Sphinx, name: str) -> float:
    """Return how much a page counts: the first pattern that fits its name decides."""
    weights: dict[str, float] = app.config.search_weights
    return next((weight for pattern, weight in weights.items() if fnmatch(name, pattern)), 1)
