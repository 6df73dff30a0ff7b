"""The model checker of `docs/explain.md`: a worker runs the package on a model or a layer.

The site has it if it was built with `make html TOOLS=1`.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.chromium import PHONE, Visit, settle, window
from support.model_checker import LOADED, PAGE, Checker
from support.model_files import HOSTILE
from support.sites import ROOT

from rnn_returns.__main__ import PROGRAM, main
from site_build.publish.archive import TOOL

MODELS = (
    *("keras-3.15.1/m01.keras", "keras-3.15.1/m05.keras", "keras-3.15.1/m09.keras"),
    *("keras-3.5.0/m02.h5", "keras-3.0.5/m03.json", "keras-nightly/m04.keras"),
    *("tf-2.15/m06.h5", "tf-2.3/m07.json", "keras-2.1.6/m01.h5", "keras-2.2.4/m08.json"),
)
DIAGNOSED = "keras-3.15.1/m03.keras"
LAYERS = (
    "LSTM(4)",
    "GRU(4, return_sequences=True)",
    "keras.layers.SimpleRNN(4, return_state=True)",
    "Bidirectional(LSTM(4, return_state=True), merge_mode=None)",
    "RNN(StackedRNNCells([GRUCell(3), LSTMCell(4)]), return_state=True)",
    "TimeDistributed(GRU(4))",
    "ConvLSTM2D(8, 3)",
    "LSTM(units='four')",
    "Dense(4)",
    "__import__('os').system('true')",
    f"{'Bidirectional(' * 120}LSTM(4){')' * 120}",
)
CHINESE = re.compile("[一-鿿]")


Opened = Callable[..., Visit]


@pytest.fixture(scope="session")
def address(published: Path, hosted: str) -> str:
    """Give the address of the served site, if it has the checker."""
    if not (published / TOOL).is_dir():
        pytest.skip("The site was built without the model checker; see `make html TOOLS=1`.")
    return hosted


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Give a function that opens an address; `visit` would close the page that the tests share."""
    visits: list[Visit] = []

    def opened(address: str, **options: Any) -> Visit:
        visits.append(Visit(browser, address, **options))
        return visits[-1]

    yield opened
    for visit in visits:
        visit.page.context.close()


@pytest.fixture(scope="module")
def visited(browser: Browser, address: str) -> Iterator[Visit]:
    """Open the page once and load the checker."""
    visit = Visit(browser, f"{address}/{PAGE}")
    Checker(visit.page).load()
    yield visit
    visit.page.context.close()


@pytest.fixture
def checker(visited: Visit) -> Checker:
    """Give the loaded checker."""
    return Checker(visited.page)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Give a function that returns what the command prints, or the reason why it cannot read."""

    def run(target: str, *options: str) -> str:
        status = main([*options, "--", target])
        out, err = capsys.readouterr()
        name = Path(target).name if os.path.exists(target) else target
        reason = err.removeprefix(f"{PROGRAM}: {target}: ")
        return (f"{name}: {reason}" if status else out).rstrip("\n")

    return run


@pytest.mark.parametrize("name", MODELS)
def test_saved_models(
    name: str, checker: Checker, model_files: Path, printed: Callable[..., str]
) -> None:
    """A dropped model of any version has the report of the command."""
    path = model_files / name

    assert checker.drop(path.name, path.read_bytes()) == printed(str(path))


@pytest.mark.parametrize("layer", LAYERS)
def test_typed_layers(layer: str, checker: Checker, printed: Callable[..., str]) -> None:
    """A typed layer has the prediction of the command, or its error."""
    assert checker.type(layer) == printed(layer)


def test_the_shape_of_the_input(checker: Checker, printed: Callable[..., str]) -> None:
    """The shape is that of `--input`, and a wrong one has its error."""
    layer, shape = "ConvLSTM2D(8, 3)", "2,3,9,9,1"

    assert checker.type(layer, shape) == printed(layer, f"--input={shape}")
    assert "expected a shape such as 8,10,3" in checker.type("LSTM(4)", "2;3")
    assert checker.page.locator(".rnn-report").text_content() == ""


def test_hostile_files(checker: Checker, model_files: Path, printed: Callable[..., str]) -> None:
    """Each hostile file has the report or the error of the command, and the next one as well."""
    files = [path for path in (model_files / HOSTILE).iterdir() if path.name != "expected.json"]
    assert len(files) > 20

    for path in sorted(files):
        assert checker.drop(path.name, path.read_bytes()) == printed(str(path)), path.name


def test_names_are_text(checker: Checker) -> None:
    """Markup in the name of a file, a model or a layer is shown, not interpreted."""
    markup = "<img src=x onerror=alert(1)><b>"
    layers = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 3, 5]}},
        {"class_name": "GRU", "config": {"name": markup, "units": 4}},
    ]
    model = {"class_name": "Sequential", "config": {"name": markup, "layers": layers}}

    text = checker.drop(f"{markup}.json", json.dumps(model).encode())
    assert text.count(markup) == 2
    assert (checker.page.locator(".rnn-report caption").text_content() or "").count(markup) == 1
    assert markup in (checker.status.text_content() or "")
    assert "<i>" in checker.type("<i>")
    assert checker.page.locator("rnn-model-check :is(img, b, i)").count() == 0


def test_diagnostics_have_links(
    checker: Checker, visited: Visit, published: Path, model_files: Path
) -> None:
    """Each diagnostic leads to its section, and each layer has its diagram."""
    report = checker.drop("m.keras", (model_files / DIAGNOSED).read_bytes())
    layers = checker.page.locator(".rnn-report section caption").count()
    codes = re.findall(r"RNN\d{3} [\w-]+(?= \()", report)
    links = checker.page.locator(".rnn-see a")
    assert links.all_text_contents() == codes != []
    assert checker.page.locator(".rnn-report figure svg").count() == layers > 0
    for link in links.all():
        target = urlsplit(str(link.get_attribute("href")))
        assert (published / target.path[1:]).is_file(), target.path
        assert f'id="{target.fragment}"' in (published / target.path[1:]).read_text("utf-8")


def test_nothing_is_loaded_before_a_click(opened: Opened, address: str) -> None:
    """The checker is requested when its button is selected, and from the page's own host."""
    visited = opened(f"{address}/{PAGE}")
    settle(visited.page)
    assert not [url for url in visited.requested if TOOL in urlsplit(url).path.split("/")]

    Checker(visited.page).load()
    asked = {url for url in visited.requested if f"/{TOOL}/" in url}
    assert len(asked) == 6  # Pyodide, its standard library, and our two.
    assert {
        url for url in visited.requested if not url.startswith((address, "blob:", "data:"))
    } == set()
    assert visited.console == []


def plant(page: Page, published: Path, code: str) -> None:
    """Serve *code* instead of model_check.py; the size is checked, so it gets the same one."""
    size = (published / TOOL / "model_check.py").stat().st_size
    assert len(code) <= size
    page.route("**/model_check.py*", lambda route: route.fulfill(body=code.ljust(size)))


SLOW = """
import json
def check(target, shape=""):
    while "slow" in target:
        pass
    return json.dumps({"text": target, "parts": []})
"""


def test_a_slow_model_is_stopped(opened: Opened, address: str, published: Path) -> None:
    """After 10 s the worker ends with a message; the next request starts one without a network."""
    visit = opened("about:blank")
    page = visit.page
    plant(page, published, SLOW)
    page.goto(f"{address}/{PAGE}")
    checker = Checker(page)
    checker.load()
    page.context.route("**/*", lambda route: route.abort())

    started = time.monotonic()
    assert "was not read within 10 seconds" in checker.type("slow(1)")
    assert 9.5 < time.monotonic() - started < 20
    assert checker.type("LSTM(4)") == "LSTM(4)"


def test_the_files_are_kept(opened: Opened, address: str) -> None:
    """On the next visit the files come from the browser's own copy."""
    first = opened(f"{address}/{PAGE}")
    Checker(first.page).load()
    second = first.page.context.new_page()
    asked: list[str] = []
    second.on("request", lambda request: asked.append(urlsplit(request.url).path))
    second.goto(f"{address}/{PAGE}")
    Checker(second).load()

    assert {path for path in asked if f"/{TOOL}/" in path} == {f"/{TOOL}/model-check-worker.js"}


NAMES = (
    *("fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport"),
    *(
        "importScripts",
        "Worker",
        "SharedWorker",
        "BroadcastChannel",
        "MessageChannel",
        "RTCPeerConnection",
    ),
    *("navigator", "indexedDB", "caches", "Cache", "Request", "Response"),
    *("URL", "Blob", "File", "FileReader", "Notification", "postMessage"),
    *("close", "open", "eval", "setTimeout", "setInterval", "location"),
    *("requestAnimationFrame", "queueMicrotask", "WorkerNavigator"),
)
FROM_PYTHON = """
import json, socket, urllib.request
import js, pyodide_js, pyodide.code, pyodide.http

def attempt(name, act):
    try:
        found = act()
    except BaseException as error:
        return None
    return [name, repr(found)]

NAMES = %r
SITE = %r
ADDRESS = ("127.0.0.1", int(SITE.split(":")[-1].strip("/")))
FUNCTIONS = (pyodide_js.loadPackage, pyodide_js._module.FS.readFile, pyodide_js.unpackArchive)

CODE = pyodide_js._module.stringToNewUTF8("globalThis.made = 1")

def check(target, shape=""):
    tries = {
        "open_url": lambda: pyodide.http.open_url(SITE),
        "run_js": lambda: pyodide.code.run_js("1 + 1"),
        "urlopen": lambda: urllib.request.urlopen(SITE, timeout=1),
        "socket": lambda: socket.create_connection(ADDRESS, 1).send(b"a"),
        "script": lambda: pyodide_js._module._emscripten_run_script(CODE),
    }
    for each in NAMES:
        tries["js." + each] = lambda each=each: getattr(js, each)
    for at, function in enumerate(FUNCTIONS):
        tries["new Function %%d" %% at] = lambda of=function: of.constructor.new("return 1")
        tries["Function %%d" %% at] = lambda of=function: of.constructor("return 1")
    found = [attempt(*each) for each in tries.items()]
    return json.dumps({"text": json.dumps([each for each in found if each]), "parts": []})
"""
# The worker's own script, with this at its end, is asked for it after it has deleted everything.
FROM_JAVASCRIPT = """
{
  const tell = self.postMessage.bind(self);
  const again = { global: self, make: Object.getPrototypeOf };
  self.addEventListener("message", (event) => {
    if (event.data.start) return;
    event.stopImmediatePropagation();
    const found = [];
    for (const name of NAMES) {
      for (let place = again.global; place; place = again.make(place)) {
        if (name in place) found.push(name);
      }
    }
    const makers = [() => {}, async () => {}, function* () {}, async function* () {}, class {}];
    makers.push(Math.max, Array, Function);
    for (const maker of makers) {
      try {
        found.push(String(maker.constructor("return 1")));
      } catch {}
      try {
        found.push(String(new maker.constructor("return 1")));
      } catch {}
    }
    tell({ result: JSON.stringify({ text: JSON.stringify(found), parts: [] }) });
  }, { capture: true });
}
"""


def test_python_reaches_nothing(opened: Opened, address: str, published: Path) -> None:
    """What Python knows of JavaScript gives no network, no storage and no code of a text."""
    visit = opened("about:blank")
    plant(visit.page, published, FROM_PYTHON % (NAMES, f"{address}/"))
    visit.page.goto(f"{address}/{PAGE}")
    checker = Checker(visit.page)
    checker.load()
    before = set(visit.requested)

    assert json.loads(checker.type("probe")) == []
    settle(visit.page)
    assert visit.requested == before


def test_javascript_reaches_nothing(opened: Opened, address: str, published: Path) -> None:
    """What can reach the network or run a text is gone from the worker, wherever it was."""
    script = (published / TOOL / "model-check-worker.js").read_text(encoding="utf-8")
    planted = FROM_JAVASCRIPT.replace("NAMES", json.dumps(NAMES))

    def serve(route: Route) -> None:
        # Before the script, so that its listener is the first.
        route.fulfill(body=f"{planted}{script}", content_type="text/javascript")

    visit = opened("about:blank")
    visit.page.route("**/model-check-worker.js*", serve)
    visit.page.goto(f"{address}/{PAGE}")
    checker = Checker(visit.page)
    checker.load()

    assert json.loads(checker.type("probe")) == []


def test_a_crash(opened: Opened, address: str) -> None:
    """After an error that ends Python, there is a message, and the next request is read."""
    checker = Checker(opened(f"{address}/{PAGE}").page)
    checker.load()

    assert "stopped with an error: " in checker.type(f"LSTM({'-' * 1900}4)")
    assert checker.type("LSTM(4)").startswith("output = keras.layers.LSTM(4)(x)")


def test_files_that_cannot_be_loaded(opened: Opened, address: str) -> None:
    """If the files cannot be loaded, the page reports it, and the button is there to try again."""
    visited = opened(f"{address}/{PAGE}")
    visited.page.context.route("**/*.wasm*", lambda route: route.fulfill(status=503))
    visited.page.locator("button.rnn-load").click()
    checker = Checker(visited.page)

    expect(checker.status).to_contain_text("could not be loaded", timeout=LOADED)
    visited.page.context.unroute("**/*.wasm*")
    checker.load()
    assert checker.type("LSTM(4)").startswith("output = keras.layers.LSTM(4)(x)")


def test_from_a_disk(opened: Opened, address: str, published: Path) -> None:
    """On a page that was opened from a disk the reason is shown instead of the button."""
    visited = opened((published / PAGE).as_uri())

    expect(visited.page.locator("rnn-model-check [role=status]")).to_contain_text("from a disk")
    expect(visited.page.locator("button.rnn-load")).to_have_count(0)
    assert visited.console == []


def test_keyboard_on_a_phone(opened: Opened, address: str) -> None:
    """Without a pointer, on a narrow page in Chinese: load, type, read; nothing is cut off."""
    visited = opened(f"{address}/zh/{PAGE}", **window(PHONE))
    page, checker = visited.page, Checker(visited.page)
    page.locator("button.rnn-load").focus()
    page.keyboard.press("Enter")
    expect(page.locator("rnn-model-check input[type=file]")).to_be_focused()
    expect(checker.status).to_have_text(re.compile("就绪"), timeout=LOADED)
    page.keyboard.press("Tab")
    page.keyboard.type("Bidirectional(LSTM(4, return_state=True))")
    page.keyboard.press("Enter")

    assert "forward_state_h" in checker.wait()
    assert CHINESE.search(checker.status.text_content() or "")
    assert CHINESE.search(page.locator(".rnn-report figcaption").text_content() or "")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert visited.console == []


def test_the_console_is_empty(checker: Checker, visited: Visit) -> None:
    """After all that, the console of the page has no message."""
    assert checker.type("LSTM(4)")
    assert visited.console == []


def test_what_is_locked_is_published(published: Path, address: str) -> None:
    """The version in the notice is that of the lock, whose files have a hash and no registry."""
    lock = json.loads((ROOT / "docs/_tool/package-lock.json").read_text(encoding="utf-8"))
    notice = (published / TOOL / "NOTICE.txt").read_text(encoding="utf-8")

    assert f"Pyodide {lock['packages']['node_modules/pyodide']['version']}" in notice
