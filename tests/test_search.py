"""The search answers what people type: a shape, a name, a question, a message as it was pasted."""

import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import DESKTOP, LIGHT_AND_DARK, PHONE, Open, Visit, window
from bs4 import BeautifulSoup, Tag
from conftest import ROOT
from playwright.sync_api import Browser, Page, expect
from test_open_to_all import Scheme, barriers

from site_build.languages import ENGLISH, LANGUAGES

QUERIES = tomllib.loads((ROOT / "tests/search_queries.toml").read_text(encoding="utf-8"))["query"]
FIRST = 3
WANTED = 0.95
FIELD = ".bd-search-container input"


def asked(query: dict[str, str]) -> str:
    """Name the language that a query is asked in."""
    return query.get("language", ENGLISH)


def results(page: Page, query: str) -> list[str]:
    """Type a query into the search page that is open; give where the first results lead."""
    page.fill(FIELD, query)
    page.press(FIELD, "Enter")
    expect(page.locator(".search-summary")).not_to_be_empty()
    links = page.locator("#search-results a")
    return [unquote(link.evaluate("one => one.href")) for link in links.all()[:FIRST]]


@cache
def section(page: Path, anchor: str) -> Tag:
    """Give what an address leads to: a page, or the section that has this id."""
    soup = _read(page)
    found = soup.find(id=anchor) if anchor else soup.find("article")
    assert isinstance(found, Tag), f"{page}#{anchor} leads nowhere"
    inside = found if found.name in ("section", "article") else found.find_parent("section")
    assert isinstance(inside, Tag)
    return inside


@cache
def _read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def answers(published: Path, result: str, right: list[str]) -> bool:
    """Say whether a result leads to one of the right pages, and to its section if one is named."""
    page, _, anchor = result.partition("#")
    for one in right:
        name, _, wanted = one.partition("#")
        if page == name and (
            not wanted or section(published / page, anchor) is section(published / page, wanted)
        ):
            return True
    return False


@pytest.fixture(params=["from the disk", pytest.param("from a host", marks=pytest.mark.audit)])
def site(request: pytest.FixtureRequest, published: Path) -> str:
    """Give the address of the built site."""
    if request.param == "from the disk":
        return published.as_uri()
    return str(request.getfixturevalue("hosted"))


def test_what_people_type_is_answered(browser: Browser, published: Path, site: str) -> None:
    """Of the queries at least 95 in 100 have a right page among the first three, on any ground."""
    missed = []
    for name, language in LANGUAGES.items():
        visited = Visit.to(browser, f"{site}/{language.folder}search.html")
        for query in QUERIES:
            if asked(query) == name:
                found = [
                    one.removeprefix(f"{site}/") for one in results(visited.page, query["text"])
                ]
                if not any(answers(published, one, query["right"]) for one in found):
                    missed.append(f"{query['text']}: {found}")
        assert visited.console == []
        visited.page.context.close()

    assert len(missed) <= (1 - WANTED) * len(QUERIES), "\n".join(missed)


def test_the_queries_are_of_every_kind() -> None:
    """Sixty and more are asked: at least fifteen in Chinese, and a dozen pasted messages."""
    texts = [query["text"] for query in QUERIES]

    assert len(set(texts)) == len(QUERIES) >= 60
    assert sum(asked(query) == "zh_CN" for query in QUERIES) >= 15
    assert sum(bool(re.match(r"\w+Error: ", text)) for text in texts) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_found(visit: Open, language: str) -> None:
    """Who finds nothing is told so, and what can be looked for, with ways that lead on."""
    page = visit(f"{LANGUAGES[language].folder}search.html?q=xyzzy").page
    advice = page.locator("#search-advice")

    expect(page.get_by_role("status")).to_have_text(re.compile("Nothing was found|没有找到"))
    expect(page.locator("#search-results li")).to_have_count(0)
    expect(advice).to_be_visible()
    for link in advice.locator("a").all():
        address = Path(unquote(link.evaluate("one => one.href")).partition("?")[0][7:])
        assert address.is_file()
    advice.get_by_role("link", name="return_state").click()
    expect(page.locator("#search-results li").first).to_be_visible()
    expect(advice).to_be_hidden()


def test_the_search_by_keyboard(visit: Open) -> None:
    """The field waits for words; Enter asks, Tab comes to the results, Back to the query before."""
    page = visit("search.html").page
    expect(page.locator(FIELD)).to_be_focused()
    page.keyboard.type("merge_mode")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(re.compile("Found: [1-9]"))
    page.keyboard.press("Tab")
    expect(page.locator("#search-results a").first).to_be_focused()
    page.locator(FIELD).fill("masking")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results a").first).to_have_text(re.compile("mask"))
    page.go_back()
    expect(page.locator(FIELD)).to_have_value("merge_mode")
    expect(page.locator("#search-results a").first).to_have_text(re.compile("[Mm]erge"))


def test_a_result_shows_what_was_found(visit: Open) -> None:
    """A result has its section's title, its page's, and the words in their sentence, marked."""
    page = visit("search.html?q=too many values to unpack").page
    first = page.locator("#search-results li").first

    expect(first.locator("a")).to_have_text("too many values to unpack")
    expect(first.locator("a + span")).to_have_text("Look up an error message")
    assert {"values", "unpack"} <= set(first.locator("p .highlighted").all_inner_texts())


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_results_are_open_to_all(visit: Open, scheme: Scheme) -> None:
    """With results on it, axe finds nothing on the search page, and no width makes it scroll."""
    for folder, width in (("", PHONE), ("zh/", DESKTOP)):
        query = "search.html?q=ValueError: expected ndim=3, found ndim=2 keras_tensor_57"
        visited = visit(folder + query, color_scheme=scheme, **window(width)).page
        expect(visited.locator("#search-results li").first).to_be_visible()
        assert visited.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(visited) == []
