"""The original notebook's numbers, on today's Keras, with weights that Keras could have drawn."""

import keras
import numpy as np
import pytest

from rnn_returns import observe
from rnn_returns.original_notebook import CELLS, INPUT, weights


@pytest.mark.parametrize("name", CELLS)
def test_agreement(name: str) -> None:
    """Each number of the notebook is met within a ten-millionth."""
    cell = CELLS[name]
    returned = observe(keras.layers.LSTM(1, **cell.flags.arguments, **weights("LSTM", name)), INPUT)

    assert returned.names == tuple(cell.printed)
    for tensor, today in returned.items():
        assert today.shape == cell.printed[tensor].shape
        assert np.abs(today - cell.printed[tensor]).max() <= 1e-7


@pytest.mark.parametrize("name", CELLS)
def test_keras_could_draw_them(name: str) -> None:
    """The kernel is within the limit of glorot_uniform, the recurrent kernel is orthogonal.

    Nothing else was chosen: the bias is what Keras starts from.
    """
    default = keras.layers.LSTM(1)
    assert isinstance(default.kernel_initializer, keras.initializers.GlorotUniform)
    assert isinstance(default.recurrent_initializer, keras.initializers.Orthogonal)
    # Keras draws from the whole range, so its own draws show where the range ends.
    draws = keras.initializers.GlorotUniform(seed=0)((1, 4)).numpy()
    limit = np.sqrt(6 / (1 + 4))
    assert np.abs(draws).max() <= limit
    norm = np.linalg.norm(keras.initializers.Orthogonal(seed=0)((1, 4)))

    assert np.abs(CELLS[name].kernel).max() <= limit
    assert np.linalg.norm(CELLS[name].recurrent_kernel) == pytest.approx(norm, abs=1e-6)

    lstm = keras.layers.LSTM(1, **weights("LSTM", name))
    lstm(INPUT)
    np.testing.assert_array_equal(lstm.cell.bias, [0, 1, 0, 0])


def test_unknown_names() -> None:
    """A layer or a cell that the notebook has no weights for is refused, with what there is."""
    with pytest.raises(ValueError, match="layers LSTM, GRU, SimpleRNN and the cells neither, seq"):
        weights("Dense")
    with pytest.raises(ValueError, match="not for 'LSTM' and 'none'"):
        weights("LSTM", "none")
