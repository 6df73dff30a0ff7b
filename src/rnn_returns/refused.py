"""What Keras refuses, and why: each reason with whether it applies, for the rules to raise."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rnn_returns.equality import MERGES
from rnn_returns.layer import (
    CELL_STATES,
    IMAGE_AXES,
    KINDS,
    OPEN_AXES,
    Cell,
    Layer,
    input_axes,
    wrapped,
)

Shape = tuple[int | None, ...]
Refusals = Iterator[tuple[bool, str]]

CELL_KINDS = (*CELL_STATES, "custom")
CONTAINERS = ("list", "tuple", "tensor")
MERGE_MODES = ("concat", *MERGES, None)
# Bidirectional checks these flags of its two layers.
SHARED_FLAGS = ("stateful", "return_sequences", "return_state")


class Call(NamedTuple):
    """How a layer is called: with a mask, with an initial state, on a symbolic input."""

    mask: bool
    initial_state: bool
    symbolic: bool


def refusals(layer: Layer, shape: Shape, call: Call) -> Refusals:
    """Give, one after the other, whether a reason applies, and what it says.

    A later reason may rest on an earlier one: stop at the first that applies.
    """
    yield from _making(layer)
    yield from _reading(layer, shape)
    # TimeDistributed goes past the part of the layer inside that fails here.
    both = layer.kind == "Bidirectional" and wrapped(layer)
    yield (
        bool(both and both.stateful and both.return_state),
        "Keras fails on a Bidirectional layer with both stateful and return_state, in computing "
        "the masks of its states; leave one of the two out.",
    )
    yield (
        layer.kind == "TimeDistributed" and call.initial_state,
        "TimeDistributed takes no initial_state; call the layer inside on each slice instead.",
    )
    yield from _running(layer, shape, call)


def _making(layer: Layer) -> Refusals:
    """What Keras refuses to make, whatever it would be called on."""
    yield layer.kind not in KINDS, f"There is no layer {layer.kind!r}, only {_listed(KINDS)}."
    for field in KINDS[layer.kind]:
        yield getattr(layer, field) is None, f"{layer.kind} needs {field}."
    if layer.kind in IMAGE_AXES:
        yield from _making_convolution(layer)
    elif layer.kind == "Bidirectional":
        yield from _making_bidirectional(layer)
    elif layer.kind == "TimeDistributed":
        yield from _making(wrapped(layer))
    else:
        yield not layer.cells, "RNN needs at least one cell, but its stack is empty."
        for cell in layer.cells:
            yield from _making_cell(cell)


def _making_cell(cell: Cell) -> Refusals:
    yield (
        cell.kind not in CELL_KINDS,
        f"There is no cell {cell.kind!r}, only {_listed(CELL_KINDS)}.",
    )
    yield cell.units < 1, f"Keras needs a positive number of units, not {cell.units}."
    missing = cell.kind == "custom" and cell.state_size is None
    yield missing, "A custom cell needs state_size: one size, or a size for each of its states."
    yield (
        cell.container not in CONTAINERS,
        f"A cell's container is one of {_listed(CONTAINERS)}, not {cell.container!r}.",
    )


def _making_convolution(layer: Layer) -> Refusals:
    rank = len(IMAGE_AXES[layer.kind])
    yield (
        layer.padding not in ("valid", "same"),
        f"padding is 'valid' or 'same' for a {layer.kind}, not {layer.padding!r}.",
    )
    yield (
        layer.data_format not in ("channels_last", "channels_first"),
        f"data_format is 'channels_last' or 'channels_first', not {layer.data_format!r}.",
    )
    for name in ("kernel_size", "strides", "dilation_rate"):
        values = getattr(layer, name)
        wrong = isinstance(values, tuple) and len(values) != rank
        yield wrong, f"{name} of a {layer.kind} has {rank} numbers, but {values} was given."
        smallest = min(values) if isinstance(values, tuple) else values
        yield smallest < 1, f"{name} must be positive, but {values} was given."
    yield (
        _beyond_one(layer.strides) and _beyond_one(layer.dilation_rate),
        (
            f"Keras refuses strides {layer.strides} together with dilation_rate "
            f"{layer.dilation_rate}; leave one of the two at one."
        ),
    )
    yield (
        (layer.filters or 0) < 1,
        f"Keras needs a positive number of filters, not {layer.filters}.",
    )


def _making_bidirectional(layer: Layer) -> Refusals:
    forward = wrapped(layer)
    layers = [forward, layer.backward_layer or forward]
    for one in layers:
        yield (
            one.kind in ("Bidirectional", "TimeDistributed"),
            f"Bidirectional wraps one recurrent layer, but {one.kind} was given; "
            "wrap the layer inside it instead.",
        )
        yield from _making(one)
    yield (
        layer.merge_mode not in MERGE_MODES,
        f"merge_mode is one of {_listed(MERGE_MODES)}, not {layer.merge_mode!r}.",
    )
    backwards = layer.backward_layer.go_backwards if layer.backward_layer else True
    yield (
        forward.go_backwards == backwards,
        "Bidirectional needs one layer that goes forwards and one that goes backwards, but "
        f"go_backwards is {backwards} for both; leave it out, and give no backward_layer.",
    )
    for flag in SHARED_FLAGS:
        values = [getattr(one, flag) for one in layers]
        yield (
            values[0] != values[1],
            f"Bidirectional needs the same {flag} in both layers, but the forward layer has "
            f"{values[0]} and the backward layer has {values[1]}.",
        )


def _reading(layer: Layer, shape: Shape) -> Refusals:
    """What no layer of this kind reads."""
    axes = input_axes(layer)
    yield (
        len(shape) != len(axes),
        f"The input has rank {len(shape)}, shape {shape}, but a {layer.kind} like this one reads "
        f"rank {len(axes)}, ({', '.join(axes)}).",
    )
    for axis, length in zip(axes, shape, strict=True):
        yield (
            length == 0 and axis in OPEN_AXES,
            f"The input has the shape {shape}, so its {axis} axis is empty.",
        )
        yield (
            length is None and axis not in OPEN_AXES,
            f"The input has the shape {shape}, but Keras needs to know the number of {axis}.",
        )


def _running(layer: Layer, shape: Shape, call: Call) -> Refusals:
    """What fails in the layer itself or in what it wraps."""
    if layer.kind == "TimeDistributed":
        yield from _running(wrapped(layer), (shape[0], *shape[2:]), call)
    elif layer.kind == "Bidirectional":
        for one in (wrapped(layer), layer.backward_layer or wrapped(layer)):
            yield from _running(one, shape, call)
    yield (
        layer.stateful and call.symbolic and shape[0] is None,
        "A stateful layer needs to know the batch size of a symbolic input; "
        f"name it, as in keras.Input(batch_shape=(8, ...)), instead of {shape}.",
    )
    stack = layer.cell if isinstance(layer.cell, tuple) else ()
    # Without numbers, Keras looks at the first cell's states only.
    looked_at = stack[:1] if call.symbolic else stack
    yield (
        layer.stateful and any(cell.container == "tuple" for cell in looked_at),
        "Keras fails on a stateful stack with a cell whose initial states come in a tuple; let its "
        "get_initial_state give a list.",
    )
    if len(stack) == 1 and not call.symbolic:
        yield from _running_single(layer, stack[0], shape, call)


def _running_single(layer: Layer, cell: Cell, shape: Shape, call: Call) -> Refusals:
    """What fails because StackedRNNCells takes a single cell out of its list after a step."""
    yield (
        call.mask and not layer.unroll and cell.container != "tensor",
        "Keras fails on a mask for a stack of one cell, for which the states change their "
        "structure; give RNN the cell without a list around it.",
    )
    yield (
        layer.unroll and not call.mask and len(cell.state_sizes) > 1 and shape[1] != 1,
        "Keras loses all states but the first when it unrolls a stack of one cell; give RNN the "
        "cell without a list around it.",
    )


def _beyond_one(values: int | tuple[int, ...]) -> bool:
    return max(values) > 1 if isinstance(values, tuple) else values > 1


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
