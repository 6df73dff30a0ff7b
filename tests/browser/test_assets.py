"""Every page is light, needs no other host, and has a policy of what may run on it."""

import gzip
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.chromium import LIGHT_AND_DARK, PHONE, Open, settle, window
from support.pages import ALL_PAGES, ONE_OF_EACH_KIND, parse
from support.site_server import LEVEL

from site_build.assets.css_identifiers import collect_identifiers
from site_build.assets.styles import prune_style
from site_build.publish.archive import TOOL

KIBIBYTE = 1024
LOADED_LINKS = ("stylesheet", "icon", "preload", "modulepreload")


@cache
def compressed_size(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), LEVEL))


@pytest.fixture(scope="module", params=ALL_PAGES)
def path(request: pytest.FixtureRequest, published: Path) -> Path:
    """Return the path of each page."""
    return published / str(request.param)


@cache
def files(published: Path, path: Path) -> list[Path]:
    """Return the files that a page loads from its own host, the page itself first."""
    soup = parse(path)
    names = [str(link["href"]) for rel in LOADED_LINKS for link in soup.select(f"link[rel~={rel}]")]
    for tag in soup.select("[src]"):
        # Some scripts are loaded when the reader scrolls to the part that needs them.
        names += [str(tag["src"]), *str(tag.get("data-scripts", "")).split()]
    assert not [name for name in names if any(urlsplit(name)[:2])]  # Scheme and host.
    named = [urlsplit(name).path for name in names]
    places = [published / name[1:] if name[0] == "/" else path.parent / name for name in named]
    return list(dict.fromkeys([path, *(place.resolve() for place in places)]))


def test_every_page_is_light(published: Path, path: Path) -> None:
    """A first visit loads at most 80 KiB, compressed, in at most 12 requests from its own host."""
    needed = files(published, path)
    sizes = {file.name: compressed_size(file) for file in needed}

    assert len(needed) <= 12, sizes
    assert sum(sizes.values()) <= 80 * KIBIBYTE, sizes


def test_styles_load_no_files(published: Path) -> None:
    """Fonts are the reader's own, and images are inside the style."""
    for style in published.rglob("*.css"):
        addresses = re.findall(r"url\(\s*['\"]?(.{5})", style.read_text(encoding="utf-8"))

        assert set(addresses) <= {"data:"}, style


def test_every_page_has_a_policy(path: Path) -> None:
    """A policy allows the page's own files and the inline scripts by their hash, no other code."""
    soup = parse(path)
    [tag] = soup.select('[http-equiv="Content-Security-Policy"]')
    policy = str(tag["content"])
    hashes = {
        f"'sha256-{b64encode(sha256(script.text.encode()).digest()).decode()}'"
        for script in soup.select('script:not([src], [type*="json"])')
    }

    assert tag is soup.select_one("head > :first-child")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"'sha256-[^']*'", policy)) == hashes
    for tag in soup.find_all(True):
        assert tag.name != "style"
        assert not [name for name in tag.attrs if re.match("on|style$", name)], tag


# How far visible elements moved, as Chromium measures it: https://web.dev/articles/cls
MOVED = """window.moved = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => { moved += entry.value; }))
  .observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.audit) if page.startswith("zh/") else page
        for page in ONE_OF_EACH_KIND
    ],
)
def test_nothing_moves_when_scripts_come_late(browser: Browser, hosted: str, page: str) -> None:
    """The visible text of a page on a phone does not move when the scripts arrive."""
    opened = browser.new_page(viewport={"width": 412, "height": 823})
    opened.add_init_script(MOVED)

    def late(route: Route) -> None:
        sleep(0.1)
        route.continue_()

    opened.route("**/*.js*", late)
    opened.goto(f"{hosted}/{page}")
    settle(opened)

    assert opened.evaluate("moved") <= 0.01
    opened.close()


def test_no_unused_file_is_published(published: Path) -> None:
    """Every file that a page loads exists, and only the search index is not loaded by a page.

    A worker loads the model checker when a reader asks for it.
    """
    named = {file for path in map(published.joinpath, ALL_PAGES) for file in files(published, path)}
    code = {*published.rglob("*.js"), *published.rglob("*.css"), *published.rglob("*.map")}

    assert [file for file in named if not file.is_file()] == []
    assert code - named - {*(published / TOOL).glob("*")} == {*published.rglob("searchindex.js")}


def test_a_style_keeps_the_rules_that_can_apply() -> None:
    """A rule stays if its names occur in pages or scripts, also in a condition or a list."""
    identifiers = collect_identifiers(
        ['<p class="seen" id="first">not-a-class</p>'], ["menu.classList.add('open')"]
    )
    style = """
        p.seen:not(.lost), p.lost { color: var(--ink) }
        :root { --ink: black; --unused: red }
        @media (width > 1px) { #first::before, .open { top: 0 } .lost { top: 1px } }
        @media print { .lost { top: 1px } }
        [data-theme="dark"] .seen { top: 2px }
        .not-a-class { top: 3px }
    """

    assert prune_style(style, identifiers) == (
        "p.seen:not(.lost){color:var(--ink)}"
        ":root{--ink:black}"
        "@media (width > 1px){#first::before,.open{top:0}}"
        '[data-theme="dark"] .seen{top:2px}'
    )


@pytest.mark.parametrize("page", ["docs/flags/both.html", "search.html", "zh/docs/explorer.html"])
def test_the_browser_loads_no_other_file(visit: Open, published: Path, page: str) -> None:
    """From the disk, without a network, a page loads only the files that it names, and no error."""
    visited = visit(page, offline=True)
    urls = [url.partition("?")[0] for url in visited.requested if not url.startswith("data:")]

    assert set(urls) <= {file.as_uri() for file in files(published, published / page)}
    assert visited.console == []


@pytest.fixture
def phone(visit: Open) -> Page:
    return visit("docs/flags/both.html", **window(PHONE)).page


@pytest.fixture
def desktop(visit: Open) -> Page:
    return visit("docs/flags/both.html").page


def test_the_color_menu(desktop: Page) -> None:
    """The menu of light and dark opens, chooses and closes, by the pointer and by keys."""
    button = desktop.get_by_role("button", name="Color mode")
    dark = desktop.get_by_role("button", name="Dark")
    expect(dark).to_be_hidden()
    button.click()
    dark.click()
    desktop.mouse.move(0, 0)

    expect(desktop.locator("html")).to_have_attribute("data-theme", "dark")
    expect(dark).to_be_hidden()
    button.press("ArrowDown")
    desktop.keyboard.press("ArrowDown")
    expect(desktop.get_by_role("button", name="Light")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("html")).to_have_attribute("data-theme", "light")
    expect(button).to_be_focused()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    desktop.keyboard.press("Escape")
    expect(dark).to_be_hidden()


@pytest.mark.parametrize("page", ["index.html", "docs/layers/bidirectional.html"])
def test_search(visit: Open, page: str) -> None:
    """Ctrl+K opens the search from any page; it finds, marks what it found, and unmarks it."""
    opened = visit(page).page
    opened.keyboard.press("Control+k")
    opened.keyboard.type("go_backwards")
    opened.keyboard.press("Enter")
    opened.locator("#search-results a", has_text="backwards").first.click()

    expect(opened.locator("span.highlighted").first).to_be_visible()
    opened.get_by_text("Hide Search Matches").click()
    expect(opened.locator("span.highlighted")).to_have_count(0)


def test_search_counts_in_every_language(visit: Open) -> None:
    """The number of results uses the plural rule of the page's language."""
    page = visit("zh/search.html").page
    forms = ["Search finished, found one page matching the search query.", "another form"]

    assert page.evaluate("Documentation.PLURAL_EXPR(2)") == 0
    assert re.search(
        "[一-鿿]", page.evaluate("forms => Documentation.ngettext(...forms, 2)", forms)
    )


def test_the_navigation_of_a_phone(phone: Page) -> None:
    """On a phone the list of pages opens by its button, leads on, and closes by Escape."""
    link = phone.get_by_role("link", name="Default output")
    expect(link).to_be_hidden()
    phone.get_by_role("button", name="Toggle primary sidebar").click()
    expect(link).to_be_visible()
    phone.keyboard.press("Escape")
    expect(link).to_be_hidden()
    phone.get_by_role("button", name="Toggle primary sidebar").click()
    link.click()
    expect(phone).to_have_url(re.compile(r"flags/neither\.html"))


def test_the_contents_of_a_page_on_a_phone(phone: Page) -> None:
    """On a phone the contents of the page open by their button and lead to a section."""
    phone.get_by_role("button", name="Toggle secondary sidebar").click()
    phone.locator("#pst-page-toc-nav").get_by_role(
        "link", name="When to use both arguments"
    ).click()

    expect(phone).to_have_url(re.compile(r"#when-to-use-both-arguments$"))


def test_the_navigation_of_a_wide_screen_can_be_folded(desktop: Page) -> None:
    """On a wide screen the button folds the list of pages, and unfolds it."""
    link = desktop.get_by_role("link", name="Default output")
    button = desktop.get_by_role("button", name="Toggle primary sidebar")
    button.click()
    expect(link).to_be_hidden()
    button.click()
    expect(link).to_be_visible()


def test_the_groups_of_the_navigation(visit: Open) -> None:
    """At most twelve entries of the list of pages are visible on the first page; groups unfold."""
    pages = visit("index.html", **window(1440)).page.get_by_role("navigation", name="Main")
    entries = pages.locator("a:visible, summary:visible")
    assert entries.count() <= 12

    link = pages.get_by_role("link", name="Masking", exact=True)
    expect(link).to_be_hidden()
    pages.get_by_text("Concepts").click()
    expect(link).to_be_visible()


def test_the_contents_follow_the_reader(desktop: Page) -> None:
    """The entry of the section that is read is marked in the contents of the page."""
    desktop.locator("#when-to-use-both-arguments").scroll_into_view_if_needed()
    desktop.evaluate("document.getElementById('when-to-use-both-arguments').scrollIntoView()")

    entry = desktop.locator("#pst-page-toc-nav").get_by_role(
        "link", name="When to use both arguments"
    )
    expect(entry).to_have_attribute("aria-current", "true")


def test_code_can_be_copied(desktop: Page) -> None:
    """A button on every code cell copies its code, and says so."""
    cell = desktop.locator(".cell_input .highlight").first
    cell.hover()
    button = cell.locator("button.copybtn")
    button.click()

    expect(button).to_have_attribute("data-tooltip", "Copied!")


def test_full_screen(desktop: Page) -> None:
    """A button lets the page fill the screen."""
    desktop.get_by_role("button", name="Fullscreen mode").click()

    expect(desktop.locator("html:fullscreen")).to_have_count(1)


def test_back_to_the_top(phone: Page) -> None:
    """On a phone a button leads back to the top, once the reader turns around."""
    top = phone.get_by_role("button", name="Back to top")
    phone.keyboard.press("End")
    expect(phone.locator("p.executed-on")).to_be_in_viewport()
    expect(top).to_be_hidden()
    phone.keyboard.press("PageUp")
    top.click()

    expect(phone.locator("article h1")).to_be_in_viewport()


DRAWN = """icon => {
    const { maskImage, backgroundColor } = getComputedStyle(icon, "::before");
    return [maskImage, backgroundColor, getComputedStyle(icon).color];
}"""


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_icons_are_visible(visit: Open, scheme: str) -> None:
    """Every icon of a control is drawn, in the color of the text next to it."""
    page = visit("docs/flags/both.html", color_scheme=scheme).page

    for icon in page.locator("i[class*=fa-], span[class*=fa-]").all():
        mask, color, text_color = icon.evaluate(DRAWN)
        assert mask.startswith('url("data:image/svg+xml')
        assert color == text_color


SPANS = """() => [...document.querySelectorAll(".highlight pre span[class]")].map((mark) => [
  mark.className,
  getComputedStyle(mark).color !== getComputedStyle(mark.closest("pre")).color,
])"""


def test_spans_in_code_are_visible(visit: Open) -> None:
    """Every span in code has a color of its own, because a phone lays out every span."""
    for scheme in LIGHT_AND_DARK:
        marks = visit("docs/errors/shapes.html", color_scheme=scheme).page.evaluate(SPANS)
        assert {"k", "o", "s2"} <= {mark for mark, seen in marks if seen}
        assert {mark for mark, seen in marks if not seen} == set()
