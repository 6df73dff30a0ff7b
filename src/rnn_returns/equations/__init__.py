"""The recurrences in NumPy, with the values of every time step and gate.

Each function takes the weights as ``layer.get_weights()`` returns them and computes what the layer
computes, in the floating type of the weights, and also returns the intermediate values. The letters
are those of textbooks, where *W* is Keras's ``kernel`` and *U* its ``recurrent_kernel``;
``*`` and every activation act unit by unit.
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
    """Compute what a ``SimpleRNN`` computes: the network of Elman (1990).

    Args:
        x: The input, ``(batch, timesteps, features)``.
        kernel: The weights of the input, ``(features, units)``.
        recurrent_kernel: The weights of the hidden state, ``(units, units)``.
        bias: The bias, ``(units,)``; None for a layer with ``use_bias=False``.
        initial_state: ``[h]``, of shape ``(batch, units)``; zeros if None.
        mask: Booleans ``(batch, timesteps)``, False for a masked time step.
        zero_output_for_mask: Whether the output at a masked time step is zero.
        go_backwards: Whether the last time step is processed first.
        activation: A name in :data:`ACTIVATIONS`, or a NumPy function.

    Raises:
        TypeError: If an argument does not contain real numbers, or *mask* booleans.
        ValueError: If shapes do not fit each other, or *activation* is not known.

    >>> from rnn_returns.equations import simple_rnn
    >>> x = [[[1], [2], [3]]]
    >>> simple_rnn(x, kernel=[[1]], recurrent_kernel=[[1]], activation="linear").h[0, :, 0]
    array([1., 3., 6.])
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
    """Compute what a ``GRU`` computes: the gated recurrent unit of Cho et al. (2014).

    There the reset gate acts on the hidden state before its weights do. Keras's default,
    ``reset_after=True``, is the formulation of NVIDIA's cuDNN: the gate acts on the product,
    to which a second bias is added first.

    Args:
        x: The input, ``(batch, timesteps, features)``.
        kernel: The weights of the input, ``(features, 3 * units)``, for z, r and g in this order.
        recurrent_kernel: The weights of the hidden state, ``(units, 3 * units)``.
        bias: The two biases, of the input and of the hidden state, ``(2, 3 * units)``; with
            ``reset_after=False`` one, ``(3 * units,)``; None for a layer with ``use_bias=False``.
        initial_state: ``[h]``, of shape ``(batch, units)``; zeros if None.
        mask: Booleans ``(batch, timesteps)``, False for a masked time step.
        zero_output_for_mask: Whether the output at a masked time step is zero.
        go_backwards: Whether the last time step is processed first.
        activation: Of the candidate: a name in :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: Of the gates z and r, likewise.
        reset_after: Whether the reset gate acts after the weights.

    Raises:
        TypeError: If an argument does not contain real numbers, or *mask* booleans.
        ValueError: If shapes do not fit each other, or an activation is not known.

    An update gate that is open keeps the hidden state:

    >>> import numpy as np
    >>> from rnn_returns.equations import gru
    >>> kernel, recurrent_kernel, bias = np.ones((1, 3)), np.zeros((1, 3)), [[9, 0, 0], [0, 0, 0]]
    >>> start = [[[0.5]]]
    >>> trace = gru(np.ones((1, 3, 1)), kernel, recurrent_kernel, bias, initial_state=start)
    >>> trace.h[0, :, 0].round(2)
    array([0.5, 0.5, 0.5])
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
    """Compute what an ``LSTM`` computes: the long short-term memory.

    It is that of Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    Args:
        x: The input, ``(batch, timesteps, features)``.
        kernel: The weights of the input, ``(features, 4 * units)``, for i, f, g and o in this
            order; Keras's own name for g is c.
        recurrent_kernel: The weights of the hidden state, ``(units, 4 * units)``.
        bias: The bias, ``(4 * units,)``; None for a layer with ``use_bias=False``.
        initial_state: ``[h, c]``, each of shape ``(batch, units)``; zeros if None.
        mask: Booleans ``(batch, timesteps)``, False for a masked time step.
        zero_output_for_mask: Whether the output at a masked time step is zero.
        go_backwards: Whether the last time step is processed first.
        activation: Of the candidate and of the cell state that is shown: a name in
            :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: Of the gates i, f and o, likewise.

    Raises:
        TypeError: If an argument does not contain real numbers, or *mask* booleans.
        ValueError: If shapes do not fit each other, or an activation is not known.

    An input gate that is shut and a forget gate that is open keep the cell state:

    >>> import numpy as np
    >>> from rnn_returns.equations import lstm
    >>> kernel, recurrent_kernel, bias = np.ones((1, 4)), np.zeros((1, 4)), [-9, 9, 0, 0]
    >>> start = [[[0]], [[0.5]]]
    >>> trace = lstm(np.ones((1, 3, 1)), kernel, recurrent_kernel, bias, initial_state=start)
    >>> trace.c[0, :, 0].round(2)
    array([0.5, 0.5, 0.5])
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
    """Compute what a ``ConvLSTM1D``, ``ConvLSTM2D`` or ``ConvLSTM3D`` computes.

    It is the convolutional LSTM of Shi et al. (2015) without its peephole terms, which Keras leaves
    out: no gate depends on the cell state. The equations are those of an LSTM with convolutions in
    place of matrix products. The convolution of the hidden state always has ``strides=1``,
    ``padding="same"`` and ``dilation_rate=1``.

    Shapes below are those of a ``ConvLSTM2D``, with the channels last. A ``ConvLSTM1D`` has no
    axis ``cols``, and a ``ConvLSTM3D`` has an axis ``depth`` before ``rows``.

    Args:
        x: The input, ``(batch, timesteps, rows, cols, channels)``.
        kernel: The weights of the input, ``(kernel_rows, kernel_cols, channels, 4 * filters)``, for
            i, f, g and o in this order; Keras's own name for g is c.
        recurrent_kernel: The weights of the hidden state,
            ``(kernel_rows, kernel_cols, filters, 4 * filters)``.
        bias: The bias, ``(4 * filters,)``; None for a layer with ``use_bias=False``.
        initial_state: ``[h, c]``, each of shape ``(batch, new_rows, new_cols, filters)``, the size
            of an image after the convolution of the input; zeros if None.
        mask: Booleans ``(batch, timesteps)``, False for a masked time step.
        zero_output_for_mask: Whether the output at a masked time step is zero.
        go_backwards: Whether the last time step is processed first.
        strides: The step of the window along each axis of the image, or one number for all axes.
        padding: ``"valid"`` or ``"same"``.
        dilation_rate: The distance between entries of the window, as for *strides*.
        activation: Of the candidate and of the cell state that is shown: a name in
            :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: Of the gates i, f and o, likewise.

    Raises:
        TypeError: If an argument does not contain real numbers, or *mask* booleans.
        ValueError: If shapes do not fit each other, or another argument is not known.

    The candidate is a sum over a window of two rows, and the output gate is half open:

    >>> import numpy as np
    >>> from rnn_returns.equations import conv_lstm
    >>> x = [[[[1], [2], [3]]]]  # (batch, timesteps, rows, channels)
    >>> kernel, recurrent_kernel = [[[0, 0, 1, 0]]] * 2, np.zeros((2, 1, 4))
    >>> trace = conv_lstm(x, kernel, recurrent_kernel, activation="linear")
    >>> trace.g[0, 0, :, 0], trace.c[0, 0, :, 0], trace.h[0, 0, :, 0]
    (array([3., 5.]), array([1.5, 2.5]), array([0.75, 1.25]))
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
"""The activations known by name, as Keras defines them.

They are those a recurrent layer is plausibly given: the two defaults, the two that are cheaper than
these, and the three without an upper bound.
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
