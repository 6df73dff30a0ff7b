"""The tests in a browser find each fault that they look for, on a page of its own."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from support.chromium import Visit, settle
from support.pages import barriers

POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8">{}<title>A page</title><main>{}</main>'

# Each with what is found: a message of the console, or the rule of accessibility.
FAULTS = {
    "<script>throw new Error('it broke')</script>": "it broke",
    "<script>Promise.reject(new Error('later'))</script>": "later",
    "<script>console.warn('old news')</script>": "old news",
    '<img alt="" src="gone.svg">': "gone.svg is not there",
    '<script src="gone.js"></script>': "gone.js is not there",
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">': "image-alt: ",
    '<input type="search">': "label: ",
    "<button></button>": "button-name: ",
    '<a href="#there"></a>': "link-name: ",
    "<style>p { color: #999; background: #fff }</style><p>Hard to read.</p>": "color-contrast: ",
}
# The same, of what a strict policy blocks.
BLOCKED = {
    "<script>go()</script>": "Executing inline script violates",
    '<p style="color: red">red</p>': "Applying inline style violates",
}


def messages(browser: Browser, folder: Path, head: str, body: str) -> list[str]:
    """Return what the console says about a page, and the rules that the page violates."""
    file = folder / "page.html"
    file.write_text(PAGE.format(head, f"<h1>A page</h1>{body}"), encoding="utf-8")
    visit = Visit(browser, file.as_uri())
    settle(visit.page)
    found = [*visit.console, *barriers(visit.page)]
    visit.page.context.close()
    return found


@pytest.mark.parametrize("fault", FAULTS | BLOCKED)
def test_a_fault_is_found(browser: Browser, tmp_path: Path, fault: str) -> None:
    """An error, a missing file, what a policy blocks, and an obstacle for readers are found."""
    found = messages(browser, tmp_path, POLICY if fault in BLOCKED else "", fault)

    assert any((FAULTS | BLOCKED)[fault] in text for text in found), found


def test_a_page_without_faults(browser: Browser, tmp_path: Path) -> None:
    """The same page without a fault has no message and no violation."""
    assert messages(browser, tmp_path, POLICY, "<p>All is well.</p>") == []
