"""What Keras does not support, and why: each function raises a ValueError with the reason."""

from collections.abc import Iterable
from typing import NamedTuple

from rnn_returns.rules.equality import MERGES
from rnn_returns.rules.layer_spec import (
    CELL_STATES,
    IMAGE_AXES,
    KINDS,
    OPEN_AXES,
    CellSpec,
    LayerSpec,
    Shape,
    direction_specs,
    input_axes,
    wrapped,
)

CELL_KINDS = (*CELL_STATES, "custom")
CONTAINERS = ("list", "tuple", "tensor")
MERGE_MODES = ("concat", *MERGES, None)
# Bidirectional checks these arguments of its two layers.
SHARED_ARGUMENTS = ("stateful", "return_sequences", "return_state")


class UnknownOutputSizeError(ValueError):
    """Keras supports the call, but only the code of a custom cell has the size of the output."""


class CallOptions(NamedTuple):
    """How a layer is called: with a mask, with an initial state, on a symbolic input."""

    mask: bool
    initial_state: bool
    symbolic: bool


def check_call(layer: LayerSpec, shape: Shape, options: CallOptions) -> None:
    """Raise a ValueError if Keras does not support *layer* or the call.

    A later check may rest on an earlier one.
    """
    _check_layer(layer)
    _check_input(layer, shape)
    # TimeDistributed skips the part of the wrapped layer that fails here.
    forward = wrapped(layer) if layer.kind == "Bidirectional" else None
    if forward and forward.stateful and forward.return_state:
        raise ValueError(
            "Keras fails on a Bidirectional layer with both stateful and return_state, in "
            "computing the masks of its states; leave one of the two out."
        )
    if layer.kind == "TimeDistributed" and options.initial_state:
        raise ValueError(
            "TimeDistributed takes no initial_state; call the wrapped layer on each slice instead."
        )
    _check_states(layer, shape, options)


def _check_layer(layer: LayerSpec) -> None:
    """Check whether Keras can create the layer."""
    if layer.kind not in KINDS:
        raise ValueError(f"There is no layer {layer.kind!r}, only {_join(KINDS)}.")
    for field in KINDS[layer.kind]:
        if getattr(layer, field) is None:
            raise ValueError(f"{layer.kind} needs {field}.")
    if layer.kind in IMAGE_AXES:
        _check_convolution(layer)
    elif layer.kind == "Bidirectional":
        _check_bidirectional(layer)
    elif layer.kind == "TimeDistributed":
        _check_layer(wrapped(layer))
    else:
        if not layer.cells:
            raise ValueError("RNN needs at least one cell, but its stack is empty.")
        for cell in layer.cells:
            _check_cell(cell)


def _check_cell(cell: CellSpec) -> None:
    if cell.kind not in CELL_KINDS:
        raise ValueError(f"There is no cell {cell.kind!r}, only {_join(CELL_KINDS)}.")
    if cell.units is None and cell.kind != "custom":
        raise ValueError(f"{cell.kind} needs units.")
    if cell.units is not None and cell.units < 1:
        raise ValueError(f"Keras needs a positive number of units, not {cell.units}.")
    if cell.kind == "custom" and cell.state_size is None:
        raise ValueError(
            "A custom cell needs state_size: one size, or a size for each of its states."
        )
    if any(isinstance(size, tuple) for size in cell.state_sizes):
        raise ValueError(
            f"The state_size {cell.state_size} has matrices, but the rules describe states of the "
            "shape (batch, units) only; observe shows what a layer of such a cell returns."
        )
    if cell.container not in CONTAINERS:
        raise ValueError(
            f"A cell's container is one of {_join(CONTAINERS)}, not {cell.container!r}."
        )


def _check_convolution(layer: LayerSpec) -> None:
    rank = len(IMAGE_AXES[layer.kind])
    if layer.padding not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same' for a {layer.kind}, not {layer.padding!r}.")
    if layer.data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            f"data_format is 'channels_last' or 'channels_first', not {layer.data_format!r}."
        )
    for name in ("kernel_size", "strides", "dilation_rate"):
        values = getattr(layer, name)
        if isinstance(values, tuple) and len(values) != rank:
            raise ValueError(
                f"{name} of a {layer.kind} has {rank} numbers, but {values} was given."
            )
        if min(_as_tuple(values)) < 1:
            raise ValueError(f"{name} must be positive, but {values} was given.")
    if max(_as_tuple(layer.strides)) > 1 and max(_as_tuple(layer.dilation_rate)) > 1:
        raise ValueError(
            f"Keras does not support strides {layer.strides} with dilation_rate "
            f"{layer.dilation_rate}; leave one of the two at one."
        )
    if (layer.filters or 0) < 1:
        raise ValueError(f"Keras needs a positive number of filters, not {layer.filters}.")


def _check_bidirectional(layer: LayerSpec) -> None:
    forward, backward = direction_specs(layer)
    for part in (forward, backward):
        if part.kind in ("Bidirectional", "TimeDistributed"):
            raise ValueError(
                f"Bidirectional wraps one recurrent layer, but {part.kind} was given; "
                "pass the layer that it wraps instead."
            )
        _check_layer(part)
    if layer.merge_mode not in MERGE_MODES:
        raise ValueError(f"merge_mode is one of {_join(MERGE_MODES)}, not {layer.merge_mode!r}.")
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "Bidirectional needs one layer that goes forwards and one that goes backwards, but "
            f"go_backwards is {backward.go_backwards} for both; leave it out, and pass no "
            "backward_layer."
        )
    for name in SHARED_ARGUMENTS:
        values = getattr(forward, name), getattr(backward, name)
        if values[0] != values[1]:
            raise ValueError(
                f"Bidirectional needs the same {name} in both layers, but the forward layer has "
                f"{values[0]} and the backward layer has {values[1]}."
            )


def _check_input(layer: LayerSpec, shape: Shape) -> None:
    """Check the shape of the input."""
    axes = input_axes(layer)
    if len(shape) != len(axes):
        raise ValueError(
            f"The input has rank {len(shape)}, shape {shape}, but a {layer.kind} like this one "
            f"expects rank {len(axes)}, ({', '.join(axes)})."
        )
    for axis, length in zip(axes, shape, strict=True):
        if length == 0 and axis in OPEN_AXES:
            raise ValueError(f"The input has the shape {shape}, so its {axis} axis is empty.")
        if length is None and axis not in OPEN_AXES:
            raise ValueError(
                f"The input has the shape {shape}, but Keras needs a fixed number of {axis}."
            )


def _check_states(layer: LayerSpec, shape: Shape, options: CallOptions) -> None:
    """Check how the layer, or each layer that it wraps, handles its states."""
    if layer.kind == "TimeDistributed":
        _check_stacked_dtypes(wrapped(layer))
        _check_states(wrapped(layer), (shape[0], *shape[2:]), options)
    elif layer.kind == "Bidirectional":
        for part in direction_specs(layer):
            _check_states(part, shape, options)
    else:
        stack = layer.cell if isinstance(layer.cell, tuple) else ()
        if layer.stateful:
            _check_stateful(stack, shape, options)
        if len(stack) == 1 and not options.symbolic:
            _check_single_cell(stack[0], layer.unroll, shape, options)
        if layer.cells[-1].units is None and not options.symbolic:
            raise UnknownOutputSizeError(
                "The custom cell has no output_size, so the size of its output on data is not "
                "known; set output_size in the class of the cell, or units in its CellSpec. In a "
                f"symbolic call Keras uses the size of the first state, "
                f"{layer.cells[-1].state_sizes[0]}."
            )


def _check_stacked_dtypes(layer: LayerSpec) -> None:
    """Check that TimeDistributed can stack the outputs and states of the layer that it wraps."""
    if layer.kind != "Bidirectional" or not wrapped(layer).return_state:
        return
    dtypes = [part.compute_dtype for part in (layer, *direction_specs(layer))]
    if len(set(dtypes)) > 1:
        raise ValueError(
            "TimeDistributed makes one tensor of all that the wrapped layer returns, but the types "
            f"of the output and of the states differ: {', '.join(dtypes)}; set the same dtype in "
            "Bidirectional and in the layers that it wraps."
        )


def _check_stateful(stack: tuple[CellSpec, ...], shape: Shape, options: CallOptions) -> None:
    if options.symbolic and shape[0] is None:
        raise ValueError(
            "A stateful layer needs a fixed batch size in a symbolic call; "
            f"set it, as in keras.Input(batch_shape=(8, ...)), instead of {shape}."
        )
    # A symbolic call looks at the states of the first cell only.
    if any(cell.container == "tuple" for cell in (stack[:1] if options.symbolic else stack)):
        raise ValueError(
            "Keras fails on a stateful stack with a cell whose initial states come in a tuple; let "
            "its get_initial_state return a list."
        )


def _check_single_cell(cell: CellSpec, unroll: bool, shape: Shape, options: CallOptions) -> None:
    """Check a stack of one cell, whose states StackedRNNCells unpacks after a time step."""
    if options.mask and not unroll and cell.container != "tensor":
        raise ValueError(
            "Keras fails on a mask for a stack of one cell, because the structure of the "
            "states changes; pass RNN the cell without a list around it."
        )
    if unroll and not options.mask and len(cell.state_sizes) > 1 and shape[1] != 1:
        raise ValueError(
            "Keras loses all states but the first when it unrolls a stack of one cell; pass RNN "
            "the cell without a list around it."
        )


def _as_tuple(values: int | tuple[int, ...]) -> tuple[int, ...]:
    return values if isinstance(values, tuple) else (values,)


def _join(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
