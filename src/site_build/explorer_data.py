"""All that the Explorer knows without computing: every answer of the rules, and the weights.

The page computes numbers only. What comes back, under which names, in what shape, what is equal and
how the code reads is in here, so that no script repeats a rule.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from rnn_returns.equality import MERGES, Equality, View
from rnn_returns.flags import FLAG_COMBINATIONS
from rnn_returns.layer import Layer
from rnn_returns.original import columns
from rnn_returns.painter import LOOKS
from rnn_returns.refused import MERGE_MODES
from rnn_returns.rules import WAYS, Expected, expected
from rnn_returns.scene import MARKS
from rnn_returns.written import written

# Each layer with its gates in Keras's order. Keras's own name for g is c.
GATES = {"SimpleRNN": ("g",), "GRU": ("z", "r", "g"), "LSTM": ("i", "f", "g", "o")}
MOST_UNITS, MOST_TIMESTEPS = 4, 6

# The rules are asked about sizes that no other thing has, so that each can be named again.
BATCH, TIMESTEPS, UNITS = 1, 11, 101
SIZES = {BATCH: "batch", TIMESTEPS: "timesteps", UNITS: "units", 2 * UNITS: "2 * units"}

CALL = "{names} = layer({arguments})"
CODE = "import keras\nimport numpy as np\n\nx = np.array({x})\n{mask}layer = {layer}\n{call}\n"
MASK = "mask = np.array({mask})\n"


def layers() -> Iterator[tuple[str, Layer]]:
    """Give every layer that the Explorer offers, with the key that the page finds it by."""
    for kind, flags, backwards in product(GATES, FLAG_COMBINATIONS, (False, True)):
        sequences, state = flags.return_sequences, flags.return_state
        layer = Layer(
            kind,
            units=UNITS,
            return_sequences=sequences,
            return_state=state,
            go_backwards=backwards,
        )
        key = f"{kind} {sequences:d}{state:d}{backwards:d}"
        yield key, layer
        if not backwards:  # Bidirectional refuses a layer that goes backwards already.
            for mode in MERGE_MODES:
                both = Layer("Bidirectional", layer=layer, merge_mode=mode)
                yield f"{key} {mode}", both


def explorer_data() -> dict[str, Any]:
    """Give the answers, the code and the weights as plain data.

    >>> from site_build.explorer_data import explorer_data
    >>> data = explorer_data()
    >>> layer, answer, with_a_mask = data["layers"]["LSTM 110"]
    >>> layer
    'keras.layers.LSTM({units}, return_sequences=True, return_state=True)'
    >>> data["answers"][answer]["tensors"]["state_h"]
    {'axes': ('batch', 'units'), 'sizes': ['batch', 'units']}
    """
    answers: list[dict[str, Any]] = []
    table: dict[str, list[Any]] = {}
    for key, layer in layers():
        table[key] = [_code(layer).replace(str(UNITS), "{units}")]
        for mask in (False, True):
            answer = _answer(expected(layer, (BATCH, TIMESTEPS, 1), mask=mask))
            if answer not in answers:
                answers.append(answer)
            table[key].append(answers.index(answer))
    return {
        "layers": table,
        "answers": answers,
        "code": {"all": CODE, "mask": MASK, "call": CALL},
        "weights": weights(),
        "kinds": list(GATES),
        "modes": [str(mode) for mode in MERGE_MODES],
        "merges": {mode: text for mode, (text, _) in MERGES.items()},
        "looks": LOOKS,
        "most": {"units": MOST_UNITS, "timesteps": MOST_TIMESTEPS},
    }


def as_script(data: dict[str, Any]) -> str:
    """Write *data* as a script, for a page that is read from a disk may fetch nothing."""
    return f"window.rnnExplorerData = {json.dumps(data, separators=(',', ':'))};\n"


def weights() -> dict[str, Any]:
    """Give each layer's weights for as many units as there may be; fewer take the first of them.

    By direction and gate: ``W`` for each unit, ``U`` from each unit to each unit, and ``b`` for
    each unit, and of a GRU ``b_h``, the second bias. The biases are Keras's defaults. The first
    unit has the weights of the original notebook, as everywhere on this site.
    """
    draw = Random(0)  # Its sequence is the same for ever; the values have no meaning.
    drawn: dict[str, Any] = {}
    for kind, way in product(GATES, WAYS):
        gates = {gate: _gate(kind, gate, draw) for gate in GATES[kind]}
        if way == "forward":
            for gate, kernel, recurrent in zip(gates.values(), *columns(kind), strict=True):
                gate["W"][0], gate["U"][0][0] = kernel, recurrent
        drawn.setdefault(kind, {})[way] = gates
    return drawn


def _gate(kind: str, gate: str, draw: Random) -> dict[str, Any]:
    def some() -> list[float]:
        return [round(2 * draw.random() - 1, 2) for _ in range(MOST_UNITS)]

    open_at_first = float(kind == "LSTM" and gate == "f")  # unit_forget_bias
    made: dict[str, Any] = {
        "W": some(),
        "U": [some() for _ in range(MOST_UNITS)],
        "b": [open_at_first] * MOST_UNITS,
    }
    return made | ({"b_h": [0.0] * MOST_UNITS} if kind == "GRU" else {})


def _code(layer: Layer) -> str:
    """Write the layer as Python, and what it wraps on a line of its own."""
    text = written(layer, "keras.layers.")
    if layer.layer is None:
        return text
    inside = written(layer.layer, "keras.layers.")
    text = text.replace(inside, f"\n    {inside}").replace(", merge_mode", ",\n    merge_mode")
    return text.removesuffix(")") + "\n)"


def _answer(told: Expected) -> dict[str, Any]:
    """What the rules say of one call, with the names of the sizes in place of the sizes."""
    return {
        "container": told.container,
        "tensors": {
            name: {"axes": axes, "sizes": [SIZES[size] for size in shape if size is not None]}
            for name, axes, shape in zip(told.names, told.axes, told.shapes, strict=True)
        },
        "mask": told.mask is not None,
        # Marked as in a diagram; what is merged is equal to no single one.
        "equal": [
            _equality(each, "" if each.merge else MARKS[i])
            for i, each in enumerate(told.equalities)
        ],
    }


def _equality(equality: Equality, mark: str) -> dict[str, Any]:
    views = [_view(view) for view in (equality.left, *equality.right)]
    return {"mark": mark, "text": str(equality), "views": views}


def _view(view: View) -> list[Any]:
    """Split what a view reads as into the tensor's name and one index for each axis."""
    name, _, index = str(replace(view, axis="units")).rstrip("]").partition("[")
    return [name, index.split(", ") if index else []]
