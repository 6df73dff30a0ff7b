"""Models like those in the tests of Keras's recurrent layers."""

from typing import Any

import keras
from keras import layers

SERIES = (4, 5)


def bidirectional_states() -> Any:
    """keras-team/keras, bidirectional_test.py, test_pass_initial_state."""
    x, *states = keras.Input(SERIES), *[keras.Input((3,)) for _ in range(4)]
    layer = layers.Bidirectional(layers.LSTM(3, return_state=True))
    return keras.Model([x, *states], layer(x, initial_state=states))


def bidirectional_returned_states() -> Any:
    """keras-team/keras, bidirectional_test.py, test_return_state."""
    x = keras.Input(SERIES)
    layer = layers.Bidirectional(layers.GRU(3, return_state=True, return_sequences=True))
    return keras.Model(x, layer(x))


def bidirectional_backward_layer() -> Any:
    """keras-team/keras, docstring of keras.layers.Bidirectional."""
    x = keras.Input(SERIES)
    backward = layers.LSTM(3, activation="relu", go_backwards=True, return_sequences=True)
    forward = layers.LSTM(3, return_sequences=True)
    return keras.Model(x, layers.Bidirectional(forward, backward_layer=backward)(x))


def bidirectional_merge_modes() -> Any:
    """keras-team/keras, bidirectional_test.py, test_basics."""
    x = keras.Input(SERIES)
    modes = ("sum", "mul", "ave", "concat", None)
    return keras.Model(x, [layers.Bidirectional(layers.GRU(2), merge_mode=m)(x) for m in modes])


def bidirectional_stateful() -> Any:
    """keras-team/keras, bidirectional_test.py, test_statefulness."""
    x = keras.Input(batch_shape=(2, *SERIES))
    return keras.Model(x, layers.Bidirectional(layers.LSTM(3, stateful=True))(x))


def bidirectional_masked() -> Any:
    """keras-team/keras, bidirectional_test.py, test_masking."""
    x, mask = keras.Input(SERIES), keras.Input((4,), dtype="bool")
    layer = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    return keras.Model([x, mask], layer(x, mask=mask))


def stacked_cells() -> Any:
    """keras-team/keras, stacked_rnn_cells_test.py, test_basics."""
    x = keras.Input(SERIES)
    cells = [layers.LSTMCell(2), layers.LSTMCell(3), layers.LSTMCell(2)]
    return keras.Model(x, layers.RNN(cells, return_sequences=True)(x))


def stacked_cells_states() -> Any:
    """keras-team/keras, stacked_rnn_cells_test.py, test_return_state_stacked_lstm_cell."""
    x = keras.Input(SERIES)
    cells = [layers.LSTMCell(2), layers.LSTMCell(3)]
    return keras.Model(x, layers.RNN(cells, return_state=True)(x))


def stacked_cells_stateful() -> Any:
    """keras-team/keras, stacked_rnn_cells_test.py, test_stacked_lstm_cell_mask, made stateful."""
    x = keras.Input(batch_shape=(2, *SERIES))
    layer = layers.RNN([layers.GRUCell(2), layers.GRUCell(3)], stateful=True, name="stack")
    return keras.Model(x, layer(x))


def time_distributed_dense() -> Any:
    """keras-team/keras, time_distributed_test.py, test_basics."""
    x = keras.Input((None, 5))
    return keras.Model(x, layers.TimeDistributed(layers.Dense(3))(x))


def time_distributed_mask() -> Any:
    """keras-team/keras, time_distributed_test.py, a masked sequence of vectors."""
    return keras.Sequential(
        [
            keras.Input(SERIES),
            layers.Masking(),
            layers.TimeDistributed(layers.Dense(3)),
            layers.LSTM(2),
        ]
    )


def lstm_stateful() -> Any:
    """keras-team/keras, lstm_test.py, test_statefulness."""
    x = keras.Input(batch_shape=(2, *SERIES))
    y = layers.LSTM(3, stateful=True, return_sequences=True)(x)
    return keras.Model(x, [y, layers.LSTM(3, stateful=True, return_state=True)(x)[2]])


def lstm_state_passed_to_itself() -> Any:
    """keras-team/keras, lstm_test.py, states of one layer passed to another."""
    x = keras.Input(SERIES)
    _, *states = layers.LSTM(3, return_state=True)(x)
    return keras.Model(x, layers.LSTM(3)(x, initial_state=states))


def gru_go_backwards() -> Any:
    """keras-team/keras, gru_test.py, test_correctness, in reverse."""
    x = keras.Input(SERIES)
    return keras.Model(x, layers.GRU(3, go_backwards=True, unroll=True)(x))


def gru_masked() -> Any:
    """keras-team/keras, gru_test.py, test_masking."""
    x, mask = keras.Input(SERIES), keras.Input((4,), dtype="bool")
    y = layers.GRU(2, unroll=True)(x, mask=mask)
    z = layers.GRU(2, return_sequences=True, zero_output_for_mask=True)(x, mask=mask)
    return keras.Model([x, mask], [y, z])


def simple_rnn_initial_state() -> Any:
    """keras-team/keras, simple_rnn_test.py, test_pass_initial_state."""
    x, state = keras.Input(SERIES), keras.Input((2,))
    return keras.Model([x, state], layers.SimpleRNN(2)(x, initial_state=state))


def conv_lstm_1d() -> Any:
    """keras-team/keras, conv_lstm1d_test.py, test_basics."""
    x = keras.Input((3, 8, 2))
    return keras.Model(x, layers.ConvLSTM1D(2, 3, padding="same", return_state=True)(x))


def conv_lstm_2d() -> Any:
    """keras-team/keras, conv_lstm2d_test.py, test_basics."""
    x = keras.Input((3, 6, 6, 2))
    y = layers.ConvLSTM2D(2, 3, dilation_rate=2, return_sequences=True)(x)
    return keras.Model(x, [y, layers.ConvLSTM2D(2, 3, strides=2, padding="same")(x)])


def conv_lstm_3d() -> Any:
    """keras-team/keras, conv_lstm3d_test.py, test_basics."""
    x = keras.Input((2, 4, 4, 4, 1))
    return keras.Model(x, layers.ConvLSTM3D(2, 3, padding="same")(x))


def conv_lstm_states() -> Any:
    """keras-team/keras, conv_lstm_test.py, an initial state from another layer."""
    film, other = keras.Input((3, 6, 6, 2)), keras.Input((2, 6, 6, 1))
    encoder = layers.ConvLSTM2D(2, 3, padding="same", return_state=True)
    decoder = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)
    return keras.Model([film, other], decoder(other, initial_state=encoder(film)[1:]))


def bidirectional_conv_lstm() -> Any:
    """keras-team/keras, bidirectional_test.py, test_output_shape, around images."""
    film = keras.Input((3, 6, 6, 1))
    layer = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)
    return keras.Model(film, layers.Bidirectional(layer)(film))
