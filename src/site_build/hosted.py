"""What a page says of itself to search engines and to those who share its address.

Two settings, each empty unless given: `SITE_URL`, where the site is published, and `REPOSITORY`,
where its source is, such as https://github.com/owner/name. What they lead to is not shown without.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from docutils import nodes
from sphinx.application import Sphinx

from site_build.languages import LANGUAGES

SITE_URL = os.environ.get("SITE_URL", "").rstrip("/") + "/" if os.environ.get("SITE_URL") else ""
REPOSITORY = os.environ.get("REPOSITORY", "").rstrip("/")

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
    """List the pages for search engines, each language its own."""
    base = app.config.html_baseurl
    if exception or app.builder.format != "html" or not base:
        return
    pages = sorted(app.env.found_docs)
    lines = [f"<url><loc>{base}{app.builder.get_target_uri(page)}</loc></url>" for page in pages]
    Path(app.outdir, "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(lines)
        + "\n</urlset>\n",
        encoding="utf-8",
    )
    if app.config.language == next(iter(LANGUAGES)):
        maps = [urljoin(base, f"{language.folder}sitemap.xml") for language in LANGUAGES.values()]
        robots = ["User-agent: *", "Allow: /", *(f"Sitemap: {one}" for one in maps)]
        Path(app.outdir, "robots.txt").write_text("\n".join(robots) + "\n", encoding="utf-8")
