"""A diagram shows what Keras returns, to everybody, and nothing else."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any
from xml.etree import ElementTree

import grid
import numpy as np
import pytest

from rnn_returns import Diagram, Layer, diagram
from rnn_returns.layer import input_axes
from rnn_returns.rules import expected

SVG = "{http://www.w3.org/2000/svg}"
LSTM = Layer("LSTM", units=2, **grid.BOTH)
EVERY_MASK = list(product((False, True), repeat=grid.TIMESTEPS))


def drawn_cases() -> list[grid.Case]:
    """Give the cases of the grid that are called with numbers."""
    return [case for case in grid.accepted() if not case.symbolic]


def draw(case: grid.Case, mask: Any = None) -> Diagram:
    """Draw a case, under one mask of its many."""
    given = mask or (True,) * steps_of(case) if case.mask else None
    return diagram(case.layer, input_shape=case.shape, mask=given, initial_state=case.initial_state)


def steps_of(case: grid.Case) -> int:
    """Give the number of time steps of a case."""
    return case.shape[input_axes(case.layer).index("timesteps")] or 0


def texts(picture: Diagram, *looks: str) -> list[str]:
    """Give the texts in the drawing that look so."""
    root = ElementTree.fromstring(picture.svg)
    return [
        "".join(text.itertext())
        for text in root.iter(f"{SVG}text")
        if text.get("class") in {f"rnn-{look}" for look in looks}
    ]


@pytest.mark.parametrize("case", drawn_cases()[::4], ids=str)
def test_it_shows_what_keras_returns(case: grid.Case) -> None:
    """Names, shapes and values: what is drawn with one symbol is one value, and 0 is zero."""
    returned = grid.run(case, grid.build(case.layer))
    masks = grid.masks(case)
    while masks.ndim > 2:
        masks = masks[:, 0]  # Of TimeDistributed one slice is drawn.
    for sample in range(case.shape[0] or 0):
        picture = draw(case, masks[sample].tolist())
        symbols: dict[str, Any] = {"0": 0.0}
        listed = [(tensor["name"], tensor["shape"]) for tensor in picture.scene["tensors"]]

        assert listed == [(name, str(shape)) for name, shape in named_shapes(returned)]
        for symbol, values in shown_values(case, picture, returned, sample):
            known = symbols.setdefault(symbol, values)
            np.testing.assert_array_equal(values, np.broadcast_to(known, values.shape), symbol)
        del symbols["0"]
        if not case.initial_state and "custom" not in case.layer.to_json():
            # Given states are the same for both directions, and a custom cell may put out ones.
            assert all(np.any(values) for values in symbols.values())
            assert not any(np.array_equal(*pair) for pair in combinations(symbols.values(), 2))


def named_shapes(returned: Any) -> Iterator[tuple[str, Any]]:
    return zip(returned.names, returned.shapes, strict=True)


def shown_values(
    case: grid.Case, picture: Diagram, returned: Any, sample: int
) -> Iterator[tuple[str, Any]]:
    """Give each lit symbol with the values that Keras returned at its place."""
    rule = expected(case.layer, case.shape, **case.call)
    tensors: dict[str, Any] = {}
    for name, axes, values in zip(rule.names, rule.axes, returned, strict=True):
        while "slices" in axes:
            values = np.take(values, 0, axes.index("slices"))
            axes = tuple(axis for i, axis in enumerate(axes) if i != axes.index("slices"))
        if axes[0] == "returned":
            tensors |= {f"[{i}]": part[sample] for i, part in enumerate(values)}
        else:
            tensors[name] = values[sample]
    scene, places = picture.scene, iter(tensors)
    stacked = "[0]" in tensors
    for row in scene["rows"]:
        values = tensors[next(places) if stacked else row["tensor"]]
        boxes = [box for box in row["boxes"] if box["parts"][0]["lit"]]
        sequence = "timesteps" in rule.axes[0]
        for i, box in enumerate(boxes[:: -1 if scene["lanes"][0]["backwards"] else 1]):
            entry = values[i] if sequence else values
            if len(box["parts"]) == 1:
                yield box["parts"][0]["text"], entry
            elif not row["joint"]:
                size = scene_units(case.layer)
                yield box["parts"][0]["text"], entry[..., :size]
                yield box["parts"][1]["text"], entry[..., size:]
    for lane in scene["lanes"]:
        for level in lane["levels"]:
            for state in level["states"]:
                if state["end"]["lit"]:
                    name = next(places) if stacked else state["tensor"]
                    yield state["end"]["text"], tensors[name]


def scene_units(layer: Layer) -> int:
    """Give the length of the last axis of what a Bidirectional layer's forward layer puts out."""
    while layer.layer:
        layer = layer.layer
    return layer.filters or layer.cells[-1].units
