"""The content of a diagram as plain data, which can be written as JSON."""

from typing import TypedDict

from rnn_returns.messages import Message


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
    """A state that a cell passes from time step to time step."""

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
    initial: str  # "given", "kept" or "own", or empty for zeros.
    cells: list[CellRow]  # The bottom cell first.


class EqualityLine(TypedDict):
    """A line of the list of equalities."""

    mark: str
    text: str


class TensorLine(TypedDict):
    """A line of the list of returned tensors."""

    name: str
    written: str  # The name, with the brackets of the containers that begin or end with it.
    shape: str
    axes: str
    swatch: list[list[str]]  # For each of its boxes the marks of the values in it.


class DiagramLayout(TypedDict):
    """The content of a diagram, as plain data."""

    source: str  # The Python that creates the layer.
    steps: int
    mask: list[bool]  # False for a masked time step.
    slices: int  # How many times the layer is wrapped in TimeDistributed.
    input: str
    directions: list[Direction]
    outputs: list[OutputRow]
    container: Message
    tensors: list[TensorLine]
    equalities: list[EqualityLine]
    hidden: list[str]  # The computed values that no returned tensor contains.
