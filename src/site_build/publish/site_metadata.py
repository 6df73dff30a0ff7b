"""The metadata of the pages for search engines and for those who share their addresses.

Two settings are empty unless they are given: `html_baseurl`, the address of the site, and
`site_repository`, that of its source, such as https://github.com/owner/name. Without them a page
shows nothing that needs them.
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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("site_repository", "", "html", types=str)
    app.connect("html-page-context", _add_metadata)
    app.connect("build-finished", _write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def check_address(setting: str, text: str) -> str:
    """Return *text*, an absolute address or nothing, without a slash at its end.

    Raises:
        ValueError: If it is something else.

    >>> check_address("SITE_URL", "https://example.org/rnn/")
    'https://example.org/rnn'
    """
    if text and not re.fullmatch(r"https?://[^\s?#]+", text):
        raise ValueError(f"{setting} is {text!r}; it must be as in https://example.org/rnn")
    return text.rstrip("/")


def shorten(text: str) -> str:
    r"""Return *text* on one line, ended after a word if it is longer than a description.

    >>> shorten("It keeps a hidden state.\nAn LSTM keeps a cell state as well.")
    'It keeps a hidden state. An LSTM keeps a cell state as well.'
    """
    text = " ".join(text.split())
    if len(text) <= MAX_DESCRIPTION:
        return text
    # Chinese has no blanks to end at.
    words = text[:MAX_DESCRIPTION].rpartition(" ")[0]
    return (words or text[: MAX_DESCRIPTION - 1]) + "…"


def _add_metadata(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.Node
) -> None:
    paragraph = next(doctree.findall(nodes.paragraph), None) if doctree else None
    context["description"] = shorten(paragraph.astext() if paragraph else app.config.html_title)
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
