"""What Python unpacks from the value that a recurrent layer returns."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

X = np.ones((2, 3, 5), "float32")


class Unpacking(keras.Model):  # type: ignore[misc]
    """A model that unpacks two values from the one tensor of its layer."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = layers.LSTM(4)

    def call(self, x: Any) -> Any:
        """Unpack the output."""
        output, _ = self.lstm(x)
        return output


def test_one_tensor_on_data() -> None:
    """Without `return_state`, the output is unpacked along the batch."""
    lstm = layers.LSTM(4)
    first, second = lstm(X)

    assert first.shape == second.shape == (4,)
    np.testing.assert_array_equal(second, lstm(X)[1])
    with pytest.raises(ValueError, match="not enough values to unpack"):
        _output, _state_h, _state_c = lstm(X)


def test_one_symbolic_tensor() -> None:
    """In a functional model, a single tensor cannot be unpacked."""
    with pytest.raises(
        NotImplementedError, match="Iterating over a symbolic KerasTensor is not supported"
    ):
        _output, _state = layers.LSTM(4)(keras.Input((3, 5)))


def test_one_tensor_in_a_graph() -> None:
    """In `predict` and in `tf.function`, a single tensor cannot be unpacked."""
    model = Unpacking()
    for call in (model.predict, tf.function(model)):
        with pytest.raises(Exception, match=r"Iterating over a symbolic `tf\.Tensor`"):
            call(X)


def test_states_in_one_name() -> None:
    """With `return_state`, two names are too few for the three tensors of an LSTM."""
    with pytest.raises(ValueError, match="too many values to unpack"):
        _output, _state = layers.LSTM(4, return_state=True)(X)
