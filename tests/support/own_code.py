"""Layers and cells with code of their own, of which only a call shows what they return."""

from typing import Any

import keras


class Doubled:
    """Double all that a layer returns."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Call the layer of Keras."""
        returned = super().call(sequences, initial_state, mask)  # type: ignore[misc]
        return keras.tree.map_structure(lambda tensor: tensor * 2, returned)


class OwnCall(Doubled, keras.layers.LSTM):  # type: ignore[misc]
    """An LSTM that returns something else."""


class OwnImages(Doubled, keras.layers.ConvLSTM1D):  # type: ignore[misc]
    """A ConvLSTM that returns something else."""


class OwnRNN(Doubled, keras.layers.RNN):  # type: ignore[misc]
    """An RNN that returns something else."""


class OwnLoop(keras.layers.SimpleRNN):  # type: ignore[misc]
    """A SimpleRNN that goes over the time steps in its own way."""

    def inner_loop(self, *args: Any, **kwargs: Any) -> Any:
        """Change the last output."""
        last, outputs, states = super().inner_loop(*args, **kwargs)
        return last + 1, outputs, states


class OwnStart(keras.layers.GRU):  # type: ignore[misc]
    """A GRU that starts from ones."""

    def get_initial_state(self, batch_size: int) -> Any:
        """Give a state of ones."""
        return [keras.ops.ones((batch_size, self.units))]


class OwnCell(keras.layers.GRUCell):  # type: ignore[misc]
    """A GRU cell with another output."""

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Double the output and leave the states."""
        output, states = super().call(inputs, states, training=training)
        return output * 2, states


class OtherCell(keras.layers.GRU):  # type: ignore[misc]
    """A GRU that runs another cell than Keras's."""

    def __init__(self, units: int, **arguments: Any) -> None:
        super().__init__(units, **arguments)
        self.cell = OwnCell(units)


class OwnStack(keras.layers.StackedRNNCells):  # type: ignore[misc]
    """A stack that returns something else."""

    def call(self, inputs: Any, states: Any, **arguments: Any) -> Any:
        """Double the output and leave the states."""
        output, states = super().call(inputs, states, **arguments)
        return output * 2, states


class OwnWrapper(keras.layers.TimeDistributed):  # type: ignore[misc]
    """A wrapper that returns something else."""

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Double the output."""
        return super().call(inputs, training=training, mask=mask) * 2


class FlexibleCell(keras.layers.Layer):  # type: ignore[misc]
    """A cell with a state of any shape."""

    def __init__(self, state_size: Any, *shape: int, output_size: Any = None) -> None:
        super().__init__()
        self.state_size, self.shape = state_size, shape
        self.output_size = output_size

    def get_initial_state(self, batch_size: int) -> Any:
        """Give a state of zeros."""
        return [keras.ops.zeros((batch_size, *self.shape))]

    def call(self, inputs: Any, states: Any) -> Any:
        """Add the input; the state is the output too."""
        shape = (-1, *(1 for _ in self.shape))
        new = states[0] + keras.ops.reshape(keras.ops.mean(inputs, axis=-1), shape)
        return new, [new]


class UnbuiltCell(FlexibleCell):
    """A cell whose initial state needs weights that it does not have yet."""

    def get_initial_state(self, batch_size: int) -> Any:
        """Fail."""
        raise AttributeError("no weights")
