"""Add metadata for search engines and link previews to the pages.

Two settings are empty by default: `html_baseurl`, the address of the site, and `site_repository`,
the address of its source, such as https://github.com/owner/name. A page shows nothing that needs an
empty setting.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from docutils import nodes
from sphinx.application import Sphinx

from site_build.i18n.languages import ENGLISH, find_languages

_SITEMAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:xhtml="http://www.w3.org/1999/xhtml">"""

# The part of a description that search engines show.
MAX_DESCRIPTION = 160
# Where a sentence ends. Chinese has no blank after it.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.) |(?<=[。！？])")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("site_repository", "", "html", types=str)
    app.connect("html-page-context", _add_metadata)
    app.connect("build-finished", _write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def check_address(setting: str, text: str) -> str:
    """Return *text*, an absolute address or nothing, without a slash at its end.

    Raises:
        ValueError: If it is neither.

    >>> check_address("SITE_URL", "https://example.org/rnn/")
    'https://example.org/rnn'
    """
    if text and not re.fullmatch(r"https?://[^\s?#]+", text):
        raise ValueError(
            f"Expected {setting} to be an address such as https://example.org/rnn, got {text!r}."
        )
    return text.rstrip("/")


def shorten(text: str) -> str:
    r"""Return the sentences of *text* that fit into a description, on one line.

    It has at least the first sentence. A colon at the end becomes a period, because what follows is
    not part of a description.

    >>> shorten("It keeps a hidden state.\nAn LSTM keeps a cell state as well:")
    'It keeps a hidden state. An LSTM keeps a cell state as well.'
    >>> shorten(f"It keeps a hidden state. An LSTM {'also ' * 30}keeps a cell state.")
    'It keeps a hidden state.'
    """
    text = " ".join(text.split())
    text = re.sub("：$", "。", re.sub(":$", ".", text))
    ends = [found.start() for found in _SENTENCE_END.finditer(text)] + [len(text)]
    return text[: max([end for end in ends if end <= MAX_DESCRIPTION], default=ends[0])]


def describe(page: nodes.document) -> str:
    """Return the description of *page*: the first sentences of its first paragraph, or nothing."""
    paragraph = page.next_node(nodes.paragraph)
    return shorten(paragraph.astext()) if paragraph else ""


def _add_metadata(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    context["description"] = (describe(doctree) if doctree else "") or app.config.html_title
    if app.config.html_baseurl:
        context["card"] = urljoin(app.config.html_baseurl, "_static/card.png")
    if app.config.site_repository and doctree:
        issue = {"title": f"{pagename}: ", "body": context.get("pageurl") or f"{pagename}.html"}
        context["report_url"] = f"{app.config.site_repository}/issues/new?{urlencode(issue)}"


def _write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """List the pages for search engines, each with the same page in the other languages."""
    site = app.config.html_baseurl.rstrip("/")  # Of the site in English, with which the map is.
    if exception or app.builder.format != "html" or not site or app.config.language != ENGLISH:
        return
    languages = find_languages(Path(app.srcdir)).values()
    lines = [_SITEMAP]
    for name in sorted(app.env.found_docs):
        page = app.builder.get_target_uri(name)
        addresses = {language.tag: f"{site}/{language.folder}{page}" for language in languages}
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href="{address}"/>'
            for tag, address in addresses.items()
        )
        lines += [f"<url><loc>{address}</loc>{links}</url>" for address in addresses.values()]
    Path(app.outdir, "sitemap.xml").write_text("\n".join([*lines, "</urlset>\n"]))
    robots = ["User-agent: *", "Allow: /", f"Sitemap: {site}/sitemap.xml"]
    Path(app.outdir, "robots.txt").write_text("\n".join(robots) + "\n")
