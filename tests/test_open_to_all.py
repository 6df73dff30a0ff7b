"""Every page can be used by everybody: seen in any width and mode, and worked with the keyboard."""

from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from playwright.sync_api import Browser
from test_light import ALL_PAGES, ONE_OF_EACH_KIND

Scheme = Literal["light", "dark"]
WIDTHS = (PHONE, 390, DESKTOP)


def barriers(browser: Browser, page: Path, scheme: Scheme, width: int) -> list[str]:
    """Ask axe, with all its rules for everybody and for good practice, what is in the way."""
    context = browser.new_context(color_scheme=scheme, **window(width))
    opened = context.new_page()
    opened.goto(page.as_uri())
    found: dict[str, Any] = Axe().run(opened).response
    context.close()
    return [
        f"{rule['id']}: {part['html']}" for rule in found["violations"] for part in rule["nodes"]
    ]


@pytest.mark.parametrize("page", ONE_OF_EACH_KIND)
def test_nothing_is_in_the_way(browser: Browser, published: Path, page: str) -> None:
    """On a page of each kind axe finds nothing, light on a phone and dark on a wide screen."""
    assert barriers(browser, published / page, "light", PHONE) == []
    assert barriers(browser, published / page, "dark", DESKTOP) == []


@pytest.mark.audit
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
@pytest.mark.parametrize("page", ALL_PAGES)
def test_nothing_is_in_the_way_anywhere(
    browser: Browser, published: Path, page: str, scheme: Scheme, width: int
) -> None:
    """On no page axe finds anything, light and dark, on phones and on a wide screen."""
    assert barriers(browser, published / page, scheme, width) == []


# What the keyboard reaches, one after the other, and whether that is seen.
FOCUS = """() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const shown = (part, pseudo) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part, pseudo);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    };
    const seen = [one, one.parentElement, ...one.children].some((part) => shown(part));
    const box = one.getBoundingClientRect();
    return [one.outerHTML.slice(0, 120), seen || shown(one, "::before") || shown(one, "::after"),
            box.width > 0 && box.height > 0];
}"""


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("page", ["docs/flags/both.html", "docs/truth-table.html", "search.html"])
def test_focus_is_always_seen(visit: Open, page: str, width: int) -> None:
    """The keyboard gets to every control, and a reader sees where it is, in each of them."""
    opened = visit(page, **window(width)).page
    stops = 0
    while stops < 400:
        opened.keyboard.press("Tab")
        focus = opened.evaluate(FOCUS)
        if focus is None:
            break
        stops += 1
        what, ringed, there = focus
        assert ringed, what
        assert there, what

    assert stops > 5


SCROLLS = """() => [...document.querySelectorAll("main *")].filter((part) => {
    const { overflowX } = getComputedStyle(part);
    return ["auto", "scroll"].includes(overflowX) && part.scrollWidth > part.clientWidth + 1
        && part.clientHeight > 0;
}).map((part) => [part.outerHTML.slice(0, 120),
    part.tabIndex >= 0 || part.querySelector("a, button, input, [tabindex]") !== null])"""


@pytest.mark.parametrize("page", ONE_OF_EACH_KIND)
def test_what_scrolls_is_reached_by_the_keyboard(visit: Open, page: str) -> None:
    """On a phone, code, outputs, tables and formulas that are too wide scroll by the arrow keys."""
    opened = visit(page, **window(PHONE)).page

    assert [what for what, reached in opened.evaluate(SCROLLS) if not reached] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("page", ONE_OF_EACH_KIND)
def test_a_page_is_read_without_scripts(visit: Open, page: str) -> None:
    """Without scripts a page shows its text, and no control that would do nothing."""
    opened = visit(page, java_script_enabled=False).page

    assert opened.locator("article, .bd-search-container").first.is_visible()
    assert opened.locator(".pst-js-only:visible").count() == 0
