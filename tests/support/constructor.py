"""Every argument of Keras's recurrent layers and cells: another value, and all that it changes."""

import inspect
import re
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import layers

Arguments = dict[str, Any]

SHAPES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM", "RNN", "Bidirectional"), (2, 2, 5)),
    "ConvLSTM1D": (2, 2, 4, 3),
    "ConvLSTM2D": (2, 2, 4, 4, 3),
    "ConvLSTM3D": (2, 2, 4, 4, 4, 3),
    "TimeDistributed": (2, 3, 2, 5),
    **dict.fromkeys(("SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells"), (2, 5)),
}
KINDS = tuple(SHAPES)
CELLS = tuple(kind for kind in KINDS if "Cell" in kind)
CONVOLUTIONS = tuple(kind for kind in KINDS if kind.startswith("Conv"))
MASK = np.array([[True, False], [True, True]])

# The layer in a wrapper starts from weights that are not random.
INNER: Arguments = {f"{part}_initializer": "ones" for part in ("kernel", "recurrent", "bias")}
INNER |= {"name": "inner"}
# What has no default, as functions because a layer is used once.
REQUIRED: dict[str, Any] = {
    "units": lambda: 4,
    "filters": lambda: 2,
    "kernel_size": lambda: 2,
    "cell": lambda: layers.LSTMCell(4, name="cell"),
    "cells": lambda: [layers.LSTMCell(4, name="lower"), layers.GRUCell(3, name="upper")],
    "layer": lambda: layers.GRU(4, **INNER),
}
# Another value than the default, or than the one above.
OTHERS: dict[str, Any] = {
    "units": lambda: 3,
    "filters": lambda: 3,
    "kernel_size": lambda: 1,
    "cell": lambda: layers.GRUCell(4, name="cell"),
    "cells": lambda: [layers.GRUCell(4, name="lower"), layers.LSTMCell(3, name="upper")],
    "layer": lambda: layers.LSTM(4, return_sequences=True, **INNER),
    "backward_layer": lambda: layers.GRU(
        3, **{**INNER, "name": "backward_inner", "go_backwards": True}
    ),
    "weights": lambda: [np.zeros(shape) for shape in ((5, 12), (4, 12), (2, 12)) * 2],
    "activation": lambda: "relu",
    "recurrent_activation": lambda: "hard_sigmoid",
    "use_bias": lambda: False,
    **{
        f"{part}_initializer": lambda: keras.initializers.HeNormal(seed=1)
        for part in ("kernel", "recurrent")
    },
    "bias_initializer": lambda: "ones",
    "unit_forget_bias": lambda: False,
    **{f"{part}_regularizer": lambda: "l2" for part in ("kernel", "recurrent", "bias", "activity")},
    **{f"{part}_constraint": lambda: "non_neg" for part in ("kernel", "recurrent", "bias")},
    "dropout": lambda: 0.5,
    "recurrent_dropout": lambda: 0.5,
    "seed": lambda: 7,
    **{f"return_{what}": lambda: True for what in ("sequences", "state")},
    "go_backwards": lambda: True,
    "stateful": lambda: True,
    "unroll": lambda: True,
    "zero_output_for_mask": lambda: True,
    "reset_after": lambda: False,
    "use_cudnn": lambda: False,
    "implementation": lambda: 1,
    "strides": lambda: 2,
    "padding": lambda: "same",
    "data_format": lambda: "channels_first",
    "dilation_rate": lambda: 2,
    "merge_mode": lambda: "sum",
    "trainable": lambda: False,
    "dtype": lambda: "mixed_bfloat16",
    "autocast": lambda: False,
    "name": lambda: "other",
}
# Without this, the argument changes nothing.
CONTEXT: dict[str, Arguments] = {
    "seed": {"dropout": 0.5} | {name: INNER[name] for name in [*INNER][:2]},
    "zero_output_for_mask": {"return_sequences": True},
    "data_format": {"return_sequences": True},
}


@lru_cache
def list_arguments(kind: str) -> tuple[str, ...]:
    """List what the constructor accepts: in signatures, of bases too, and popped from kwargs."""
    cls = getattr(layers, kind)
    names: dict[str, None] = {}
    for base in cls.__mro__[: cls.__mro__.index(layers.Layer) + 1]:
        constructor = vars(base).get("__init__")
        if constructor:
            names |= dict.fromkeys(inspect.signature(constructor).parameters)
            source = inspect.getsource(constructor)
            names |= dict.fromkeys(re.findall(r'kwargs\.pop\(\s*"(\w+)"', source))
    # A base takes what the layer fills in itself; the shape of the input is deprecated.
    hidden = {"self", "kwargs", "rank", "input_dim", "input_shape"}
    hidden |= {"cell", "layer"} - {*inspect.signature(cls).parameters}
    return tuple(name for name in names if name not in hidden)


def build(kind: str, **arguments: Any) -> Any:
    """Make a layer with the required arguments and those given, always with the same seeds."""
    keras.utils.set_random_seed(0)
    cls = getattr(layers, kind)
    names = inspect.signature(cls).parameters.keys() & REQUIRED.keys()
    return cls(**{**{name: REQUIRED[name]() for name in names}, "name": "same", **arguments})


def measure(layer: Any, kind: str, run: bool = True) -> dict[str, Any]:
    """Return all that a caller can see of a layer, by name; what it computes only if it is *run*.

    The weights are negative and positive, so that every constraint has an effect.
    """
    seen: dict[str, Any] = {"name": layer.name}
    keras.utils.set_random_seed(0)
    if not layer.built:
        layer.build(SHAPES[kind])
        seen["initial"] = layer.get_weights()
    if kind not in CELLS:
        seen["shape"] = layer.compute_output_shape(SHAPES[kind])
    seen["trainable"] = len(layer.trainable_weights)
    for attribute in ("autocast", "unroll", "use_cudnn", "implementation"):
        seen[attribute] = getattr(layer, attribute, getattr(_get_cell(layer), attribute, None))
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return seen  # TensorFlow has no such convolution on a CPU.
    random = np.random.default_rng(1)
    layer.set_weights([random.uniform(-0.5, 0.5, weight.shape) for weight in layer.weights])
    x = random.uniform(-1, 1, SHAPES[kind]).astype("float32")
    if run:
        seen["call"] = call(layer, x, kind)
    seen["losses"] = layer.losses
    if run:
        seen["again"] = call(layer, x, kind, training=True)
    constraints = [(weight.constraint, weight.value) for weight in layer.weights]
    seen["constrained"] = [function and function(value) for function, value in constraints]
    return seen


def _get_cell(layer: Any) -> Any:
    return getattr(layer, "cell", None)


def call(layer: Any, x: Any, kind: str, **arguments: Any) -> Any:
    """Call a cell on states of ones, and a layer with a mask."""
    if kind in CELLS:
        states = keras.tree.map_structure(keras.ops.ones_like, layer.get_initial_state(len(x)))
        return layer(x, states, **arguments)
    return layer(
        x, mask=np.resize(MASK, x.shape[: 3 if kind == "TimeDistributed" else 2]), **arguments
    )


def find_differences(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Name what differs between two layers that were measured, of what was measured of both."""
    return {name for name in one.keys() & other.keys() if not _is_same(one[name], other[name])}


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple):
        same_container = type(one) is type(other) and len(one) == len(other)
        return same_container and all(map(_is_same, one, other))
    if hasattr(one, "dtype"):
        same_type = hasattr(other, "dtype") and one.dtype == other.dtype
        one, other = np.asarray(one, "float32"), np.asarray(other, "float32")
        return same_type and one.shape == other.shape and np.allclose(one, other, rtol=0, atol=1e-6)
    return bool(one == other)
