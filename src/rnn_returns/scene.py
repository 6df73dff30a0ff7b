"""What a diagram shows, decided from the rules, as plain data; how it looks is painter.py's."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypedDict

from rnn_returns.equality import ALL, View
from rnn_returns.layer import Layer, wrapped
from rnn_returns.rules import WAYS, Expected, Shape, directions, expected
from rnn_returns.unrolled import Unrolled, numbered
from rnn_returns.written import written

MARKS = "AB"
# What the merge modes write between two values that they make one.
JOINTS = {"sum": "+", "ave": "ave", "mul": "×"}
STARTS = {
    "given": "The states start from a given initial state.",
    "kept": "The states start from where the last call ended.",
    "": "The states start from zeros.",
}
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


class Part(TypedDict):
    """One value: its symbol, whether it comes back, and the letter of what it equals."""

    text: str
    lit: bool
    mark: str


class Box(TypedDict):
    """An output, or one time step of it; of one direction or of both."""

    column: int  # The time step at which it is drawn, from 0; -1 for the middle.
    sources: list[int]  # For each direction the time step that it comes from; -1 for none.
    repeats: bool  # Whether it is the output before it once more.
    index: str  # Its place in the tensor.
    parts: list[Part]


class Row(TypedDict):
    """An output, time step by time step."""

    tensor: str
    label: list[str]
    lanes: list[int]  # The directions that it comes from.
    joint: str  # What makes one value of the parts of a box; nothing where they stay apart.
    boxes: list[Box]


class State(TypedDict):
    """A state that a cell carries from step to step."""

    tensor: str
    label: str
    start: str
    end: Part


class Level(TypedDict):
    """A cell."""

    cell: list[str]
    states: list[State]


class Lane(TypedDict):
    """A direction."""

    name: str
    backwards: bool
    starts: str  # "given" or "kept", or nothing for zeros.
    levels: list[Level]  # The bottom cell first.


class Tensor(TypedDict):
    """A line of the list of what comes back."""

    opens: str  # The containers that begin with it.
    name: str
    closes: str
    shape: str
    swatch: list[list[str]]  # For each of its boxes the marks of the values in it.


class Equal(TypedDict):
    """A line of the list of what is equal."""

    mark: str
    text: str


class Scene(TypedDict):
    """A diagram."""

    id: str
    layer: str  # The Python that makes it.
    title: str
    words: list[str]  # All of it in sentences, for who does not see it.
    steps: int
    mask: list[bool]  # Which steps are real.
    slices: int  # How many times it is wrapped in TimeDistributed.
    reads: str
    lanes: list[Lane]
    rows: list[Row]
    container: str
    tensors: list[Tensor]
    equal: list[Equal]


# The values that come back, under their tensor's name: for each of its boxes those in it.
Parts = dict[str, list[list[Part]]]


def scene(
    layer: Layer,
    shape: Shape,
    steps: int,
    mask: list[bool] | None = None,
    initial_state: bool = False,
    key: str = "",
) -> Scene:
    """Decide what a diagram of one call of *layer* shows.

    Args:
        layer: A description of the layer.
        shape: The shape of what it is called on.
        steps: How many time steps to draw.
        mask: Which of them are real, or None for a call without a mask.
        initial_state: Whether the call is given an initial state.
        key: What to tell two diagrams apart by that show the same on one page.

    Raises:
        ValueError: If Keras refuses the layer, or the call.

    >>> from rnn_returns.layer import Layer
    >>> from rnn_returns.scene import scene
    >>> shown = scene(Layer("GRU", units=4, return_state=True), (None, 2, 1), steps=2)
    >>> for box in shown["rows"][0]["boxes"]:
    ...     print(box["parts"])
    [{'text': 'h₁', 'lit': False, 'mark': ''}]
    [{'text': 'h₂', 'lit': True, 'mark': 'A'}]
    """
    call = {"mask": mask is not None, "initial_state": initial_state}
    told = expected(layer, shape, **call)
    # Of TimeDistributed one slice is drawn: what the layer inside makes of it.
    inside, inside_shape, slices = layer, shape, 0
    while inside.kind == "TimeDistributed":
        inside, inside_shape = wrapped(inside), (inside_shape[0], *inside_shape[2:])
        slices += 1
    names = expected(_forgetful(inside), inside_shape, **call).names if slices else told.names

    runs = _runs(inside, [True] * steps if mask is None else mask, initial_state)
    labels = _labels(names, slices)
    lanes = [_lane(run, labels) for run in runs]
    rows = _rows(inside, runs, labels)
    parts = _parts(lanes, rows)
    equal: list[Equal] = []
    for equality in told.equalities:
        mark = "" if equality.merge else MARKS[len(equal)]
        equal.append({"mark": mark, "text": str(equality)})
        for view in (equality.left, *equality.right) if mark else ():
            _part(_in_slice(view, names) if slices else view, parts)["mark"] = mark

    title = f"{written(layer)}, {_counted(steps, 'time step')}"
    tensors = _tensors(told, parts)
    reads = f"x {shape}"
    words = [f"It is called on {reads}.", *_words(told, runs, rows, lanes, tensors, slices)]
    return {
        "id": f"rnn-{hashed(' '.join([title, *words, key]))}",
        "layer": written(layer),
        "title": title,
        "words": words,
        "steps": steps,
        "mask": runs[0].real,
        "slices": slices,
        "reads": reads,
        "lanes": lanes,
        "rows": rows,
        "container": _container(told),
        "tensors": tensors,
        "equal": equal,
    }


def _runs(layer: Layer, real: list[bool], initial_state: bool) -> list[Unrolled]:
    ways = [("", layer)]
    if layer.kind == "Bidirectional":
        ways = list(zip(WAYS, directions(layer), strict=True))
    return [Unrolled(one, way, real, initial_state) for way, one in ways]


def _forgetful(layer: Layer) -> Layer:
    """The same without ``stateful``, which Keras takes inside of TimeDistributed only."""
    if layer.kind != "Bidirectional":
        return layer
    backward = layer.backward_layer and replace(layer.backward_layer, stateful=False)
    return replace(layer, layer=replace(wrapped(layer), stateful=False), backward_layer=backward)


def _labels(names: tuple[str, ...], slices: int) -> dict[str, str]:
    """What to write at each tensor: its name, or its place in what TimeDistributed stacks."""
    if slices and len(names) > 1:
        return {name: f"[{place}]" for place, name in enumerate(names)}
    return dict(zip(names, names, strict=True))


# What is drawn.


def _lane(run: Unrolled, labels: dict[str, str]) -> Lane:
    levels: list[Level] = []
    for level, cell in enumerate(run.cells):
        states: list[State] = []
        for own in cell.states:
            name = cell.prefix + own
            states.append(
                {
                    "tensor": name,
                    # The names of lane and cell stand there already.
                    "label": labels.get(name, "").removeprefix(cell.prefix),
                    "start": run.start(own, level),
                    "end": {"text": run.end(own, level), "lit": name in labels, "mark": ""},
                }
            )
        label = CELL_LABELS.get(cell.kind, [cell.kind])
        if len(run.cells) > 1:
            label = [line for line in label if line.lower() != "cell"] + [f"cell {level}"]
        levels.append({"cell": label, "states": states})
    return {
        "name": run.way,
        "backwards": run.layer.go_backwards,
        "starts": run.starts,
        "levels": levels,
    }


def _rows(layer: Layer, runs: list[Unrolled], labels: dict[str, str]) -> list[Row]:
    if layer.merge_mode is not None and len(runs) == 2:
        sequences = runs[0].layer.return_sequences
        # Without sequences the last outputs are merged, which lie at opposite ends.
        steps = range(len(runs[0].real)) if sequences else [-1]
        return [
            {
                "tensor": "output",
                "label": [labels["output"], layer.merge_mode],
                "lanes": [0, 1],
                "joint": JOINTS.get(layer.merge_mode, ""),
                "boxes": [_merged(runs, step) for step in steps],
            }
        ]
    rows: list[Row] = []
    for lane, run in enumerate(runs):
        way = [run.way] if run.way else []
        name = "_".join([*way, "output"])
        rows.append(
            {
                "tensor": name,
                "label": [*way, labels[name].removeprefix(f"{run.way}_")],
                "lanes": [lane],
                "joint": "",
                "boxes": [_single(run, step) for step in range(len(run.real))],
            }
        )
    return rows


def _single(run: Unrolled, step: int) -> Box:
    """The output of one direction at a time step."""
    sequences, text = run.layer.return_sequences, run.output(step)
    place = run.order.index(step)
    before = run.output(run.order[place - 1]) if place else "0"
    # The output is in the order of reading; between two directions there is no room to say so.
    index = f"[:, {place}]" if sequences and not run.way else ""
    return {
        "column": step,
        "sources": [step if run.real[step] else -1],
        "repeats": not run.real[step] and text == before != "0",
        "index": index,
        "parts": [{"text": text, "lit": sequences or step == run.order[-1], "mark": ""}],
    }


def _merged(runs: list[Unrolled], column: int) -> Box:
    """The outputs of both directions at a time step, or the last one of each."""
    steps = [run.order[-1] if column < 0 else column for run in runs]
    ends = list(zip(runs, steps, strict=True))
    return {
        "column": column,
        # A last output that was carried past masked steps comes from the last real one.
        "sources": [run.read[step] if column < 0 or run.real[step] else -1 for run, step in ends],
        "repeats": False,
        "index": "",
        "parts": [{"text": run.output(step), "lit": True, "mark": ""} for run, step in ends],
    }


# What comes back, and what is equal.


def _parts(lanes: list[Lane], rows: list[Row]) -> Parts:
    parts: Parts = {}
    for row in rows:
        # What is joined is one value.
        values = [box["parts"][:1] if row["joint"] else box["parts"] for box in row["boxes"]]
        lit = [each for each in values if each[0]["lit"]]
        # The backward layer's outputs are turned around, into the order of the forward layer's.
        parts[row["tensor"]] = lit[::-1] if lanes[0]["backwards"] else lit
    for lane in lanes:
        for level in lane["levels"]:
            for state in level["states"]:
                if state["end"]["lit"]:
                    parts[state["tensor"]] = [[state["end"]]]
    return parts


def _part(view: View, parts: Parts) -> Part:
    """The value that *view* points at."""
    boxes = parts[view.name]
    steps = [item for item in view.index if isinstance(item, int)]
    box = boxes[steps[0] if steps else 0]
    halves = [item for item in view.index if isinstance(item, tuple) and item != ALL]
    return box[1 if halves and halves[0][1] is None else 0]


def _in_slice(view: View, names: tuple[str, ...]) -> View:
    """What *view*, of all that TimeDistributed stacks, points at in one slice."""
    place, *index = view.index
    assert isinstance(place, int), "TimeDistributed stacks in front."
    return View(names[place], tuple(index[1:]))


def _tensors(told: Expected, parts: Parts) -> list[Tensor]:
    swatches = {
        name: [[part["mark"] for part in box] for box in boxes] for name, boxes in parts.items()
    }
    if len(told.names) == 1:  # TimeDistributed makes one tensor of all.
        swatches = {told.names[0]: [box for swatch in swatches.values() for box in swatch]}
    brackets = _brackets(told.structure) if told.container != "tensor" else [("", "")]
    return [
        {
            "opens": opens,
            "name": name,
            "closes": closes,
            "shape": str(shape),
            "swatch": swatches[name],
        }
        for name, shape, (opens, closes) in zip(told.names, told.shapes, brackets, strict=True)
    ]


def _brackets(structure: Iterable[Any]) -> list[tuple[str, str]]:
    """For each tensor the containers inside of the outermost that begin and end with it."""
    found: list[tuple[str, str]] = []
    for part in structure:
        if isinstance(part, str):
            found.append(("", ""))
            continue
        pair = "[]" if isinstance(part, list) else "()"
        inner = _brackets(part)
        inner[0] = (pair[0] + inner[0][0], inner[0][1])
        inner[-1] = (inner[-1][0], inner[-1][1] + pair[1])
        found.extend(inner)
    return found


def _container(told: Expected) -> str:
    """Say what comes back, as ``observe`` says it."""
    if told.container == "tensor":
        return "one tensor"
    outer, tensors = len(told.structure), len(told.names)
    more = f", {tensors} tensors" if tensors > outer else ""
    return f"a {told.container} of {outer}{more}"


# The same in words.


def _words(
    told: Expected,
    runs: list[Unrolled],
    rows: list[Row],
    lanes: list[Lane],
    tensors: list[Tensor],
    slices: int,
) -> Iterator[str]:
    if slices:
        yield "The layer inside is called once for each slice; one slice is drawn."
    for run in runs:
        first, last = (f"x{numbered(run.order[end])}" for end in (0, -1))
        who = f"The {run.way} layer" if run.way else "The layer"
        yield f"{who} reads {first}." if first == last else f"{who} reads {first} to {last}."
    yield STARTS[runs[0].starts]
    masked = [f"x{numbered(step)}" for step, real in enumerate(runs[0].real) if not real]
    if masked:
        yield f"Masked, so that the states are carried past: {', '.join(masked)}."
    returned, kept = _symbols(rows, lanes)
    yield f"What comes back is {_container(told)}."
    pieces = [tensor["opens"] + tensor["name"] + tensor["closes"] for tensor in tensors]
    if pieces != list(told.names):
        yield f"Its structure is ({', '.join(pieces)})."
    if len(told.names) == 1:  # TimeDistributed makes one tensor of all.
        returned = {told.names[0]: [each for values in returned.values() for each in values]}
    for name, axes, shape in zip(told.names, told.axes, told.shapes, strict=True):
        values = ", ".join(returned[name])
        yield f"{name} of shape {shape}, which is ({', '.join(axes)}): {values}."
    for equality in told.equalities:
        yield f"Equal: {equality}."
    if kept:
        yield f"Computed, and not returned: {', '.join(kept)}."


def _symbols(rows: list[Row], lanes: list[Lane]) -> tuple[dict[str, list[str]], list[str]]:
    """The symbols of what comes back, by tensor, and of what does not."""
    returned: dict[str, list[str]] = {}
    kept: list[str] = []
    for row in rows:
        boxes = row["boxes"][::-1] if lanes[0]["backwards"] else row["boxes"]
        for box in boxes:
            text = f" {row['joint'] or 'beside'} ".join(part["text"] for part in box["parts"])
            if box["parts"][0]["lit"]:
                returned.setdefault(row["tensor"], []).append(text)
            else:
                kept.append(text)
    for lane in lanes:
        for level in lane["levels"]:
            for state in level["states"]:
                if state["end"]["lit"]:
                    returned[state["tensor"]] = [state["end"]["text"]]
                else:
                    kept.append(state["end"]["text"])
    return returned, kept


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hashed(text: str) -> str:
    """Make of *text* a short name that is the same everywhere: FNV-1a, of 32 bits.

    >>> from rnn_returns.scene import hashed
    >>> hashed("output")
    '79a94f04'
    """
    number = 0x811C9DC5
    for character in text:
        number = ((number ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    return f"{number:08x}"
