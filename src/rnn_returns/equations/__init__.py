"""Why these numbers: the recurrences in NumPy, step by step and gate by gate.

Each function takes the weights as ``layer.get_weights()`` gives them and computes what the layer
computes, in the floating type of the weights, and keeps all that the layer throws away on its way.
Letters are the textbook's, where *W* is Keras's ``kernel`` and *U* its ``recurrent_kernel``;
``*`` and every activation act unit by unit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_returns.equations.arguments import Arrays, SequenceInput, WeightLayout, read_arguments


@dataclass(frozen=True, eq=False)
class Trace:
    """All that one run over a sequence computed, each of shape ``(batch, timesteps, units)``.

    Time steps are in the order in which they were read, as in a layer's sequence output: with
    ``go_backwards=True`` the last step of the input comes first.

    At a masked step the layer keeps its state, so *h* (and *c*) repeat the value before, from the
    initial state on. No gate has a part in that, so that every gate is NaN there: nothing in a
    trace depends on what the input holds at a masked step.

    >>> from rnn_returns.equations import simple_rnn
    >>> seen = [[False, True, False]]
    >>> trace = simple_rnn(
    ...     [[[2], [3], [4]]], [[1]], [[1]], initial_state=[[[1]]], mask=seen, activation="linear"
    ... )
    >>> trace.h[0, :, 0], trace.output[0, :, 0]
    (array([1., 4., 4.]), array([0., 4., 4.]))
    """

    output: np.ndarray
    """The sequence output; its last step is the output of a layer that returns no sequences.

    It is *h*, but at a masked step the previous output, as with Keras on TensorFlow: zeros if the
    run has none yet, and with ``zero_output_for_mask=True`` zeros always.
    """
    h: np.ndarray
    """The hidden state after each step."""

    @property
    def state_h(self) -> np.ndarray:
        """The final hidden state, ``(batch, units)``."""
        return self.h[:, -1]

    @property
    def states(self) -> list[np.ndarray]:
        """The final states in Keras's order, to be passed on as ``initial_state``."""
        return [self.state_h]


@dataclass(frozen=True, eq=False)
class GRUTrace(Trace):
    """A :class:`Trace` with the gates of a GRU."""

    z: np.ndarray
    """The update gate, how much of the hidden state is kept."""
    r: np.ndarray
    """The reset gate, how much of the hidden state the candidate sees."""
    g: np.ndarray
    """The candidate for the hidden state."""


@dataclass(frozen=True, eq=False)
class LSTMTrace(Trace):
    """A :class:`Trace` with the cell state and the gates of an LSTM."""

    c: np.ndarray
    """The cell state after each step."""
    i: np.ndarray
    """The input gate, how much of the candidate is let in."""
    f: np.ndarray
    """The forget gate, how much of the cell state is kept."""
    g: np.ndarray
    """The candidate for the cell state."""
    o: np.ndarray
    """The output gate, how much of the cell state is shown."""

    @property
    def state_c(self) -> np.ndarray:
        """The final cell state, ``(batch, units)``."""
        return self.c[:, -1]

    @property
    def states(self) -> list[np.ndarray]:
        """The final states in Keras's order, to be passed on as ``initial_state``."""
        return [self.state_h, self.state_c]


Activation = str | Callable[[np.ndarray], np.ndarray]
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
        mask: Booleans ``(batch, timesteps)``, False where a step is skipped.
        zero_output_for_mask: Whether the output at a masked step is zero.
        go_backwards: Whether the last time step is read first.
        activation: A name in :data:`ACTIVATIONS`, or a NumPy function.

    Raises:
        TypeError: If an argument does not hold real numbers, or *mask* no booleans.
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
        mask: Booleans ``(batch, timesteps)``, False where a step is skipped.
        zero_output_for_mask: Whether the output at a masked step is zero.
        go_backwards: Whether the last time step is read first.
        activation: Of the candidate: a name in :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: Of the gates z and r, likewise.
        reset_after: Whether the reset gate acts after the weights.

    Raises:
        TypeError: If an argument does not hold real numbers, or *mask* no booleans.
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
        mask: Booleans ``(batch, timesteps)``, False where a step is skipped.
        zero_output_for_mask: Whether the output at a masked step is zero.
        go_backwards: Whether the last time step is read first.
        activation: Of the candidate and of the cell state that is shown: a name in
            :data:`ACTIVATIONS`, or a NumPy function.
        recurrent_activation: Of the gates i, f and o, likewise.

    Raises:
        TypeError: If an argument does not hold real numbers, or *mask* no booleans.
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
        i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=-1)  # (batch, units) each
        i, f, o = sigma(i), sigma(f), sigma(o)
        g = phi(g)
        c = f * c + i * g
        h = o * phi(c)
        return {"h": h, "c": c}, {"i": i, "f": f, "g": g, "o": o}

    return LSTMTrace(**_iterate(step, sequence, zero_output_for_mask, go_backwards))


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
        unmasked = mask[:, t, np.newaxis]  # (batch, 1)
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


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
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


def _find_activation(activation: Activation) -> Callable[[np.ndarray], np.ndarray]:
    if callable(activation):
        return activation
    if activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    raise ValueError(
        f"The activation {activation!r} is not known here; give one of {', '.join(ACTIVATIONS)}, "
        "or a NumPy function."
    )
