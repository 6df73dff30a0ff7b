"""Bad input is met here, before Keras sees it, with what was given and what to do."""

from typing import Any

import keras
import numpy as np

# Keras names the dimensions of a recurrent layer's input in this order.
AXES = ("batch", "timesteps", "features")

LAYERS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)


def check_layer(layer: Any) -> None:
    """Accept an instance of a recurrent layer.

    Raises:
        TypeError: For anything else, with what was given.
    """
    if isinstance(layer, LAYERS):
        return
    kinds = ", ".join(kind.__name__ for kind in LAYERS)
    if isinstance(layer, type):
        given = f"the class {layer.__name__}. Make a layer of it first, as in {layer.__name__}(4)"
    elif isinstance(layer, keras.Model):
        given = f"the model {layer.name!r}. Give one of its layers instead"
    else:
        given = _what(layer)
    raise TypeError(f"observe needs a recurrent layer ({kinds}), but was given {given}.")


def check_input(layer: Any, x: Any) -> Any:
    """Return *x* as something to call *layer* with: a tensor as it is, all else as an array.

    Raises:
        TypeError: If *x* is no dense, numeric array.
        ValueError: If the shape of *x* is not one that *layer* can read.
    """
    x = _as_dense(x)
    shape = tuple(x.shape)
    if len(shape) != len(AXES):
        raise ValueError(_wrong_rank(shape))
    # A symbolic tensor has None where a dimension is not known yet.
    for axis, length in zip(AXES[:2], shape, strict=False):
        if length == 0:
            raise ValueError(
                f"x has the shape {shape}, so its {axis} axis is empty; "
                f"a recurrent layer needs at least one entry on each of {_listed(AXES)}."
            )
    if shape[2] is None:
        raise ValueError(
            f"x has the shape {shape}, and Keras needs to know the number of features; "
            "name it, as in keras.Input((None, 4))."
        )
    expected = layer.cell.kernel.shape[0] if layer.built else shape[2]
    if shape[2] != expected:
        raise ValueError(
            f"x has {shape[2]} features (its shape is {shape}), but {layer.name!r} was built for "
            f"{expected}; give it {expected} features, or make a new layer."
        )
    return x


def _as_dense(x: Any) -> Any:
    """Return *x* as a dense tensor or array of numbers."""
    if isinstance(x, keras.KerasTensor):
        dense = not (x.sparse or x.ragged)
    elif keras.ops.is_tensor(x):
        # A sparse tensor is the one kind without this method; a ragged one has no fixed shape.
        dense = hasattr(x, "__array__") and None not in tuple(x.shape)
    else:
        x, dense = _as_array(x), True
    if not dense:
        raise TypeError(
            f"x is {_what(x)}, but a recurrent layer reads dense tensors only; "
            "pad the samples to one length and pass mask= to skip the padding."
        )
    dtype = keras.backend.standardize_dtype(x.dtype)
    if not dtype.startswith(("float", "bfloat", "int", "uint", "bool")):
        raise TypeError(f"x holds {dtype} data, but a recurrent layer reads real numbers.")
    return x


def _as_array(x: Any) -> np.ndarray:
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
            f"numbers with the axes {_listed(AXES)}."
        )
    return array


def _wrong_rank(shape: tuple[int | None, ...]) -> str:
    """Say what a shape of the wrong rank lacks, or has too much of."""
    message = (
        f"x has rank {len(shape)}, shape {shape}, but a recurrent layer reads rank {len(AXES)}, "
        f"{_listed(AXES)}."
    )
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


def _listed(axes: tuple[str, ...]) -> str:
    return f"({', '.join(axes)})"
