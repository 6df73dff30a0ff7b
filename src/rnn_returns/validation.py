"""Checks of what users pass, before Keras receives it."""

from collections.abc import Iterable
from numbers import Number
from typing import Any

import numpy as np

from rnn_returns.dependencies import keras
from rnn_returns.rules.layer_spec import OPEN_AXES

PLAIN_LAYERS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
IMAGE_LAYERS = (keras.layers.ConvLSTM1D, keras.layers.ConvLSTM2D, keras.layers.ConvLSTM3D)
WRAPPERS = (keras.layers.Bidirectional, keras.layers.TimeDistributed)
# RNN comes after its subclasses, because the first that fits counts.
LAYERS = (*PLAIN_LAYERS, *IMAGE_LAYERS, keras.layers.RNN, *WRAPPERS)
CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)
# What to do about an input of one rank if a layer expects another.
RANK_ADVICE = {
    (2, 3): " For one sample of several features add a batch axis, x[np.newaxis];"
    " for several samples of one feature add a features axis, x[..., np.newaxis].",
    (1, 3): " For one sample of one feature: x[np.newaxis, :, np.newaxis].",
}
_EXAMPLE_MASK = "as in [[True, True, False]]"


def validate_layer(layer: Any, needed_by: str, needed: str = "a recurrent layer") -> None:
    """Accept an instance of a recurrent layer, or of a wrapper around one.

    Args:
        layer: Any object.
        needed_by: The function to name in the message.
        needed: What that function accepts.

    Raises:
        TypeError: If *layer* is any other object; the message names both.
    """
    if isinstance(layer, WRAPPERS):
        for part in wrapped_layers(layer):
            validate_layer(part, needed_by, needed)
    if isinstance(layer, LAYERS):
        return
    if isinstance(layer, type):
        arguments = "4" if issubclass(layer, PLAIN_LAYERS) else "..."
        example = f"{layer.__name__}({arguments})"
        given = f"the class {layer.__name__}. Make a layer of it first, as in {example}"
    elif isinstance(layer, keras.Model):
        given = f"the model {layer.name!r}. Pass one of its layers instead"
    else:
        given = _name_type(layer)
    kinds = [kind.__name__ for kind in LAYERS]
    plain = len(PLAIN_LAYERS)
    raise TypeError(
        f"{needed_by} needs {needed} {_join(kinds[:plain])} or one made with them "
        f"{_join(kinds[plain:])}, but was given {given}."
    )


def wrapped_layers(wrapper: Any) -> tuple[Any, ...]:
    """Return the layers that a wrapper calls."""
    if isinstance(wrapper, keras.layers.Bidirectional):
        return wrapper.forward_layer, wrapper.backward_layer
    return (wrapper.layer,)


def unwrap_layers(layer: Any) -> list[Any]:
    """Return the layers that *layer* wraps at any depth, the innermost first, then *layer*."""
    wrapped = wrapped_layers(layer) if isinstance(layer, WRAPPERS) else ()
    return [*(part for inner in wrapped for part in unwrap_layers(inner)), layer]


def validate_input(layer: Any, x: Any, axes: tuple[str, ...]) -> Any:
    """Return *x* as an input of *layer*, which expects *axes*: a tensor, or else an array.

    Raises:
        TypeError: If *x* is not a dense, numeric array.
        ValueError: If the shape of *x* does not fit *layer*.
    """
    x = _as_dense(x, axes)
    shape = tuple(x.shape)
    if len(shape) != len(axes):
        raise ValueError(
            f"x has rank {len(shape)}, shape {shape}, but a recurrent layer expects rank "
            f"{len(axes)}, {_join(axes)}.{RANK_ADVICE.get((len(shape), len(axes)), '')}"
        )
    for axis, length in zip(axes, shape, strict=True):
        if axis in OPEN_AXES and length == 0:
            raise ValueError(
                f"x has the shape {shape}, so its {axis} axis is empty; "
                f"a recurrent layer needs at least one entry on each of {_join(axes)}."
            )
        # A symbolic tensor has None where a dimension is not known yet.
        if axis not in OPEN_AXES and length is None:
            example = ", ".join("None" if axis in OPEN_AXES else "4" for axis in axes[1:])
            raise ValueError(
                f"x has the shape {shape}, but Keras needs a fixed number of {axis}; "
                f"set it, as in keras.Input(({example}))."
            )
    feature = "channels" if "channels" in axes else "features"
    given, expected = shape[axes.index(feature)], _built_for(layer)
    if expected not in (None, given):
        raise ValueError(
            f"x has {given} {feature} (its shape is {shape}), but {layer.name!r} was built for "
            f"{expected}; pass {expected} {feature}, or make a new layer."
        )
    return x


def validate_mask(mask: Any, x: Any, axes: tuple[str, ...]) -> Any:
    """Return *mask* for a call on *x*, which has *axes*: nested lists as an array.

    Raises:
        TypeError: If *mask* is a list of anything but True and False, or 1 and 0.
        ValueError: If *mask* is a list, and its shape does not fit *x*.
    """
    needed = tuple(x.shape)[: 1 + axes.index("timesteps")]
    if not isinstance(mask, list | tuple) or _is_list_of_one_tensor(mask, len(needed)):
        return mask
    advice = f"pass one row for each sample, with one entry for each time step, {_EXAMPLE_MASK}"
    if not _holds_numbers(mask):
        raise TypeError(f"Expected the values of mask to be True or False, got others; {advice}.")
    try:
        array = np.asarray(mask)
    except ValueError as error:
        raise ValueError(f"mask is ragged: its rows differ in length; {advice}.") from error
    if not np.isin(array, (0, 1)).all():
        raise TypeError(f"Expected the values of mask to be True or False, got others; {advice}.")
    fits = [length in (None, given) for length, given in zip(needed, array.shape, strict=False)]
    if len(array.shape) != len(needed) or not all(fits):
        raise ValueError(
            f"mask has the shape {array.shape}, but x has the shape {tuple(x.shape)} and needs a "
            f"mask of the shape {needed}; {advice}."
        )
    return array.astype(bool)


def validate_states(states: Any, x: Any, names: tuple[str, ...], rank: int) -> Any:
    """Return *states* for a call on *x*, nested lists of numbers as arrays.

    The depth of a list shows what it is: a state has *rank* axes, and a list of states one more.

    Args:
        states: The argument ``initial_state``.
        x: The input.
        names: The names of the states of the layer.
        rank: The number of axes of each state, 0 if it is not known.

    Raises:
        TypeError: If *states* has nested lists, and *rank* is not known.
        ValueError: If nested lists of *states* are not states of the layer.
    """
    if not _holds_lists_of_numbers(states):
        return states
    if not rank:
        raise TypeError(
            "initial_state has nested lists, but the number of axes of the states of this layer is "
            "not known; pass an array for each state."
        )
    converted = _as_states(states, rank)
    given = keras.tree.flatten(converted)
    if len(given) != len(names):
        raise ValueError(
            f"The number of states in initial_state is {len(given)}, but the layer needs "
            f"{len(names)}, {_join(names)}; pass a list with a state of {rank} axes for each."
        )
    for name, state in zip(names, given, strict=True):
        shape = tuple(getattr(state, "shape", ()))
        if len(shape) != rank or x.shape[0] not in (None, shape[0]):
            raise ValueError(
                f"The initial state {name} has the shape {shape}, but a state of this layer has "
                f"{rank} axes, and x has {x.shape[0]} samples; pass one row for each sample."
            )
    return converted


def _as_states(value: Any, rank: int) -> Any:
    """Return *value* with an array for each state that is nested lists of numbers."""
    if not isinstance(value, list | tuple):
        return value
    depth = _measure_depth(value)
    if not _holds_lists_of_numbers(value) or depth > rank:
        return type(value)(_as_states(item, rank) for item in value)
    try:
        array = np.asarray(value, "float64")
    except ValueError as error:
        raise ValueError(
            "initial_state is ragged: the rows of a state differ in length; pass as many "
            "numbers for each sample as the state has."
        ) from error
    if depth < rank:
        raise ValueError(
            f"initial_state has lists of depth {depth}, but a state of this layer has {rank} axes; "
            "pass one row for each sample."
        )
    return array


def _measure_depth(value: Any) -> int:
    """Return how many lists are nested in *value*, counted along the first entries."""
    depth = 0
    while isinstance(value, list | tuple) and value:
        value, depth = value[0], depth + 1
    return depth


def _holds_numbers(value: Any) -> bool:
    """Return whether *value* is numbers in nested lists, and nothing else."""
    leaves = keras.tree.flatten(value)
    return bool(leaves) and all(isinstance(leaf, Number | np.bool_) for leaf in leaves)


def _holds_lists_of_numbers(value: Any) -> bool:
    """Return whether a list of numbers is anywhere in *value*."""
    if not isinstance(value, list | tuple):
        return False
    return _holds_numbers(value) or any(map(_holds_lists_of_numbers, value))


def _is_list_of_one_tensor(mask: Any, rank: int) -> bool:
    """Return whether *mask* is a list of one mask, which Keras accepts too."""
    return len(mask) == 1 and len(getattr(mask[0], "shape", ())) == rank


def _built_for(layer: Any) -> int | None:
    """Return how many features or channels *layer* was built for, None if that is open."""
    inner = unwrap_layers(layer)[0]
    cell = inner.cell
    if isinstance(cell, keras.layers.StackedRNNCells):
        cell = cell.cells[0]
    # Only of Keras's own cells it is known what the axes of their kernel are.
    if not inner.built or not (isinstance(cell, CELLS) or isinstance(inner, IMAGE_LAYERS)):
        return None
    return int(cell.kernel.shape[-2])


def _as_dense(x: Any, axes: tuple[str, ...]) -> Any:
    """Return *x* as a dense tensor or array of numbers."""
    if isinstance(x, keras.KerasTensor):
        dense = not (x.sparse or x.ragged)
    elif keras.ops.is_tensor(x):
        # Only a sparse tensor lacks this method; a ragged tensor has no fixed shape.
        dense = hasattr(x, "__array__") and None not in tuple(x.shape)
    else:
        x, dense = _as_array(x, axes), True
    if not dense:
        raise TypeError(
            f"x is {_name_type(x)}, but a recurrent layer expects a dense tensor; "
            "pad the samples to one length and pass mask= to skip the padding."
        )
    dtype = keras.backend.standardize_dtype(x.dtype)
    if not dtype.startswith(("float", "bfloat", "int", "uint", "bool")):
        raise TypeError(f"Expected x to have a numeric dtype, got {dtype}.")
    return x


def _as_array(x: Any, axes: tuple[str, ...]) -> np.ndarray:
    """Return *x*, which is not a tensor, as an array of numbers."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            "x is ragged: its samples or time steps differ in length; "
            "pad them to one length and pass mask= to skip the padding."
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"x is {_name_type(x)} that contains {array.dtype} data, but a recurrent layer expects "
            f"real numbers with the axes {_join(axes)}."
        )
    return array


def _name_type(value: Any) -> str:
    """Name *value* in a message by its type, because its text may be long."""
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _join(names: Iterable[str]) -> str:
    return f"({', '.join(names)})"
