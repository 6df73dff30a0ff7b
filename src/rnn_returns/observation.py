"""Call a Keras layer and name the tensors that it returns."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rnn_returns.dependencies import keras
from rnn_returns.introspection import describe, read_layer
from rnn_returns.rules.layer_spec import LayerSpec, direction_specs, input_axes, returned_names
from rnn_returns.table import Table, values_text
from rnn_returns.validation import validate_input


def observe(layer: Any, x: Any, **call_arguments: Any) -> "Returned":
    """Call *layer* on *x* and name every tensor it returned.

    The call is a real one: an unbuilt layer is built by it, a stateful layer keeps its new state.

    Args:
        layer: An ``LSTM``, ``GRU`` or ``SimpleRNN``; an ``RNN`` of any cells or a ``ConvLSTM``;
            or a ``Bidirectional`` or ``TimeDistributed`` around one of them.
        x: Numbers of shape ``(batch, timesteps, features)``, or of the shape that the layer reads
            instead: an array, a tensor, nested lists, or a symbolic ``keras.Input``.
            NaN passes through as Keras passes it.
        **call_arguments: What else Keras shall be called with:
            ``mask`` of shape ``(batch, timesteps)``; ``initial_state``, one tensor of shape
            ``(batch, units)`` a state; ``training``.

    Returns:
        The returned tensors in Keras's order, each with its name.

    Raises:
        TypeError: If *layer* is not a recurrent layer, or *x* not dense and numeric.
        ValueError: If *x* is ragged, empty, of the wrong rank, or has another number of features
            than a built layer expects.

    >>> import keras, numpy as np
    >>> from rnn_returns import observe
    >>> lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
    >>> returned = observe(lstm, np.zeros((2, 5, 3)))
    >>> returned.names
    ('output', 'state_h', 'state_c')
    >>> returned.shapes
    ((2, 5, 4), (2, 4), (2, 4))
    """
    spec = read_layer(layer, "observe")
    x = validate_input(layer, x, input_axes(spec))
    return Returned(spec, layer(x, **call_arguments))


class Returned:
    """The tensors that one call of a recurrent layer returned, in Keras's order, by name.

    Iteration, ``returned.state_h`` and ``returned["state_h"]`` give NumPy arrays, so that
    ``output, state_h, state_c = returned`` unpacks as the layer's own result does. The states of
    stacked cells, which Keras returns in containers of their own, come one by one.

    Args:
        layer: The layer that was called.
        result: What it returned, in Keras's own structure.

    Raises:
        RuntimeError: If Keras returned a structure that this package has no names for.
            This Keras is then newer than the package knows.

    >>> import keras
    >>> from rnn_returns import observe
    >>> symbolic = observe(keras.layers.GRU(4, return_state=True), keras.Input((None, 3)))
    >>> symbolic.container, symbolic.structure, symbolic.shapes
    ('tuple', ('output', 'state_h'), ((None, 4), (None, 4)))
    """

    container: str
    """What the layer returned, ``"tensor"``, ``"tuple"`` or ``"list"``."""
    structure: Any
    """The names in the containers that Keras put the tensors into."""
    names: tuple[str, ...]
    """The tensors' names, flat."""

    def __init__(self, layer: Any, result: Any) -> None:
        nested = isinstance(result, tuple | list)
        self.container = type(result).__name__ if nested else "tensor"
        spec = layer if isinstance(layer, LayerSpec) else describe(layer)
        self.names = _name_tensors(spec, result)
        self.structure = keras.tree.pack_sequence_as(result, self.names)
        self._tensors = dict(zip(self.names, keras.tree.flatten(result), strict=True))

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The tensors' shapes; None stands for a dimension that a symbolic tensor leaves open."""
        return tuple(tuple(tensor.shape) for tensor in self._tensors.values())

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The tensors' data types, as Keras names them."""
        return tuple(keras.backend.standardize_dtype(t.dtype) for t in self._tensors.values())

    @property
    def mask(self) -> Any:
        """The mask that the output hands on, or None.

        A boolean array of shape ``(batch, timesteps)``; of a symbolic call, a symbolic tensor.
        Of the two outputs of ``merge_mode=None``, it is the first one's.
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
                "shape only. Call it on numbers, or call a model that is made of it."
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
        """Give each name with its values."""
        return zip(self.names, self, strict=True)

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def _table(self) -> Table:
        caption = "one tensor"
        if self.container != "tensor":
            caption = f"{self.container} of {len(self.structure)}"
            # The states of a stack are in containers of their own.
            caption += f", {len(self)} tensors" if len(self) > len(self.structure) else ""
        tensors = self._tensors | ({} if self.mask is None else {"mask handed on": self.mask})
        rows = tuple(_format_row(name, tensor) for name, tensor in tensors.items())
        return Table(caption, ("name", "shape", "dtype", "values"), rows)


def _format_row(name: str, tensor: Any) -> tuple[str, ...]:
    values = "symbolic"
    if not isinstance(tensor, keras.KerasTensor):
        values = values_text(np.asarray(keras.ops.convert_to_numpy(tensor)))
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return name, str(tuple(tensor.shape)), dtype, values


def _name_tensors(layer: LayerSpec, result: Any) -> tuple[str, ...]:
    """Name the tensors in *result*, which a layer of this kind returned."""
    if not isinstance(result, tuple | list):
        return ("output",)
    tensors = keras.tree.flatten(result)
    if isinstance(tensors[0], keras.KerasTensor):
        # A symbolic call takes the tensors of both directions from the forward layer.
        layer = replace(layer, backward_layer=None)
    names = returned_names(layer)
    parts = direction_specs(layer) if layer.kind == "Bidirectional" else (layer,)
    # Only the states of a stack may be in containers of their own.
    stack = any(isinstance(part.cell, tuple) for part in parts)
    nested = any(isinstance(part, tuple | list) for part in result)
    if (nested and not stack) or len(names) != len(tensors):
        raise RuntimeError(
            f"Keras {keras.__version__} returned {keras.tree.map_structure(type, result)}, "
            f"for which the names {names} do not fit; please report it."
        )
    return names
