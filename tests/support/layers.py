"""Recurrent layers with random weights, their inputs, and the equations that they must satisfy."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from rnn_returns.equations import conv_lstm, gru, lstm, simple_rnn

BATCH, TIMESTEPS, FEATURES, UNITS = 2, 3, 5, 4
# A masked time step between others, and one at the end; reversed, the mask is another one.
MASK = np.array([[True, False, True], [True, True, False]])
EQUATIONS: dict[str, Callable[..., Any]] = {"SimpleRNN": simple_rnn, "GRU": gru, "LSTM": lstm}
ALL_EQUATIONS = EQUATIONS | {"ConvLSTM1D": conv_lstm}

LAYERS: dict[str, Callable[..., Any]] = {
    "SimpleRNN": lambda **options: layers.SimpleRNN(UNITS, **options),
    "GRU": lambda **options: layers.GRU(UNITS, **options),
    "LSTM": lambda **options: layers.LSTM(UNITS, **options),
    "ConvLSTM1D": lambda **options: layers.ConvLSTM1D(2, 2, **options),
    "stack": lambda **options: layers.RNN([layers.LSTMCell(3), layers.GRUCell(UNITS)], **options),
    "Bidirectional": lambda **options: layers.Bidirectional(layers.GRU(UNITS, **options)),
}
BOTH = {"return_sequences": True, "return_state": True}


def make_numbers(*shape: int, largest: float = 1, seed: int = 0, dtype: str = "float32") -> Any:
    """Give random numbers between *-largest* and *largest*."""
    return np.random.default_rng(seed).uniform(-largest, largest, shape).astype(dtype)


def make_input(kind: str, dtype: str = "float32") -> Any:
    """Give an input for a layer of this *kind*."""
    images = {"ConvLSTM1D": (BATCH, TIMESTEPS, 4, 2)}
    return make_numbers(*images.get(kind, (BATCH, TIMESTEPS, FEATURES)), dtype=dtype)


def randomize(layer: Any, shape: tuple[int, ...]) -> Any:
    """Build *layer* for inputs of this *shape*, with random weights, and return it."""
    layer.build(shape)
    weights = [make_numbers(*w.shape, largest=0.5, seed=n) for n, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    return layer


def make_layer(kind: str, **options: Any) -> Any:
    """Make a layer with random weights, which are the same for all options."""
    return randomize(LAYERS[kind](**options), make_input(kind).shape)


def trace(kind: str, layer: Any, x: Any, **options: Any) -> Any:
    """Compute what *layer* computes for *x* with the equations of its *kind*."""
    return ALL_EQUATIONS[kind](x, *layer.get_weights(), **options)


def assert_returned(expected: Any, returned: Any, tolerance: float = 1e-6) -> None:
    """Compare flat tensors in order, within an absolute *tolerance*."""
    for one, other in zip(keras.tree.flatten(expected), keras.tree.flatten(returned), strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=tolerance, strict=True)
