"""A real browser for the tests: Debian's Chromium or any like it, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
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
# Nothing that would ask the network, and nothing that asks whether it may start.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A key that is pressed while the page still glides to where another sent it has no effect.
    "--disable-smooth-scrolling",
]
# The theme keeps a log of what it does, such as which mode it sets; that is no complaint.
LOG = "[PST]: "
LIGHT_AND_DARK = ("light", "dark")
PHONE, TABLET, DESKTOP = 320, 768, 1440


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


@dataclass
class Visit:
    """One page in a window of its own, with the messages of its console and its requests."""

    page: Page
    console: list[str] = field(default_factory=list)
    requested: set[str] = field(default_factory=set)

    @classmethod
    def to(cls, browser: Browser, address: str, **options: Any) -> "Visit":
        """Open *address* with the options of a Playwright context."""
        options = {"viewport": {"width": DESKTOP, "height": 900}} | options
        visit = cls(browser.new_context(**options).new_page())
        visit.page.on("console", visit.record)
        visit.page.on("pageerror", lambda error: visit.console.append(str(error)))
        visit.page.on("request", lambda request: visit.requested.add(request.url))
        visit.page.on("requestfailed", visit.miss)
        visit.page.goto(address)
        return visit

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
    visits: list[Visit] = []

    def opened(page: str, **options: Any) -> Visit:
        address = urljoin(f"{published.as_uri()}/", page)
        visits.append(Visit.to(browser, address, **options))
        return visits[-1]

    yield opened
    for each in visits:
        each.page.context.close()
