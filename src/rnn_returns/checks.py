"""Bad input is met here, before Keras sees it, with what was given and what to do."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from rnn_returns.layer import OPEN_AXES

PLAIN_LAYERS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
IMAGE_LAYERS = (keras.layers.ConvLSTM1D, keras.layers.ConvLSTM2D, keras.layers.ConvLSTM3D)
WRAPPERS = (keras.layers.Bidirectional, keras.layers.TimeDistributed)
# RNN stands behind the classes that are made from it.
LAYERS = (*PLAIN_LAYERS, *IMAGE_LAYERS, keras.layers.RNN, *WRAPPERS)
CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)


def check_layer(layer: Any, needed_by: str) -> None:
    """Accept an instance of a recurrent layer, or of a wrapper around one.

    Args:
        layer: Anything.
        needed_by: The function to name in the message.

    Raises:
        TypeError: For anything else, with what was given.
    """
    if isinstance(layer, WRAPPERS):
        for inside in wrapped_layers(layer):
            check_layer(inside, needed_by)
    if isinstance(layer, LAYERS):
        return
    if isinstance(layer, type):
        arguments = "4" if issubclass(layer, PLAIN_LAYERS) else "..."
        made = f"{layer.__name__}({arguments})"
        given = f"the class {layer.__name__}. Make a layer of it first, as in {made}"
    elif isinstance(layer, keras.Model):
        given = f"the model {layer.name!r}. Give one of its layers instead"
    else:
        given = _what(layer)
    kinds = [kind.__name__ for kind in LAYERS]
    plain = len(PLAIN_LAYERS)
    raise TypeError(
        f"{needed_by} needs a recurrent layer {_listed(kinds[:plain])} or one made with them "
        f"{_listed(kinds[plain:])}, but was given {given}."
    )


def wrapped_layers(wrapper: Any) -> tuple[Any, ...]:
    """Give the layers that a wrapper calls."""
    if isinstance(wrapper, keras.layers.Bidirectional):
        return wrapper.forward_layer, wrapper.backward_layer
    return (wrapper.layer,)


def check_input(layer: Any, x: Any, axes: tuple[str, ...]) -> Any:
    """Return *x* as something to call *layer* with: a tensor as it is, all else as an array.

    Args:
        layer: A recurrent layer.
        x: Anything.
        axes: The names of the axes that *layer* reads.

    Raises:
        TypeError: If *x* is no dense, numeric array.
        ValueError: If the shape of *x* is not one that *layer* can read.
    """
    x = _as_dense(x, axes)
    shape = tuple(x.shape)
    if len(shape) != len(axes):
        raise ValueError(_wrong_rank(shape, axes))
    for axis, length in zip(axes, shape, strict=True):
        if axis in OPEN_AXES and length == 0:
            raise ValueError(
                f"x has the shape {shape}, so its {axis} axis is empty; "
                f"a recurrent layer needs at least one entry on each of {_listed(axes)}."
            )
        # A symbolic tensor has None where a dimension is not known yet.
        if axis not in OPEN_AXES and length is None:
            named = ", ".join("None" if axis in OPEN_AXES else "4" for axis in axes[1:])
            raise ValueError(
                f"x has the shape {shape}, and Keras needs to know the number of {axis}; "
                f"name it, as in keras.Input(({named}))."
            )
    feature = "channels" if "channels" in axes else "features"
    given, expected = shape[axes.index(feature)], _built_for(layer)
    if expected not in (None, given):
        raise ValueError(
            f"x has {given} {feature} (its shape is {shape}), but {layer.name!r} was built for "
            f"{expected}; give it {expected} {feature}, or make a new layer."
        )
    return x


def _built_for(layer: Any) -> int | None:
    """Say how many features or channels *layer* was built for, None if that is open."""
    while isinstance(layer, WRAPPERS):
        layer = wrapped_layers(layer)[0]
    cell = layer.cell
    if isinstance(cell, keras.layers.StackedRNNCells):
        cell = cell.cells[0]
    # Only of Keras's own cells it is known what the axes of their kernel are.
    if not layer.built or not (isinstance(cell, CELLS) or isinstance(layer, IMAGE_LAYERS)):
        return None
    return int(cell.kernel.shape[-2])


def _as_dense(x: Any, axes: tuple[str, ...]) -> Any:
    """Return *x* as a dense tensor or array of numbers."""
    if isinstance(x, keras.KerasTensor):
        dense = not (x.sparse or x.ragged)
    elif keras.ops.is_tensor(x):
        # A sparse tensor is the one kind without this method; a ragged one has no fixed shape.
        dense = hasattr(x, "__array__") and None not in tuple(x.shape)
    else:
        x, dense = _as_array(x, axes), True
    if not dense:
        raise TypeError(
            f"x is {_what(x)}, but a recurrent layer reads dense tensors only; "
            "pad the samples to one length and pass mask= to skip the padding."
        )
    dtype = keras.backend.standardize_dtype(x.dtype)
    if not dtype.startswith(("float", "bfloat", "int", "uint", "bool")):
        raise TypeError(f"x holds {dtype} data, but a recurrent layer reads real numbers.")
    return x


def _as_array(x: Any, axes: tuple[str, ...]) -> np.ndarray:
    """Return *x*, which is no tensor, as an array of numbers."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            "x is ragged: its samples or time steps differ in length; "
            "pad them to one length and pass mask= to skip the padding."
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"x is {_what(x)} that holds {array.dtype} data, but a recurrent layer reads real "
            f"numbers with the axes {_listed(axes)}."
        )
    return array


def _wrong_rank(shape: tuple[int | None, ...], axes: tuple[str, ...]) -> str:
    """Say what a shape of the wrong rank lacks, or has too much of."""
    message = (
        f"x has rank {len(shape)}, shape {shape}, but a recurrent layer reads rank {len(axes)}, "
        f"{_listed(axes)}."
    )
    if len(axes) != 3:
        return message
    if len(shape) == 2:
        message += (
            " For one sample of several features add a batch axis, x[np.newaxis];"
            " for several samples of one feature add a features axis, x[..., np.newaxis]."
        )
    elif len(shape) == 1:
        message += " For one sample of one feature: x[np.newaxis, :, np.newaxis]."
    return message


def _what(value: Any) -> str:
    """Name *value* in a message by its type, for its text may be long."""
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _listed(words: Iterable[str]) -> str:
    return f"({', '.join(words)})"
