"""Bad input is met by us: what was given, what is needed, what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_returns import observe

X = np.zeros((2, 3, 1))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (None, "given None"),
        ("LSTM", "given an object of type str"),
        (keras.layers.Dense(1), "given an object of type Dense"),
        (keras.layers.LSTM, r"given the class LSTM. Make a layer of it first, as in LSTM\(4\)"),
        (keras.Sequential(name="mine"), "given the model 'mine'. Give one of its layers"),
        (keras.layers.LSTMCell(1), "given an object of type LSTMCell"),
    ],
)
def test_not_a_recurrent_layer(layer: object, message: str) -> None:
    """What is no recurrent layer is named, and so are the layers that can be observed."""
    with pytest.raises(TypeError, match=rf"recurrent layer \(LSTM, GRU, SimpleRNN\).*{message}"):
        observe(layer, X)


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
        (
            X[0],
            ValueError,
            r"rank 2, shape \(3, 1\).*\(batch, timesteps, features\).*x\[np.newaxis\]",
        ),
        (X[None], ValueError, r"rank 4, shape \(1, 2, 3, 1\)"),
        (keras.Input((1,)), ValueError, r"rank 2, shape \(None, 1\)"),
        (X[:0], ValueError, r"shape \(0, 3, 1\), so its batch axis is empty"),
        (X[:, :0], ValueError, r"shape \(2, 0, 1\), so its timesteps axis is empty"),
        (keras.Input((3, None)), ValueError, r"number of features.*keras.Input\(\(None, 4\)\)"),
    ],
)
@pytest.mark.parametrize("kind", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_not_an_input(kind: type, x: object, error: type[Exception], message: str) -> None:
    """What is no input is refused before Keras sees it, and the layer stays as it was."""
    layer = kind(1)

    with pytest.raises(error, match=message):
        observe(layer, x)
    assert not layer.built


def test_wrong_number_of_features() -> None:
    """A built layer says how many features it was built for."""
    layer = keras.layers.GRU(2, name="mine")
    observe(layer, np.zeros((2, 3, 5)))

    with pytest.raises(ValueError, match=r"x has 4 features.*'mine' was built for 5"):
        observe(layer, np.zeros((2, 3, 4)))


@pytest.mark.parametrize("x", [X.astype("int32"), X.astype(bool), X.tolist(), tf.constant(X)])
def test_numbers_of_any_kind(x: object) -> None:
    """Integers, booleans, nested lists and tensors are numbers to Keras, so they are to us."""
    assert observe(keras.layers.LSTM(2), x).shapes == ((2, 2),)
