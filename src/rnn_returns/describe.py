"""A Keras layer, read off into the plain description that the rules go by."""

from typing import Any

import keras

from rnn_returns.checks import CELLS, LAYERS, check_layer, wrapped_layers
from rnn_returns.layer import IMAGE_AXES, Cell, Layer

FLAGS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
)
CONVOLUTION = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
)


def describe(layer: Any) -> Layer:
    """Describe a Keras *layer* as plain data.

    Args:
        layer: A recurrent layer, or a ``Bidirectional`` or ``TimeDistributed`` around one.

    Raises:
        TypeError: If *layer* is anything else, or runs a cell that has no description.

    >>> import keras
    >>> from rnn_returns import describe
    >>> describe(keras.layers.GRU(4, return_state=True)).to_json()
    '{"kind": "GRU", "units": 4, "return_state": true}'
    """
    check_layer(layer, "describe")
    kind = next(known.__name__ for known in LAYERS if isinstance(layer, known))
    if kind == "TimeDistributed":
        return Layer(kind, layer=describe(layer.layer))
    if kind == "Bidirectional":
        forward, backward = map(describe, wrapped_layers(layer))
        return Layer(kind, layer=forward, backward_layer=backward, merge_mode=layer.merge_mode)
    options: dict[str, Any] = {flag: bool(getattr(layer, flag)) for flag in FLAGS}
    if kind in IMAGE_AXES:
        options |= {name: getattr(layer, name) for name in CONVOLUTION}
    elif kind != "RNN":
        options["units"] = layer.units
    elif isinstance(layer.cell, keras.layers.StackedRNNCells):
        options["cell"] = tuple(_cell(cell, stacked=True) for cell in layer.cell.cells)
    else:
        options["cell"] = _cell(layer.cell, stacked=False)
    return Layer(kind, **options)


def _cell(cell: Any, stacked: bool) -> Cell:
    for known in CELLS:
        # A subclass that computes on its own may put out what it likes.
        if isinstance(cell, known) and type(cell).call is known.call:
            return Cell(known.__name__, cell.units)
    listed = isinstance(cell.state_size, list | tuple)
    sizes = tuple(cell.state_size) if listed else (cell.state_size,)
    units = getattr(cell, "output_size", None) or sizes[0]
    whole = all(isinstance(size, int) for size in (*sizes, units))
    if not whole or isinstance(cell, keras.layers.StackedRNNCells):
        raise TypeError(
            f"The cell {type(cell).__name__} has the state_size {cell.state_size} and the "
            f"output_size {units}, but only a cell with whole numbers for its output and for each "
            "of its states can be described; put the cells of a stack into one list."
        )
    return Cell(
        "custom",
        units,
        state_size=sizes if listed else sizes[0],
        container=_container(cell) if stacked else "list",
    )


def _container(cell: Any) -> str:
    """Say what the initial states of a custom cell come in: a stack keeps them in it."""
    if hasattr(cell, "get_initial_state"):
        start = cell.get_initial_state(batch_size=1)
    else:
        start = list(cell.state_size) if isinstance(cell.state_size, list | tuple) else None
    if isinstance(start, tuple):
        return "tuple"
    return "list" if isinstance(start, list) else "tensor"
