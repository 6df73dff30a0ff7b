"""What a diagram shows, taken from the rules, as plain data; ``svg`` decides how it is drawn."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

from rnn_returns.diagrams.tensor_list import TensorLine, describe_container, list_tensors
from rnn_returns.diagrams.unrolling import UnrolledDirection
from rnn_returns.messages import Message
from rnn_returns.rules.equality import ALL, View
from rnn_returns.rules.expectation import Shape, direction_layers, expected
from rnn_returns.rules.layer_spec import DIRECTIONS, LayerSpec, wrapped
from rnn_returns.rules.to_source import to_source

MARKS = "AB"
# What the merge modes write between the two values that they merge.
OPERATORS = {"sum": "+", "ave": "ave", "mul": "×"}
CELL_LABELS = {
    "SimpleRNN": ["Simple", "RNN"],
    "LSTMCell": ["LSTM", "Cell"],
    "GRUCell": ["GRU", "Cell"],
    "SimpleRNNCell": ["Simple", "RNN", "Cell"],
    "ConvLSTM1D": ["Conv", "LSTM", "1D"],
    "ConvLSTM2D": ["Conv", "LSTM", "2D"],
    "ConvLSTM3D": ["Conv", "LSTM", "3D"],
    "custom": ["cell"],
}


class BoxValue(TypedDict):
    """One value: its symbol, whether it is returned, and the letter of what it equals."""

    symbol: str
    returned: bool
    mark: str


class OutputBox(TypedDict):
    """An output, or one time step of it; of one direction or of both."""

    column: int  # The time step at which it is drawn, from 0; -1 for the middle.
    sources: list[int]  # For each direction the time step that it comes from; -1 for none.
    repeats: bool  # Whether it repeats the output before it.
    index: str  # Its place in the tensor.
    values: list[BoxValue]


class OutputRow(TypedDict):
    """An output, time step by time step."""

    tensor: str
    label: list[str]
    directions: list[int]  # The directions that it comes from.
    operator: str  # What merges the values of a box; empty if they stay apart.
    boxes: list[OutputBox]


class CellState(TypedDict):
    """A state that a cell passes from step to step."""

    tensor: str
    label: str
    start: str
    final: BoxValue


class CellRow(TypedDict):
    """A cell, time step by time step."""

    label: list[str]
    states: list[CellState]


class Direction(TypedDict):
    """A direction."""

    name: str
    backwards: bool
    initial: str  # "given" or "kept", or empty for zeros.
    cells: list[CellRow]  # The bottom cell first.


class EqualityLine(TypedDict):
    """A line of the list of equalities."""

    mark: str
    text: str


class DiagramLayout(TypedDict):
    """A diagram."""

    source: str  # The Python that creates the layer.
    steps: int
    mask: list[bool]  # False for a masked step.
    slices: int  # How many times the layer is wrapped in TimeDistributed.
    input: str
    directions: list[Direction]
    outputs: list[OutputRow]
    container: Message
    tensors: list[TensorLine]
    equalities: list[EqualityLine]


# The marks by tensor, by the place of the box in the tensor and of the value in the box.
Marks = dict[tuple[str, int, int], str]


def build_layout(
    layer: LayerSpec,
    shape: Shape,
    steps: int,
    mask: list[bool] | None = None,
    initial_state: bool = False,
) -> DiagramLayout:
    """Decide what a diagram of one call of *layer* shows, on an input of this shape.

    Raises:
        ValueError: If Keras does not support the layer or the call.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> from rnn_returns.diagrams.layout import build_layout
    >>> layer = LayerSpec("GRU", units=4, return_state=True)
    >>> layout = build_layout(layer, (None, 2, 1), steps=2)
    >>> for box in layout["outputs"][0]["boxes"]:
    ...     print(box["values"])
    [{'symbol': 'h₁', 'returned': False, 'mark': ''}]
    [{'symbol': 'h₂', 'returned': True, 'mark': 'A'}]
    """
    call = {"mask": mask is not None, "initial_state": initial_state}
    rules = expected(layer, shape, **call)
    # Of TimeDistributed one slice is drawn: what the wrapped layer returns for it.
    inner, inner_shape, slices = layer, shape, 0
    while inner.kind == "TimeDistributed":
        inner, inner_shape = wrapped(inner), (inner_shape[0], *inner_shape[2:])
        slices += 1
    names = rules.names
    if slices:
        names = expected(_without_stateful(inner), inner_shape, **call).names

    runs = _unroll(inner, [True] * steps if mask is None else mask, initial_state)
    equalities: list[EqualityLine] = []
    marks: Marks = {}
    for equality in rules.equalities:
        mark = "" if equality.merge else MARKS[len(equalities)]
        equalities.append({"mark": mark, "text": str(equality)})
        for view in (equality.left, *equality.right) if mark else ():
            marks[_locate(_in_slice(view, names) if slices else view, steps)] = mark
    labels = _label_tensors(names, slices)
    directions = [_build_direction(run, labels, marks) for run in runs]
    outputs = _build_outputs(inner, runs, labels, marks)
    return {
        "source": to_source(layer),
        "steps": steps,
        "mask": runs[0].mask,
        "slices": slices,
        "input": f"x {shape}",
        "directions": directions,
        "outputs": outputs,
        "container": describe_container(rules),
        "tensors": list_tensors(rules, _swatches(directions, outputs)),
        "equalities": equalities,
    }


def boxes_by_tensor(
    directions: list[Direction], outputs: list[OutputRow]
) -> Iterator[tuple[str, str, list[BoxValue]]]:
    """Yield each box in the order of the tensors: the tensor, the operator, the values."""
    for row in outputs:
        # A backward layer returns its outputs in the order of processing.
        for box in row["boxes"][::-1] if directions[0]["backwards"] else row["boxes"]:
            yield row["tensor"], row["operator"], box["values"]
    for direction in directions:
        for cell in direction["cells"]:
            for state in cell["states"]:
                yield state["tensor"], "", [state["final"]]


def _unroll(layer: LayerSpec, mask: list[bool], initial_state: bool) -> list[UnrolledDirection]:
    directions = [("", layer)]
    if layer.kind == "Bidirectional":
        directions = list(zip(DIRECTIONS, direction_layers(layer), strict=True))
    return [UnrolledDirection(item, name, mask, initial_state) for name, item in directions]


def _without_stateful(layer: LayerSpec) -> LayerSpec:
    """Turn off ``stateful``, which Keras supports inside TimeDistributed only."""
    if layer.kind != "Bidirectional":
        return layer
    backward = layer.backward_layer and replace(layer.backward_layer, stateful=False)
    return replace(layer, layer=replace(wrapped(layer), stateful=False), backward_layer=backward)


def _label_tensors(names: tuple[str, ...], slices: int) -> dict[str, str]:
    """Label each tensor with its name, or with its place in what TimeDistributed stacks."""
    if slices and len(names) > 1:
        return {name: f"[{place}]" for place, name in enumerate(names)}
    return dict(zip(names, names, strict=True))


def _locate(view: View, steps: int) -> tuple[str, int, int]:
    """Find the value that *view* points at."""
    places = [item % steps for item in view.index if isinstance(item, int)]
    halves = [item for item in view.index if isinstance(item, tuple) and item != ALL]
    return view.name, places[0] if places else 0, int(bool(halves) and halves[0][1] is None)


def _in_slice(view: View, names: tuple[str, ...]) -> View:
    """Turn a view of all that TimeDistributed stacks into one of a single slice."""
    place, *index = view.index
    assert isinstance(place, int), "TimeDistributed stacks on the first axis."
    return View(names[place], tuple(index[1:]))


def _build_direction(run: UnrolledDirection, labels: dict[str, str], marks: Marks) -> Direction:
    cells: list[CellRow] = []
    for level, cell in enumerate(run.cells):
        states: list[CellState] = [
            {
                "tensor": name,
                # Direction and cell have labels of their own.
                "label": labels.get(name, "").removeprefix(cell.prefix),
                "start": run.start(letter, level),
                "final": {
                    "symbol": run.final_state(letter, level),
                    "returned": name in labels,
                    "mark": marks.get((name, 0, 0), ""),
                },
            }
            for name, letter in cell.letters.items()
        ]
        label = CELL_LABELS.get(cell.kind, [cell.kind])
        if len(run.cells) > 1:
            label = [line for line in label if line.lower() != "cell"] + [f"cell {level}"]
        cells.append({"label": label, "states": states})
    return {
        "name": run.direction,
        "backwards": run.layer.go_backwards,
        "initial": run.initial,
        "cells": cells,
    }


def _build_outputs(
    layer: LayerSpec, runs: list[UnrolledDirection], labels: dict[str, str], marks: Marks
) -> list[OutputRow]:
    if layer.merge_mode is None or len(runs) == 1:
        return [_output_row(runs, i, labels, marks) for i in range(len(runs))]
    sequences = runs[0].layer.return_sequences
    # Without sequences the last outputs are merged, which are at opposite ends.
    columns = range(len(runs[0].mask)) if sequences else [-1]
    return [
        {
            "tensor": "output",
            "label": [labels["output"], layer.merge_mode],
            "directions": [0, 1],
            "operator": OPERATORS.get(layer.merge_mode, ""),
            "boxes": [_merged_box(runs, column, marks) for column in columns],
        }
    ]


def _output_row(
    runs: list[UnrolledDirection], place: int, labels: dict[str, str], marks: Marks
) -> OutputRow:
    """Build the output of one direction."""
    run = runs[place]
    prefix = [run.direction] if run.direction else []
    name = "_".join([*prefix, "output"])
    steps = range(len(run.mask))
    # Bidirectional reverses the outputs of the backward layer.
    places = dict(
        zip(runs[0].order if run.layer.return_sequences else run.order[-1:], steps, strict=False)
    )
    return {
        "tensor": name,
        "label": [*prefix, labels[name].removeprefix(f"{run.direction}_")],
        "directions": [place],
        "operator": "",
        "boxes": [
            _single_box(run, step, step in places, marks.get((name, places.get(step, -1), 0), ""))
            for step in steps
        ],
    }


def _single_box(run: UnrolledDirection, step: int, returned: bool, mark: str) -> OutputBox:
    """Build the output of one direction at a time step."""
    symbol, place = run.output(step), run.order.index(step)
    before = run.output(run.order[place - 1]) if place else "0"
    # The tensor has the order of processing; between two directions the index has no room.
    index = f"[:, {place}]" if run.layer.return_sequences and not run.direction else ""
    return {
        "column": step,
        "sources": [step if run.mask[step] else -1],
        "repeats": not run.mask[step] and symbol == before != "0",
        "index": index,
        "values": [{"symbol": symbol, "returned": returned, "mark": mark}],
    }


def _merged_box(runs: list[UnrolledDirection], column: int, marks: Marks) -> OutputBox:
    """Build the outputs of both directions at a time step, or the last one of each."""
    ends = [(run, run.order[-1] if column < 0 else column) for run in runs]
    place = 0 if column < 0 else runs[0].order.index(column)
    return {
        "column": column,
        # The last output at a masked step comes from the last unmasked step.
        "sources": [
            run.sources[step] if column < 0 or run.mask[step] else -1 for run, step in ends
        ],
        "repeats": False,
        "index": "",
        "values": [
            {
                "symbol": run.output(step),
                "returned": True,
                "mark": marks.get(("output", place, half), ""),
            }
            for half, (run, step) in enumerate(ends)
        ],
    }


def _swatches(directions: list[Direction], outputs: list[OutputRow]) -> dict[str, list[list[str]]]:
    swatches: dict[str, list[list[str]]] = {}
    for tensor, operator, values in boxes_by_tensor(directions, outputs):
        if values[0]["returned"]:
            # Merged values are one value.
            drawn = values[:1] if operator else values
            swatches.setdefault(tensor, []).append([value["mark"] for value in drawn])
    return swatches
