"""Every page is light, needs no other host, and says itself what may run on it."""

import gzip
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import pytest
from browser import LIGHT_AND_DARK, PHONE, Open, settle, window
from playwright.sync_api import Browser, Page, Route, expect
from test_pages import PAGES

from site_build.languages import LANGUAGES
from site_build.light.styles import used
from site_build.light.words import words_of
from site_build.serve import LEVEL

ALL_PAGES = [
    language.folder + page
    for language in LANGUAGES.values()
    for page in (*PAGES, "search.html", "genindex.html", "404.html")
]
KINDS = [
    "index.html",
    "docs/explorer.html",
    "docs/cheat-sheet.html",
    "docs/flags/both.html",
    "docs/behaviour/inside-the-cell.html",
    "docs/truth-table.html",
    "docs/errors.html",
    "docs/atlas.html",
    "docs/api.html",
    "examples/attention.html",
    "search.html",
    "genindex.html",
]
ONE_OF_EACH_KIND = [language.folder + page for language in LANGUAGES.values() for page in KINDS]
KIBIBYTE = 1024
# What the theme says of its doings, on any page.
CHATTER = "[PST]"


class Asked(HTMLParser):
    """What a browser asks for when it opens a page, and what the policy would have to allow."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.files: list[str] = []
        self.inline_scripts: list[str] = []
        self.refused: list[str] = []
        self.policies: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this tag asks for."""
        given = {name: value or "" for name, value in attrs}
        rel = given.get("rel", "").split()
        if tag == "link" and {"stylesheet", "icon", "preload", "modulepreload"} & set(rel):
            self.files.append(given["href"])
        elif "src" in given:
            # Some scripts are asked for when the reader comes near to what they are for.
            self.files += [given["src"], *given.get("data-scripts", "").split()]
        elif tag == "script" and "json" not in given.get("type", ""):
            self._in_script = True
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(given["content"])
        handlers = [name for name in given if name.startswith("on")]
        self.refused += [f"<{tag}> with {name}" for name in (*handlers, "style") if name in given]
        self.refused += ["<style>"] if tag == "style" else []

    def handle_data(self, data: str) -> None:
        """Note the script that stands in the page itself."""
        if self._in_script:
            self.inline_scripts.append(data)
            self._in_script = False


@cache
def weight(file: Path) -> int:
    """Give the size of a file as it is sent."""
    return len(gzip.compress(file.read_bytes(), LEVEL))


@pytest.fixture(params=ALL_PAGES)
def asked(request: pytest.FixtureRequest, published: Path) -> tuple[Path, Asked]:
    """Give each page's path, and what it asks for."""
    path = published / request.param
    return path, Asked(path.read_text(encoding="utf-8"))


def files(published: Path, path: Path, asked: Asked) -> list[Path]:
    """Give the files that a page asks for, the page itself first."""
    named = [urlsplit(name).path for name in asked.files]
    places = [published / name[1:] if name[0] == "/" else path.parent / name for name in named]
    return list(dict.fromkeys([path, *(place.resolve() for place in places)]))


def test_every_page_is_light(published: Path, asked: tuple[Path, Asked]) -> None:
    """A first visit costs at most 80 KiB, compressed, in at most 12 requests."""
    needed = files(published, *asked)
    weights = {file.name: weight(file) for file in needed}

    assert len(needed) <= 12, weights
    assert sum(weights.values()) <= 80 * KIBIBYTE, weights


def test_every_page_has_its_files_with_it(published: Path, asked: tuple[Path, Asked]) -> None:
    """Nothing comes from another host, and nothing that a page asks for is missing."""
    path, wanted = asked

    assert not [name for name in wanted.files if urlsplit(name).netloc or urlsplit(name).scheme]
    assert not [file for file in files(published, path, wanted) if not file.is_file()]


def test_styles_ask_for_no_files(published: Path) -> None:
    """Fonts are the reader's own, and pictures lie inside of the style."""
    for style in published.rglob("*.css"):
        addresses = re.findall(r"url\(\s*['\"]?(.{5})", style.read_text(encoding="utf-8"))

        assert set(addresses) <= {"data:"}, style


def test_every_page_says_what_may_run(asked: tuple[Path, Asked]) -> None:
    """A policy allows the page's own files and the inline scripts by their hash, no other code."""
    path, page = asked
    [policy] = page.policies
    text = path.read_text(encoding="utf-8")
    hashes = {
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        for script in page.inline_scripts
    }

    assert re.search(r"<head>\s*<meta http-equiv=\"Content-Security-Policy\"", text)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"'sha256-[^']*'", policy)) == hashes
    assert page.refused == []


# How far what was seen moved, as Chromium adds it up: https://web.dev/articles/cls
MOVED = """window.moved = 0;
new PerformanceObserver((seen) => seen.getEntries().forEach((one) => { moved += one.value; }))
  .observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.audit) if page.startswith("zh/") else page
        for page in ONE_OF_EACH_KIND
    ],
)
def test_nothing_moves_when_scripts_come_late(browser: Browser, hosted: str, page: str) -> None:
    """What a reader on a phone already reads stays where it is when the scripts arrive."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    opened = context.new_page()
    opened.add_init_script(MOVED)

    def late(route: Route) -> None:
        sleep(0.1)
        route.continue_()

    opened.route("**/*.js*", late)
    opened.goto(f"{hosted}/{page}")
    settle(opened)

    assert opened.evaluate("moved") <= 0.01
    context.close()


def test_nothing_is_published_that_no_page_asks_for(published: Path) -> None:
    """No source map, and no script or style but those that a page names, and the search's index."""
    named = {
        file
        for path in map(published.joinpath, ALL_PAGES)
        for file in files(published, path, Asked(path.read_text(encoding="utf-8")))
    }
    code = {*published.rglob("*.js"), *published.rglob("*.css"), *published.rglob("*.map")}

    assert code - named == set(published.rglob("searchindex.js"))


def test_a_style_keeps_what_pages_and_scripts_can_show() -> None:
    """Of a style a rule stays if its names occur, in a condition and in lists of them too."""
    words = words_of(['<p class="seen" id="one">not-a-class</p>'], ["menu.classList.add('open')"])
    style = """
        p.seen:not(.lost), p.lost { color: var(--ink) }
        :root { --ink: black; --unused: red }
        @media (width > 1px) { #one::before, .open { top: 0 } .lost { top: 1px } }
        @media print { .lost { top: 1px } }
        [data-theme="dark"] .seen { top: 2px }
        .not-a-class { top: 3px }
    """

    assert used(style, words) == (
        "p.seen:not(.lost){color:var(--ink)}"
        ":root{--ink:black}"
        "@media (width > 1px){#one::before,.open{top:0}}"
        '[data-theme="dark"] .seen{top:2px}'
    )


@pytest.mark.parametrize("page", ["docs/flags/both.html", "search.html", "zh/docs/explorer.html"])
def test_the_browser_asks_for_no_more(browser: Browser, published: Path, page: str) -> None:
    """From the disk, without a network, a page asks for what it names, and nothing is refused."""
    path = published / page
    named = files(published, path, Asked(path.read_text(encoding="utf-8")))
    context = browser.new_context(offline=True)
    opened = context.new_page()
    addresses, said = set(), []
    opened.on("request", lambda request: addresses.add(request.url.partition("?")[0]))
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(path.as_uri())
    context.close()

    assert {address for address in addresses if not address.startswith("data:")} <= {
        file.as_uri() for file in named
    }
    assert [text for text in said if not text.startswith(CHATTER)] == []


@pytest.fixture
def phone(visit: Open) -> Page:
    """Give a page on a phone."""
    return visit("docs/flags/both.html", **window(PHONE)).page


@pytest.fixture
def desktop(visit: Open) -> Page:
    """Give a page on a wide screen."""
    return visit("docs/flags/both.html").page


def test_the_colour_menu(desktop: Page) -> None:
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
    visited = visit(page)
    opened = visited.page
    opened.keyboard.press("Control+k")
    opened.keyboard.type("go_backwards")
    opened.keyboard.press("Enter")
    result = opened.locator("#search-results a", has_text="backwards").first
    result.click()

    expect(opened.locator("span.highlighted").first).to_be_visible()
    opened.get_by_text("Hide Search Matches").click()
    expect(opened.locator("span.highlighted")).to_have_count(0)


def test_search_counts_in_every_language(visit: Open) -> None:
    """What was found is counted in the words of the page's language, one form or more."""
    page = visit("zh/search.html").page
    forms = ["Search finished, found one page matching the search query.", "another form"]

    assert page.evaluate("Documentation.PLURAL_EXPR(2)") == 0
    assert re.search(
        "[一-鿿]", page.evaluate("forms => Documentation.ngettext(...forms, 2)", forms)
    )


def test_the_navigation_of_a_phone(phone: Page) -> None:
    """On a phone the list of pages opens by its button, leads on, and closes by Escape."""
    link = phone.get_by_role("link", name="Truth table")
    expect(link).to_be_hidden()
    phone.get_by_role("button", name="Toggle primary sidebar").click()
    expect(link).to_be_visible()
    phone.keyboard.press("Escape")
    expect(link).to_be_hidden()
    phone.get_by_role("button", name="Toggle primary sidebar").click()
    link.click()
    expect(phone).to_have_url(re.compile(r"truth-table\.html"))


def test_the_contents_of_a_page_on_a_phone(phone: Page) -> None:
    """On a phone the contents of the page open by their button and lead to a section."""
    phone.get_by_role("button", name="Toggle secondary sidebar").click()
    phone.locator("#pst-page-toc-nav").get_by_role("link", name="What is equal").click()

    expect(phone).to_have_url(re.compile(r"#what-is-equal$"))


def test_the_navigation_of_a_wide_screen_can_be_folded(desktop: Page) -> None:
    """On a wide screen the button folds the list of pages, and unfolds it."""
    link = desktop.get_by_role("link", name="Truth table")
    button = desktop.get_by_role("button", name="Toggle primary sidebar")
    button.click()
    expect(link).to_be_hidden()
    button.click()
    expect(link).to_be_visible()


def test_the_contents_follow_the_reader(desktop: Page) -> None:
    """The entry of the section that is read is marked in the contents of the page."""
    desktop.locator("#what-is-equal").scroll_into_view_if_needed()
    desktop.evaluate("document.getElementById('what-is-equal').scrollIntoView()")

    entry = desktop.locator("#pst-page-toc-nav").get_by_role("link", name="What is equal")
    expect(entry).to_have_attribute("aria-current", "true")


def test_code_can_be_copied(visit: Open) -> None:
    """A button on every code cell copies its code, and says so."""
    page = visit("docs/flags/both.html").page
    cell = page.locator(".cell_input .highlight").first
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
def test_icons_are_seen(visit: Open, scheme: str) -> None:
    """Every icon of a control is drawn, in the colour of the text beside it."""
    page = visit("docs/flags/both.html", color_scheme=scheme).page

    for icon in page.locator("i[class*=fa-], span[class*=fa-]").all():
        mask, colour, beside = icon.evaluate(DRAWN)
        assert mask.startswith('url("data:image/svg+xml')
        assert colour == beside


SEEN = """() => [...document.querySelectorAll(".highlight pre span[class]")].map((mark) => [
  mark.className,
  getComputedStyle(mark).color !== getComputedStyle(mark.closest("pre")).color,
])"""


def test_marks_in_code_are_seen(visit: Open) -> None:
    """Whatever is marked in code has a colour of its own: a phone lays out every mark."""
    for scheme in LIGHT_AND_DARK:
        marks = visit("docs/errors.html", color_scheme=scheme).page.evaluate(SEEN)
        assert {"k", "o", "s2"} <= {mark for mark, seen in marks if seen}
        assert {mark for mark, seen in marks if not seen} == set()
