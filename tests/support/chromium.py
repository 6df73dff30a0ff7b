"""A real browser for the tests: Debian's Chromium or any like it, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright
from playwright.sync_api import TimeoutError as NothingMore

NAMES = (
    "chromium-headless-shell",  # It needs a third of the processor time of the others.
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    # A key that is pressed while the page still glides to where another sent it has no effect.
    "--disable-smooth-scrolling",
]
# The theme keeps a log of what it does, such as which mode it sets; that is no complaint.
LOG = "[PST]: "
LIGHT_AND_DARK = ("light", "dark")
PHONE, DESKTOP = 320, 1440


def start(playwright: Playwright) -> Browser:
    """Start a browser; without one skip the test, or fail it where REQUIRE_BROWSER is set."""
    names = (*NAMES, playwright.chromium.executable_path)
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        how = "No Chromium was found; `apt install chromium` or `playwright install chromium`."
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(how)
        pytest.skip(how)
    return playwright.chromium.launch(executable_path=found, args=ARGUMENTS)


class Visit:
    """One page in a window of its own, with the messages of its console and its requests.

    It opens *address* with the options of a Playwright context.
    """

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        options = {"viewport": {"width": DESKTOP, "height": 900}} | options
        self.page = browser.new_context(**options).new_page()
        self.console: list[str] = []
        self.requested: set[str] = set()
        self.page.on("console", self.record)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.requested.add(request.url))
        self.page.on("requestfailed", self.miss)
        self.page.goto(address)

    def record(self, message: ConsoleMessage) -> None:
        """Keep a message of the console."""
        if message.type != "log" or not message.text.startswith(LOG):
            self.console.append(message.text)

    def miss(self, asked: Request) -> None:
        """Keep what is not there, but for what a page that was left no longer waits for."""
        if asked.failure != "net::ERR_ABORTED":
            self.console.append(f"{asked.url} is not there")


def settle(page: Page) -> None:
    """Wait until a page that is loaded has asked for nothing more in half a second.

    Playwright's own "networkidle" never comes on a busy machine, if half a second went by before
    the page asked for its scripts: https://github.com/microsoft/playwright/issues/42598
    """
    with suppress(NothingMore):
        while True:
            page.wait_for_event("request", timeout=500)


def window(width: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 800}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one browser for all tests of this process."""
    with sync_playwright() as playwright:
        started = start(playwright)
        yield started
        started.close()


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, published: Path) -> Iterator[Open]:
    """Give a function that opens a page of the built site from the disk, or any address."""

    def opened(page: str, **options: Any) -> Visit:
        return Visit(browser, urljoin(f"{published.as_uri()}/", page), **options)

    yield opened
    for context in browser.contexts:
        context.close()
