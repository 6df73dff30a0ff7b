"""The Explorer of the built site, for the tests in a browser."""

from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page

from site_build.content.explorer_data import build_data, list_layers
from support.chromium import Open

PAGE = "docs/explorer.html"
DATA = build_data()
LAYERS = dict(list_layers())
# The numbers by tensor, row by row.
NUMBERS = """explorer => Object.fromEntries([...explorer.querySelectorAll("table")].map((table) => [
  table.dataset.tensor,
  [...table.tBodies[0].rows].map((row) =>
    [...row.querySelectorAll("button")].map((button) => Number(button.textContent))),
]))"""
SHOW = "(explorer, hash) => explorer.show(rnnAddress.read(hash))"


class Explorer:
    """The Explorer on an open page, as a reader sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.element = page.locator("rnn-explorer")
        self.element.scroll_into_view_if_needed()
        self.element.locator(".rnn-explorer").wait_for(timeout=10_000)

    def show(self, address: str) -> None:
        """Show what an address specifies."""
        self.element.evaluate(SHOW, address)

    def show_each(self, addresses: list[str], read: str) -> Any:
        """Show one address after the other, and return what the script *read* returns for each."""
        look = f"({SHOW})(explorer, hash); return ({read})(explorer);"
        return self.element.evaluate(
            f"(explorer, all) => all.map((hash) => {{ {look} }})", addresses
        )

    @property
    def chosen(self) -> Any:
        """The chosen settings."""
        return self.element.evaluate("explorer => explorer.chosen")

    @property
    def numbers(self) -> Any:
        """The numbers by tensor, row by row."""
        return self.element.evaluate(NUMBERS)

    @property
    def shapes(self) -> dict[str, str]:
        """The tensors' shapes by name."""
        captions = self.element.locator("caption")
        names = captions.locator(".rnn-name").all_inner_texts()
        shapes = captions.locator(".rnn-shape").all_inner_texts()
        return dict(zip(names, shapes, strict=True))

    @property
    def code(self) -> str:
        """The Python code that does the same."""
        return self.element.locator("pre code").inner_text()

    @property
    def summary(self) -> str:
        """The sentence that lists what is returned."""
        return self.element.locator(".rnn-summary").inner_text()

    @property
    def status(self) -> str:
        """The last announcement to a screen reader."""
        return self.element.get_by_role("status").inner_text()


@pytest.fixture
def explorer(visit: Open) -> Explorer:
    """Open the Explorer on its own page."""
    return Explorer(visit(PAGE).page)


def address(key: str, units: int, x: list[float], mask: list[bool]) -> str:
    """Write the address of a layer of the Explorer's data with an input."""
    kind, digits, *mode = key.lower().split()
    flags = f"sequences={digits[0]}&state={digits[1]}&backwards={digits[2]}"
    values = f"x={','.join(map(str, x))}&mask={''.join(str(int(unmasked)) for unmasked in mask)}"
    wrapper = f"&bidirectional={mode[0]}" if mode else ""
    return f"#layer={kind}&{flags}&units={units}&{values}{wrapper}"


def random_input(draw: Random, steps: int) -> list[float]:
    return [round(draw.uniform(-3, 3), 2) for _ in range(steps)]


def random_mask(draw: Random, steps: int) -> list[bool]:
    """Return a mask with at least one masked time step."""
    mask = [draw.random() < 0.6 for _ in range(steps)]
    mask[draw.randrange(steps)] = False
    return mask
