"""Every page is accessible: in any width and color mode, and with the keyboard."""

from itertools import product

import pytest
from support.chromium import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from support.pages import ALL_PAGES, Scheme, barriers

# Each element that is too wide for its place, and whether it scrolls with the arrow keys.
SCROLLS = """() => [...document.querySelectorAll("main *")].filter((part) => {
    const { overflowX } = getComputedStyle(part);
    return ["auto", "scroll"].includes(overflowX) && part.scrollWidth > part.clientWidth + 1
        && part.clientHeight > 0;
}).map((part) => [part.outerHTML.slice(0, 120),
    part.tabIndex >= 0 || part.querySelector("a, button, input, [tabindex]") !== null])"""
SAMPLE = [
    ("index.html", "light", PHONE),
    ("docs/flags/both.html", "dark", DESKTOP),
    ("docs/truth-table.html", "dark", 390),
    ("zh/docs/flags/neither.html", "light", PHONE),
]
EVERY_PAGE = [
    pytest.param(*case, marks=pytest.mark.audit)
    for case in product(ALL_PAGES, LIGHT_AND_DARK, (PHONE, 390, DESKTOP))
]


@pytest.mark.parametrize(("page", "scheme", "width"), [*SAMPLE, *EVERY_PAGE])
def test_a_page_is_accessible(
    visit: Open, hosted: str, page: str, scheme: Scheme, width: int
) -> None:
    """Axe finds nothing; what is too wide scrolls by the keyboard, and the page itself does not."""
    visited = visit(f"{hosted}/{page}", color_scheme=scheme, **window(width))
    assert visited.console == []  # Axe then loads the style, which the policy blocks.

    assert barriers(visited.page) == []
    assert [what for what, reached in visited.page.evaluate(SCROLLS) if not reached] == []
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= width


OPENED = {
    "the search": (DESKTOP, "Search", "#pst-search-dialog"),
    "the menu of modes": (DESKTOP, "Color mode", ".theme-switch-container .dropdown-menu"),
    "the pages, on a phone": (PHONE, "Toggle primary sidebar", "#pst-primary-sidebar-modal"),
    "the contents, on a phone": (PHONE, "Toggle secondary sidebar", "#pst-secondary-sidebar-modal"),
}


@pytest.mark.audit
@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
@pytest.mark.parametrize("what", OPENED)
def test_opened_menus_are_accessible(visit: Open, what: str, scheme: Scheme) -> None:
    """What a button opens has no violation either."""
    width, button, opened = OPENED[what]
    page = visit("docs/flags/both.html", color_scheme=scheme, **window(width)).page
    page.get_by_role("button", name=button).first.click()
    page.locator(opened).wait_for()

    assert barriers(page) == []


# The focused element: whether it is visible, and looks different with the focus.
FOCUS = """async () => {
    const element = document.activeElement;
    if (element === document.body) return null;
    // What slides in is looked at when it is there.
    await Promise.all(document.getAnimations().map((animation) => animation.finished));
    const shown = (part, pseudo) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part, pseudo);
        return (parseFloat(outlineWidth) > 0 ? outlineStyle : "none") + boxShadow;
    };
    const look = () => [element, element.parentElement, ...element.children].map((part) =>
        [null, "::before", "::after"].map((pseudo) => shown(part, pseudo))).join();
    const box = element.getBoundingClientRect();
    const focused = look();
    HTMLElement.prototype.blur.call(element);
    const ringed = focused !== look();
    element.focus();
    return [element.outerHTML.slice(0, 120), ringed, box.width > 0 && box.height > 0
        && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth];
}"""


@pytest.mark.parametrize(
    ("page", "width"),
    [
        ("docs/flags/both.html", PHONE),
        ("docs/explorer.html", DESKTOP),
        ("search.html", DESKTOP),
        *(
            pytest.param(*case, marks=pytest.mark.audit)
            for case in product(ALL_PAGES, (PHONE, DESKTOP))
        ),
    ],
)
def test_focus_is_visible(visit: Open, hosted: str, page: str, width: int) -> None:
    """The Tab key reaches and leaves every control, and the focus is visible."""
    opened = visit(f"{hosted}/{page}", reduced_motion="reduce", **window(width)).page
    for stops in range(2000):
        opened.keyboard.press("Tab")
        focus = opened.evaluate(FOCUS)
        if focus is None:
            assert stops > 5
            return
        what, ringed, there = focus
        assert ringed, what
        assert there, what
    pytest.fail("The Tab key never leaves the page.")


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
    """On a phone and on a wide screen the size of a heading shows its level."""
    sizes = visit("index.html", **window(width)).page.evaluate(SIZES)

    assert sizes == sorted(set(sizes), reverse=True)
