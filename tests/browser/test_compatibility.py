"""The page on versions and backends: a reader selects one, and sees what is different there.

``COMPATIBILITY_PAGE`` can be the address of the page in a build of this page only, such as one that
``python -m site_build page docs/compatibility.md`` makes.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.chromium import PHONE, Visit

from keras_compat.data_files import read_measured
from keras_compat.environments import BACKENDS, ON_GPU, VERSIONS

PAGE = "docs/compatibility.html"
LABEL = "Version and backend"
DEFAULT = "tf.keras 2.15"
CONTAINER = "container returned by ConvLSTM2D, GRU, LSTM, SimpleRNN with return_state"
GATE = "default of recurrent_activation in GRU, LSTM"
CUSTOM_CELL = "outputs of a custom cell"
# A storage that throws, as in a browser that blocks it.
BLOCKED = (
    "Object.defineProperty(window, 'localStorage', {"
    " get() { throw new DOMException('It is blocked.', 'SecurityError'); } });"
)

Lookup = Callable[..., Page]


@pytest.fixture
def lookup(request: pytest.FixtureRequest) -> Lookup:
    """Return a function that opens the page, with what follows its address."""
    alone = os.environ.get("COMPATIBILITY_PAGE")
    if not alone:
        visit = request.getfixturevalue("visit")
        return lambda after="", **options: visit(PAGE + after, **options).page
    browser: Browser = request.getfixturevalue("browser")
    return lambda after="", **options: Visit(browser, alone + after, **options).page


def list_values(page: Page, behavior: str) -> list[str]:
    """Return the visible values of a behavior: that of the selection, and of the newest Keras."""
    pick = page.locator(".pick")
    row = pick.get_by_role("row").filter(has=page.get_by_role("rowheader", name=behavior))
    return row.locator(".value:visible").all_inner_texts()


def picked(page: Page) -> str:
    return str(page.get_by_label(LABEL).evaluate("pick => pick.selectedOptions[0].textContent"))


def test_a_reader_selects_a_version(lookup: Lookup) -> None:
    """The selection leaves only what is different there, with its name and the number of rows."""
    page = lookup()
    pick = page.get_by_label(LABEL)
    for keras, container, gate, custom in (
        ("Keras 2.2", ["list", "tuple"], ["hard_sigmoid", "sigmoid"], ["10 30 3 3", "10 30 30 30"]),
        ("tf.keras 2.15", ["list", "tuple"], [], []),
        ("Keras 3.15 on JAX", [], [], ["10 30 3 3", "10 30 30 30"]),
        ("Keras 3.15", [], [], []),
    ):
        pick.select_option(label=keras)
        assert list_values(page, CONTAINER) == container
        assert list_values(page, GATE) == gate
        assert list_values(page, CUSTOM_CELL) == custom
        assert set(page.locator(".pick .picked").all_inner_texts()) <= {keras, ""}
        rows = page.locator(".pick tr[data-at]:not([hidden])").count()
        assert page.locator(".pick output").inner_text() == str(rows)
    assert rows == 0
    assert page.locator(".pick .kind:visible, .pick details:visible").count() == 0


def test_each_version_can_be_selected(lookup: Lookup) -> None:
    """Each version and backend has an option with its name in the address."""
    values = lookup().locator(".pick option").evaluate_all("all => all.map(one => one.value)")
    measured = read_measured((*VERSIONS, *BACKENDS, *ON_GPU))

    assert sorted(values) == sorted(keras.environment.name for keras in measured)


def test_the_selection_is_in_the_address(lookup: Lookup) -> None:
    """A selection can be linked, next to a section, and is selected again from its link."""
    page = lookup("#q-mask-gpu")
    page.get_by_label(LABEL).select_option(label="Keras 3.15 on JAX")
    assert page.evaluate("location.search + location.hash") == "?keras=keras-3.15-jax#q-mask-gpu"

    assert picked(lookup("?keras=keras-3.15-jax")) == "Keras 3.15 on JAX"


def test_the_selection_is_remembered(lookup: Lookup) -> None:
    """The selection is selected in the next visit; a link comes first, and is not remembered."""
    page = lookup()
    address = page.url
    assert picked(page) == DEFAULT
    page.get_by_label(LABEL).select_option(label="Keras 3.0")

    page.goto(address)
    assert picked(page) == "Keras 3.0"
    page.goto(f"{address}?keras=keras-3.15-jax")
    assert picked(page) == "Keras 3.15 on JAX"
    page.goto(address)
    assert picked(page) == "Keras 3.0"


@pytest.mark.parametrize(
    "after", ["?keras=", "?keras=keras-99", "?keras=constructor", "?keras=%E0"]
)
def test_an_address_without_a_version(lookup: Lookup, after: str) -> None:
    """An unknown name selects the default."""
    assert picked(lookup(after)) == DEFAULT


def test_without_storage(lookup: Lookup) -> None:
    """In private mode, where the storage throws, the selection works and is in the address."""
    page = lookup()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or ""))
    page.add_init_script(BLOCKED)
    page.reload()
    page.get_by_label(LABEL).select_option(label="Keras 3.0")

    assert picked(page) == "Keras 3.0"
    expect(page.locator(".pick strong")).to_have_text("Keras 3.0")
    assert page.evaluate("location.search") == "?keras=keras-3.0"
    # Scripts of the theme fail; they do not catch it.
    assert [stack for stack in errors if "pick.js" in stack] == []


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_without_a_selection(lookup: Lookup, options: dict[str, Any]) -> None:
    """Without JavaScript, the default is compared with the newest Keras, and all is in a file."""
    page = lookup(**options)

    assert page.locator(".picker").is_visible() == (not options)
    assert page.locator(".pick strong").inner_text() == DEFAULT
    assert list_values(page, CONTAINER) == ["list", "tuple"]
    assert list_values(page, GATE) == []
    assert int(page.locator(".pick output").inner_text()) > 20
    assert page.locator("a[href='compatibility.csv'][download]").is_visible()


def test_the_wording_is_folded(lookup: Lookup) -> None:
    """Differences in wording are visible once a reader opens them."""
    page = lookup()
    title = "misspelled argument"
    assert list_values(page, title) == []

    page.locator(".pick summary").click()
    assert [value.partition(":")[0] for value in list_values(page, title)] == [
        "TypeError",
        "ValueError",
    ]


def test_on_a_phone(lookup: Lookup) -> None:
    """On a phone, a title is above its values, and both have the width of the page."""
    page = lookup(viewport={"width": PHONE, "height": 800})
    row = page.locator(".pick tr:visible").first
    title, values = row.locator("th").bounding_box(), row.locator("td").bounding_box()

    assert title
    assert values
    assert values["y"] >= title["y"] + title["height"] - 1
    assert min(title["width"], values["width"]) > PHONE * 3 / 4
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_amount_of_text(lookup: Lookup) -> None:
    """Without a selection, at most 3,000 words are visible."""
    words = lookup().locator("article").inner_text().split()

    assert 500 < len(words) <= 3000


def test_in_chinese(visit: Callable[..., Visit]) -> None:
    """On the Chinese page, versions and behaviors have Chinese names."""
    page = visit(f"zh/{PAGE}").page
    page.get_by_label("版本和后端").select_option(label="Keras 3.15（JAX）")

    assert list_values(page, "自定义 cell 的输出") == ["10 30 3 3", "10 30 30 30"]
    assert page.locator(".pick strong").inner_text() == "Keras 3.15（JAX）"
