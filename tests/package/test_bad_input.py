"""A message about bad input names what was given, what is needed and what to do."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_returns import describe, expected, observe

X = np.zeros((2, 3, 1))
CONV = keras.layers.ConvLSTM1D(2, 2)
SLICES = keras.layers.TimeDistributed(keras.layers.GRU(2))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (None, "given None"),
        ("LSTM", "given an object of type str"),
        (keras.layers.Dense(1), "given an object of type Dense"),
        (keras.layers.TimeDistributed(keras.layers.Dense(2)), "given an object of type Dense"),
        (keras.layers.LSTM, r"given the class LSTM. Make a layer of it first, as in LSTM\(4\)"),
        (keras.layers.RNN, r"given the class RNN. Make a layer of it first, as in RNN\(\.\.\.\)"),
        (keras.Sequential(name="mine"), "given the model 'mine'. Give one of its layers"),
        (keras.layers.LSTMCell(1), "given an object of type LSTMCell"),
    ],
)
def test_not_a_recurrent_layer(layer: object, message: str) -> None:
    """The message names the object, and the layers that the function accepts."""
    accepted = r"\(LSTM, GRU, SimpleRNN\) or one made with them \(.*TimeDistributed\)"
    needed = f"a recurrent layer {accepted}.*{message}"
    with pytest.raises(TypeError, match=f"^observe needs {needed}"):
        observe(layer, X)
    with pytest.raises(TypeError, match=f"^describe needs {needed}"):
        describe(layer)
    with pytest.raises(TypeError, match=f"^expected needs a LayerSpec, {needed}"):
        expected(layer, (2, 3, 1))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (None, TypeError, "x is None"),
        ("text", TypeError, "holds <U4 data, but a recurrent layer reads real numbers"),
        ({"a": 1}, TypeError, "type dict that holds object data"),
        (X + 1j, TypeError, "holds complex128 data"),
        (np.full((1, 2, 3), None), TypeError, "holds object data"),
        (tf.constant([[["a"]]]), TypeError, "holds string data"),
        ([[[1.0], [2.0]], [[3.0]]], ValueError, "ragged.*pad them to one length and pass mask="),
        (tf.ragged.constant([[[1.0], [2.0]], [[3.0]]]), TypeError, "RaggedTensor.*dense.*mask="),
        (tf.sparse.from_dense(X), TypeError, "SparseTensor.*reads dense tensors"),
        (keras.Input((3, 1), sparse=True), TypeError, "reads dense tensors"),
        (1.0, ValueError, r"rank 0, shape \(\), but a recurrent layer reads rank 3"),
        (X[0, :, 0], ValueError, r"rank 1, shape \(3,\).*x\[np.newaxis, :, np.newaxis\]"),
        (X[0], ValueError, r"rank 2, shape \(3, 1\).*\(batch, timesteps, .*x\[np.newaxis\]"),
        (X[None], ValueError, r"rank 4, shape \(1, 2, 3, 1\)"),
        (keras.Input((1,)), ValueError, r"rank 2, shape \(None, 1\)"),
        (X[:0], ValueError, r"shape \(0, 3, 1\), so its batch axis is empty"),
        (X[:, :0], ValueError, r"shape \(2, 0, 1\), so its timesteps axis is empty"),
        (keras.Input((3, None)), ValueError, r"number of features.*keras.Input\(\(None, 4\)\)"),
    ],
)
@pytest.mark.parametrize("kind", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_not_an_input(kind: type, x: object, error: type[Exception], message: str) -> None:
    """Keras never receives a wrong input, and the layer is not built."""
    layer = kind(1)

    with pytest.raises(error, match=message):
        observe(layer, x)
    assert not layer.built


def test_a_cell_that_cannot_be_described() -> None:
    """A layer whose tensors have no names is rejected before it is called."""
    layer = keras.layers.RNN([keras.layers.StackedRNNCells([keras.layers.GRUCell(2)])])
    for call in (describe, lambda layer: observe(layer, X)):
        with pytest.raises(
            TypeError, match=r"StackedRNNCells has the state_size \[2\].* into one l"
        ):
            call(layer)


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (CONV, X, r"rank 3, shape \(2, 3, 1\).*rank 4, \(batch, timesteps, rows, channels\)"),
        (CONV, keras.Input((None, None, 3)), r"number of rows; .* keras.Input\(\(None, 4, 4\)\)"),
        (SLICES, np.zeros((2, 0, 5, 3)), r"shape \(2, 0, 5, 3\), so its slices axis is empty"),
    ],
)
def test_not_an_input_of_another_layer(layer: Any, x: Any, message: str) -> None:
    """Every kind of layer says what it reads, before Keras sees the input."""
    with pytest.raises(ValueError, match=message):
        observe(layer, x)


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (keras.layers.GRU(2, name="gru"), (2, 5, 3), "features"),
        (keras.layers.RNN([keras.layers.GRUCell(2)]), (2, 5, 3), "features"),
        (keras.layers.Bidirectional(keras.layers.GRU(2)), (2, 5, 3), "features"),
        (SLICES, (2, 2, 5, 3), "features"),
        (CONV, (2, 5, 4, 3), "channels"),
    ],
)
def test_wrong_number_of_features(layer: Any, shape: tuple[int, ...], axis: str) -> None:
    """A built layer says how many features it was built for, whatever is around it."""
    observe(layer, np.zeros(shape))

    with pytest.raises(ValueError, match=f"x has 1 {axis}.*'{layer.name}' was built for 3"):
        observe(layer, np.zeros((*shape[:-1], 1)))


@pytest.mark.parametrize(
    "x", [X.astype("int32"), X.astype(bool), X.tolist(), tf.constant(X), X + np.nan]
)
def test_numbers_of_any_kind(x: Any) -> None:
    """Integers, booleans, nested lists, tensors and NaN are numbers to Keras, so they are to us."""
    layer = keras.layers.LSTM(2)

    np.testing.assert_array_equal(observe(layer, x).output, layer(np.array(x)))
