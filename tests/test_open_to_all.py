"""Every page can be used by everybody: seen in any width and mode, and worked with the keyboard."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import DESKTOP, LIGHT_AND_DARK, PHONE, Open, Visit, window
from playwright.sync_api import Browser, Page
from test_light import ALL_PAGES

Scheme = Literal["light", "dark"]
WIDTHS = (PHONE, 390, DESKTOP)


def barriers(page: Page) -> list[str]:
    """Ask axe, with all its rules for everybody and for good practice, what is in the way."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{rule['id']}: {part['html']}" for rule in found["violations"] for part in rule["nodes"]
    ]


# What is too wide for its place: whether it scrolls by the arrow keys.
SCROLLS = """() => [...document.querySelectorAll("main *")].filter((part) => {
    const { overflowX } = getComputedStyle(part);
    return ["auto", "scroll"].includes(overflowX) && part.scrollWidth > part.clientWidth + 1
        && part.clientHeight > 0;
}).map((part) => [part.outerHTML.slice(0, 120),
    part.tabIndex >= 0 || part.querySelector("a, button, input, [tabindex]") !== null])"""
WIDTH = "document.documentElement.scrollWidth"


def look_at(page: Page, width: int) -> None:
    """See that nothing on a page is in anyone's way."""
    assert barriers(page) == []
    assert [what for what, reached in page.evaluate(SCROLLS) if not reached] == []
    assert page.evaluate(WIDTH) <= width


@pytest.mark.parametrize(
    ("page", "scheme", "width"),
    [
        ("index.html", "light", PHONE),
        ("docs/flags/both.html", "dark", DESKTOP),
        ("docs/truth-table.html", "dark", 390),
        ("zh/docs/flags/neither.html", "light", PHONE),
    ],
)
def test_nothing_is_in_the_way(visit: Open, page: str, scheme: Scheme, width: int) -> None:
    """Axe finds nothing; what is too wide scrolls by the keyboard, and the page itself does not."""
    look_at(visit(page, color_scheme=scheme, **window(width)).page, width)


@pytest.mark.audit
@pytest.mark.parametrize("page", ALL_PAGES)
def test_nothing_is_in_the_way_anywhere(browser: Browser, hosted: str, page: str) -> None:
    """So it is on every page, light and dark, on phones and on a wide screen; none complains."""
    for scheme in LIGHT_AND_DARK:
        for width in WIDTHS:
            options = {"color_scheme": scheme, **window(width)}
            visited = Visit.to(browser, f"{hosted}/{page}", **options)
            assert visited.console == []  # Axe then asks for the style, and is refused.
            look_at(visited.page, width)
            visited.page.context.close()


OPENED = {
    "the search": (DESKTOP, "Search", "#pst-search-dialog"),
    "the menu of modes": (DESKTOP, "Color mode", ".theme-switch-container .dropdown-menu"),
    "the pages, on a phone": (PHONE, "Toggle primary sidebar", "#pst-primary-sidebar-modal"),
    "the contents, on a phone": (PHONE, "Toggle secondary sidebar", "#pst-secondary-sidebar-modal"),
}


@pytest.mark.audit
@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
@pytest.mark.parametrize("what", OPENED)
def test_nothing_is_in_the_way_of_what_opens(visit: Open, what: str, scheme: Scheme) -> None:
    """Nor is anything in the way in what a button opens."""
    width, button, opened = OPENED[what]
    page = visit("docs/flags/both.html", color_scheme=scheme, **window(width)).page
    page.get_by_role("button", name=button).first.click()
    page.locator(opened).wait_for()

    assert barriers(page) == []


# What the keyboard reaches, one after the other: whether it is there, and looks otherwise for it.
FOCUS = """async () => {
    const one = document.activeElement;
    if (one === document.body) return null;
    // What slides in is looked at when it is there.
    await Promise.all(document.getAnimations().map((animation) => animation.finished));
    const shown = (part, pseudo) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part, pseudo);
        return (parseFloat(outlineWidth) > 0 ? outlineStyle : "none") + boxShadow;
    };
    const look = () => [one, one.parentElement, ...one.children].map((part) =>
        [null, "::before", "::after"].map((pseudo) => shown(part, pseudo))).join();
    const box = one.getBoundingClientRect();
    const focused = look();
    HTMLElement.prototype.blur.call(one);
    const ringed = focused !== look();
    one.focus();
    return [one.outerHTML.slice(0, 120), ringed, box.width > 0 && box.height > 0
        && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth];
}"""


def tab_through(browser: Browser, address: str, width: int) -> None:
    """Go from control to control with the Tab key; see each of them."""
    opened = Visit.to(browser, address, reduced_motion="reduce", **window(width)).page
    stops = 0
    while stops < 2000:
        opened.keyboard.press("Tab")
        focus = opened.evaluate(FOCUS)
        if focus is None:
            break
        stops += 1
        what, ringed, there = focus
        assert ringed, what
        assert there, what

    assert 5 < stops < 2000
    opened.context.close()


@pytest.mark.parametrize(
    ("page", "width"),
    [("docs/flags/both.html", PHONE), ("docs/explorer.html", DESKTOP), ("search.html", DESKTOP)],
)
def test_focus_is_always_seen(browser: Browser, hosted: str, page: str, width: int) -> None:
    """The keyboard gets to every control and past it, and a reader sees where it is."""
    tab_through(browser, f"{hosted}/{page}", width)


@pytest.mark.audit
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("page", ALL_PAGES)
def test_focus_is_always_seen_everywhere(
    browser: Browser, hosted: str, page: str, width: int
) -> None:
    """So it is on every page."""
    tab_through(browser, f"{hosted}/{page}", width)


@pytest.mark.parametrize("page", ["docs/explorer.html", "search.html"])
def test_a_page_is_read_without_scripts(visit: Open, page: str) -> None:
    """Without scripts a page shows its text, and no control that would do nothing."""
    opened = visit(page, java_script_enabled=False).page

    assert opened.locator("article, .bd-search-container").first.is_visible()
    assert opened.locator(".pst-js-only:visible").count() == 0


SIZES = """() => ["h1", "h2", "h3", "h4"].map((name) => {
    const heading = document.createElement(name);
    document.querySelector(".bd-article section").append(heading);
    return parseFloat(getComputedStyle(heading).fontSize);
})"""


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_heading_is_larger_than_those_below_it(visit: Open, width: int) -> None:
    """On a phone as on a wide screen the size of a heading tells its rank."""
    sizes = visit("index.html", **window(width)).page.evaluate(SIZES)

    assert sizes == sorted(set(sizes), reverse=True)
