"""The pages of the site, by their addresses, and what tests of several kinds ask of them."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Page

from site_build.i18n.languages import LANGUAGES
from support.sites import ROOT

Scheme = Literal["light", "dark"]

# In English.
PAGES = sorted(
    path.relative_to(ROOT).with_suffix(".html").as_posix()
    for pattern in ("index.md", "docs/**/*.md", "examples/*.py")
    for path in ROOT.glob(pattern)
    if "_parts" not in path.parts
)
ALL_PAGES = [
    language.folder + page
    for language in LANGUAGES.values()
    for page in (*PAGES, "search.html", "genindex.html", "404.html")
]
_KINDS = [
    "index.html",
    "docs/explorer.html",
    "docs/cheat-sheet.html",
    "docs/flags/both.html",
    "docs/behavior/inside-the-cell.html",
    "docs/truth-table.html",
    "docs/errors/shapes.html",
    "docs/version-history.html",
    "docs/api.html",
    "examples/attention.html",
    "search.html",
    "genindex.html",
]
ONE_OF_EACH_KIND = [language.folder + page for language in LANGUAGES.values() for page in _KINDS]

# Markup that only the build can resolve.
FOR_THE_BUILD = r"\{(?:glue|ref|doc)[:}]|^\(\S+\)=$|^:::"


@lru_cache(maxsize=16)
def parse(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def barriers(page: Page, element: str | None = None) -> list[str]:
    """List the violations that axe finds, with all its rules and good practices."""
    found: dict[str, Any] = Axe().run(page, context=element).response
    return [
        f"{rule['id']}: {part['html']}" for rule in found["violations"] for part in rule["nodes"]
    ]
