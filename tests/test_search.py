"""The search answers what people type: a shape, a name, a question, a message as it was pasted."""

import re
import threading
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from browser import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from bs4 import BeautifulSoup, Tag
from conftest import ROOT
from playwright.sync_api import Page, expect
from test_open_to_all import barriers

from site_build.languages import ENGLISH, LANGUAGES
from site_build.serve import HOST, server

QUERIES = tomllib.loads((ROOT / "tests/search_queries.toml").read_text(encoding="utf-8"))["query"]
FIRST = 3
WANTED = 0.95


def results(page: Page, search: str, query: str) -> list[str]:
    """Ask the search page at *search*; give where its results lead, without the site's address."""
    page.goto(f"{search}?q={quote(query)}")
    expect(page.locator(".search-summary")).not_to_be_empty()
    links = page.locator("#search-results a").evaluate_all("all => all.map(one => one.href)")
    site = search.removesuffix("search.html").removesuffix("zh/")
    return [unquote(link).removeprefix(site) for link in links]


@cache
def section(published: Path, address: str) -> Tag | None:
    """Give what an address leads to: a page, or the section that has this id."""
    name, _, anchor = address.partition("#")
    soup = BeautifulSoup((published / name).read_text(encoding="utf-8"), "html.parser")
    found = soup.find(id=anchor) if anchor else soup.find("article")
    assert isinstance(found, Tag), f"{address} leads nowhere"
    return found if found.name in ("section", "article") else found.find_parent("section")


def answers(published: Path, result: str, right: list[str]) -> bool:
    """Say whether a result leads to one of the right pages, and to its section if one is named."""
    return any(
        result.partition("#")[0] == one.partition("#")[0]
        and ("#" not in one or section(published, result) is section(published, one))
        for one in right
    )


def missed(page: Page, published: Path, site: str) -> list[str]:
    """Give the queries that have no right page among the first results, with what they found."""
    without = []
    for query in QUERIES:
        folder = LANGUAGES[query.get("language", ENGLISH)].folder
        found = results(page, f"{site}/{folder}search.html", query["text"])[:FIRST]
        if not any(answers(published, result, query["right"]) for result in found):
            without.append(f"{query['text']}: {found}")
    return without


def test_what_people_type_is_answered(visit: Open, published: Path) -> None:
    """Of the queries at least 95 in 100 have a right page among the first three, from the disk."""
    without = missed(visit("search.html").page, published, published.as_uri())

    assert len(without) <= (1 - WANTED) * len(QUERIES), "\n".join(without)


def test_the_queries_are_of_every_kind() -> None:
    """Sixty and more are asked: at least fifteen in Chinese, and a dozen pasted messages."""
    texts = [query["text"] for query in QUERIES]

    assert len(set(texts)) == len(QUERIES) >= 60
    assert sum(query.get("language") == "zh_CN" for query in QUERIES) >= 15
    assert sum(bool(re.match(r"\w+Error: ", text)) for text in texts) >= 12
