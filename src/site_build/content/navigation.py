"""Fold the groups of the list of pages; the group of the page that is open is unfolded.

The theme folds the pages below a page, but gives the button no name.
"""

from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _add_folding)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_folding(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Pass the function that folds groups to the templates."""

    def fold_groups(generate_list: Callable[..., Any]) -> Callable[..., str]:
        return lambda **options: fold(str(generate_list(**options)))

    context["fold_groups"] = fold_groups


def fold(html: str) -> str:
    """Return a list of pages whose captions fold what follows them, by buttons that have names.

    The group with the current page is open; where there is none, the first is.

    >>> from site_build.content.navigation import fold
    >>> one = '<p class="caption"><span>One</span></p><ul><li>a</li></ul>'
    >>> fold(one)
    '<details open=""><summary><span>One</span></summary><ul><li>a</li></ul></details>'
    >>> fold('<li class="has-children"><a>B</a><details><summary></summary></details></li>')
    '<li class="has-children"><a>B</a><details><summary aria-label="B"></summary></details></li>'
    """
    soup = BeautifulSoup(html, "html.parser")
    for page in soup.select("li.has-children"):
        button, link = page.select_one("summary"), page.select_one("a")
        if button and link:
            button["aria-label"] = link.get_text(strip=True)
    groups = []
    for caption in soup.select("p.caption"):
        pages = caption.find_next_sibling("ul")
        if not isinstance(pages, Tag):
            continue
        group, summary = soup.new_tag("details"), soup.new_tag("summary")
        caption.insert_before(group)
        group.extend([summary, pages.extract()])
        summary.extend(list(caption.contents))
        caption.decompose()
        groups.append(group)
    for group in [each for each in groups if each.select_one(".current")] or groups[:1]:
        group["open"] = ""
    return str(soup)
