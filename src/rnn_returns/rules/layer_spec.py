"""A recurrent layer as plain data: everything that the rules need, without Keras."""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

Shape = tuple[int | None, ...]
# The size of a state: of a vector a number, of a matrix a number for each of its axes.
Size = int | tuple[int, ...]

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
DIRECTIONS = ("forward", "backward")
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
class CellSpec:
    """Describe the cell of an ``RNN`` layer.

    Args:
        kind: ``"LSTMCell"``, ``"GRUCell"``, ``"SimpleRNNCell"`` or ``"custom"``.
        units: The size of the output; None for a custom cell without ``output_size``.
        state_size: Only of a custom cell: its ``state_size``, one size or a size for each state.
        container: Only of a custom cell in a stack: the container of its initial states,
            ``"list"`` or ``"tuple"``; ``"tensor"`` for one state without a container.
        own_initial_state: Whether its class overrides ``get_initial_state``, so that the initial
            states can differ from zeros.

    >>> from rnn_returns.rules.layer_spec import CellSpec
    >>> CellSpec("custom", units=2, state_size=(2, 3)).state_names
    ('state_0', 'state_1')
    """

    kind: str
    units: int | None = None
    state_size: int | tuple[Size, ...] | None = None
    container: str = "list"
    own_initial_state: bool = False

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states, in Keras's order."""
        if self.kind in CELL_STATES:
            return CELL_STATES[self.kind]
        return tuple(f"state_{i}" for i in range(len(self.state_sizes)))

    @property
    def state_sizes(self) -> tuple[Any, ...]:
        """The sizes of the states in Keras's order, each a number, or a tuple for a matrix."""
        if self.kind in CELL_STATES:
            return (self.units or 0,) * len(CELL_STATES[self.kind])
        return self.state_size if isinstance(self.state_size, tuple) else (self.state_size or 0,)


@dataclass(frozen=True)
class LayerSpec:
    """Describe a recurrent layer, with the names and defaults of Keras.

    Args:
        kind: The name of its class: ``"LSTM"``, ``"GRU"``, ``"SimpleRNN"``, ``"RNN"``,
            ``"ConvLSTM1D"``, ``"ConvLSTM2D"``, ``"ConvLSTM3D"``, ``"Bidirectional"`` or
            ``"TimeDistributed"``.
        units: Of LSTM, GRU and SimpleRNN, as in Keras.
        return_sequences: As in Keras. For a wrapper, set it on the wrapped layer.
        return_state: As in Keras.
        go_backwards: As in Keras.
        stateful: As in Keras.
        unroll: As in Keras.
        zero_output_for_mask: As in Keras.
        cell: Of RNN: one cell, or a tuple of stacked cells in their order.
        filters: Of a ConvLSTM, as the next five arguments.
        kernel_size: One number, or one for each axis of the image.
        strides: One number, or one for each axis of the image.
        padding: ``"valid"`` or ``"same"``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: One number, or one for each axis of the image.
        layer: Of a wrapper: the wrapped layer; of Bidirectional, the forward layer.
        backward_layer: Of Bidirectional. None means a copy of the forward layer that processes the
            time steps backwards.
        merge_mode: Of Bidirectional, as in Keras.
        dtype: The name of a dtype or of a policy such as ``"mixed_float16"``.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> LayerSpec("GRU", units=4, return_state=True).to_json()
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
    cell: CellSpec | tuple[CellSpec, ...] | None = None
    filters: int | None = None
    kernel_size: int | tuple[int, ...] | None = None
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    data_format: str = "channels_last"
    dilation_rate: int | tuple[int, ...] = 1
    layer: "LayerSpec | None" = None
    backward_layer: "LayerSpec | None" = None
    merge_mode: str | None = "concat"
    dtype: str = "float32"

    @property
    def compute_dtype(self) -> str:
        """The type of the numbers that it calculates with, as in ``"mixed_float16"``."""
        return self.dtype.rpartition("_")[2]

    @property
    def cells(self) -> tuple[CellSpec, ...]:
        """Of any layer but a wrapper: the cells it runs at each step, the bottom one first."""
        if isinstance(self.cell, tuple):
            return self.cell
        # A ConvLSTM has the states of an LSTM.
        kind = "LSTM" if self.kind in IMAGE_AXES else self.kind
        return (self.cell or CellSpec(f"{kind}Cell", self.units or 0),)

    def to_json(self) -> str:
        """Write the description as JSON text, without the fields that have their defaults."""
        return json.dumps(self, default=_given_fields)

    @classmethod
    def from_json(cls, text: str) -> "LayerSpec":
        """Read a description from the JSON text that ``to_json`` returns."""
        return cls(**{name: _from_json(name, value) for name, value in json.loads(text).items()})


def state_names(layer: LayerSpec) -> tuple[str, ...]:
    """Name the states of *layer* in the order in which Keras returns them.

    >>> from rnn_returns.rules.layer_spec import LayerSpec, state_names
    >>> state_names(LayerSpec("Bidirectional", layer=LayerSpec("GRU", units=4)))
    ('forward_state_h', 'backward_state_h')
    """
    if layer.kind == "TimeDistributed":
        return ()  # Keras stacks what the wrapped layer returns into one tensor.
    if layer.kind == "Bidirectional":
        parts = zip(DIRECTIONS, direction_specs(layer), strict=True)
        return tuple(
            f"{direction}_{name}" for direction, part in parts for name in state_names(part)
        )
    if isinstance(layer.cell, tuple):
        return tuple(
            f"cell_{i}_{name}" for i, cell in enumerate(layer.cell) for name in cell.state_names
        )
    return layer.cells[0].state_names


def returned_names(layer: LayerSpec) -> tuple[str, ...]:
    """Name the tensors that *layer* returns, flat, in Keras's order."""
    outputs: tuple[str, ...] = ("output",)
    if layer.kind == "Bidirectional" and layer.merge_mode is None:
        outputs = tuple(f"{direction}_output" for direction in DIRECTIONS)
    # A wrapper has this argument of the wrapped layer.
    return (*outputs, *state_names(layer)) if (layer.layer or layer).return_state else outputs


def returned_axes(layer: LayerSpec) -> tuple[tuple[str, ...], ...]:
    """Name the axes of the tensors that *layer* returns, flat, in Keras's order.

    >>> from rnn_returns.rules.layer_spec import LayerSpec, returned_axes
    >>> returned_axes(LayerSpec("GRU", units=4, return_sequences=True))
    (('batch', 'timesteps', 'units'),)
    """
    if layer.kind == "TimeDistributed":
        first, *others = returned_axes(wrapped(layer))
        # It stacks several tensors on a new first axis.
        first = ("returned", *first) if others else first
        return ((first[0], "slices", *first[1:]),)
    inner = layer.layer or layer
    values = image_axes(inner, "filters") if inner.kind in IMAGE_AXES else ("units",)
    state = ("batch", *values)
    output = ("batch", "timesteps", *values) if inner.return_sequences else state
    names = returned_names(layer)
    return tuple(output if name.endswith("output") else state for name in names)


def input_axes(layer: LayerSpec) -> tuple[str, ...]:
    """Name the axes of the input of *layer*.

    >>> from rnn_returns.rules.layer_spec import LayerSpec, input_axes
    >>> input_axes(LayerSpec("ConvLSTM1D", filters=4))
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


def wrapped(layer: LayerSpec) -> LayerSpec:
    """Return the layer that a wrapper wraps; of Bidirectional, the forward layer."""
    if layer.layer is None:
        raise ValueError(f"{layer.kind} wraps no layer here.")
    return layer.layer


def unwrap(layer: LayerSpec) -> LayerSpec:
    """Return the layer that *layer* wraps at any depth, or *layer* if it is not a wrapper."""
    return layer if layer.layer is None else unwrap(layer.layer)


def image_axes(layer: LayerSpec, channels: str) -> tuple[str, ...]:
    """Name the axes of one image of a ConvLSTM, with *channels* in its place."""
    axes = IMAGE_AXES[layer.kind]
    return (channels, *axes) if layer.data_format == "channels_first" else (*axes, channels)


def direction_specs(layer: LayerSpec) -> tuple[LayerSpec, LayerSpec]:
    """Return the forward and the backward layer of a Bidirectional layer, as they are given."""
    forward = wrapped(layer)
    return forward, layer.backward_layer or replace(forward, go_backwards=True)


def _given_fields(spec: LayerSpec | CellSpec) -> dict[str, Any]:
    """Return the fields of a description that are not at their defaults."""
    values = {field: getattr(spec, field.name) for field in fields(spec)}
    return {field.name: value for field, value in values.items() if value != field.default}


def _from_json(name: str, value: Any) -> Any:
    """Convert JSON data of the field *name* back to the value of the field."""
    if isinstance(value, list):
        return tuple(_from_json(name, item) for item in value)
    if isinstance(value, dict):
        kind = CellSpec if name == "cell" else LayerSpec
        return kind(**{key: _from_json(key, item) for key, item in value.items()})
    return value
