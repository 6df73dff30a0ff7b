"""Models like those of public reports and examples that are wrong, made small."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


def _words(length: int | None = 5, mask_zero: bool = True) -> tuple[Any, Any]:
    """Return tokens and their vectors."""
    tokens = keras.Input((length,), dtype="int32")
    return tokens, layers.Embedding(WORDS, 4, mask_zero=mask_zero)(tokens)


def image_ocr() -> Any:
    """keras-team/keras 2.2, examples/image_ocr.py, whose backward outputs are not flipped."""
    image = keras.Input((8, 6, 1))
    x = layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    x = layers.Dense(4, activation="relu")(layers.Reshape((8, 12))(x))
    first = layers.GRU(3, return_sequences=True, name="gru1")(x)
    first_b = layers.GRU(3, return_sequences=True, go_backwards=True, name="gru1_b")(x)
    x = layers.Add()([first, first_b])
    second = layers.GRU(3, return_sequences=True, name="gru2")(x)
    second_b = layers.GRU(3, return_sequences=True, go_backwards=True, name="gru2_b")(x)
    x = layers.Dense(9)(layers.Concatenate()([second, second_b]))
    return keras.Model(image, layers.Softmax()(x))


def last_step_of_both_directions() -> Any:
    """A common mistake: the last time step as the final output of both directions."""
    tokens, x = _words(mask_zero=False)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(x)
    return keras.Model(tokens, layers.Dense(1)(layers.Dropout(0.2)(x)[:, -1, :]))


def attention_query_of_both_directions() -> Any:
    """philipperemy/keras-attention, used after a bidirectional layer."""
    series = keras.Input((5, 3))
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(series)
    scores = layers.Softmax()(layers.Dot(axes=[1, 2])([ops.take(x, -1, axis=1), x]))
    return keras.Model(series, layers.Dot(axes=[1, 1])([scores, x]))


def half_of_the_states() -> Any:
    """rstudio/keras3 issue 624: two states for a Bidirectional LSTM."""
    x, h, c = keras.Input((4, 3)), keras.Input((4,)), keras.Input((4,))
    layer = layers.Bidirectional(layers.LSTM(4), name="both")
    return keras.Model([x, h, c], layer(x, initial_state=[h, c]))


def columns_as_states() -> Any:
    """keras-team/keras issue 13869: one column of a tensor for each state."""
    x, states = keras.Input((4, 3)), keras.Input((2,))
    lstm = layers.LSTM(4, name="lstm")
    return keras.Model([x, states], lstm(x, initial_state=[states[:, 0:1], states[:, 1:2]]))


def state_of_another_size() -> Any:
    """keras-team/keras issue 6088: a vector of 3 values for a GRU of 4 units."""
    x, state = keras.Input((4, 3)), keras.Input((3,))
    return keras.Model([x, state], layers.GRU(4, name="gru")(x, initial_state=[state]))


def everything_as_state() -> Any:
    """A common mistake: the whole result of an encoder as the initial state."""
    source, target = keras.Input((4, 3)), keras.Input((4, 3))
    encoded = layers.LSTM(4, return_state=True, name="encoder")(source)
    return keras.Model(
        [source, target], layers.LSTM(4, name="decoder")(target, initial_state=encoded)
    )


def states_of_lstm_for_gru() -> Any:
    """A common mistake: a GRU gets the two states of an LSTM."""
    source, target = keras.Input((4, 3)), keras.Input((4, 3))
    _, *states = layers.LSTM(4, return_state=True, name="encoder")(source)
    decoder = layers.GRU(4, return_sequences=True, name="decoder")
    return keras.Model([source, target], decoder(target, initial_state=states))


def exchanged_states() -> Any:
    """A common mistake: the cell state is passed first."""
    source, target = keras.Input((4, 3)), keras.Input((4, 3))
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(source)
    decoder = layers.LSTM(4, return_sequences=True, name="decoder")
    return keras.Model([source, target], decoder(target, initial_state=[c, h]))


def one_state_for_both_directions() -> Any:
    """A common mistake: one state for a bidirectional decoder."""
    x, state = keras.Input((4, 3)), keras.Input((4,))
    layer = layers.Bidirectional(layers.GRU(4), name="both")
    return keras.Model([x, state], layer(x, initial_state=state))


def words_of_words() -> Any:
    """tensorflow/tensorflow issue 50534: the mask of words reaches the layer over sentences."""
    document = keras.Input((3, 4), dtype="int32")
    x = layers.Embedding(WORDS, 4, mask_zero=True)(document)
    x = layers.TimeDistributed(layers.LSTM(5), name="each")(x)
    return keras.Model(document, layers.LSTM(6, name="document")(x))


def words_of_words_of_equal_size() -> Any:
    """tensorflow/tensorflow issue 50534, with as many units as words."""
    document = keras.Input((3, 4), dtype="int32")
    x = layers.Embedding(WORDS, 4, mask_zero=True)(document)
    x = layers.TimeDistributed(layers.LSTM(5), name="each")(x)
    return keras.Model(document, layers.LSTM(4, name="document")(x))


def first_sample() -> Any:
    """onnx/tensorflow-onnx issue 1871: [0] on the output of a layer without states."""
    tokens, x = _words()
    output = layers.LSTM(3, return_sequences=True, name="lstm")(x)[0]
    return keras.Model(tokens, layers.Dense(2)(output))


def ragged_series() -> Any:
    """ageron/handson-ml3 issue 157: a ragged input of a GRU."""
    x = keras.Input((None, 5), ragged=True)
    return keras.Model(x, layers.Dense(1)(layers.GRU(4, name="gru")(x)))


def stateful_slices() -> Any:
    """A common mistake: a stateful layer in TimeDistributed."""
    x = keras.Input(batch_shape=(2, 3, 4, 3))
    layer = layers.TimeDistributed(layers.LSTM(2, stateful=True), name="each")
    return keras.Model(x, layer(x))


def penalized_states() -> Any:
    """A common mistake: a penalty on the output of a layer that returns states."""
    x = keras.Input((4, 3))
    lstm = layers.LSTM(4, return_state=True, activity_regularizer="l2", name="lstm")
    output, state_h, _ = lstm(x)
    return keras.Model(x, layers.Dense(1)(layers.Concatenate()([output, state_h])))


def mask_of_a_reversed_sequence() -> Any:
    """A common mistake: a stack that reads padded words in reverse."""
    tokens, x = _words()
    x = layers.LSTM(4, return_sequences=True, go_backwards=True, name="lower")(x)
    return keras.Model(tokens, layers.LSTM(3, name="upper")(x))


def first_step_of_a_reversed_sequence() -> Any:
    """A common mistake: [:, 0] as the output after a whole reversed sequence."""
    x = keras.Input((4, 3))
    y = layers.GRU(3, return_sequences=True, go_backwards=True, name="gru")(x)
    return keras.Model(x, layers.Dense(1)(y[:, 0]))


def unequal_directions() -> Any:
    """keras-team/keras, docstring of Bidirectional, with another size in the backward layer."""
    x = keras.Input((4, 3))
    backward = layers.LSTM(5, go_backwards=True)
    layer = layers.Bidirectional(layers.LSTM(3), backward_layer=backward, name="both")
    return keras.Model(x, layer(x))


def zero_for_padding() -> Any:
    """keras-team/keras, gru_test.py: zero_output_for_mask, with the last output alone."""
    tokens, x = _words()
    return keras.Model(tokens, layers.GRU(3, zero_output_for_mask=True, name="gru")(x))


def one_cell_in_a_list() -> Any:
    """A common mistake: one cell in a list, with padded words."""
    tokens, x = _words()
    return keras.Model(tokens, layers.RNN([layers.GRUCell(3)], name="rnn")(x))


def masked_series_decoder() -> Any:
    """A common mistake: a masked series with an initial state."""
    series, state = keras.Input((5, 3)), keras.Input((4,))
    x = layers.Masking(name="masking")(series)
    return keras.Model([series, state], layers.GRU(4, name="gru")(x, initial_state=state))


def last_step_of_a_handmade_bidirectional() -> Any:
    """A common mistake: the last time step of two layers in place of Bidirectional."""
    x = keras.Input((4, 3))
    backward = layers.LSTM(3, return_sequences=True, go_backwards=True, name="backward")(x)
    both = [layers.LSTM(3, return_sequences=True)(x), ops.flip(backward, axis=1)]
    return keras.Model(x, layers.Concatenate()(both)[:, -1])


def last_frame_of_both_directions() -> Any:
    """A common mistake: the last image of a bidirectional layer."""
    film = keras.Input((3, 6, 6, 1))
    layer = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)
    return keras.Model(film, layers.Bidirectional(layer, name="both")(film)[:, -1])


def masked_film() -> Any:
    """A common mistake: Masking on padded images before a layer over time."""
    film = keras.Input((3, 6, 6, 2))
    x = layers.TimeDistributed(layers.Conv2D(2, 3), name="each")(layers.Masking()(film))
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D(), name="pooled")(x)
    return keras.Model(film, layers.LSTM(3, name="lstm")(x))
