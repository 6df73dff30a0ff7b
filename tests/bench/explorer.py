"""How long the Explorer takes from a change to the painted page, in a real browser."""

from playwright.sync_api import sync_playwright
from support.chromium import Visit, start
from support.sites import ROOT

PAGE = ROOT / "_build" / "html" / "docs" / "explorer.html"
CHANGES = 40

# Each control with what one change of it does; `n` counts the changes.
CONTROLS = {
    "layer": "check(`[name=rnn-layer][value=${['SimpleRNN', 'GRU', 'LSTM'][n % 3]}]`)",
    "Bidirectional": "choose('[name=rnn-bidirectional]', ['concat', 'sum', 'None', ''][n % 4])",
    "return_sequences": "toggle('[name=rnn-sequences]')",
    "return_state": "toggle('[name=rnn-state]')",
    "go_backwards": "toggle('[name=rnn-backwards]')",
    "units": "check(`[name=rnn-units][value='${n % 4 + 1}']`)",
    "time steps": "check(`[name=rnn-steps][value='${n % 6 + 1}']`)",
    "mask": "toggle('[name=rnn-mask]')",
    "input": "choose('[name=rnn-x]', String(n / 10))",
    "number": "find('tbody button').click()",
}
# From the largest state, so that a change has the most to do.
START = "#layer=lstm&bidirectional=concat&sequences=1&state=1&units=4&x=1,2,3,4,5,6"
TIMED = """([address, change, changes]) => {
  const explorer = document.querySelector("rnn-explorer");
  const find = (selector) => explorer.querySelector(selector);
  const notify = (control) => control.dispatchEvent(new Event("input", { bubbles: true }));
  const choose = (selector, value) => {
    find(selector).value = value;
    notify(find(selector));
  };
  const check = (selector) => { find(selector).checked = true; notify(find(selector)); };
  const toggle = (selector) => {
    find(selector).checked = !find(selector).checked;
    notify(find(selector));
  };
  explorer.show(rnnAddress.read(address));
  const acts = {
    ACTS
  };
  const painted = () => new Promise((done) => {
    // A message arrives after the requested frame has been painted.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(null);
    });
  });
  return (async () => {
    const samples = [];
    for (let n = 0; n < changes; n += 1) {
      await painted();
      const begun = performance.now();
      acts[change](n);
      samples.push((await painted() - begun) / 1000);
    }
    return samples;
  })();
}"""


def measure() -> dict[str, list[float]]:
    """Return the seconds that the changes of each control took."""
    acts = ",\n".join(f'"{name}": (n) => {change}' for name, change in CONTROLS.items())
    timed = TIMED.replace("ACTS", acts)
    with sync_playwright() as playwright:
        browser = start(playwright)
        page = Visit(browser, PAGE.as_uri()).page
        page.locator(".rnn-explorer").wait_for()
        samples = {}
        for name in CONTROLS:
            address = START
            if name == "go_backwards":  # Bidirectional has none.
                address = START.replace("&bidirectional=concat", "")
            samples[f"explorer: {name}"] = page.evaluate(timed, [address, name, CHANGES])
        browser.close()
    return samples
