"""The model checker is accessible: idle, while it loads, with a report and with an error."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.chromium import DESKTOP, LIGHT_AND_DARK, PHONE, Open, window
from support.model_checker import LOADED, PAGE, Checker
from support.pages import Scheme, barriers


def leave_idle(page: Page) -> None:
    expect(page.locator("button.rnn-load")).to_be_visible()


def begin_to_load(page: Page) -> None:
    page.context.route("**/*.wasm*", lambda route: None)  # It never comes.
    page.locator("button.rnn-load").click()
    expect(page.locator("rnn-model-check progress")).to_be_visible(timeout=LOADED)


def report(page: Page) -> None:
    checker = Checker(page)
    checker.load()
    assert "forward_state_h" in checker.type("Bidirectional(LSTM(4, return_state=True))")


def fail(page: Page) -> None:
    checker = Checker(page)
    checker.load()
    assert "Dense" in checker.type("Dense(4)")
    expect(page.locator(".rnn-status.rnn-error")).to_be_visible()


@pytest.mark.audit
@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
@pytest.mark.parametrize(("folder", "width"), [("", PHONE), ("zh/", PHONE), ("", DESKTOP)])
@pytest.mark.parametrize("act", [leave_idle, begin_to_load, report, fail])
def test_every_state_is_accessible(
    visit: Open, hosted: str, act: Callable[[Page], None], folder: str, width: int, scheme: Scheme
) -> None:
    """Axe finds nothing in any state, and nothing makes the page scroll sideways."""
    visited = visit(f"{hosted}/{folder}{PAGE}", color_scheme=scheme, **window(width))
    if not visited.page.locator("rnn-model-check").count():
        pytest.skip("The site was built without the model checker; see `make html TOOLS=1`.")
    act(visited.page)

    assert barriers(visited.page) == []
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= width
