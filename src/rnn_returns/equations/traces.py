"""The return values of the equations: the values at every time step."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trace:
    """The values at every time step, each array of shape ``(batch, timesteps, units)``.

    The time steps are in the order in which they are processed. With ``go_backwards=True``, the
    last time step of the input comes first.

    At a masked time step, the states are unchanged, and the gates are NaN.

    >>> from rnn_returns.equations import simple_rnn
    >>> x = [[[2], [3], [4]]]  # (batch, timesteps, features)
    >>> trace = simple_rnn(
    ...     x,
    ...     kernel=[[1]],
    ...     recurrent_kernel=[[1]],
    ...     initial_state=[[[1]]],
    ...     mask=[[False, True, False]],
    ...     activation="linear",
    ... )
    >>> trace.h[0, :, 0]
    array([1., 4., 4.])
    >>> trace.output[0, :, 0]
    array([0., 4., 4.])
    """

    output: np.ndarray
    """The output at every time step.

    It equals *h*, except at a masked time step, as in Keras on TensorFlow: it repeats the previous
    output, or is zero at the start and with ``zero_output_for_mask=True``.
    """
    h: np.ndarray
    """The hidden state after each time step."""

    @property
    def state_h(self) -> np.ndarray:
        """The final hidden state, ``(batch, units)``."""
        return self.h[:, -1]

    @property
    def states(self) -> list[np.ndarray]:
        """The final states in Keras's order, which you can pass as ``initial_state``."""
        return [self.state_h]


@dataclass(frozen=True, eq=False)
class GRUTrace(Trace):
    """A :class:`Trace` with the gates of a GRU."""

    z: np.ndarray
    """The update gate, the part of the hidden state that is kept."""
    r: np.ndarray
    """The reset gate, the part of the hidden state that the candidate depends on."""
    g: np.ndarray
    """The candidate for the hidden state."""


@dataclass(frozen=True, eq=False)
class LSTMTrace(Trace):
    """A :class:`Trace` with the cell state and the gates of an LSTM.

    For a ConvLSTM, each array has the axes of an image and ``filters`` in place of ``units``, as in
    ``(batch, timesteps, rows, cols, filters)``.
    """

    c: np.ndarray
    """The cell state after each time step."""
    i: np.ndarray
    """The input gate, the part of the candidate that is added."""
    f: np.ndarray
    """The forget gate, the part of the cell state that is kept."""
    g: np.ndarray
    """The candidate for the cell state."""
    o: np.ndarray
    """The output gate, the part of the cell state that is output."""

    @property
    def state_c(self) -> np.ndarray:
        """The final cell state, ``(batch, units)``."""
        return self.c[:, -1]

    @property
    def states(self) -> list[np.ndarray]:
        """The final states in Keras's order, which you can pass as ``initial_state``."""
        return [self.state_h, self.state_c]
