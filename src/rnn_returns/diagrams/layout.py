"""What a diagram shows, taken from the rules, as plain data; ``svg`` decides how it is drawn."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from rnn_returns.diagrams.layout_data import (
    BoxValue,
    CellRow,
    CellState,
    DiagramLayout,
    Direction,
    EqualityLine,
    OutputBox,
    OutputRow,
    TensorLine,
)
from rnn_returns.diagrams.unrolling import UnrolledDirection
from rnn_returns.messages import Message
from rnn_returns.rules.equality import View
from rnn_returns.rules.expectation import Expected, direction_layers, expected
from rnn_returns.rules.layer_spec import DIRECTIONS, LayerSpec, Shape, returned_names, wrapped
from rnn_returns.rules.to_source import to_source

MARKS = "AB"
# What the merge modes write between the two values that they merge.
OPERATORS = {"sum": "+", "ave": "ave", "mul": "×"}
# The name of a layer or cell is drawn with each of these on a separate line.
NAME_PARTS = re.compile("Simple|Conv|RNN|GRU|LSTM|Cell|.D")

# The marks by tensor, by the place of the box in the tensor and of the value in the box.
Marks = defaultdict[tuple[str, int, int], str]


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
    rules = expected(layer, shape, mask=mask is not None, initial_state=initial_state)
    # Of TimeDistributed one slice is drawn: what the wrapped layer returns for it.
    inner, slices = layer, 0
    while inner.kind == "TimeDistributed":
        inner, slices = wrapped(inner), slices + 1
    names = returned_names(inner)
    # TimeDistributed stacks several tensors into one, in which each has a place.
    stacked = names if slices and len(names) > 1 else ()
    labels = {name: f"[{place}]" if stacked else name for place, name in enumerate(names)}

    parts = [("", inner)]
    if inner.kind == "Bidirectional":
        parts = list(zip(DIRECTIONS, direction_layers(inner), strict=True))
    mask = [True] * steps if mask is None else mask
    runs = [
        UnrolledDirection(part, name, mask, initial_state, inner.compute_dtype)
        for name, part in parts
    ]
    equalities: list[EqualityLine] = []
    marks: Marks = defaultdict(str)
    for equality in rules.equalities:
        mark = "" if equality.merge else MARKS[len(equalities)]
        equalities.append({"mark": mark, "text": str(equality)})
        for view in (equality.left, *equality.right) if mark else ():
            marks[_locate(view, stacked, steps)] = mark
    directions = [_build_direction(run, labels, marks) for run in runs]
    outputs = _build_outputs(inner, runs, labels, marks)
    return {
        "source": to_source(layer),
        "steps": steps,
        "mask": mask,
        "slices": slices,
        "input": f"x {shape}",
        "directions": directions,
        "outputs": outputs,
        "container": _describe_container(rules),
        "tensors": _list_tensors(rules, directions, outputs),
        "equalities": equalities,
        "hidden": _list_hidden(runs, directions, outputs),
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


def _list_hidden(
    runs: list[UnrolledDirection], directions: list[Direction], outputs: list[OutputRow]
) -> list[str]:
    """List the outputs and states of all time steps that no returned tensor contains."""
    returned: set[str] = set()
    for _, operator, values in boxes_by_tensor(directions, outputs):
        # A sum or a product contains neither of its parts.
        returned |= {value["symbol"] for value in values if value["returned"] and not operator}
    computed = dict.fromkeys(symbol for run in runs for symbol in run.computed())
    return [symbol for symbol in computed if symbol not in returned]


def _locate(view: View, stacked: tuple[str, ...], steps: int) -> tuple[str, int, int]:
    """Find the value that *view* points at, perhaps in the tensors that TimeDistributed stacks."""
    numbers = [item for item in view.index if isinstance(item, int)]
    name = stacked[numbers.pop(0)] if stacked else view.name
    second_half = any(isinstance(item, tuple) and item[0] is not None for item in view.index)
    return name, numbers[0] % steps if numbers else 0, int(second_half)


def _build_direction(run: UnrolledDirection, labels: dict[str, str], marks: Marks) -> Direction:
    cells: list[CellRow] = []
    for level, cell in enumerate(run.cells):
        states: list[CellState] = [
            {
                "tensor": name,
                # Direction and cell have separate labels.
                "label": labels.get(name, "").removeprefix(cell.prefix),
                "start": run.start(letter, level),
                "final": {
                    "symbol": run.final_state(letter, level),
                    "returned": name in labels,
                    "mark": marks[name, 0, 0],
                },
            }
            for name, letter in cell.letters.items()
        ]
        label = NAME_PARTS.findall(cell.kind) or ["cell"]
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
    # Without sequences the last outputs are merged, which are at opposite ends.
    columns = range(len(runs[0].mask)) if runs[0].layer.return_sequences else [-1]
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
            _single_box(run, step, step in places, marks[name, places.get(step, -1), 0])
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
                "mark": marks["output", place, half],
            }
            for half, (run, step) in enumerate(ends)
        ],
    }


def _list_tensors(
    rules: Expected, directions: list[Direction], outputs: list[OutputRow]
) -> list[TensorLine]:
    """List the returned tensors, each with the marks of its boxes."""
    swatches: dict[str, list[list[str]]] = defaultdict(list)
    for tensor, operator, values in boxes_by_tensor(directions, outputs):
        if values[0]["returned"]:
            # TimeDistributed stacks all tensors into one.
            name = tensor if len(rules.names) > 1 else rules.names[0]
            # Merged values are one value.
            drawn = values[:1] if operator else values
            swatches[name].append([value["mark"] for value in drawn])
    written = rules.names if rules.container == "tensor" else _write_names(rules.structure)
    return [
        {
            "name": tensor.name,
            "written": text,
            "shape": str(tensor.shape),
            "axes": ", ".join(tensor.axes),
            "swatch": swatches[tensor.name],
        }
        for tensor, text in zip(rules.tensors, written, strict=True)
    ]


def _write_names(structure: Iterable[Any]) -> Iterator[str]:
    """Yield the names in *structure* with the brackets of the containers in it."""
    for item in structure:
        if isinstance(item, str):
            yield item
        else:
            opening, closing = "[]" if isinstance(item, list) else "()"
            yield from f"{opening}{', '.join(item)}{closing}".split(", ")


def _describe_container(rules: Expected) -> Message:
    """Describe what is returned, as ``observe`` does."""
    if rules.container == "tensor":
        return Message("one tensor")
    values = {"container": rules.container, "count": len(rules.structure)}
    if len(rules.names) > len(rules.structure):
        template = "a {container} of {count}, {tensors} tensors"
        return Message(template, **values, tensors=len(rules.names))
    return Message("a {container} of {count}", **values)
