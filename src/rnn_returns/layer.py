"""A recurrent layer as plain data: all that the rules need to know of it, and no Keras."""

import json
from dataclasses import dataclass, fields
from typing import Any

# The states of Keras's own cells, in the order in which Keras returns them.
CELL_STATES = {
    "LSTMCell": ("state_h", "state_c"),
    "GRUCell": ("state_h",),
    "SimpleRNNCell": ("state_h",),
}
# The axes that the convolution of a layer runs along.
IMAGE_AXES = {
    "ConvLSTM1D": ("rows",),
    "ConvLSTM2D": ("rows", "cols"),
    "ConvLSTM3D": ("depth", "rows", "cols"),
}
# The axes whose length a symbolic input may leave open, and of which none may be empty.
OPEN_AXES = ("batch", "slices", "timesteps")
# Every kind of layer that can be described, with the fields that it cannot do without.
KINDS = {
    "LSTM": ("units",),
    "GRU": ("units",),
    "SimpleRNN": ("units",),
    "RNN": ("cell",),
    **dict.fromkeys(IMAGE_AXES, ("filters", "kernel_size")),
    "Bidirectional": ("layer",),
    "TimeDistributed": ("layer",),
}


@dataclass(frozen=True)
class Cell:
    """Describe the cell of an ``RNN`` layer.

    Args:
        kind: ``"LSTMCell"``, ``"GRUCell"``, ``"SimpleRNNCell"`` or ``"custom"``.
        units: The size of its output.
        state_size: Of a custom cell only: its ``state_size``, one size or a size for each state.
        container: Of a custom cell in a stack only: what its initial states come in,
            ``"list"``, ``"tuple"`` or, for one state without a container, ``"tensor"``.

    >>> from rnn_returns.layer import Cell
    >>> Cell("custom", units=2, state_size=(2, 3)).state_names
    ('state_0', 'state_1')
    """

    kind: str
    units: int
    state_size: int | tuple[int, ...] | None = None
    container: str = "list"

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of its states, in Keras's order."""
        if self.kind in CELL_STATES:
            return CELL_STATES[self.kind]
        return tuple(f"state_{i}" for i in range(len(self.state_sizes)))

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The sizes of its states, in Keras's order."""
        if self.kind in CELL_STATES:
            return (self.units,) * len(CELL_STATES[self.kind])
        return self.state_size if isinstance(self.state_size, tuple) else (self.state_size or 0,)


@dataclass(frozen=True)
class Layer:
    """Describe a recurrent layer, with Keras's own names and defaults.

    Args:
        kind: The name of its class: ``"LSTM"``, ``"GRU"``, ``"SimpleRNN"``, ``"RNN"``,
            ``"ConvLSTM1D"``, ``"ConvLSTM2D"``, ``"ConvLSTM3D"``, ``"Bidirectional"`` or
            ``"TimeDistributed"``.
        units: Of LSTM, GRU and SimpleRNN.
        return_sequences: As in Keras. A wrapper has the flags of the layer that it wraps.
        return_state: As in Keras.
        go_backwards: As in Keras.
        stateful: As in Keras.
        unroll: As in Keras.
        zero_output_for_mask: As in Keras.
        cell: Of RNN: one cell, or a tuple of cells for a stack, the bottom one first.
        filters: Of a ConvLSTM, like the next five.
        kernel_size: One number, or one for each axis of the image.
        strides: One number, or one for each axis of the image.
        padding: ``"valid"`` or ``"same"``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: One number, or one for each axis of the image.
        layer: What a wrapper wraps; of Bidirectional, the forward layer.
        backward_layer: Of Bidirectional. None stands for the forward layer, read backwards.
        merge_mode: Of Bidirectional.

    >>> from rnn_returns.layer import Layer
    >>> Layer("GRU", units=4, return_state=True).to_json()
    '{"kind": "GRU", "units": 4, "return_state": true}'
    """

    kind: str
    units: int | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False
    cell: Cell | tuple[Cell, ...] | None = None
    filters: int | None = None
    kernel_size: int | tuple[int, ...] | None = None
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    data_format: str = "channels_last"
    dilation_rate: int | tuple[int, ...] = 1
    layer: "Layer | None" = None
    backward_layer: "Layer | None" = None
    merge_mode: str | None = "concat"

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Of LSTM, GRU, SimpleRNN and RNN: the cells it runs at each step, the bottom one first."""
        if isinstance(self.cell, tuple):
            return self.cell
        return (self.cell or Cell(f"{self.kind}Cell", self.units or 0),)

    def to_json(self) -> str:
        """Write the description as JSON text, without what is left at its default."""
        return json.dumps(_plain(self))

    @classmethod
    def from_json(cls, text: str) -> "Layer":
        """Read a description that ``to_json`` wrote."""
        return cls(**{name: _restored(name, value) for name, value in json.loads(text).items()})


def state_names(layer: Layer) -> tuple[str, ...]:
    """Name the states of *layer* in the order in which Keras returns them.

    >>> from rnn_returns.layer import Layer, state_names
    >>> state_names(Layer("Bidirectional", layer=Layer("GRU", units=4)))
    ('forward_state_h', 'backward_state_h')
    """
    if layer.kind == "TimeDistributed":
        return ()  # Keras stacks what the wrapped layer returns into one tensor.
    if layer.kind == "Bidirectional":
        forward = wrapped(layer)
        directions = {"forward": forward, "backward": layer.backward_layer or forward}
        return tuple(
            f"{way}_{name}" for way, one in directions.items() for name in state_names(one)
        )
    if layer.kind in IMAGE_AXES:
        return CELL_STATES["LSTMCell"]
    if isinstance(layer.cell, tuple):
        return tuple(
            f"cell_{i}_{name}" for i, cell in enumerate(layer.cell) for name in cell.state_names
        )
    return layer.cells[0].state_names


def input_axes(layer: Layer) -> tuple[str, ...]:
    """Name the axes of what *layer* reads.

    >>> from rnn_returns.layer import Layer, input_axes
    >>> input_axes(Layer("ConvLSTM1D", filters=4))
    ('batch', 'timesteps', 'rows', 'channels')
    """
    if layer.kind == "TimeDistributed":
        batch, *rest = input_axes(wrapped(layer))
        return (batch, "slices", *rest)
    if layer.kind == "Bidirectional":
        return input_axes(wrapped(layer))
    if layer.kind in IMAGE_AXES:
        return ("batch", "timesteps", *image_axes(layer, "channels"))
    return ("batch", "timesteps", "features")


def wrapped(layer: Layer) -> Layer:
    """Give the layer that a wrapper wraps; of Bidirectional, the forward layer."""
    if layer.layer is None:
        raise ValueError(f"{layer.kind} wraps no layer here.")
    return layer.layer


def image_axes(layer: Layer, channels: str) -> tuple[str, ...]:
    """Name the axes of one image that a ConvLSTM reads or returns, *channels* where it belongs."""
    axes = IMAGE_AXES[layer.kind]
    return (channels, *axes) if layer.data_format == "channels_first" else (*axes, channels)


def _plain(value: Any) -> Any:
    """Turn a description, or what one of its fields holds, into what JSON can hold."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, Layer | Cell):
        return value
    given = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return {name: _plain(held) for name, (held, default) in given.items() if held != default}


def _restored(name: str, value: Any) -> Any:
    """Turn what JSON held for the field *name* back into what the description holds."""
    if isinstance(value, list):
        return tuple(_restored(name, item) for item in value)
    if isinstance(value, dict):
        kind = Cell if name == "cell" else Layer
        return kind(**{key: _restored(key, item) for key, item in value.items()})
    return value
