"""A Keras layer as a LayerSpec, the description that the rules use."""

from dataclasses import fields
from numbers import Integral
from typing import Any

from rnn_returns.dependencies import keras
from rnn_returns.rules.layer_spec import IMAGE_AXES, CellSpec, LayerSpec, Size
from rnn_returns.validation import (
    CELLS,
    IMAGE_LAYERS,
    LAYERS,
    PLAIN_LAYERS,
    WRAPPERS,
    unwrap_layers,
    validate_layer,
    wrapped_layers,
)

# From return_sequences and return_state to zero_output_for_mask: all that are off by default.
FLAGS = tuple(field.name for field in fields(LayerSpec) if field.default is False)
CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")
STACK = keras.layers.StackedRNNCells
# Keras exports the class under no other name.
IMAGE_CELL = keras.src.layers.rnn.conv_lstm.ConvLSTMCell
# The methods that compute what a layer or a cell returns.
LAYER_METHODS = ("__call__", "call", "inner_loop", "get_initial_state", "compute_mask")
CELL_METHODS = ("__call__", "call")
ADVICE = "call observe to see what the layer returns"


def describe(layer: Any) -> LayerSpec:
    """Describe a Keras *layer* as plain data, a ``LayerSpec``.

    Args:
        layer: A recurrent layer, or a ``Bidirectional`` or ``TimeDistributed`` around one.

    Raises:
        TypeError: If *layer* is not such a layer, if a custom class of a layer overrides what Keras
            computes, or if a description cannot express the states or the ``output_size`` of a
            custom cell.

    >>> import keras
    >>> from rnn_returns import describe
    >>> gru = keras.layers.GRU(4, return_state=True)
    >>> describe(gru).to_json()
    '{"kind": "GRU", "units": 4, "return_state": true}'
    """
    return read_layer(layer, "describe")


def read_layer(layer: Any, needed_by: str, needed: str = "a recurrent layer") -> LayerSpec:
    """Describe *layer*; the arguments and errors are those of ``validate_layer``.

    Raises:
        TypeError: Also if the rules do not cover the layer; the message has the reason.
    """
    validate_layer(layer, needed_by, needed)
    if own := find_own_code(layer):
        part, method = own
        raise TypeError(
            f"{needed_by} does not cover {type(part).__name__}: this class overrides {method}, "
            f"so its code determines what it returns; {ADVICE}."
        )
    for part in unwrap_layers(layer):
        if not isinstance(part, WRAPPERS):
            _check_cells(part, needed_by)
    return outline_layer(layer)


def find_own_code(layer: Any) -> tuple[Any, str] | None:
    """Find a part of *layer* whose class overrides what Keras's class computes.

    A cell of an ``RNN`` is not such a part, because a description can have a custom cell.

    Returns:
        The layer, the wrapped layer or the cell, and the name of the method that it overrides.
    """
    for part in reversed(unwrap_layers(layer)):
        known = next(kind for kind in LAYERS if isinstance(part, kind))
        if method := _find_override(part, known, LAYER_METHODS):
            return part, method
        own_cell = dict(zip(PLAIN_LAYERS, CELLS, strict=True)).get(known)
        if known in IMAGE_LAYERS:
            own_cell = IMAGE_CELL
        if not own_cell and known is keras.layers.RNN and isinstance(part.cell, STACK):
            own_cell = STACK
        if own_cell and (method := _find_override(part.cell, own_cell, LAYER_METHODS)):
            return part.cell, method
    return None


def _find_override(part: Any, known: Any, methods: tuple[str, ...]) -> str | None:
    """Return the first of *methods* that differs between the class of *part* and *known*."""
    for method in methods:
        if getattr(type(part), method, None) is not getattr(known, method, None):
            return method
    return None


def outline_layer(layer: Any) -> LayerSpec:
    """Describe *layer*, which may be one that the rules do not cover.

    It then has the arguments and the names of the states, but the description predicts nothing.
    """
    kind = next(known.__name__ for known in LAYERS if isinstance(layer, known))
    options: dict[str, Any] = {"dtype": layer.dtype_policy.name.removeprefix("map_")}
    if kind == "TimeDistributed":
        return LayerSpec(kind, layer=outline_layer(layer.layer), **options)
    if kind == "Bidirectional":
        forward, backward = map(outline_layer, wrapped_layers(layer))
        options |= {"backward_layer": backward, "merge_mode": layer.merge_mode}
        return LayerSpec(kind, layer=forward, **options)
    options |= {flag: bool(getattr(layer, flag)) for flag in FLAGS}
    if kind in IMAGE_AXES:
        options |= {name: getattr(layer, name) for name in CONVOLUTION}
    elif kind != "RNN":
        options["units"] = layer.units
    elif isinstance(layer.cell, STACK):
        options["cell"] = tuple(_describe_cell(cell, stacked=True) for cell in layer.cell.cells)
    else:
        options["cell"] = _describe_cell(layer.cell, stacked=False)
    return LayerSpec(kind, **options)


def _describe_cell(cell: Any, stacked: bool) -> CellSpec:
    own = _has_own_initial_state(cell)
    initial = _read_initial_states(cell) if own or stacked else None
    container = _find_container(cell, initial) if stacked else "list"
    if kind := _find_cell_kind(cell):
        return CellSpec(kind, cell.units, container=container, own_initial_state=own)
    output_size = getattr(cell, "output_size", None)
    units = int(output_size) if isinstance(output_size, Integral) else None
    declared = _declared_sizes(cell)
    sizes = declared if initial is None else _sizes_of(initial)
    listed = isinstance(cell.state_size, list | tuple) or sizes != declared
    return CellSpec("custom", units, sizes if listed else sizes[0], container, own)


def _check_cells(layer: Any, needed_by: str) -> None:
    """Raise a TypeError if the rules do not cover a cell of *layer*."""
    if isinstance(layer, (*PLAIN_LAYERS, *IMAGE_LAYERS)):
        return  # They create the cell themselves.
    stack = list(layer.cell.cells) if isinstance(layer.cell, STACK) else []
    for cell in stack or [layer.cell]:
        if reason := _find_reason(cell, bool(stack)):
            raise TypeError(f"{needed_by} does not cover the cell {type(cell).__name__}: {reason}.")


def _find_reason(cell: Any, stacked: bool) -> str:
    """Return why the rules do not cover *cell*; empty if they do."""
    if isinstance(cell, STACK):
        return "it is a stack in a stack; put the cells of both into one list"
    own = _has_own_initial_state(cell)
    initial = _read_initial_states(cell) if own else None
    if own and stacked and initial is None:
        return "its get_initial_state needs a cell that is built; call the layer first"
    if _find_cell_kind(cell):
        return ""
    output_size = getattr(cell, "output_size", None)
    if not isinstance(output_size, Integral | None):
        return f"its output_size is {output_size}, but it must be a whole number; {ADVICE}"
    declared = _declared_sizes(cell)
    actual = declared if initial is None else _sizes_of(initial)
    if any(isinstance(size, tuple) for size in actual):
        return (
            f"its states have the sizes {actual}, but the rules describe only states of the shape "
            f"(batch, units); {ADVICE}"
        )
    if actual != declared:
        return (
            f"its state_size is {cell.state_size}, but its get_initial_state returns states of the "
            f"sizes {actual}; {ADVICE}"
        )
    return ""


def _find_cell_kind(cell: Any) -> str | None:
    """Name the cell of Keras that *cell* is, None if its class may return any output."""
    for known in CELLS:
        if isinstance(cell, known) and not _find_override(cell, known, CELL_METHODS):
            return str(known.__name__)
    return None


def _has_own_initial_state(cell: Any) -> bool:
    """Return whether *cell* has a ``get_initial_state`` that is not one of Keras's."""
    method = getattr(type(cell), "get_initial_state", None)
    return method is not None and not any(method is known.get_initial_state for known in CELLS)


def _read_initial_states(cell: Any) -> Any:
    """Return the initial states of one sample, None if the cell does not define them yet."""
    if not hasattr(cell, "get_initial_state"):
        return None
    try:
        with keras.StatelessScope():  # A random state must not change the next one.
            return cell.get_initial_state(batch_size=1)
    except Exception:  # It may use weights that the cell gets when it is built.
        return None


def _declared_sizes(cell: Any) -> tuple[Size, ...]:
    listed = isinstance(cell.state_size, list | tuple)
    sizes = cell.state_size if listed else (cell.state_size,)
    return tuple(int(size) if isinstance(size, Integral) else tuple(size) for size in sizes)


def _sizes_of(states: Any) -> tuple[Size, ...]:
    shapes = [tuple(state.shape[1:]) for state in keras.tree.flatten(states)]
    return tuple(shape[0] if len(shape) == 1 else shape for shape in shapes)


def _find_container(cell: Any, initial: Any) -> str:
    """Name the container of the initial states of a cell, which a stack returns too."""
    if initial is None:
        return "list" if isinstance(cell.state_size, list | tuple) else "tensor"
    if isinstance(initial, tuple):
        return "tuple"
    return "list" if isinstance(initial, list) else "tensor"
