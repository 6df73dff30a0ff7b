"""What a page says of itself to search engines and to those who share its address.

Two settings, each empty unless given: `SITE_URL`, where the site is published, and `REPOSITORY`,
where its source is, such as https://github.com/owner/name. What they lead to is not shown without.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from docutils import nodes
from sphinx.application import Sphinx

from site_build.languages import ENGLISH, Language, of_site


def address(setting: str, text: str) -> str:
    """Return *text*, a whole address or nothing, without a slash at its end.

    Raises:
        ValueError: It is something else.

    >>> address("SITE_URL", "https://example.org/rnn/")
    'https://example.org/rnn'
    """
    if text and not re.fullmatch(r"https?://[^\s?#]+", text):
        raise ValueError(f"{setting} is {text!r}; it must be as in https://example.org/rnn")
    return text.rstrip("/")


SITE_URL = address("SITE_URL", os.environ.get("SITE_URL", ""))
REPOSITORY = address("REPOSITORY", os.environ.get("REPOSITORY", ""))

_MAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:xhtml="http://www.w3.org/1999/xhtml">"""

# What a search engine shows of a description.
LONGEST = 160


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _map)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.Node
) -> None:
    paragraph = next(doctree.findall(nodes.paragraph), None) if doctree else None
    context["description"] = shortened(paragraph.astext() if paragraph else app.config.html_title)
    if app.config.html_baseurl:
        context["card"] = urljoin(app.config.html_baseurl, "_static/card.png")
    if REPOSITORY and doctree:
        words = {"title": f"{pagename}: ", "body": context.get("pageurl") or f"{pagename}.html"}
        context["report_url"] = f"{REPOSITORY}/issues/new?{urlencode(words)}"


def shortened(text: str) -> str:
    r"""Return *text* on one line, ended after a word where it is longer than is shown.

    >>> shortened("It keeps a hidden state.\nAn LSTM keeps a cell state as well.")
    'It keeps a hidden state. An LSTM keeps a cell state as well.'
    """
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    # Chinese has no blanks to end at.
    return (text[:LONGEST].rpartition(" ")[0] or text[: LONGEST - 1]) + "…"


def _map(app: Sphinx, exception: Exception | None) -> None:
    """List the pages for search engines, each with the same page in the other languages."""
    if exception or app.builder.format != "html" or not SITE_URL or app.config.language != ENGLISH:
        return
    pages = [app.builder.get_target_uri(page) for page in sorted(app.env.found_docs)]
    languages = of_site(Path(app.srcdir)).values()
    lines = [line for page in pages for line in _entries(page, languages)]
    Path(app.outdir, "sitemap.xml").write_text("\n".join([_MAP, *lines, "</urlset>\n"]))
    robots = ["User-agent: *", "Allow: /", f"Sitemap: {SITE_URL}/sitemap.xml"]
    Path(app.outdir, "robots.txt").write_text("\n".join(robots) + "\n")


def _entries(page: str, languages: Iterable[Language]) -> Iterator[str]:
    addresses = {one.tag: f"{SITE_URL}/{one.folder}{page}" for one in languages}
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tag}" href="{whole}"/>'
        for tag, whole in addresses.items()
    )
    for whole in addresses.values():
        yield f"<url><loc>{whole}</loc>{links}</url>"
