"""A Keras layer as a LayerSpec, the description that the rules use."""

from dataclasses import fields
from typing import Any

from rnn_returns.dependencies import keras
from rnn_returns.rules.layer_spec import IMAGE_AXES, CellSpec, LayerSpec
from rnn_returns.validation import CELLS, LAYERS, validate_layer, wrapped_layers

# From return_sequences and return_state to zero_output_for_mask: all that are off by default.
FLAGS = tuple(field.name for field in fields(LayerSpec) if field.default is False)
CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")


def describe(layer: Any) -> LayerSpec:
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
    return read_layer(layer, "describe")


def read_layer(layer: Any, needed_by: str, needed: str = "a recurrent layer") -> LayerSpec:
    """Describe *layer*; the arguments are those of ``validate_layer``."""
    validate_layer(layer, needed_by, needed)
    return _describe(layer)


def _describe(layer: Any) -> LayerSpec:
    kind = next(known.__name__ for known in LAYERS if isinstance(layer, known))
    if kind == "TimeDistributed":
        return LayerSpec(kind, layer=_describe(layer.layer))
    if kind == "Bidirectional":
        forward, backward = map(_describe, wrapped_layers(layer))
        return LayerSpec(kind, layer=forward, backward_layer=backward, merge_mode=layer.merge_mode)
    options: dict[str, Any] = {flag: bool(getattr(layer, flag)) for flag in FLAGS}
    if kind in IMAGE_AXES:
        options |= {name: getattr(layer, name) for name in CONVOLUTION}
    elif kind != "RNN":
        options["units"] = layer.units
    elif isinstance(layer.cell, keras.layers.StackedRNNCells):
        options["cell"] = tuple(_describe_cell(cell, stacked=True) for cell in layer.cell.cells)
    else:
        options["cell"] = _describe_cell(layer.cell, stacked=False)
    return LayerSpec(kind, **options)


def _describe_cell(cell: Any, stacked: bool) -> CellSpec:
    for known in CELLS:
        # A subclass with a call of its own may return any output.
        if isinstance(cell, known) and type(cell).call is known.call:
            return CellSpec(known.__name__, cell.units)
    listed = isinstance(cell.state_size, list | tuple)
    sizes = tuple(cell.state_size) if listed else (cell.state_size,)
    units = getattr(cell, "output_size", None) or sizes[0]
    numbers = all(isinstance(size, int) for size in (*sizes, units))
    if not numbers or isinstance(cell, keras.layers.StackedRNNCells):
        raise TypeError(
            f"The cell {type(cell).__name__} has the state_size {cell.state_size} and the "
            f"output_size {units}, but only a cell with whole numbers for its output and for each "
            "of its states can be described; put the cells of a stack into one list."
        )
    container = _find_container(cell) if stacked else "list"
    return CellSpec("custom", units, sizes if listed else sizes[0], container)


def _find_container(cell: Any) -> str:
    """Name the container of the initial states of a custom cell, which a stack returns too."""
    if not hasattr(cell, "get_initial_state"):
        return "list" if isinstance(cell.state_size, list | tuple) else "tensor"
    states = cell.get_initial_state(batch_size=1)
    if isinstance(states, tuple):
        return "tuple"
    return "list" if isinstance(states, list) else "tensor"
