"""The equations of the layers in NumPy, with the values of every time step and gate.

Each function takes the weights in the order of ``layer.get_weights()``, and computes in their
floating-point type. In the source, *W* is the ``kernel`` and *U* the ``recurrent_kernel``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnn_returns.equations.arguments import (
    Arrays,
    SequenceInput,
    WeightLayout,
    read_arguments,
    read_image_arguments,
)
from rnn_returns.equations.convolution import convolve
from rnn_returns.equations.traces import GRUTrace, LSTMTrace, Trace

__all__ = [  # noqa: RUF022 - The API page has this order.
    "Trace",
    "GRUTrace",
    "LSTMTrace",
    "simple_rnn",
    "gru",
    "lstm",
    "conv_lstm",
    "ACTIVATIONS",
]

Function = Callable[[np.ndarray], np.ndarray]
Activation = str | Function
Step = Callable[..., tuple[Arrays, Arrays]]


def simple_rnn(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    *,
    initial_state: Sequence[Any] | None = None,
    mask: Any = None,
    zero_output_for_mask: bool = False,
    go_backwards: bool = False,
    activation: Activation = "tanh",
) -> Trace:
    """Compute the values of a ``SimpleRNN``: the network of Elman (1990).

    Args:
        x: The input, ``(batch, timesteps, features)``.
        kernel: The weights of the input, ``(features, units)``.
        recurrent_kernel: The weights of the hidden state, ``(units, units)``.
        bias: The bias, ``(units,)``; None with ``use_bias=False``.
        initial_state: ``[h]``, of shape ``(batch, units)``; zeros if None.
        mask: Booleans ``(batch, timesteps)``, False for a masked time step.
        zero_output_for_mask: Whether the output at a masked time step is zero.
        go_backwards: Whether the last time step is processed first.
        activation: A name in :data:`ACTIVATIONS`, or a NumPy function.

    Raises:
        TypeError: If *mask* does not contain booleans, or another argument real numbers.
        ValueError: If shapes do not match, or *activation* is not known.

    >>> import keras, numpy as np
    >>> from rnn_returns.equations import simple_rnn
    >>> x = np.ones((2, 3, 5), "float32")  # (batch, timesteps, features)
    >>> layer = keras.layers.SimpleRNN(4)
    >>> output = layer(x)
    >>> trace = simple_rnn(x, *layer.get_weights())
    >>> trace.h.shape  # (batch, timesteps, units)
    (2, 3, 4)
    >>> last = trace.output[:, -1]
    >>> np.testing.assert_allclose(last, output, atol=1e-6)
    """
    phi = _find_activation(activation)
    weights = kernel, recurrent_kernel, bias
    layout = WeightLayout("SimpleRNN", blocks=1)
    sequence, (W, U, b) = read_arguments(layout, x, weights, initial_state, mask)

    def step(x: np.ndarray, h: np.ndarray) -> tuple[Arrays, Arrays]:
        h = phi(x @ W + h @ U + b)  # (batch, units)
        return {"h": h}, {}

    return Trace(**_iterate(step, sequence, zero_output_for_mask, go_backwards))


def gru(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    *,
    initial_state: Sequence[Any] | None = None,
    mask: Any = None,
    zero_output_for_mask: bool = False,
    go_backwards: bool = False,
    activation: Activation = "tanh",
    recurrent_activation: Activation = "sigmoid",
    reset_after: bool = True,
) -> GRUTrace:
    """Compute the values of a ``GRU``: the gated recurrent unit of Cho et al. (2014).

    With ``reset_after=False``, as in the paper, the reset gate multiplies the hidden state. With
    ``reset_after=True``, Keras's default and the formula of NVIDIA's cuDNN, it multiplies the
    product of the hidden state and its weights, after a second bias is added.

    Args:
        x: As for :func:`simple_rnn`.
        kernel: The weights of the input, ``(features, 3 * units)``, for z, r and g in this order.
        recurrent_kernel: The weights of the hidden state, ``(units, 3 * units)``.
        bias: The biases of the input and of the hidden state, ``(2, 3 * units)``; with
            ``reset_after=False`` one bias, ``(3 * units,)``; None with ``use_bias=False``.
        initial_state: As for :func:`simple_rnn`.
        mask: As for :func:`simple_rnn`.
        zero_output_for_mask: As for :func:`simple_rnn`.
        go_backwards: As for :func:`simple_rnn`.
        activation: For g: a name in :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: For z and r, likewise.
        reset_after: Whether the reset gate is applied after the weights of the hidden state.

    Raises:
        TypeError: If *mask* does not contain booleans, or another argument real numbers.
        ValueError: If shapes do not match, or an activation is not known.

    >>> import keras, numpy as np
    >>> from rnn_returns.equations import gru
    >>> x = np.ones((2, 3, 5), "float32")  # (batch, timesteps, features)
    >>> layer = keras.layers.GRU(4)
    >>> output = layer(x)
    >>> trace = gru(x, *layer.get_weights())
    >>> trace.h.shape  # (batch, timesteps, units)
    (2, 3, 4)
    >>> last = trace.output[:, -1]
    >>> np.testing.assert_allclose(last, output, atol=1e-6)
    """
    phi, sigma = _find_activation(activation), _find_activation(recurrent_activation)
    weights = kernel, recurrent_kernel, bias
    layout = WeightLayout(f"GRU(reset_after={reset_after})", blocks=3, biases=1 + reset_after)
    sequence, (W, U, b) = read_arguments(layout, x, weights, initial_state, mask)
    b_x, b_h = b if reset_after else (b, np.zeros_like(b))
    U_z, U_r, U_g = np.split(U, 3, axis=-1)  # (units, units) each
    b_z, b_r, b_g = np.split(b_h, 3)  # (units,) each

    def step(x: np.ndarray, h: np.ndarray) -> tuple[Arrays, Arrays]:
        x_z, x_r, x_g = np.split(x @ W + b_x, 3, axis=-1)  # (batch, units) each
        z = sigma(x_z + (h @ U_z + b_z))
        r = sigma(x_r + (h @ U_r + b_r))
        g = phi(x_g + (r * (h @ U_g + b_g) if reset_after else (r * h) @ U_g))
        h = z * h + (1 - z) * g
        return {"h": h}, {"z": z, "r": r, "g": g}

    return GRUTrace(**_iterate(step, sequence, zero_output_for_mask, go_backwards))


def lstm(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    *,
    initial_state: Sequence[Any] | None = None,
    mask: Any = None,
    zero_output_for_mask: bool = False,
    go_backwards: bool = False,
    activation: Activation = "tanh",
    recurrent_activation: Activation = "sigmoid",
) -> LSTMTrace:
    """Compute the values of an ``LSTM``: the long short-term memory.

    The source is Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    Args:
        x: As for :func:`simple_rnn`.
        kernel: The weights of the input, ``(features, 4 * units)``, for i, f, g and o in this
            order. Keras calls g c.
        recurrent_kernel: The weights of the hidden state, ``(units, 4 * units)``.
        bias: The bias, ``(4 * units,)``; None with ``use_bias=False``.
        initial_state: ``[h, c]``, each of shape ``(batch, units)``; zeros if None.
        mask: As for :func:`simple_rnn`.
        zero_output_for_mask: As for :func:`simple_rnn`.
        go_backwards: As for :func:`simple_rnn`.
        activation: For g and the output: a name in :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: For i, f and o, likewise.

    Raises:
        TypeError: If *mask* does not contain booleans, or another argument real numbers.
        ValueError: If shapes do not match, or an activation is not known.

    >>> import keras, numpy as np
    >>> from rnn_returns.equations import lstm
    >>> x = np.ones((2, 3, 5), "float32")  # (batch, timesteps, features)
    >>> layer = keras.layers.LSTM(4)
    >>> output = layer(x)
    >>> trace = lstm(x, *layer.get_weights())
    >>> trace.h.shape  # (batch, timesteps, units)
    (2, 3, 4)
    >>> last = trace.output[:, -1]
    >>> np.testing.assert_allclose(last, output, atol=1e-6)
    """
    phi, sigma = _find_activation(activation), _find_activation(recurrent_activation)
    weights = kernel, recurrent_kernel, bias
    layout = WeightLayout("LSTM", blocks=4, states=("h", "c"))
    sequence, (W, U, b) = read_arguments(layout, x, weights, initial_state, mask)

    def step(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[Arrays, Arrays]:
        return _update_lstm(x @ W + h @ U + b, c, phi, sigma)

    return LSTMTrace(**_iterate(step, sequence, zero_output_for_mask, go_backwards))


def conv_lstm(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    *,
    initial_state: Sequence[Any] | None = None,
    mask: Any = None,
    zero_output_for_mask: bool = False,
    go_backwards: bool = False,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation_rate: int | Sequence[int] = 1,
    activation: Activation = "tanh",
    recurrent_activation: Activation = "sigmoid",
) -> LSTMTrace:
    """Compute the values of a ``ConvLSTM1D``, ``ConvLSTM2D`` or ``ConvLSTM3D``.

    The source is Shi et al. (2015), without the peephole terms, which Keras does not have. The
    equations are those of an LSTM with convolutions in place of matrix products. The convolution
    of the hidden state always has ``strides=1``, ``padding="same"`` and ``dilation_rate=1``.

    The shapes below are those of a ``ConvLSTM2D`` with the channels last. A ``ConvLSTM1D`` has no
    axis ``cols``; a ``ConvLSTM3D`` has an axis ``depth`` before ``rows``.

    Args:
        x: The input, ``(batch, timesteps, rows, cols, channels)``.
        kernel: The weights of the input, ``(kernel_rows, kernel_cols, channels, 4 * filters)``, for
            i, f, g and o in this order. Keras calls g c.
        recurrent_kernel: The weights of the hidden state,
            ``(kernel_rows, kernel_cols, filters, 4 * filters)``.
        bias: The bias, ``(4 * filters,)``; None with ``use_bias=False``.
        initial_state: ``[h, c]``, each ``(batch, new_rows, new_cols, filters)``, with the size of
            an image after the convolution of the input; zeros if None.
        mask: As for :func:`simple_rnn`.
        zero_output_for_mask: As for :func:`simple_rnn`.
        go_backwards: As for :func:`simple_rnn`.
        strides: As in Keras, one number or one for each axis of the image.
        padding: ``"valid"`` or ``"same"``.
        dilation_rate: As in Keras, one number or one for each axis of the image.
        activation: For g and the output: a name in :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: For i, f and o, likewise.

    Raises:
        TypeError: If *mask* does not contain booleans, or another argument real numbers.
        ValueError: If shapes do not match, or another argument has an unknown value.

    >>> import keras, numpy as np
    >>> from rnn_returns.equations import conv_lstm
    >>> x = np.ones((2, 3, 8, 5), "float32")  # (batch, timesteps, rows, channels)
    >>> layer = keras.layers.ConvLSTM1D(4, kernel_size=3)
    >>> output = layer(x)
    >>> trace = conv_lstm(x, *layer.get_weights())
    >>> trace.h.shape  # (batch, timesteps, new_rows, filters)
    (2, 3, 6, 4)
    >>> last = trace.output[:, -1]
    >>> np.testing.assert_allclose(last, output, atol=1e-6)
    """
    phi, sigma = _find_activation(activation), _find_activation(recurrent_activation)
    weights = kernel, recurrent_kernel, bias
    window: dict[str, Any] = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
    }
    sequence, (W, U, b) = read_image_arguments(x, weights, initial_state, mask, window)

    def step(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[Arrays, Arrays]:
        return _update_lstm(convolve(x, W, **window) + convolve(h, U) + b, c, phi, sigma)

    return LSTMTrace(**_iterate(step, sequence, zero_output_for_mask, go_backwards))


def _update_lstm(
    total: np.ndarray, c: np.ndarray, phi: Function, sigma: Function
) -> tuple[Arrays, Arrays]:
    """Return the new states and the gates of an LSTM, whose inputs are side by side in *total*."""
    i, f, g, o = np.split(total, 4, axis=-1)  # (batch, units) each
    i, f, o = sigma(i), sigma(f), sigma(o)
    g = phi(g)
    c = f * c + i * g
    h = o * phi(c)
    return {"h": h, "c": c}, {"i": i, "f": f, "g": g, "o": o}


def _iterate(
    step: Step, sequence: SequenceInput, zero_output_for_mask: bool, go_backwards: bool
) -> Arrays:
    """Call *step* at each time step; return the output, the states and the gates of all."""
    x, states, mask = sequence
    if go_backwards:
        x, mask = x[:, ::-1], mask[:, ::-1]
    output = zeros = np.zeros_like(states["h"])
    steps = []
    for t in range(x.shape[1]):
        unmasked = mask[:, t].reshape(-1, *[1] * (output.ndim - 1))  # (batch, 1)
        new, gates = step(x[:, t], **states)
        states = {name: np.where(unmasked, new[name], states[name]) for name in states}
        output = np.where(unmasked, new["h"], zeros if zero_output_for_mask else output)
        gates = {name: np.where(unmasked, gate, np.nan) for name, gate in gates.items()}
        steps.append({"output": output, **states, **gates})
    return {name: np.stack([arrays[name] for arrays in steps], axis=1) for name in steps[0]}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    power = np.exp(-np.abs(x))  # The exponential of a large positive number would overflow.
    value: np.ndarray = np.where(x < 0, power, 1) / (1 + power)
    return value


ACTIVATIONS: dict[str, Function] = {
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "linear": lambda x: x,
}
"""The activations by name, as in Keras.

The names are ``tanh``, ``sigmoid``, ``hard_sigmoid``, ``softsign``, ``relu``, ``softplus`` and
``linear``.
"""


def _find_activation(activation: Activation) -> Function:
    if callable(activation):
        return activation
    if activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    raise ValueError(
        f"The activation {activation!r} is not supported; use one of {', '.join(ACTIVATIONS)}, "
        "or a NumPy function."
    )
