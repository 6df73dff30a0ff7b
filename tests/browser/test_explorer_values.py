"""The Explorer's numbers, code, diagrams and formulas are those of Keras and the package."""

import re
from dataclasses import replace
from itertools import product
from math import tanh
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
from support.explorer import DATA, LAYERS, NUMBERS, Explorer, address, random_input, random_mask

from rnn_returns import equations
from rnn_returns.diagrams.description import describe_layout
from rnn_returns.diagrams.layout import build_layout
from rnn_returns.diagrams.svg import render_svg
from rnn_returns.rules.layer_spec import DIRECTIONS
from site_build.content.explorer_data import GATES, MAX_TIMESTEPS, MAX_UNITS

# The code, the names, shapes and numbers of the tensors, and the notes.
TEXTS = """explorer => {
  const texts = (selector) =>
    [...explorer.querySelectorAll(selector)].map((element) => element.innerText);
  return [texts("pre code")[0], texts("caption .rnn-name"), texts("caption .rnn-shape"),
    texts(".rnn-notes")[0], texts(".rnn-tensor button")];
}"""


# The numbers.


def keras_weights(kind: str, direction: str, units: int) -> list[np.ndarray]:
    """Join the page's weights in the form of Keras."""
    gates = [DATA["weights"][kind][direction][gate] for gate in GATES[kind]]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([np.array(gate[name])[..., :units] for gate in gates], axis=-1)

    bias = np.stack([joined("b"), joined("b_h")]) if kind == "GRU" else joined("b")
    return [joined("W")[np.newaxis], joined("U")[:units], bias]


def test_the_numbers_are_those_of_keras(explorer: Explorer) -> None:
    """On more than a thousand random settings the page shows what the Keras that it names does."""
    assert f"compare these values with Keras {keras.__version__}." in explorer.element.inner_text()
    draw = Random(7)
    wanted: list[tuple[str, dict[str, Any]]] = []
    for key in LAYERS:
        kind, mode = key.split()[0], key.split()[2:]
        units = draw.randint(1, MAX_UNITS)
        layer = eval(DATA["layers"][key][0].format(units=units), {"keras": keras})
        layer.build((None, None, 1))
        directions = DIRECTIONS if mode else DIRECTIONS[:1]
        layer.set_weights([w for name in directions for w in keras_weights(kind, name, units)])
        for masked in (False, True):
            steps = draw.randint(1, MAX_TIMESTEPS)
            xs = [random_input(draw, steps) for _ in range(7)]
            masks = [random_mask(draw, steps) if masked else [True] * steps for _ in xs]
            mask = np.array(masks) if masked else None
            result = layer(np.array(xs, "float32")[..., np.newaxis], mask=mask)
            tensors = [np.asarray(each) for each in keras.tree.flatten(result)]
            names = DATA["answers"][DATA["layers"][key][1 + masked]]["tensors"]
            for sample, (x, unmasked) in enumerate(zip(xs, masks, strict=True)):
                values = [np.atleast_2d(tensor[sample]) for tensor in tensors]
                there = dict(zip(names, values, strict=True))
                wanted.append((address(key, units, x, unmasked), there))
    shown = explorer.show_each([where for where, _ in wanted], NUMBERS)

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


# The code, the names and the shapes.


def test_the_code_prints_what_is_shown(
    explorer: Explorer, capsys: pytest.CaptureFixture[str]
) -> None:
    """For every combination the code unpacks the names and shapes and prints the numbers shown."""
    calls = [(key, mask) for key in LAYERS for mask in ([True] * 3, [True, False, True])]
    shown = explorer.show_each(
        [address(key, 1 + i % 4, [0.1, -0.2, 0.3], mask) for i, (key, mask) in enumerate(calls)],
        TEXTS,
    )

    for (key, mask), (code, names, shapes, note, numbers) in zip(calls, shown, strict=True):
        made: dict[str, Any] = {}
        with np.printoptions():  # The code sets its own.
            exec(code, made)
        printed = re.findall(r"-?\d[\d.]*", capsys.readouterr().out)

        np.testing.assert_allclose(
            [*map(float, printed)], [*map(float, numbers)], rtol=0, atol=2e-6, err_msg=code
        )
        assert code.startswith("import keras\n")
        assert shapes == [str(tuple(made[name].shape)) for name in names], key
        assert f"\n{', '.join(names)} = layer(x" in code
        propagated = getattr(made[names[0]], "_keras_mask", None)
        assert ("propagates the mask: [[True, False, True]]" in note) == (propagated is not None)
        assert ("does not propagate the mask" in note) == (propagated is None and not all(mask))


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
            units, steps = draw.randint(1, MAX_UNITS), draw.randint(1, MAX_TIMESTEPS)
            mask = random_mask(draw, steps) if masked else [True] * steps
            calls.append((key, layer, units, steps, mask))
    pictures = explorer.show_each(
        [address(key, units, [0.5] * steps, mask) for key, _, units, steps, mask in calls],
        "explorer => explorer.svg()",
    )

    for (key, layer, units, steps, mask), picture in zip(calls, pictures, strict=True):
        unmasked = None if all(mask) else mask
        inner = layer.layer and replace(layer.layer, units=units)
        resized = replace(layer, layer=inner, units=None if inner else units)
        layout = build_layout(resized, (1, steps, 1), steps, unmasked)
        assert picture == render_svg(layout, describe_layout(layout, "explorer")), (key, mask)
    shown = explorer.element.locator("svg[role=img]")
    assert shown.count() == 1
    assert shown.evaluate("svg => svg.namespaceURI") == "http://www.w3.org/2000/svg"


# The formula of a number.


def evaluated(text: str) -> float:
    """Evaluate a formula of numbers."""
    text = text.removeprefix("= ").replace("·", "*").replace("−", "-").replace("σ", "sigmoid")
    names = {
        "tanh": tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "forward": None,
    }
    return float(eval(text, {"__builtins__": {}}, names))


@pytest.mark.parametrize("kind", GATES)
def test_the_formula_gives_the_number(explorer: Explorer, kind: str) -> None:
    """The formula with the numbers evaluates to the number of the page."""
    for flags, mode in product(("000", "110"), ("", *DATA["modes"])):
        explorer.show(address(f"{kind} {flags} {mode}", 2, [0.4, -1.5, 2.0], [True] * 3))
        for button in explorer.element.locator("tbody button").all()[::3]:
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
            assert symbols[-1] == ("c" if "state_c" in title else "h")


def test_the_formula_of_a_masked_step(explorer: Explorer) -> None:
    """A masked step has no formula, but a text about what it keeps."""
    explorer.show("#layer=lstm&sequences=1&state=1&units=1&x=0.1,0.2,0.3&mask=110")
    formula = explorer.element.locator(".rnn-formula")
    for tensor, words in (
        ("output", "Time step 3 is masked, so the layer repeats its previous output"),
        ("state_h", "Time step 3 is masked, so the state is unchanged"),
        ("state_c", "Time step 3 is masked, so the state is unchanged"),
    ):
        explorer.element.locator(f"[data-tensor={tensor}] button").last.click()
        assert words in formula.inner_text()
        assert formula.locator("dl").count() == 0

    explorer.show("#layer=lstm&bidirectional=none&sequences=1&state=1&x=0.1,0.2,0.3&mask=110")
    explorer.element.locator("[data-tensor=forward_output] button").last.click()
    assert "sets its output to zero" in formula.inner_text()
    assert explorer.numbers["forward_output"][-1] == [0]


def test_a_formula_stays_open(explorer: Explorer) -> None:
    """The formula follows the number while the input changes, and closes when it is gone."""
    explorer.element.locator("[data-tensor=state_c] button").click()
    title = explorer.element.locator(".rnn-formula .rnn-heading")
    before = title.inner_text()
    explorer.element.get_by_label("time step 3").first.fill("0.9")

    assert title.inner_text() != before
    assert title.inner_text().startswith("state_c[0, 0] = ")
    explorer.element.get_by_label("GRU").check()
    assert explorer.element.locator(".rnn-formula").is_hidden()
