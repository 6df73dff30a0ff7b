"""The data of the Explorer that it does not compute: the expected returns, the code, the weights.

The page computes numbers only, so that no script repeats a rule.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import product
from random import Random
from typing import Any

from rnn_returns.diagrams.layout import MARKS
from rnn_returns.diagrams.svg_elements import SIZES, STYLES
from rnn_returns.original_notebook import columns
from rnn_returns.rules.constraints import MERGE_MODES
from rnn_returns.rules.equality import MERGES, View
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.flags import FLAG_COMBINATIONS
from rnn_returns.rules.layer_spec import DIRECTIONS, LayerSpec
from rnn_returns.rules.to_source import to_source

# Each layer with its gates in Keras's order. Keras's own name for g is c.
GATES = {"SimpleRNN": ("g",), "GRU": ("z", "r", "g"), "LSTM": ("i", "f", "g", "o")}
MAX_UNITS, MAX_TIMESTEPS = 4, 6

MODULE = "keras.layers."
CALL = "{names} = layer({arguments})"
CODE = """import keras
import numpy as np

np.set_printoptions(precision=6, suppress=True)
x = np.array({x})
{mask}layer = {layer}
layer.build(x.shape)
layer.set_weights([
{weights}])
{call}
{print}
"""
MASK = "mask = np.array({mask})\n"
ARRAY = "    np.array({array}),\n"
PRINT = "print(keras.ops.convert_to_numpy({name}))"
PRINT_ALL = f"for tensor in ({{names}}):\n    {PRINT.format(name='tensor')}"


class Placeholder(int):
    """A number that source code shows as the name of a placeholder."""

    def __repr__(self) -> str:
        return "{units}"


# Sizes that differ from each other, so that each can be turned back into its name.
BATCH, TIMESTEPS, UNITS = 1, 11, Placeholder(101)
NAMES = {BATCH: "batch", TIMESTEPS: "timesteps", UNITS: "units", 2 * UNITS: "2 * units"}


def list_layers() -> Iterator[tuple[str, LayerSpec]]:
    """Yield every layer that the Explorer offers, with its key in the data."""
    for kind, flags, backwards in product(GATES, FLAG_COMBINATIONS, (False, True)):
        layer = LayerSpec(
            kind,
            units=UNITS,
            return_sequences=flags.return_sequences,
            return_state=flags.return_state,
            go_backwards=backwards,
        )
        key = f"{kind} {flags.return_sequences:d}{flags.return_state:d}{backwards:d}"
        yield key, layer
        if not backwards:  # Bidirectional does not support a layer with go_backwards.
            for mode in MERGE_MODES:
                yield f"{key} {mode}", LayerSpec("Bidirectional", layer=layer, merge_mode=mode)


def build_data() -> dict[str, Any]:
    """Return all data of the Explorer.

    >>> from site_build.content.explorer_data import build_data
    >>> data = build_data()
    >>> source, answer, answer_with_mask = data["layers"]["LSTM 110"]
    >>> source
    'keras.layers.LSTM({units}, return_sequences=True, return_state=True)'
    >>> data["answers"][answer]["tensors"]["state_h"]
    {'axes': ('batch', 'units'), 'sizes': ['batch', 'units']}
    """
    answers: list[dict[str, Any]] = []
    table: dict[str, list[Any]] = {}
    for key, layer in list_layers():
        table[key] = [_write_source(layer)]
        for mask in (False, True):
            answer = _build_answer(expected(layer, (BATCH, TIMESTEPS, 1), mask=mask))
            if answer not in answers:
                answers.append(answer)
            table[key].append(answers.index(answer))
    return {
        "layers": table,
        "answers": answers,
        "code": {
            "all": CODE,
            "mask": MASK,
            "call": CALL,
            "array": ARRAY,
            "print_one": PRINT,
            "print_several": PRINT_ALL,
        },
        "weights": draw_weights(),
        "kinds": list(GATES),
        "modes": [str(mode) for mode in MERGE_MODES],
        "merges": {mode: text for mode, (text, _) in MERGES.items()},
        "styles": STYLES,
        "sizes": asdict(SIZES),
        "max": {"units": MAX_UNITS, "timesteps": MAX_TIMESTEPS},
    }


def draw_weights() -> dict[str, Any]:
    """Draw the weights of each layer for the largest number of units; fewer use the first of them.

    By direction and gate: ``W`` for each unit, ``U`` from each unit to each unit, and ``b`` for
    each unit, and of a GRU ``b_h``, the second bias. The biases are Keras's defaults. The first
    unit has the weights of the original notebook, as on all pages.
    """
    draw = Random(0)  # The same sequence on every machine; the values have no meaning.
    weights: dict[str, Any] = {}
    for kind, direction in product(GATES, DIRECTIONS):
        gates = {gate: _draw_gate(kind, gate, draw) for gate in GATES[kind]}
        if direction == "forward":
            for gate, kernel, recurrent in zip(gates.values(), *columns(kind), strict=True):
                gate["W"][0], gate["U"][0][0] = kernel, recurrent
        weights.setdefault(kind, {})[direction] = gates
    return weights


def _draw_gate(kind: str, gate: str, draw: Random) -> dict[str, Any]:
    def draw_units() -> list[float]:
        return [round(2 * draw.random() - 1, 2) for _ in range(MAX_UNITS)]

    bias = float(kind == "LSTM" and gate == "f")  # unit_forget_bias
    weights: dict[str, Any] = {
        "W": draw_units(),
        "U": [draw_units() for _ in range(MAX_UNITS)],
        "b": [bias] * MAX_UNITS,
    }
    return weights | ({"b_h": [0.0] * MAX_UNITS} if kind == "GRU" else {})


def _write_source(layer: LayerSpec) -> str:
    """Write the layer as Python, with each argument of a wrapper on a separate line."""
    if layer.layer is None:
        return to_source(layer, MODULE)
    arguments = [to_source(layer.layer, MODULE)]
    if layer.merge_mode != LayerSpec.merge_mode:
        arguments.append(f"merge_mode={layer.merge_mode!r}")
    lines = ",\n    ".join(arguments)
    return f"{MODULE}{layer.kind}(\n    {lines}\n)"


def _build_answer(rules: Expected) -> dict[str, Any]:
    """Build what the rules expect of one call, with names in place of the sizes."""
    return {
        "container": rules.container,
        "tensors": {
            name: {"axes": axes, "sizes": [NAMES[size] for size in shape if size is not None]}
            for name, axes, shape in zip(rules.names, rules.axes, rules.shapes, strict=True)
        },
        "mask": rules.mask is not None,
        # The marks of a diagram; a merged output has none, because it equals no single state.
        "equal": [
            {
                "mark": "" if equality.merge else MARKS[i],
                "text": str(equality),
                "views": [_split_view(view) for view in (equality.left, *equality.right)],
            }
            for i, equality in enumerate(rules.equalities)
        ],
    }


def _split_view(view: View) -> list[Any]:
    """Split the text of a view into the tensor's name and one index for each axis."""
    name, _, index = str(replace(view, axis="units")).rstrip("]").partition("[")
    return [name, index.split(", ") if index else []]
