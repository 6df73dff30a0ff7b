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


def test_states_as_a_pair() -> None:
    """The states of an LSTM are not nested, unlike those of PyTorch."""
    with pytest.raises(ValueError, match="too many values to unpack"):
        _output, (_state_h, _state_c) = layers.LSTM(4, return_state=True)(X)


def test_unknown_number_of_time_steps() -> None:
    """`keras.ops.unstack` needs a number of time steps that is known."""
    sequence = layers.LSTM(4, return_sequences=True)(keras.Input((None, 5)))

    with pytest.raises(ValueError, match="Cannot infer argument `num`"):
        keras.ops.unstack(sequence, axis=1)


@pytest.mark.parametrize("x", [X, keras.Input((3, 5))], ids=["data", "symbolic"])
@pytest.mark.parametrize(
    "layer",
    [
        layers.LayerNormalization(),
        layers.BatchNormalization(),
        layers.TimeDistributed(layers.Dense(1)),
        lambda returned: layers.MultiHeadAttention(1, 4)(returned, returned),
    ],
)
def test_tuple_as_a_shape(layer: Any, x: Any) -> None:
    """Layers that create weights report a tuple of inputs as a shape."""
    returned = layers.LSTM(4, return_sequences=True, return_state=True)(x)

    with pytest.raises(ValueError, match=r"Cannot convert '.+' to a shape"):
        layer(returned)


@pytest.mark.parametrize("layer", [layers.Attention(), layers.AdditiveAttention()])
def test_attention_takes_one_list(layer: Any) -> None:
    """One tensor, two arguments, a tuple of two, and a result with states are no list of inputs."""
    returned = layers.LSTM(4, return_sequences=True, return_state=True)(X)
    sequence = returned[0]

    for inputs in ((sequence,), (sequence, sequence), ((sequence, sequence),), (returned,)):
        with pytest.raises(ValueError, match="layer must be called on a list of inputs"):
            layer(*inputs)


@pytest.mark.parametrize("layer", [layers.Attention(), layers.Concatenate(), layers.Add()])
def test_symbolic_tuples_in_a_list(layer: Any) -> None:
    """In a functional model, the shape of a tuple is read."""
    returned = layers.LSTM(4, return_sequences=True, return_state=True)(keras.Input((3, 5)))

    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'shape'"):
        layer([returned, returned])


class First(layers.Layer):  # type: ignore[misc]
    """Select the first of several tensors."""

    def call(self, tensors: Any) -> Any:
        """Return the output."""
        return tensors[0]


@pytest.mark.parametrize(
    "layer", [First(), layers.Lambda(lambda tensors: tensors[0]), layers.Concatenate()]
)
def test_layers_of_several_tensors(layer: Any) -> None:
    """In a Sequential model, a layer that takes several tensors can follow `return_state`."""
    lstm = layers.LSTM(4, return_state=True)
    model = keras.Sequential([keras.Input((3, 5)), lstm, layer, layers.Dense(1)])

    assert model.predict(X, verbose=0).shape == (2, 1)


@pytest.mark.parametrize("container", [list, tuple])
def test_container_of_predictions(container: Any) -> None:
    """`predict` returns the container that the model was created with."""
    inputs = keras.Input((3, 5))
    outputs = container(layers.LSTM(4, return_state=True)(inputs))

    assert type(keras.Model(inputs, outputs).predict(X, verbose=0)) is container
