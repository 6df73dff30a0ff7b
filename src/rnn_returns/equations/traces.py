"""What the equations return: all that one run over a sequence computed."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trace:
    """All that one run over a sequence computed, each of shape ``(batch, timesteps, units)``.

    Time steps are in the order in which they are processed, as in a layer's sequence output: with
    ``go_backwards=True`` the last time step of the input comes first.

    At a masked time step the state is unchanged, so *h* (and *c*) repeat the previous value, or the
    initial state. The gates are NaN there, because nothing in a trace depends on the input at a
    masked time step.

    >>> from rnn_returns.equations import simple_rnn
    >>> seen = [[False, True, False]]
    >>> trace = simple_rnn(
    ...     [[[2], [3], [4]]], [[1]], [[1]], initial_state=[[[1]]], mask=seen, activation="linear"
    ... )
    >>> trace.h[0, :, 0], trace.output[0, :, 0]
    (array([1., 4., 4.]), array([0., 4., 4.]))
    """

    output: np.ndarray
    """The sequence output; its last time step is the output without ``return_sequences``.

    It is *h*, except at a masked time step. There it repeats the previous output, or is zero if
    there is none or with ``zero_output_for_mask=True``, as with Keras on TensorFlow.
    """
    h: np.ndarray
    """The hidden state after each time step."""

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
    """A :class:`Trace` with the cell state and the gates of an LSTM.

    For a ConvLSTM, each array has the axes of an image and ``filters`` in place of ``units``:
    ``(batch, timesteps, rows, filters)``, ``(batch, timesteps, rows, cols, filters)`` or
    ``(batch, timesteps, depth, rows, cols, filters)``.
    """

    c: np.ndarray
    """The cell state after each time step."""
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
