"""The Explorer: what it shows is what Keras returns, and everyone can use it."""

import gzip
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from math import tanh
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import LIGHT_AND_DARK, PHONE, Open, settle, window
from conftest import ROOT, SmallSite
from playwright.sync_api import Page, expect

from rnn_returns import equations
from rnn_returns.painter import paint
from rnn_returns.scene import scene
from site_build.__main__ import NO_EXECUTION, STRICT
from site_build.explorer import NEAR, SCRIPTS, STYLE
from site_build.explorer_data import GATES, MOST_TIMESTEPS, MOST_UNITS, explorer_data, layers

PAGE = "docs/explorer.html"
STATIC = ROOT / "docs" / "_static"
DATA = explorer_data()
LAYERS = dict(layers())
# What the Explorer shows: the numbers by tensor, row by row.
NUMBERS = """explorer => Object.fromEntries([...explorer.querySelectorAll("table")].map((table) => [
  table.dataset.tensor,
  [...table.tBodies[0].rows].map((row) =>
    [...row.querySelectorAll("button")].map((button) => Number(button.textContent))),
]))"""
# What it says: the code, the tensors' names and shapes, and the notes.
SAID = """explorer => {
  const texts = (selector) => [...explorer.querySelectorAll(selector)].map((one) => one.innerText);
  return [texts("pre code")[0], texts("caption .rnn-name"), texts("caption .rnn-shape"),
    texts(".rnn-notes")[0]];
}"""
SHOW = "(explorer, hash) => explorer.show(rnnAddress.read(hash))"


class Explorer:
    """The Explorer on an open page, with what a reader sees of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.element = page.locator("rnn-explorer")
        self.element.scroll_into_view_if_needed()
        self.element.locator(".rnn-explorer").wait_for(timeout=10_000)

    def show(self, address: str) -> None:
        """Show what an address says."""
        self.element.evaluate(SHOW, address)

    @property
    def chosen(self) -> Any:
        """All that is chosen."""
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
        """The Python that does the same."""
        return self.element.locator("pre code").inner_text()

    @property
    def says(self) -> str:
        """The sentence that says what comes back."""
        return self.element.locator(".rnn-says").inner_text()

    @property
    def status(self) -> str:
        """What a screen reader was told last."""
        return self.element.get_by_role("status").inner_text()


@pytest.fixture
def explorer(visit: Open) -> Explorer:
    """Give the Explorer on its own page."""
    return Explorer(visit(PAGE).page)


def address(key: str, units: int, x: list[float], mask: list[bool]) -> str:
    """Write the address of a layer of the Explorer's data, and of what it is called on."""
    kind, flags, *mode = key.split()
    fields = {
        "layer": kind.lower(),
        "sequences": flags[0],
        "state": flags[1],
        "backwards": flags[2],
        "units": units,
        "x": ",".join(map(str, x)),
        "mask": "".join(str(int(seen)) for seen in mask),
    }
    if mode:
        fields["bidirectional"] = mode[0].lower()
    return "#" + "&".join(f"{name}={value}" for name, value in fields.items())


def some_input(draw: Random, steps: int) -> list[float]:
    return [round(draw.uniform(-3, 3), 2) for _ in range(steps)]


def some_mask(draw: Random, steps: int) -> list[bool]:
    """Give a mask with at least one step that is not seen."""
    mask = [draw.random() < 0.6 for _ in range(steps)]
    mask[draw.randrange(steps)] = False
    return mask


# The numbers.


def keras_weights(kind: str, way: str, units: int) -> list[np.ndarray]:
    """Put the page's weights together as Keras has them."""
    gates = [DATA["weights"][kind][way][gate] for gate in GATES[kind]]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([np.array(gate[name])[..., :units] for gate in gates], axis=-1)

    bias = np.stack([joined("b"), joined("b_h")]) if kind == "GRU" else joined("b")
    return [joined("W")[np.newaxis], joined("U")[:units], bias]


def test_the_numbers_are_those_of_keras(explorer: Explorer) -> None:
    """On more than a thousand random settings of every kind the page shows what Keras returns."""
    draw = Random(7)
    wanted: list[tuple[str, dict[str, Any]]] = []
    for key in LAYERS:
        kind, mode = key.split()[0], key.split()[2:]
        units = draw.randint(1, MOST_UNITS)
        layer = eval(DATA["layers"][key][0].format(units=units), {"keras": keras})
        layer.build((None, None, 1))
        ways = ("forward", "backward") if mode else ("forward",)
        layer.set_weights([each for way in ways for each in keras_weights(kind, way, units)])
        for masked in (False, True):
            steps = draw.randint(1, MOST_TIMESTEPS)
            xs = [some_input(draw, steps) for _ in range(7)]
            masks = [some_mask(draw, steps) if masked else [True] * steps for _ in xs]
            mask = np.array(masks) if masked else None
            result = layer(np.array(xs, "float32")[..., np.newaxis], mask=mask)
            tensors = [np.asarray(each) for each in keras.tree.flatten(result)]
            names = DATA["answers"][DATA["layers"][key][1 + masked]]["tensors"]
            for sample, (x, seen) in enumerate(zip(xs, masks, strict=True)):
                values = [np.atleast_2d(tensor[sample]) for tensor in tensors]
                there = dict(zip(names, values, strict=True))
                wanted.append((address(key, units, x, seen), there))
    shown = explorer.element.evaluate(
        f"(explorer, all) => all.map((hash) => {{ ({SHOW})(explorer, hash);"
        f" return ({NUMBERS})(explorer); }})",
        [each for each, _ in wanted],
    )

    assert len(wanted) > 1000
    for (where, tensors_there), here in zip(wanted, shown, strict=True):
        assert list(here) == list(tensors_there), where
        for name, values in tensors_there.items():
            np.testing.assert_allclose(here[name], values, rtol=0, atol=1e-6, err_msg=where)


@pytest.mark.parametrize("kind", GATES)
def test_the_equations_are_those_of_the_package(explorer: Explorer, kind: str) -> None:
    """The page computes what the package computes, whatever the weights and the biases are."""
    draw = np.random.default_rng(3)
    functions = {"SimpleRNN": equations.simple_rnn, "GRU": equations.gru, "LSTM": equations.lstm}
    for _ in range(20):
        units, steps = draw.integers(1, 5), draw.integers(1, 7)
        size = len(GATES[kind]) * units
        x, mask = draw.normal(size=steps), draw.random(steps) < 0.7
        backwards, zero = map(bool, draw.integers(0, 2, size=2))
        kernel, recurrent = draw.normal(size=(1, size)), draw.normal(size=(units, size))
        b = draw.normal(size=(2, size) if kind == "GRU" else size)
        split = {"W": kernel[0], "U": recurrent} | (
            {"b": b[0], "b_h": b[1]} if kind == "GRU" else {"b": b}
        )
        gates = {
            gate: {
                name: values[..., i * units : (i + 1) * units].tolist()
                for name, values in split.items()
            }
            for i, gate in enumerate(GATES[kind])
        }
        trace = functions[kind](
            x[np.newaxis, :, np.newaxis], kernel, recurrent, b,
            mask=mask[np.newaxis], go_backwards=backwards, zero_output_for_mask=zero,
        )  # fmt: skip
        records = explorer.page.evaluate(
            "([kind, gates, x, options]) => rnnEquations.run(kind, gates, x, options)",
            [kind, gates, x.tolist(),
             {"mask": mask.tolist(), "backwards": backwards, "zero": zero}],
        )  # fmt: skip

        for name in ("output", "h", "c"):
            if hasattr(trace, name):
                np.testing.assert_allclose(
                    [record[name] for record in records], getattr(trace, name)[0], atol=1e-12
                )


def test_it_names_the_keras_that_it_was_compared_with(explorer: Explorer) -> None:
    """The version that the page names is the one that this test has just compared it with."""
    assert f"compare it with Keras {keras.__version__}." in explorer.element.inner_text()


# The code, the names and the shapes.


def test_the_code_returns_what_is_shown(explorer: Explorer) -> None:
    """For every combination the code runs, and unpacks just the names and shapes on the page."""
    calls = [(key, mask) for key in LAYERS for mask in ([True] * 3, [True, False, True])]
    shown = explorer.element.evaluate(
        f"(explorer, all) => all.map((hash) => {{ ({SHOW})(explorer, hash);"
        f" return ({SAID})(explorer); }})",
        [address(key, 2, [0.1, 0.2, 0.3], mask) for key, mask in calls],
    )

    for (key, mask), (code, names, shapes, note) in zip(calls, shown, strict=True):
        made: dict[str, Any] = {}
        exec(code, made)

        assert code.startswith("import keras\n")
        assert shapes == [str(tuple(made[name].shape)) for name in names], key
        *_, line = code.strip().splitlines()
        assert line.startswith(", ".join(names) + " = layer(x")
        handed_on = getattr(made[names[0]], "_keras_mask", None)
        assert ("hands the mask on: [[True, False, True]]" in note) == (handed_on is not None)
        assert ("hands no mask on" in note) == (handed_on is None and not all(mask))


def test_what_is_marked_as_equal_is_equal(explorer: Explorer) -> None:
    """Numbers under one letter are the same, and letters are there where the rules have them."""
    for key in LAYERS:
        explorer.show(address(key, 2, [0.3, -0.2, 0.5], [True] * 3))
        marked = explorer.element.evaluate(
            """explorer => [...explorer.querySelectorAll("[data-mark]")].map((button) =>
              [button.dataset.mark, button.closest("table").dataset.tensor, button.textContent])"""
        )
        answer = DATA["answers"][DATA["layers"][key][1]]
        equal = {each["mark"]: {name for name, _ in each["views"]} for each in answer["equal"]}
        equal.pop("", None)

        assert {letter for letter, *_ in marked} == set(equal), key
        for letter, names in equal.items():
            values = {
                name: [text for mark, tensor, text in marked if (mark, tensor) == (letter, name)]
                for name in names
            }
            assert len({tuple(each) for each in values.values()}) == 1, values
            assert all(len(each) == 2 for each in values.values()), "of both units"


def test_the_diagram_is_the_packages_own(explorer: Explorer) -> None:
    """The picture is what the package draws, to the letter, over all layers, masks and sizes."""
    draw = Random(5)
    calls = []
    for key, layer in LAYERS.items():
        for masked in (False, True, True):
            units, steps = draw.randint(1, MOST_UNITS), draw.randint(1, MOST_TIMESTEPS)
            mask = some_mask(draw, steps) if masked else [True] * steps
            calls.append((key, layer, units, steps, mask))
    pictures = explorer.element.evaluate(
        f"(explorer, all) => all.map((hash) => {{ ({SHOW})(explorer, hash);"
        " return explorer.svg(); })",
        [address(key, units, [0.5] * steps, mask) for key, _, units, steps, mask in calls],
    )

    for (key, layer, units, steps, mask), picture in zip(calls, pictures, strict=True):
        told = scene(
            resized(layer, units),
            (1, steps, 1),
            steps,
            None if all(mask) else mask,
            key="explorer",
        )
        assert picture == paint(told), (key, mask)
    shown = explorer.element.locator("svg[role=img]")
    assert shown.count() == 1
    assert shown.evaluate("svg => svg.namespaceURI") == "http://www.w3.org/2000/svg"


def resized(layer: Any, units: int) -> Any:
    """Give the same layer with so many units."""
    if layer.layer:
        return replace(layer, layer=replace(layer.layer, units=units))
    return replace(layer, units=units)


# How a number was made.


def evaluated(text: str) -> float:
    """Work out the numbers of a formula."""
    text = text.removeprefix("= ").replace("·", "*").replace("−", "-").replace("σ", "sigmoid")
    names = {
        "tanh": tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "forward": None,
    }
    return float(eval(text, {"__builtins__": {}}, names))


@pytest.mark.parametrize("kind", GATES)
def test_the_formula_gives_the_number(explorer: Explorer, kind: str) -> None:
    """Whoever works out the shown formula with the shown values gets the shown number."""
    for flags, mode in product(("000", "110"), ("", *DATA["modes"])):
        explorer.show(address(f"{kind} {flags} {mode}", 2, [0.4, -1.5, 2.0], [True] * 3))
        buttons = explorer.element.locator("tbody button")
        for at in range(0, buttons.count(), 3):
            button = buttons.nth(at)
            button.click()
            number = float(button.inner_text())
            title = explorer.element.locator(".rnn-formula .rnn-heading").inner_text()
            lines = explorer.element.locator(".rnn-formula dd").evaluate_all(
                """all => all.map((line) => ["with-numbers", "value"].map((part) =>
                  line.querySelector(`.rnn-${part}`).textContent))"""
            )
            symbols = explorer.element.locator(".rnn-formula dt").all_inner_texts()

            assert title.endswith(f"= {button.inner_text()}")
            for numbers, value in lines:
                assert evaluated(numbers) == pytest.approx(evaluated(value), abs=5e-6)
            # A merged number comes first, any other last.
            which = 0 if symbols[0] == "output" else -1
            assert evaluated(lines[which][1]) == number
            wanted = "c" if "state_c" in title else "h"
            assert symbols[-1] == wanted


def test_the_formula_of_a_masked_step(explorer: Explorer) -> None:
    """A masked step has no formula, but says what it keeps."""
    explorer.show("#layer=lstm&sequences=1&state=1&units=1&x=0.1,0.2,0.3&mask=110")
    formula = explorer.element.locator(".rnn-formula")
    for tensor, words in (
        ("output", "Time step 3 is masked: the output is the one before"),
        ("state_h", "Time step 3 is masked: the layer keeps the state"),
        ("state_c", "Time step 3 is masked: the layer keeps the state"),
    ):
        explorer.element.locator(f"[data-tensor={tensor}] button").last.click()
        assert words in formula.inner_text()
        assert formula.locator("dl").count() == 0

    explorer.show("#layer=lstm&bidirectional=none&sequences=1&state=1&x=0.1,0.2,0.3&mask=110")
    explorer.element.locator("[data-tensor=forward_output] button").last.click()
    assert "makes its output zero" in formula.inner_text()
    assert explorer.numbers["forward_output"][-1] == [0]


def test_a_formula_stays_open(explorer: Explorer) -> None:
    """The formula follows the number while the input changes, and closes when it is gone."""
    explorer.element.locator("[data-tensor=state_c] button").click()
    title = explorer.element.locator(".rnn-formula .rnn-heading")
    before = title.inner_text()
    explorer.element.get_by_label("step 3").first.fill("0.9")

    assert title.inner_text() != before
    assert title.inner_text().startswith("state_c[0, 0] = ")
    explorer.element.get_by_label("GRU").check()
    assert explorer.element.locator(".rnn-formula").is_hidden()


# The controls, by mouse and by keyboard.


def test_every_control(explorer: Explorer) -> None:
    """Each control changes what it says, and what comes back with it."""
    element = explorer.element
    for kind in GATES:
        element.get_by_label(kind, exact=True).check()
        assert f"keras.layers.{kind}(" in explorer.code
    for sequences in (True, False):
        for state in (True, False):
            element.get_by_role("checkbox", name="return_sequences").set_checked(sequences)
            element.get_by_role("checkbox", name="return_state").set_checked(state)
            assert ("return_sequences=True" in explorer.code) == sequences
            assert ("return_state=True" in explorer.code) == state
            assert list(explorer.shapes) == ["output", *(["state_h", "state_c"] * state)]
    element.get_by_role("checkbox", name="return_sequences").check()
    element.get_by_role("checkbox", name="go_backwards").check()
    assert "go_backwards=True" in explorer.code
    assert element.locator("tbody th").all_inner_texts() == ["step 3", "step 2", "step 1"]
    for mode in DATA["modes"]:
        element.get_by_role("combobox", name="Bidirectional").select_option(mode)
        assert "keras.layers.Bidirectional(\n    keras.layers.LSTM(1" in explorer.code
        assert element.get_by_role("checkbox", name="go_backwards").is_disabled()
        assert "go_backwards" not in explorer.code
    element.get_by_role("combobox", name="Bidirectional").select_option("")
    assert element.get_by_role("checkbox", name="go_backwards").is_enabled()
    for units in range(1, MOST_UNITS + 1):
        element.get_by_role("group", name="Units").get_by_label(str(units)).check()
        assert explorer.shapes == {"output": f"(1, 3, {units})"}
    for steps in range(1, MOST_TIMESTEPS + 1):
        element.get_by_role("group", name="Time steps").get_by_label(str(steps)).check()
        assert explorer.shapes == {"output": f"(1, {steps}, 4)"}
        assert element.locator("[name=rnn-x]").count() == steps
    element.get_by_label("step 2", exact=True).fill("-1.25")
    assert "[-1.25]" in explorer.code
    element.get_by_label("masked: step 5").check()
    assert "[[True, True, True, True, False, True]]" in explorer.code
    element.get_by_role("button", name="Start again").click()
    assert explorer.chosen == explorer.page.evaluate("rnnAddress.start")


def test_a_number_that_is_none_is_not_taken(explorer: Explorer) -> None:
    """What is no number, or too large, is marked, changes nothing, and goes back."""
    field = explorer.element.get_by_label("step 1", exact=True)
    before = explorer.numbers
    for text in ("", "999", "-"):
        if text == "-":
            field.press("Control+a")
            field.press("-")
        else:
            field.fill(text)
        assert field.get_attribute("aria-invalid") == "true", text
        assert explorer.numbers == before
        field.press("Tab")
        assert field.input_value() == "0.1"
        assert field.get_attribute("aria-invalid") is None


def test_by_keyboard_alone(explorer: Explorer) -> None:
    """All of it can be done without a mouse, and what has the focus is seen."""
    page, element = explorer.page, explorer.element
    element.get_by_label("LSTM", exact=True).focus()

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            assert page.evaluate(
                """() => {
                  const focused = document.activeElement;
                  const seen = focused.matches(".rnn-segments input")
                    ? focused.nextElementSibling : focused;
                  return getComputedStyle(seen).outlineStyle !== "none";
                }"""
            ), f"no focus is seen after {key}"

    press("ArrowLeft")
    assert explorer.chosen["layer"] == "GRU"
    press("Tab", "ArrowDown")
    assert explorer.chosen["bidirectional"] == "concat"
    press("Tab", "Space", "Space", "Tab", "Space", "Space")
    press("Tab")  # go_backwards cannot be chosen now, so this is the units.
    press("ArrowRight", "Tab", "ArrowRight", "Tab")
    assert explorer.shapes["output"] == "(1, 4, 4)"
    page.keyboard.press("Control+a")
    page.keyboard.type("0.75")
    assert explorer.chosen["x"][0] == 0.75
    press("Tab", "Space")
    assert explorer.chosen["mask"] == [False, True, True, True]
    for _ in range(20):
        press("Tab")
        if page.evaluate("document.activeElement.closest('.rnn-tensor td') !== null"):
            break
    assert "output[0, 0, 0]" in element.locator(".rnn-formula").inner_text()
    press("ArrowDown", "ArrowRight", "Enter")
    assert "output[0, 1, 1]" in element.locator(".rnn-formula").inner_text()
    press("Tab")
    assert "forward_state_h[0, 0]" in element.locator(".rnn-formula").inner_text()


def test_a_screen_reader_hears_what_is_shown(explorer: Explorer) -> None:
    """The live region says in one sentence what a change brought, as it stands on the page."""
    element = explorer.element
    assert explorer.status == ""
    element.get_by_role("checkbox", name="return_state").uncheck()
    assert explorer.status == explorer.says == "Returns one tensor: output (1, 3, 1)."
    element.get_by_role("combobox", name="Bidirectional").select_option("None")
    assert explorer.status == explorer.says
    assert explorer.says.startswith("Returns a tuple of 2 tensors: forward_output (1, 3, 1), ")
    element.get_by_role("combobox", name="Bidirectional").select_option("")
    element.get_by_label("step 3", exact=True).fill("0.7")
    (last,) = explorer.numbers["output"][-1]
    assert explorer.status == f"Computed anew: the first tensor ends with {last:.6f}."
    element.locator("tbody button").last.click()
    assert explorer.status == f"output[0, 2, 0] = {last:.6f}"
    assert element.locator(".rnn-status").get_attribute("role") == "status"


# The address.


def test_the_address_holds_all_that_is_chosen(visit: Open) -> None:
    """What was chosen can be sent as an address, and the answer is the same there."""
    first = Explorer(visit(PAGE).page)
    first.element.get_by_label("GRU", exact=True).check()
    first.element.get_by_role("combobox", name="Bidirectional").select_option("mul")
    first.element.get_by_label("step 2", exact=True).fill("-0.5")
    first.element.get_by_label("masked: step 3").check()
    expect(first.page).to_have_url(re.compile("mask=110"))
    hash_ = first.page.evaluate("location.hash")
    assert hash_ == (
        "#layer=gru&bidirectional=mul&sequences=1&state=1&units=1&x=0.1,-0.5,0.3&mask=110"
    )

    second = Explorer(visit(PAGE + hash_).page)
    assert second.chosen == first.chosen
    assert second.numbers == first.numbers


def test_every_address_that_is_written_can_be_read(explorer: Explorer) -> None:
    """No setting is lost on its way through the address."""
    draw = Random(11)
    for key in LAYERS:
        steps = draw.randint(1, MOST_TIMESTEPS)
        text = address(
            key, draw.randint(1, MOST_UNITS), some_input(draw, steps), some_mask(draw, steps)
        )
        once, twice = explorer.page.evaluate(
            "text => { const { read, write } = rnnAddress;"
            " return [read(text), read(write(read(text)))]; }",
            text,
        )
        assert once == twice
        assert explorer.page.evaluate("chosen => rnnAddress.key(chosen)", once) == key


START = "layer=lstm&sequences=1&state=1&units=1&x=0.1,0.2,0.3"
BROKEN = [
    "",
    "layer=",
    "layer=rnn",
    "layer=constructor",
    "layer=__proto__&units=__proto__&sequences=constructor",
    "layer=LSTM%20000",
    "bidirectional=max",
    "bidirectional=toString",
    "sequences=2&state=true",
    "sequences=&state=",
    "units=0",
    "units=5",
    "units=1e1",
    "units=-1",
    "units=1.5",
    "units=Infinity",
    "x=",
    "x=,,",
    "x=1,2,3,4,5,6,7",
    "x=NaN",
    "x=Infinity,1",
    "x=1e5",
    "x=11",
    "x=0x10",
    "x=1;alert(1)",
    "x=" + "1," * 5000,
    "mask=11",
    "mask=1111",
    "mask=abc",
    "mask=<script>alert(1)</script>",
    "layer=<img src=x onerror=alert(1)>",
    "layer=%3Cimg%20src=x%20onerror=alert(1)%3E&x=%3Cscript%3E",
    "x=javascript:alert(1)&layer=javascript:alert(1)",
    "constructor=1&__proto__=2&layer[]=gru",
    "%E0%A4%A",
    "a" * 100_000,
]


def test_a_broken_address_shows_the_default(visit: Open) -> None:
    """A hostile or broken address runs nothing and shows what is shown without one."""
    visited = visit(PAGE + "#layer=gru&x=<img src=x onerror=alert(1)>&units=<script>")
    page = visited.page
    explorer = Explorer(page)
    start = page.evaluate("rnnAddress.start")
    assert explorer.chosen == start | {"layer": "GRU"}

    for broken in BROKEN:
        explorer.show("#layer=gru&units=3&x=1")
        page.evaluate("hash => history.replaceState(null, '', hash)", f"#{broken}")
        explorer.show(page.evaluate("location.hash"))

        assert explorer.chosen == start, broken
        assert explorer.element.locator("script, img, iframe, [onerror]").count() == 0
    assert visited.console == []


def test_a_broken_field_leaves_the_others(explorer: Explorer) -> None:
    """Each field of an address stands for itself."""
    explorer.show("#layer=gru&units=9&sequences=0&state=x&x=1,2&mask=1")
    chosen = explorer.chosen

    assert (chosen["layer"], chosen["units"], chosen["sequences"]) == ("GRU", 1, False)
    assert (chosen["state"], chosen["x"], chosen["mask"]) == (True, [1, 2], [True, True])
    explorer.show("#layer=gru&bidirectional=sum&backwards=1")
    assert (explorer.chosen["bidirectional"], explorer.chosen["backwards"]) == ("sum", False)


def test_the_links_of_the_page(explorer: Explorer) -> None:
    """Each question on the page opens its answer, and an anchor of the page changes nothing."""
    links = explorer.page.locator("a[href^='#layer=']")
    assert links.count() >= 3
    for link in links.all():
        link.click()
        target = link.get_attribute("href")
        # Playwright's own way to wait makes code of text, which the page's policy refuses.
        explorer.page.evaluate(
            "hash => new Promise((done) => { const look = () =>"
            " document.querySelector('rnn-explorer').chosen.units === rnnAddress.read(hash).units"
            " ? done() : requestAnimationFrame(look); look(); })",
            target,
        )
        assert explorer.chosen == explorer.page.evaluate("rnnAddress.read", target)
        assert explorer.page.evaluate("rnnAddress.write", explorer.chosen) == target
    before = explorer.chosen
    explorer.page.evaluate("location.hash = '#what-to-try'")
    explorer.page.wait_for_timeout(50)
    assert explorer.chosen == before


def test_the_copy_buttons(visit: Open) -> None:
    """The code and the address can be taken along with one press each."""
    page = visit(PAGE, permissions=["clipboard-read", "clipboard-write"]).page
    explorer = Explorer(page)
    code = explorer.element.get_by_role("button", name="Copy code")
    code.click()
    expect(page.locator(".rnn-status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == explorer.code
    assert code.count() == 0
    code.wait_for()  # Its own words come back.
    explorer.element.get_by_role("button", name="Copy link").click()
    expect(page.locator(".rnn-copy_link")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"{PAGE}#{START}")


# Wherever it is read.


STATES = [
    "",
    "#layer=simplernn&sequences=0&state=0&x=1",
    "#layer=gru&bidirectional=concat&sequences=1&state=1&units=4&x=1,2,3,4,5,6&mask=111110",
    "#layer=lstm&bidirectional=none&sequences=1&state=1&units=2&x=-0.1234,-9.1234,0.3",
]
# Boxes that a finger goes for, and the largest thing that may hold text.
TARGETS = """explorer => [...explorer.querySelectorAll(
  ".rnn-segments label, .rnn-flags label, .rnn-input li label, button, select, [type=number]")]
  .filter((each) => each.checkVisibility())
  .map((each) => { const { x, y, width, height } = each.getBoundingClientRect();
    return { what: each.textContent, x, y, width, height,
      inside: each.closest("li label") && each.matches("input") ? 1 : 0 }; })"""
CLIPPED = """explorer => [...explorer.querySelectorAll(
  "button, .rnn-segments span, legend, caption, th, .rnn-says, .rnn-notes li, dd, label, select")]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== "inline")
  .map((each) => each.textContent)"""


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_is_cut_off(visit: Open, width: int) -> None:
    """At every width the page does not scroll sideways, and all is whole and large enough."""
    page = visit(PAGE, **window(width)).page
    explorer = Explorer(page)
    for state in STATES:
        explorer.show(state)
        explorer.element.locator("tbody button").last.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        assert explorer.element.evaluate(CLIPPED) == [], state
        targets = explorer.element.evaluate(TARGETS)
        for target in targets:
            assert min(target["width"], target["height"]) >= 24, target
        outer = [target for target in targets if not target["inside"]]
        for i, one in enumerate(outer):
            for other in outer[i + 1 :]:
                apart = (
                    one["x"] + one["width"] <= other["x"] + 0.5
                    or other["x"] + other["width"] <= one["x"] + 0.5
                    or one["y"] + one["height"] <= other["y"] + 0.5
                    or other["y"] + other["height"] <= one["y"] + 0.5
                )
                assert apart, (one, other)


def test_nothing_moves_when_a_number_changes(explorer: Explorer) -> None:
    """Other digits take the same room, so that the page stays where it is."""
    where = "explorer => JSON.stringify(explorer.getBoundingClientRect())"
    before = explorer.element.evaluate(where)
    for text in ("-1", "0.1111", "9"):
        explorer.element.get_by_label("step 1", exact=True).fill(text)
        assert explorer.element.evaluate(where) == before


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_nothing_stands_in_anyones_way(visit: Open, scheme: str) -> None:
    """The axe rules for accessible pages find nothing in the Explorer, in any of its states."""
    for page, state, width in (
        ("index.html", "#layer=<broken>&units=9", 320),
        *zip([PAGE] * len(STATES), STATES, (1440, 320, 768, 320), strict=True),
    ):
        visited = visit(page + state, color_scheme=scheme, reduced_motion="reduce", **window(width))
        explorer = Explorer(visited.page)
        explorer.element.locator("tbody button").last.click()
        found = Axe().run(visited.page, context="rnn-explorer").response["violations"]

        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], state
        assert visited.page.evaluate("document.getAnimations().length") == 0


def test_without_javascript(visit: Open) -> None:
    """Without JavaScript there is no dead control, but the executed table and where to look."""
    page = visit(PAGE, java_script_enabled=False).page
    explorer = page.locator("rnn-explorer")

    assert "needs JavaScript" in explorer.inner_text()
    assert explorer.locator("input, button, select").count() == 0
    table = page.locator("article table").first
    assert table.is_visible()
    assert "state_h (1, 1), state_c (1, 1)" in table.inner_text()
    # Whoever can see the Explorer needs no table in its place.
    assert "needs JavaScript" not in visit(PAGE).page.locator("article").inner_text()


def test_under_a_strict_policy(visit: Open, served_strictly: str) -> None:
    """The Explorer works under a strict content security policy, and breaks no part of it."""
    page = visit("index.html").page
    page.add_init_script(
        """window.refused = [];
        document.addEventListener("securitypolicyviolation", ({ sourceFile, blockedURI }) =>
          refused.push(`${sourceFile} ${blockedURI}`));"""
    )
    page.goto(f"{served_strictly}/{PAGE}")
    explorer = Explorer(page)
    before = page.evaluate("refused.length")
    explorer.element.get_by_role("combobox", name="Bidirectional").select_option("sum")
    explorer.element.locator("tbody button").first.click()

    assert explorer.shapes["output"] == "(1, 3, 1)"
    assert explorer.element.locator("svg text").first.is_visible()
    # The theme has inline scripts of its own, when a page is opened.
    assert page.evaluate("refused.length") == before
    assert not any("_static/explorer" in each for each in page.evaluate("refused"))


@pytest.fixture
def served_strictly(published: Path) -> Iterator[str]:
    """Serve the built site with a policy that allows its own files alone."""

    class Strict(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
            )
            super().end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(published)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# Its files and its words.


def test_it_is_small_and_asks_for_nothing(published: Path) -> None:
    """Script and style together stay under 20 KB as they travel, and need no other file."""
    files = [STATIC / name for name in (NEAR, *SCRIPTS[1:], STYLE)]
    texts = [file.read_bytes() for file in files]

    assert sum(len(gzip.compress(text)) for text in texts) <= 20_000
    for text in texts:
        assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)|innerHTML|eval\(|import\b", text)


def test_it_comes_when_a_reader_comes_near(visit: Open) -> None:
    """A phone that opens the first page pays for the Explorer when its reader goes down to it."""
    page = visit("index.html", **window(PHONE)).page
    settle(page)
    scripts = page.locator("script[src*='explorer']")
    assert scripts.count() == 1

    Explorer(page)
    assert scripts.count() == 1 + len(SCRIPTS)


def test_other_pages_do_without_it(published: Path) -> None:
    """Only a page that holds the Explorer loads its files."""
    for page in published.glob("**/*.html"):
        html = page.read_text(encoding="utf-8")
        assert ("explorer-data.js" in html) == ("<rnn-explorer>" in html), page
    assert "<rnn-explorer>" in (published / "index.html").read_text(encoding="utf-8")


def test_the_data_are_what_the_rules_say_now(published: Path) -> None:
    """The file of the built site is the one that the rules of this checkout give."""
    text = (published / "_static/explorer-data.js").read_text(encoding="utf-8")
    assert json.loads(text.partition(" = ")[2].rstrip(";\n")) == json.loads(json.dumps(DATA))


def test_its_words_are_translated_with_the_page(small_site: SmallSite) -> None:
    """Every word that the script needs is in the page, and a translator is asked for it."""
    parts = (ROOT / "docs/_parts/explorer.md").read_text(encoding="utf-8")
    small_site.write("docs/_parts/explorer.md", parts)
    small_site.write("docs/page.md", "# A page\n\n```{include} _parts/explorer.md\n```\n")
    small_site.write(
        "docs/locale/zh_CN/LC_MESSAGES/docs/page.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Time steps"\nmsgstr "时间步"\n',
    )
    said = small_site.run("sphinx", "-b", "gettext", *STRICT, *NO_EXECUTION, ".", "_build/pot")
    assert said.returncode == 0, said.stdout
    catalogue = (small_site.folder / "_build/pot/docs/page.pot").read_text(encoding="utf-8")
    catalogue = catalogue.replace('"\n"', "")
    words = dict(re.findall(r"^\{\.(\w+)\}\n(.+)$", parts, re.MULTILINE))
    assert len(words) > 40
    for text in words.values():
        assert f'msgid "{text}"' in catalogue

    script = (STATIC / "explorer.js").read_text("utf-8") + (
        STATIC / "explorer-diagram.js"
    ).read_text("utf-8")
    for word in re.findall(r"""(?:word|text|say|button)\(\s*"(\w+)\"""", script):
        assert word in words

    said = small_site.run(
        "sphinx", "-b", "html", *STRICT, *NO_EXECUTION, "-D", "language=zh_CN", ".", "_build/zh"
    )
    assert said.returncode == 0, said.stdout
    chinese = (small_site.folder / "_build/zh/docs/page.html").read_text(encoding="utf-8")
    assert '<p class="steps">时间步</p>' in chinese
