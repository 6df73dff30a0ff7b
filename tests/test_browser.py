"""Every page in a real browser: nothing on the console, light and dark, and the table's filter."""

import pytest
from browser import LIGHT_AND_DARK, PHONE, Open, window
from playwright.sync_api import Page
from test_pages import PAGES

OTHER_PAGES = ["search.html", "genindex.html"]
THEME = "[document.documentElement.dataset.mode, document.documentElement.dataset.theme]"


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES])
def test_no_page_complains(visit: Open, page: str) -> None:
    """A page opens without a message on the console, an error, or a file that is not there."""
    visited = visit(page)
    visited.page.wait_for_load_state("networkidle")

    assert visited.console == []
    icon = visited.page.locator("link[rel~=icon]").get_attribute("href")
    assert icon is not None
    assert icon.endswith(".svg")
    assert visited.page.locator(".logo__image").first.evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_the_mode_is_the_systems_until_it_is_chosen(visit: Open, scheme: str) -> None:
    """A first page is light or dark as the system is; what a reader chooses then is kept."""
    page = visit("index.html", color_scheme=scheme).page
    assert page.evaluate(THEME) == ["auto", scheme]

    page.evaluate("localStorage.setItem('mode', 'dark')")
    page.reload()
    assert page.evaluate(THEME) == ["dark", "dark"]
    page.evaluate("localStorage.setItem('mode', 'no such mode')")
    page.reload()
    assert page.evaluate(THEME) == ["auto", scheme]


def rows(page: Page) -> list[str]:
    """Give the rows of the truth table that are seen, by their layer."""
    shown = page.locator("table.rnn-table tbody tr:visible th")
    return shown.all_inner_texts()


@pytest.fixture
def table(visit: Open) -> Page:
    """Give the page of the truth table."""
    return visit("docs/truth-table.html").page


def test_the_filter_leaves_the_rows_with_all_words(table: Page) -> None:
    """The filter keeps the rows that hold all the words, in any case and order, and counts them."""
    everything = rows(table)
    field, count = table.get_by_role("searchbox", name="Show the rows"), table.locator("output")
    assert count.inner_text() == f"{len(everything)} / {len(everything)}"

    field.fill("STATE_C bidirectional")
    left = rows(table)
    assert left
    assert all(row.startswith("Bidirectional(LSTM") for row in left)
    assert count.inner_text() == f"{len(left)} / {len(everything)}"
    field.fill("bidirectional  state_c ")
    assert rows(table) == left
    field.fill("no such layer")
    assert rows(table) == []
    assert count.inner_text() == f"0 / {len(everything)}"
    field.fill("")
    assert rows(table) == everything


def test_the_filter_has_a_label_and_takes_the_keyboard(table: Page) -> None:
    """The filter is a labelled search field that the keyboard reaches, and says what is left."""
    table.get_by_label("Show the rows with these words").focus()
    table.keyboard.type("gru")

    assert all("GRU" in row for row in rows(table))
    assert table.locator("output").get_attribute("for") == "filter"
    # What the filter says is announced, for an output is a live region.
    assert table.get_by_role("status").count() == 1


def test_the_filter_on_a_phone(visit: Open) -> None:
    """On a phone the table is read from top to bottom, and the filter leaves no gaps."""
    page = visit("docs/truth-table.html", **window(PHONE)).page
    page.get_by_role("searchbox", name="Show the rows").fill("TimeDistributed(GRU")

    assert rows(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert all(
        box is not None and box["height"] == 0
        for box in (
            row.evaluate("row => row.getBoundingClientRect().toJSON()")
            for row in page.locator("table.rnn-table tbody tr[hidden]").all()
        )
    )


def test_without_javascript_the_filter_is_not_there(visit: Open) -> None:
    """Without JavaScript the whole table is shown, and no filter that does nothing."""
    page = visit("docs/truth-table.html", java_script_enabled=False).page

    assert len(rows(page)) > 100
    assert page.locator(".filter").is_hidden()
