"""Every page in a real browser: nothing on the console, light and dark, and the table's filter."""

import re
from importlib.metadata import version

import pytest
from browser import LIGHT_AND_DARK, PHONE, Open, settle, window
from playwright.sync_api import Page
from test_pages import PAGES

OTHER_PAGES = ["search.html", "genindex.html"]
THEME = "[document.documentElement.dataset.mode, document.documentElement.dataset.theme]"


@pytest.mark.parametrize(
    "page",
    [
        # A page in another language is the same but for its words.
        pytest.param(page, marks=pytest.mark.audit) if page.startswith("zh/") else page
        for page in [*PAGES, *OTHER_PAGES]
    ],
)
def test_no_page_complains(visit: Open, page: str) -> None:
    """A page opens without a message on the console, an error, or a file that is not there."""
    visited = visit(page)
    settle(visited.page)

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
    assert table.locator("output").get_attribute("for") == "filter-of-rows"
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


def seen(page: Page, behaviour: str) -> list[str]:
    """Give what is shown of a behaviour of the atlas."""
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=behaviour))
    return row.locator(".value:visible").all_inner_texts()


CONTAINER = "container that LSTM returns with return_state"
GATE = "default of recurrent_activation in LSTM"


@pytest.fixture
def lookup(visit: Open) -> Page:
    """Give the page where a reader looks up the Keras that they have."""
    return visit("docs/backends.html").page


def test_a_reader_picks_the_keras_that_they_have(lookup: Page) -> None:
    """One choice of version and backend leaves one value of each behaviour, the one found there."""
    pick = lookup.get_by_label("The Keras that you have")
    for keras, container, gate in (
        ("Keras 2.2", "list", "hard_sigmoid"),
        ("tf.keras 2.15", "list", "sigmoid"),
        ("Keras 3.15 on JAX", "tuple", "sigmoid"),
    ):
        pick.select_option(label=keras)
        assert seen(lookup, CONTAINER) == [container]
        assert seen(lookup, GATE) == [gate]

    table = lookup.locator("table.findings").first
    rows = table.locator("tbody tr").count()
    assert table.locator(".value:visible").count() == rows > 100


def test_the_installed_keras_is_picked_at_first(lookup: Page) -> None:
    """Before a reader picks, the page tells of the Keras that the site runs on."""
    pick = lookup.get_by_label("The Keras that you have")
    keras = re.sub(r"\.\d+$", "", version("keras"))

    assert pick.evaluate("pick => pick.selectedOptions[0].textContent") == f"Keras {keras}"
    assert seen(lookup, CONTAINER) == ["tuple"]


def test_the_filter_reads_what_is_picked(lookup: Page) -> None:
    """The words are looked for in what is shown, and not in what was found elsewhere."""
    field = lookup.get_by_role("searchbox", name="Show the behaviours")
    field.fill("default hard_sigmoid")
    assert lookup.locator("output").inner_text().startswith("0 / ")

    lookup.get_by_label("The Keras that you have").select_option(label="Keras 2.2")
    assert not lookup.locator("output").inner_text().startswith("0 / ")
    assert seen(lookup, GATE) == ["hard_sigmoid"]


def test_the_atlas_is_looked_up_in_chinese(visit: Open) -> None:
    """A reader of Chinese picks their Keras, and finds behaviours by Chinese words."""
    page = visit("zh/docs/backends.html").page
    page.get_by_label("你手上的 Keras").select_option(label="Keras 3.15（JAX）")
    assert seen(page, "LSTM 设 return_state 时返回的容器") == ["tuple"]

    page.get_by_role("searchbox", name="只显示含有这些词的行为").fill("掩码 下一层")
    left = page.locator("table.findings").first.locator("tbody tr:visible th").all_inner_texts()
    assert left
    assert all("掩码" in title and "下一层" in title for title in left)


def test_each_filter_has_its_own_table(visit: Open) -> None:
    """On a page with two filters each narrows the table below it, and no other."""
    page = visit("docs/atlas.html").page
    changes, behaviours = page.locator("output").all()
    before = behaviours.inner_text()

    page.get_by_label("Show the changes with these words").fill("no such words")
    assert changes.inner_text().startswith("0 / ")
    assert behaviours.inner_text() == before
    page.get_by_label("Show the behaviours with these words").fill("no such words")
    assert behaviours.inner_text().startswith("0 / ")


@pytest.mark.parametrize("page", ["atlas", "backends", "coming", "pytorch"])
@pytest.mark.parametrize("language", ["", "zh/"])
def test_the_atlas_on_a_phone(visit: Open, language: str, page: str) -> None:
    """On a phone no page of the atlas has to be pushed sideways."""
    visited = visit(f"{language}docs/{page}.html", **window(PHONE)).page

    assert visited.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_without_javascript_everything_can_be_looked_up(visit: Open) -> None:
    """Without JavaScript each value stands in the table, beside the versions that it is of."""
    page = visit("docs/backends.html", java_script_enabled=False).page

    assert page.locator(".pick").is_hidden()
    assert {"list", "tuple"} <= set(seen(page, CONTAINER))
    assert {"hard_sigmoid", "sigmoid"} <= set(seen(page, GATE))
