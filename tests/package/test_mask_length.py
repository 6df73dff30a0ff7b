"""What Keras says of a mask whose length is not that of the sequence."""

import keras
import numpy as np
import pytest

X = np.ones((2, 3, 5), "float32")


@pytest.mark.keras
@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    ("length", "message"), [(2, "Tried to read from index"), (4, "Cannot unstack")]
)
def test_the_message_names_no_mask(name: str, length: int, message: str) -> None:
    """A mask that is too short or too long raises the message that the how-to on masks quotes."""
    layer = getattr(keras.layers, name)(4)

    with pytest.raises(Exception, match=message):
        layer(X, mask=np.ones((2, length), bool))


def predict(name: str, length: int, *, unroll: bool, **compiled: bool) -> np.ndarray:
    """Predict with a mask of this length in a model that is compiled with these arguments."""
    inputs, mask = keras.Input((3, 5)), keras.Input((length,), dtype="bool")
    layer = getattr(keras.layers, name)(4, unroll=unroll)
    model = keras.Model([inputs, mask], layer(inputs, mask=mask))
    model.compile(loss="mse", **compiled)
    predictions: np.ndarray = model.predict([X, np.ones((2, length), bool)], verbose=0)
    return predictions


@pytest.mark.keras
@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_the_compiled_model_decides_whether_a_mask_raises_an_error(name: str) -> None:
    """A longer mask is an error eagerly, and a shorter one in a graph, but not with XLA."""
    assert predict(name, 4, unroll=False).shape == (2, 4)
    assert predict(name, 4, unroll=True, run_eagerly=True).shape == (2, 4)
    with pytest.raises(ValueError, match="Cannot unstack"):
        predict(name, 4, unroll=False, run_eagerly=True)

    assert predict(name, 2, unroll=False, jit_compile=True).shape == (2, 4)
    with pytest.raises(Exception, match="Trying to access element 2 in a list with 2 elements"):
        predict(name, 2, unroll=False)
    with pytest.raises(IndexError, match="list index out of range"):
        predict(name, 2, unroll=True, jit_compile=True)
