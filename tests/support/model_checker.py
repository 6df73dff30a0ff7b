"""The model checker on the page "Inspect a model", as the tests use it."""

import re
from base64 import b64encode

from playwright.sync_api import Page, expect

PAGE = "docs/explain.html"
SECONDS = 1000  # Playwright counts milliseconds.
LOADED, CHECKED = 120 * SECONDS, 60 * SECONDS  # With other tests at the same time.
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  document.querySelector(".rnn-drop").dispatchEvent(
    new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


class Checker:
    """The checker on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.status = page.locator("rnn-model-check [role=status]")

    def load(self) -> None:
        """Load it, and wait until it can check."""
        self.page.locator("button.rnn-load").click()
        ready = re.compile("Ready|就绪")
        expect(self.status).to_have_text(ready, timeout=LOADED)

    def drop(self, name: str, content: bytes) -> str:
        """Drop a file; return what it shows."""
        self.page.evaluate(DROP, [name, b64encode(content).decode()])
        return self.wait()

    def type(self, layer: str, shape: str = "") -> str:
        """Type a layer and press Enter; return what it shows."""
        self.page.locator("[name=shape]").fill(shape)
        self.page.locator("[name=layer]").fill(layer)
        self.page.locator("[name=layer]").press("Enter")
        return self.wait()

    def wait(self) -> str:
        """Return the text of the report, or the error."""
        failed = self.page.locator(".rnn-status.rnn-error")
        text = self.page.locator(".rnn-printed pre")
        expect(failed.or_(text)).to_have_count(1, timeout=CHECKED)
        return (text if text.count() else failed).text_content() or ""
