"""How long the Explorer takes from a change to the painted page, in a real browser.

``python -m bench.explorer`` in ``tests`` prints it.
"""

from pathlib import Path

from browser import Visit, start
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
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
    "number": "one('tbody button').click()",
}
# From the largest state, so that a change has the most to do.
START = "#layer=lstm&bidirectional=concat&sequences=1&state=1&units=4&x=1,2,3,4,5,6"
TIMED = """([address, change, changes]) => {
  const explorer = document.querySelector("rnn-explorer");
  const one = (selector) => explorer.querySelector(selector);
  const told = (control, type) => control.dispatchEvent(new Event(type, { bubbles: true }));
  const choose = (selector, value) => {
    one(selector).value = value;
    told(one(selector), "input");
  };
  const check = (selector) => { one(selector).checked = true; told(one(selector), "input"); };
  const toggle = (selector) => {
    one(selector).checked = !one(selector).checked;
    told(one(selector), "input");
  };
  explorer.show(rnnAddress.read(address));
  const acts = {
    ACTS
  };
  const painted = () => new Promise((done) => {
    // A message comes after the frame that was asked for has been painted.
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
    """Give for each control the seconds that its changes took, one after the other."""
    acts = ",\n".join(f'"{name}": (n) => {change}' for name, change in CONTROLS.items())
    timed = TIMED.replace("ACTS", acts)
    with sync_playwright() as playwright:
        browser = start(playwright)
        page = Visit.to(browser, PAGE.as_uri()).page
        page.locator(".rnn-explorer").wait_for()
        samples = {}
        for name in CONTROLS:
            address = START
            if name == "go_backwards":  # Bidirectional has none.
                address = START.replace("&bidirectional=concat", "")
            samples[f"explorer: {name}"] = page.evaluate(timed, [address, name, CHANGES])
        browser.close()
    return samples


if __name__ == "__main__":
    for name, taken in measure().items():
        print(
            f"{name:28} median {sorted(taken)[len(taken) // 2] * 1000:5.1f} ms, "
            f"most {max(taken) * 1000:5.1f} ms, {len(taken)} changes"
        )
