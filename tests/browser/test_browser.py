"""Every page in a real browser: an empty console, light and dark, and the filters of tables."""

import pytest
from playwright.sync_api import Page, expect
from support.chromium import LIGHT_AND_DARK, PHONE, Open, settle, window
from support.pages import PAGES

HEIGHTS = "rows => rows.map((row) => row.getBoundingClientRect().height)"
THEME = "[document.documentElement.dataset.mode, document.documentElement.dataset.theme]"


# A page in another language differs only in its text.
@pytest.mark.parametrize("page", [*PAGES, "search.html", "genindex.html"])
def test_the_console_is_empty(visit: Open, page: str) -> None:
    """A page opens without a message on the console, an error, or a missing file."""
    visited = visit(page)
    settle(visited.page)

    assert visited.console == []
    assert visited.page.locator("link[rel~=icon][href$='.svg']").count() == 1
    assert visited.page.locator(".logo__image").first.evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_the_color_mode(visit: Open, scheme: str) -> None:
    """A page is light or dark as the system is, until the reader chooses one."""
    page = visit("index.html", color_scheme=scheme).page
    assert page.evaluate(THEME) == ["auto", scheme]

    page.evaluate("localStorage.setItem('mode', 'dark')")
    page.reload()
    assert page.evaluate(THEME) == ["dark", "dark"]
    page.evaluate("localStorage.setItem('mode', 'no such mode')")
    page.reload()
    assert page.evaluate(THEME) == ["auto", scheme]


def rows(page: Page) -> list[str]:
    """Return the layers of the visible rows of the return value table."""
    return page.locator("table.rnn-table tbody tr:visible th").all_inner_texts()


@pytest.fixture
def table(visit: Open) -> Page:
    return visit("docs/truth-table.html").page


def counted(page: Page) -> list[int]:
    """Return how many rows the filter reports as visible, and of how many."""
    return [int(number) for number in page.locator(".filter output").inner_text().split(" / ")]


def test_the_table_shows_its_first_rows(table: Page) -> None:
    """At first at most 30 rows are visible; the button shows all of them."""
    first = rows(table)
    shown, everything = counted(table)
    assert shown == len(first) <= 30 < everything
    button = table.get_by_role("button", name=f"Show all {everything} rows")

    button.focus()
    table.keyboard.press("Enter")
    assert len(rows(table)) == everything
    assert rows(table)[:shown] == first
    assert counted(table) == [everything, everything]
    expect(button).to_be_hidden()
    assert table.evaluate("document.activeElement.type") == "search"


def test_the_filter_shows_the_rows_with_all_words(table: Page) -> None:
    """The filter shows and counts the rows with all the words, in any case and order."""
    first, (_, everything) = rows(table), counted(table)
    field = table.get_by_role("searchbox", name="Filter by text")

    field.fill("STATE_C bidirectional")
    left = rows(table)
    assert left
    assert all(row.startswith("Bidirectional(LSTM") for row in left)
    assert counted(table) == [len(left), everything]
    field.fill("bidirectional  state_c ")
    assert rows(table) == left
    field.fill("no such layer")
    assert rows(table) == []
    assert counted(table) == [0, everything]
    field.fill("")
    assert rows(table) == first


def test_the_menus_select_rows(table: Page) -> None:
    """A row stays if it has the layer and the arguments that are selected, and the words."""
    layer, sequences, state = (
        table.get_by_role("combobox", name=name, exact=True)
        for name in ("layer", "return_sequences", "return_state")
    )
    first, (_, everything) = rows(table), counted(table)

    state.select_option(label="yes")
    assert counted(table) == [everything // 2, everything]  # More than at first.
    layer.select_option(label="LSTM")
    assert rows(table) == ["LSTM(4)"] * 2
    sequences.select_option(label="no")
    [row] = table.locator("table.rnn-table tbody tr:visible").all()
    assert row.locator("td").nth(3).inner_text() == "state_h == output"
    table.get_by_role("searchbox").fill("GRU")
    assert rows(table) == []
    layer.select_option(label="Bidirectional")
    assert rows(table)
    assert all(row.startswith("Bidirectional(GRU(4)") for row in rows(table))
    for menu in (layer, sequences, state):
        menu.select_option(label="any")
    table.get_by_role("searchbox").fill("")
    assert rows(table) == first


def test_the_menus_are_translated(visit: Open) -> None:
    """The menus of the Chinese page select rows as well."""
    page = visit("zh/docs/truth-table.html").page

    page.get_by_role("combobox", name="return_sequences").select_option(label="是")
    page.get_by_role("combobox", name="return_state").select_option(label="否")
    found, everything = counted(page)
    assert found == everything // 4


def test_the_filter_is_accessible(table: Page) -> None:
    """The filter is a labeled search field for the keyboard, and announces the count."""
    table.get_by_label("Filter by text").focus()
    table.keyboard.type("gru")

    assert all("GRU" in row for row in rows(table))
    assert table.locator("output").get_attribute("for") == "filter-of-rows"
    # The count is announced, because an output is a live region.
    assert table.get_by_role("status").count() == 1


def test_the_filter_on_a_phone(visit: Open) -> None:
    """On a phone the page does not scroll sideways, and hidden rows leave no gaps."""
    page = visit("docs/truth-table.html", **window(PHONE)).page
    page.get_by_role("searchbox", name="Filter by text").fill("TimeDistributed(GRU")

    assert rows(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    hidden = page.locator("table.rnn-table tbody tr[hidden]")
    assert set(hidden.evaluate_all(HEIGHTS)) == {0}


def test_without_javascript_there_is_no_filter(visit: Open) -> None:
    """Without JavaScript the whole table is visible, and what filters it is not."""
    page = visit("docs/truth-table.html", java_script_enabled=False).page

    assert len(rows(page)) > 100
    for control in (".filter", ".menus", ".all-rows"):
        assert page.locator(control).is_hidden()


def test_an_address_unfolds_what_contains_it(visit: Open) -> None:
    """On the API page classes are folded; a link to one unfolds it, also a second time."""
    page = visit("docs/api.html").page
    folded = page.locator("article details").filter(has=page.locator('[id="rnn_returns.Expected"]'))
    signature = page.locator('[id="rnn_returns.Expected"]')
    assert page.locator("article details[open]").count() == 0
    expect(signature).to_be_hidden()

    page.evaluate("location.hash = 'rnn_returns.Expected'")
    expect(signature).to_be_in_viewport()
    assert page.locator("article details[open]").count() == 1
    folded.evaluate("details => { details.open = false; }")
    # Without the browser's own unfolding, which not all have.
    page.evaluate("window.dispatchEvent(new Event('hashchange'))")
    expect(signature).to_be_in_viewport()


def test_the_summary_of_a_folded_class_is_reached_by_keyboard(visit: Open) -> None:
    """Enter unfolds a class and folds it again; the focus is visible."""
    page = visit("docs/api.html").page
    summary = page.locator("article summary").first
    page.get_by_role("heading", level=2).last.locator("a").focus()
    page.keyboard.press("Shift+Tab")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("article details[open]").count() == 1
    assert summary.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator("article details[open]").count() == 0


@pytest.mark.parametrize("page", ["version-history", "compatibility", "pytorch"])
@pytest.mark.parametrize("language", ["", "zh/"])
def test_the_tables_on_a_phone(visit: Open, language: str, page: str) -> None:
    """On a phone no page of compatibility tables scrolls sideways."""
    visited = visit(f"{language}docs/{page}.html", **window(PHONE)).page

    assert visited.evaluate("document.documentElement.scrollWidth") <= PHONE
