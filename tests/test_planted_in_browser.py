"""What the tests in a browser look for is found where it is, each fault on a page of its own."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import Visit, settle
from playwright.sync_api import Browser

STRICT = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"

COMPLAINTS = {
    "an error in a script": ("", "<script>throw new Error('it broke')</script>", "it broke"),
    "a promise that fails": ("", "<script>Promise.reject(new Error('later'))</script>", "later"),
    "a warning": ("", "<script>console.warn('old news')</script>", "old news"),
    "a picture that is not there": ("", '<img alt="" src="gone.svg">', "gone.svg is not there"),
    "a script that is not there": ("", '<script src="gone.js"></script>', "gone.js is not there"),
    "an inline script": (STRICT, "<script>go()</script>", "Executing inline script violates"),
    "a style attribute": (
        STRICT,
        '<p style="color: red">red</p>',
        "Applying inline style violates",
    ),
}

BARRIERS = {
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "label": '<input type="search">',
    "button-name": "<button></button>",
    "link-name": '<a href="#there"></a>',
    "color-contrast": "<style>p { color: #999; background: #fff }</style><p>Hard to read.</p>",
}


def opened(browser: Browser, folder: Path, head: str, body: str) -> Visit:
    """Open a page that has *head* in its head, and *body* in its body."""
    file = folder / "page.html"
    start = f'<!doctype html><html lang="en"><meta charset="utf-8">{head}<title>A page</title>'
    file.write_text(f"{start}<main><h1>A page</h1>{body}</main></html>", encoding="utf-8")
    visit = Visit.to(browser, file.as_uri())
    settle(visit.page)
    return visit


@pytest.mark.parametrize("fault", COMPLAINTS)
def test_a_complaint_is_heard(browser: Browser, tmp_path: Path, fault: str) -> None:
    """What a page complains of, or what a strict policy refuses of it, is heard with its words."""
    head, body, says = COMPLAINTS[fault]
    visit = opened(browser, tmp_path, head, body)

    assert any(says in said for said in visit.console), visit.console
    visit.page.context.close()


@pytest.mark.parametrize("rule", BARRIERS)
def test_a_barrier_is_found(browser: Browser, tmp_path: Path, rule: str) -> None:
    """What stands in the way of some readers is named by the rule that it breaks."""
    visit = opened(browser, tmp_path, "", BARRIERS[rule])

    found = Axe().run(visit.page).response["violations"]
    assert rule in {each["id"] for each in found}
    visit.page.context.close()


def test_a_page_without_faults(browser: Browser, tmp_path: Path) -> None:
    """The same page without a fault is silent, and in nobody's way."""
    visit = opened(browser, tmp_path, STRICT, "<p>All is well.</p>")

    assert visit.console == []
    assert Axe().run(visit.page).response["violations"] == []
    visit.page.context.close()
