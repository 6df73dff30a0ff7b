"""How long the search takes from a key to the painted results, on a slow phone, in a browser."""

import tomllib
from statistics import quantiles

from playwright.sync_api import sync_playwright
from support.chromium import Visit, start, window
from support.sites import ROOT

PAGE = ROOT / "_build" / "html" / "search.html"
QUERIES = ROOT / "tests" / "browser" / "tuning_queries.toml"
SLOWER = 4  # How much slower than this machine the processor is.
WIDTH = 390
# As many queries as are typed, letter by letter.
TYPED = 25

TIMED = """async (query) => {
  const field = document.querySelector(".bd-search-container input");
  const painted = () => new Promise((done) => {
    // A message arrives after the requested frame has been painted.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(null);
    });
  });
  const samples = [];
  for (let length = 1; length <= query.length; length += 1) {
    await painted();
    const begun = performance.now();
    field.value = query.slice(0, length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    samples.push((await painted() - begun) / 1000);
  }
  return samples;
}"""


def measure() -> dict[str, list[float]]:
    """Return the seconds that the first key took, which loads the texts, and the later ones."""
    queries = tomllib.loads(QUERIES.read_text(encoding="utf-8"))["query"]
    english = [query["text"] for query in queries if query.get("language") is None]
    with sync_playwright() as playwright:
        browser = start(playwright)
        page = Visit(browser, PAGE.as_uri(), **window(WIDTH)).page
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        samples = [second for text in english[:TYPED] for second in page.evaluate(TIMED, text)]
        browser.close()
    return {"search: first key": samples[:1], "search: later keys": samples[1:]}


def slowest_of_twenty(seconds: list[float]) -> float:
    """Return the time that 19 of 20 keys keep."""
    return quantiles(seconds, n=20)[-1]
