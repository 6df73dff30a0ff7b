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
