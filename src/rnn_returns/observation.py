"""Call a Keras layer and name the tensors that it returns."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rnn_returns.dependencies import keras
from rnn_returns.introspection import find_own_code, outline_layer
from rnn_returns.messages import Displayed, Message, Render
from rnn_returns.rules.layer_spec import (
    LayerSpec,
    direction_specs,
    input_axes,
    returned_axes,
    returned_names,
    state_names,
)
from rnn_returns.table import Table, values_text
from rnn_returns.validation import validate_input, validate_layer, validate_mask, validate_states


def observe(layer: Any, x: Any, **call_arguments: Any) -> "Returned":
    """Call *layer* on *x* and name the tensors that it returns.

    The call builds the layer if necessary, and changes the states of a stateful layer.

    Args:
        layer: An ``LSTM``, ``GRU``, ``SimpleRNN``, ``RNN`` or ``ConvLSTM``, or a ``Bidirectional``
            or ``TimeDistributed`` around one of them.
        x: The input, ``(batch, timesteps, features)`` or as the layer expects: an array, a tensor,
            nested lists, or a symbolic ``keras.Input``. NaN is accepted.
        **call_arguments: ``mask`` of shape ``(batch, timesteps)``, or ``(batch, slices,
            timesteps)`` for ``TimeDistributed``; ``initial_state``, one tensor for each state, of
            shape ``(batch, units)`` or as the layer expects; ``training``. The mask and the states
            can be nested lists.

    Returns:
        The returned tensors by name, in Keras's order. If the class of the layer overrides
        ``call``, the names are ``output``, or ``output_0``, ``output_1`` and so on.

    Raises:
        TypeError: If *layer* is not a recurrent layer, if *x* is sparse, a ragged tensor or does
            not contain real numbers, or if a list passed as ``mask`` or ``initial_state`` contains
            values of a wrong type.
        ValueError: If *x* is empty, contains lists of different lengths, or has a rank or number of
            features that the layer does not expect; or if the shape of a list passed as ``mask`` or
            ``initial_state`` is wrong.

    >>> import keras, numpy as np
    >>> from rnn_returns import observe
    >>> x = np.ones((2, 3, 5))  # (batch, timesteps, features)
    >>> lstm = keras.layers.LSTM(4, return_state=True)
    >>> returned = observe(lstm, x)
    >>> for name, shape in zip(returned.names, returned.shapes):
    ...     print(name, shape)  # (batch, units)
    output (2, 4)
    state_h (2, 4)
    state_c (2, 4)
    """
    validate_layer(layer, "observe")
    spec = outline_layer(layer)
    axes = input_axes(spec)
    x = validate_input(layer, x, axes)
    if "mask" in call_arguments:
        call_arguments["mask"] = validate_mask(call_arguments["mask"], x, axes)
    if "initial_state" in call_arguments and spec.kind != "TimeDistributed":
        states = call_arguments["initial_state"]
        rank = 0 if find_own_code(layer) else _find_state_rank(spec)
        states = validate_states(states, x, state_names(spec), rank)
        call_arguments["initial_state"] = states
    return Returned(layer, layer(x, **call_arguments))


class Returned(Displayed):
    """The tensors that one call of a recurrent layer returned, by name, in Keras's order.

    ``returned.state_h`` and ``returned["state_h"]`` are NumPy arrays. You can also unpack them:
    ``output, state_h, state_c = returned``. The states of stacked cells, which Keras returns in
    nested containers, are separate items.

    Args:
        layer: The layer that was called.
        result: Its return value.

    Raises:
        RuntimeError: If the package has no names for the return value. The installed Keras is then
            newer than the versions that the package supports.

    >>> import keras
    >>> from rnn_returns import observe
    >>> gru = keras.layers.GRU(4, return_state=True)
    >>> symbolic = observe(gru, keras.Input((3, 5)))
    >>> symbolic.container, symbolic.structure
    ('tuple', ('output', 'state_h'))
    >>> symbolic.shapes  # (batch, units)
    ((None, 4), (None, 4))
    """

    container: str
    """The container, ``"tensor"`` for a single tensor, ``"tuple"`` or ``"list"``."""
    structure: Any
    """The names of the tensors, in the containers in which Keras returned them."""
    names: tuple[str, ...]
    """The names of the tensors, without nesting."""
    axes: tuple[tuple[str, ...], ...]
    """The names of the axes of each tensor; an axis of unknown meaning is numbered."""

    def __init__(self, layer: Any, result: Any) -> None:
        nested = keras.tree.is_nested(result)
        self.container = type(result).__name__ if nested else "tensor"
        tensors = keras.tree.flatten(result)
        spec: LayerSpec | None = None
        if isinstance(layer, LayerSpec):
            spec = layer
        elif not find_own_code(layer):
            spec = outline_layer(layer)
        if spec and isinstance(tensors[0], keras.KerasTensor):
            # A symbolic call takes the tensors of both directions from the forward layer.
            spec = replace(spec, backward_layer=None)
        self.names = _name_tensors(spec, result)
        self.structure = keras.tree.pack_sequence_as(result, self.names)
        self._tensors = dict(zip(self.names, tensors, strict=True))
        shapes = zip(self.names, self.shapes, strict=True)
        self.axes = tuple(_name_axes(spec, name, shape) for name, shape in shapes)

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The shapes of the tensors, with None for an unknown dimension of a symbolic tensor."""
        return tuple(tuple(tensor.shape) for tensor in self._tensors.values())

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The data types of the tensors."""
        return tuple(keras.backend.standardize_dtype(t.dtype) for t in self._tensors.values())

    @property
    def mask(self) -> Any:
        """The mask that the layer propagates, or None.

        Recurrent layers do not change the mask, so it has the shape and the data type of the mask
        in the call. It is an array; after a symbolic call, it is a symbolic tensor. With
        ``merge_mode=None``, it is the mask of the first output.
        """
        mask = getattr(self._tensors[self.names[0]], "_keras_mask", None)
        if mask is None or isinstance(mask, keras.KerasTensor):
            return mask
        return keras.ops.convert_to_numpy(mask)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise KeyError(f"{name!r} was not returned; there is {', '.join(self.names)}.")
        tensor = self._tensors[name]
        if isinstance(tensor, keras.KerasTensor):
            raise ValueError(
                f"{name!r} has no values: the layer was called on a symbolic input, which has a "
                "shape only. Call the layer on data, or call a model that contains it."
            )
        return np.asarray(keras.ops.convert_to_numpy(tensor))

    def __getattr__(self, name: str) -> np.ndarray:
        # Copying calls this before the names are set.
        if name.startswith("_") or name not in self.names:
            returned = "" if name.startswith("_") else f"; there is {', '.join(self.names)}"
            raise AttributeError(f"{name!r} was not returned{returned}.")
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[name] for name in self.names)

    def items(self) -> Iterator[tuple[str, np.ndarray]]:
        """Return pairs of a name and its values."""
        return zip(self.names, self, strict=True)

    def __repr__(self) -> str:
        return repr(self._table())

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        return self._table().html(render)

    def _table(self) -> Table:
        rows = [_format_row(name, tensor) for name, tensor in self._tensors.items()]
        if self.mask is not None:
            rows.append(_format_row(Message("propagated mask"), self.mask))
        return Table(self._caption(), ("name", "shape", "dtype", "values"), tuple(rows))

    def _caption(self) -> Message:
        if self.container == "tensor":
            return Message("one tensor")
        values = {"container": self.container, "count": len(self.structure)}
        if len(self) > len(self.structure):  # The states of a stack are nested.
            template = "{container} of {count}, {tensors} tensors"
            return Message(template, **values, tensors=len(self))
        return Message("{container} of {count}", **values)


def _format_row(name: str, tensor: Any) -> tuple[str, ...]:
    values: str = Message("symbolic")
    if not isinstance(tensor, keras.KerasTensor):
        values = values_text(np.asarray(keras.ops.convert_to_numpy(tensor)))
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return name, str(tuple(tensor.shape)), dtype, values


def _find_state_rank(layer: LayerSpec) -> int:
    """Return how many axes a state of *layer* has, 0 if that is not known."""
    parts = direction_specs(layer) if layer.kind == "Bidirectional" else (layer,)
    sizes = [size for part in parts for cell in part.cells for size in cell.state_sizes]
    if any(isinstance(size, tuple) for size in sizes):
        return 0
    # A state of a ConvLSTM is an image, like its input at each time step.
    return len(input_axes(layer)) - 1


def _name_tensors(layer: LayerSpec | None, result: Any) -> tuple[str, ...]:
    """Name the tensors in *result*, which a layer of this kind returned, or one of unknown kind."""
    if not keras.tree.is_nested(result):
        return ("output",)
    tensors = keras.tree.flatten(result)
    if layer is None:
        return tuple(f"output_{i}" for i in range(len(tensors)))
    names = returned_names(layer)
    parts = direction_specs(layer) if layer.kind == "Bidirectional" else (layer,)
    # Only the states of a stack may be in nested containers.
    stack = any(isinstance(part.cell, tuple) for part in parts)
    nested = any(isinstance(part, tuple | list) for part in result)
    if (stack or not nested) and len(names) == len(tensors):
        return names
    if any(cell.kind == "custom" for part in parts for cell in part.cells):
        return _number_states(layer, result)
    raise RuntimeError(
        f"Keras {keras.__version__} returned {keras.tree.map_structure(type, result)}, "
        f"for which the names {names} do not fit; please report it."
    )


def _number_states(layer: LayerSpec, result: Any) -> tuple[str, ...]:
    """Name the tensors by their places, where a cell has other states than its state_size."""
    outputs = [name for name in returned_names(layer) if name.endswith("output")]
    names = [*outputs]
    for i, part in enumerate(result[len(outputs) :]):
        places = range(len(keras.tree.flatten(part)))
        nested = keras.tree.is_nested(part)
        names += [f"state_{i}_{place}" if nested else f"state_{i}" for place in places]
    return tuple(names)


def _name_axes(
    layer: LayerSpec | None, name: str, shape: tuple[int | None, ...]
) -> tuple[str, ...]:
    """Name the axes of a returned tensor; those without a name are numbered."""
    axes: tuple[str, ...] = ()
    if layer:
        known = dict(zip(returned_names(layer), returned_axes(layer), strict=True))
        axes = known.get(name, ("batch", "units"))
    if len(axes) == len(shape):
        return axes
    first = axes[:-1]  # A custom cell may have matrices in place of the units.
    return (*first, *(f"axis_{i}" for i in range(len(first), len(shape))))[: len(shape)]
