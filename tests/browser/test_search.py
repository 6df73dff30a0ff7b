"""The search finds pages for shapes, names, questions, and pasted error messages.

The words and the ranking of the search were tuned on the queries of ``tuning_queries.toml``, and on
``search_queries.toml`` before. Those of ``held_out_queries.toml`` were only measured: a change that
is made for one of them moves it to the other list.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, expect
from support.chromium import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from support.pages import Scheme, barriers, parse

from site_build.i18n.languages import ENGLISH, LANGUAGES

QUERIES = {
    name: tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))["query"]
    for name in ("search_queries", "tuning_queries", "held_out_queries")
}
FIRST = 3
# The aim is 0.95 for all. Of lists that were only measured, 62, 59, 57 and 47 of 75 were found; the
# last one is held out, and the others are among the 293 that the ranking was tuned on since.
WANTED = {"search_queries": 0.95, "tuning_queries": 0.89, "held_out_queries": 0.62}
ADDRESSES = "links => links.map((link) => link.href)"
FIELD = ".bd-search-container input"


def queries_in(name: str, language: str) -> list[dict[str, Any]]:
    return [query for query in QUERIES[name] if query.get("language", ENGLISH) == language]


def results(page: Page, query: str) -> list[str]:
    """Type a query into the open search page; return the addresses of the first results.

    A result is a page: its best section, and up to two more.
    """
    page.fill(FIELD, query)
    page.press(FIELD, "Enter")
    expect(page.locator(".search-summary")).not_to_be_empty()
    first = f"#search-results ol > li:nth-child(-n + {FIRST}) a"
    return [unquote(address) for address in page.locator(first).evaluate_all(ADDRESSES)]


@cache
def sections(page: Path) -> dict[str, str]:
    """Return the section that has each anchor of a page; the page itself is ""."""
    found = {"": ""}
    for tag in parse(page).find_all(id=True):
        nearest = tag if tag.name == "section" else tag.find_parent("section")
        found[str(tag["id"])] = str(nearest["id"]) if nearest else ""
    return found


def is_right(published: Path, result: str, right: list[str]) -> bool:
    """Whether a result is one of the right pages, and its section if one is named."""
    page, _, anchor = result.partition("#")
    wanted = [address.partition("#")[2] for address in right if address.partition("#")[0] == page]
    return any(
        not each or sections(published / page)[anchor] == sections(published / page)[each]
        for each in wanted
    )


@pytest.fixture(params=["from the disk", pytest.param("from a host", marks=pytest.mark.audit)])
def site(request: pytest.FixtureRequest, published: Path) -> str:
    """Return the address of the built site."""
    if request.param == "from the disk":
        return published.as_uri()
    return str(request.getfixturevalue("hosted"))


@pytest.mark.parametrize(
    "name",
    ["search_queries", "held_out_queries", pytest.param("tuning_queries", marks=pytest.mark.slow)],
)
def test_queries_find_their_pages(visit: Open, published: Path, site: str, name: str) -> None:
    """Most queries have a right page among the first three results, from a disk or a host.

    A query that no page answers is right if the search says so.
    """
    missed = []
    for language in LANGUAGES:
        visited = visit(f"{site}/{LANGUAGES[language].folder}search.html")
        summary = visited.page.locator(".search-summary")
        for query in queries_in(name, language):
            addresses = results(visited.page, query["text"])
            found = [address.removeprefix(f"{site}/") for address in addresses]
            if not query["right"]:
                right = re.match("No|没有", summary.inner_text()) is not None
            else:
                right = any(is_right(published, address, query["right"]) for address in found)
            if not right:
                missed.append(f"{query['text']}: {found}")
        assert visited.console == []

    assert len(missed) <= (1 - WANTED[name]) * len(QUERIES[name]), "\n".join(missed)


def test_the_queries_are_of_every_kind() -> None:
    """Both new lists have 75 queries or more: Chinese, pasted messages, single words, and code."""
    for name in ("tuning_queries", "held_out_queries"):
        texts = [query["text"] for query in QUERIES[name]]

        assert len(set(texts)) == len(texts) >= 75
        assert len(queries_in(name, "zh_CN")) >= 12
        assert sum(bool(re.search(r"(Error|Exception): ", text)) for text in texts) >= 5
        assert sum(len(text.split()) == 1 for text in texts) >= 8
        assert sum("(" in text and "=" in text for text in texts) >= 3
        assert any(not query["right"] for query in QUERIES[name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_query_without_an_answer(visit: Open, language: str) -> None:
    """Where no page answers, the search says so, and offers questions and error messages."""
    page = visit(f"{LANGUAGES[language].folder}search.html?q=LSTM xyzzy plugh").page

    expect(page.get_by_role("status")).to_have_text(re.compile("No page answers|没有页面"))
    assert 1 <= page.locator("#search-results ol > li").count() <= 5


def test_results_appear_while_a_query_is_typed(visit: Open) -> None:
    """Each key shows results, without Enter; the button shows more, and moves the focus there."""
    page = visit("search.html").page
    page.locator(FIELD).press_sequentially("mask")
    items = page.locator("#search-results ol > li")
    expect(items).to_have_count(10)
    assert page.locator(FIELD).input_value() == "mask"
    page.get_by_role("button", name="Show more results").click()
    expect(items).to_have_count(20)
    expect(items.nth(10).locator("a").first).to_be_focused()
    page.locator(FIELD).fill("")
    expect(items).to_have_count(0)
    expect(page.locator("#search-advice")).to_be_visible()


def test_the_icon_leaves_room_for_the_query(visit: Open) -> None:
    """The icon of the field ends before the text begins."""
    page = visit("search.html").page
    gap = page.evaluate(
        """() => {
          const field = document.querySelector(".bd-search-container input");
          const icon = field.form.querySelector("i, svg").getBoundingClientRect();
          const { paddingLeft } = getComputedStyle(field);
          return field.getBoundingClientRect().left + parseFloat(paddingLeft) - icon.right;
        }"""
    )

    assert gap >= 4


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
    page.go_back()
    expect(page.locator(FIELD)).to_have_value("")
    expect(page.locator("#search-results li")).to_have_count(0)


def test_a_result_shows_its_context(visit: Open) -> None:
    """A result has the titles of its section and page, and the sentence with the words marked."""
    page = visit("search.html?q=too many values to unpack").page
    first = page.locator("#search-results li").first

    expect(first.locator("> a")).to_have_text("too many values to unpack")
    expect(first.locator("a + span")).to_have_text("Unpacking and tuple errors")
    marked = first.locator("p .highlighted").all_inner_texts()
    assert {word.removesuffix("s") for word in marked} >= {"value", "unpack"}


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_results_are_accessible(visit: Open, scheme: Scheme) -> None:
    """The search page with results has no violation, and does not scroll sideways."""
    for folder, width in (("", PHONE), ("zh/", DESKTOP)):
        query = "search.html?q=ValueError: expected ndim=3, found ndim=2 keras_tensor_57"
        visited = visit(folder + query, color_scheme=scheme, **window(width)).page
        expect(visited.locator("#search-results li").first).to_be_visible()
        assert visited.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(visited) == []
