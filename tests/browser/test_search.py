"""The search finds pages for shapes, names, questions, and pasted error messages."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import Tag
from playwright.sync_api import Page, expect
from support.chromium import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from support.pages import Scheme, barriers, parse

from site_build.i18n.languages import ENGLISH, LANGUAGES

QUERIES = tomllib.loads(Path(__file__).with_name("search_queries.toml").read_text("utf-8"))["query"]
FIRST = 3
WANTED = 0.95
ADDRESSES = "links => links.map((link) => link.href)"
FIELD = ".bd-search-container input"


def queries_in(language: str) -> list[dict[str, Any]]:
    return [query for query in QUERIES if query.get("language", ENGLISH) == language]


def results(page: Page, query: str) -> list[str]:
    """Type a query into the open search page; return the addresses of the first results."""
    page.fill(FIELD, query)
    page.press(FIELD, "Enter")
    expect(page.locator(".search-summary")).not_to_be_empty()
    addresses = page.locator("#search-results a").evaluate_all(ADDRESSES)
    return [unquote(address) for address in addresses[:FIRST]]


def section(page: Path, anchor: str) -> Tag:
    """Return the target of an address: a page, or the section that has this id."""
    found = parse(page).find(id=anchor) if anchor else parse(page).article
    assert isinstance(found, Tag), f"{page}#{anchor} leads nowhere"
    return next(tag for tag in (found, *found.parents) if tag.name in ("section", "article"))


def is_right(published: Path, result: str, right: list[str]) -> bool:
    """Whether a result is one of the right pages, and its section if one is named."""
    page, _, anchor = result.partition("#")
    wanted = [address.partition("#")[2] for address in right if address.partition("#")[0] == page]
    return any(
        not each or section(published / page, anchor) is section(published / page, each)
        for each in wanted
    )


@pytest.fixture(params=["from the disk", pytest.param("from a host", marks=pytest.mark.audit)])
def site(request: pytest.FixtureRequest, published: Path) -> str:
    """Return the address of the built site."""
    if request.param == "from the disk":
        return published.as_uri()
    return str(request.getfixturevalue("hosted"))


def test_queries_find_their_pages(visit: Open, published: Path, site: str) -> None:
    """At least 95 of 100 queries have a right page among the first three, from a disk or a host."""
    missed = []
    for name, language in LANGUAGES.items():
        visited = visit(f"{site}/{language.folder}search.html")
        for query in queries_in(name):
            addresses = results(visited.page, query["text"])
            found = [address.removeprefix(f"{site}/") for address in addresses]
            if not any(is_right(published, address, query["right"]) for address in found):
                missed.append(f"{query['text']}: {found}")
        assert visited.console == []

    assert len(missed) <= (1 - WANTED) * len(QUERIES), "\n".join(missed)


def test_the_queries_are_of_every_kind() -> None:
    """There are at least sixty: at least fifteen in Chinese, and a dozen pasted messages."""
    texts = [query["text"] for query in QUERIES]

    assert len(set(texts)) == len(QUERIES) >= 60
    assert len(queries_in("zh_CN")) >= 15
    assert sum(bool(re.match(r"\w+Error: ", text)) for text in texts) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_found(visit: Open, language: str) -> None:
    """A search without results shows that, and links to example queries and pages."""
    page = visit(f"{LANGUAGES[language].folder}search.html?q=xyzzy").page
    advice = page.locator("#search-advice")

    expect(page.get_by_role("status")).to_have_text(re.compile("Nothing was found|没有找到"))
    expect(page.locator("#search-results li")).to_have_count(0)
    expect(advice).to_be_visible()
    for address in advice.locator("a").evaluate_all(ADDRESSES):
        assert Path(unquote(urlsplit(address).path)).is_file()
    advice.get_by_role("link", name="return_state").click()
    expect(page.locator("#search-results li").first).to_be_visible()
    expect(advice).to_be_hidden()


def test_the_search_by_keyboard(visit: Open) -> None:
    """The field has the focus; Enter searches, Tab reaches the results, Back restores the query."""
    page = visit("search.html").page
    expect(page.locator(FIELD)).to_be_focused()
    page.keyboard.type("merge_mode")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(re.compile("Found: [1-9]"))
    page.keyboard.press("Tab")
    expect(page.locator("#search-results a").first).to_be_focused()
    page.locator(FIELD).fill("masking")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results a").first).to_have_text(re.compile("[Mm]ask"))
    page.go_back()
    expect(page.locator(FIELD)).to_have_value("merge_mode")
    expect(page.locator("#search-results a").first).to_have_text(re.compile("[Mm]erge"))


def test_a_result_shows_its_context(visit: Open) -> None:
    """A result has the titles of its section and page, and the sentence with the words marked."""
    page = visit("search.html?q=too many values to unpack").page
    first = page.locator("#search-results li").first

    expect(first.locator("a")).to_have_text("too many values to unpack")
    expect(first.locator("a + span")).to_have_text("Unpacking and tuple errors")
    assert {"values", "unpack"} <= set(first.locator("p .highlighted").all_inner_texts())


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_results_are_accessible(visit: Open, scheme: Scheme) -> None:
    """The search page with results has no violation, and does not scroll sideways."""
    for folder, width in (("", PHONE), ("zh/", DESKTOP)):
        query = "search.html?q=ValueError: expected ndim=3, found ndim=2 keras_tensor_57"
        visited = visit(folder + query, color_scheme=scheme, **window(width)).page
        expect(visited.locator("#search-results li").first).to_be_visible()
        assert visited.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(visited) == []
