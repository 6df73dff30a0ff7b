"""Models like those of the guides of Keras and the tutorials of TensorFlow, made small."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


def _tokens(length: int | None = 6) -> Any:
    return keras.Input((length,), dtype="int32")


def guide_simple() -> Any:
    """keras-team/keras-io, guides/working_with_rnns.py, the first model."""
    return keras.Sequential(
        [_tokens(None), layers.Embedding(WORDS, 4), layers.LSTM(3), layers.Dense(5)]
    )


def guide_sequences() -> Any:
    """keras-team/keras-io, guides/working_with_rnns.py, "Outputs and states"."""
    return keras.Sequential(
        [
            _tokens(None),
            layers.Embedding(WORDS, 4),
            layers.GRU(4, return_sequences=True),
            layers.SimpleRNN(3),
            layers.Dense(5),
        ]
    )


def guide_encoder_decoder() -> Any:
    """keras-team/keras-io, guides/working_with_rnns.py, "initial_state"."""
    source, target = _tokens(None), _tokens(None)
    encoded = layers.Embedding(WORDS, 4)(source)
    _, state_h, state_c = layers.LSTM(3, return_state=True, name="encoder")(encoded)
    decoded = layers.Embedding(WORDS, 4)(target)
    x = layers.LSTM(3, name="decoder")(decoded, initial_state=[state_h, state_c])
    return keras.Model([source, target], layers.Dense(5)(x))


def guide_cell() -> Any:
    """keras-team/keras-io, guides/working_with_rnns.py, an RNN with a cell."""
    rnn = layers.RNN(layers.LSTMCell(4))
    return keras.Sequential(
        [keras.Input((None, 6)), rnn, layers.BatchNormalization(), layers.Dense(3)]
    )


def guide_bidirectional() -> Any:
    """keras-team/keras-io, guides/working_with_rnns.py, "Bidirectional RNNs"."""
    return keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(3),
        ]
    )


def guide_masking_embedding() -> Any:
    """keras-team/keras-io, guides/understanding_masking_and_padding.py, an automatic mask."""
    tokens = _tokens(None)
    x = layers.Embedding(WORDS, 4, mask_zero=True)(tokens)
    return keras.Model(tokens, layers.LSTM(3)(x))


def guide_masking_sequences() -> Any:
    """keras-team/keras-io, guides/understanding_masking_and_padding.py, a softmax over time."""
    tokens = _tokens()
    x = layers.Embedding(WORDS, 4, mask_zero=True)(tokens)
    x = layers.Dense(1)(layers.LSTM(3, return_sequences=True)(x))
    return keras.Model(tokens, ops.sum(x * ops.softmax(x, axis=1), axis=1))


def tutorial_text_classification() -> Any:
    """tensorflow/text, docs/tutorials/text_classification_rnn.ipynb, two layers."""
    return keras.Sequential(
        [
            _tokens(None),
            layers.Embedding(WORDS, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(4, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )


def tutorial_text_generation() -> Any:
    """tensorflow/docs, site/en/tutorials/text/text_generation.ipynb, one step with states."""
    tokens, state = _tokens(None), keras.Input((4,))
    x = layers.Embedding(WORDS, 3)(tokens)
    gru = layers.GRU(4, return_sequences=True, return_state=True)
    x, last = gru(x, initial_state=state)
    return keras.Model([tokens, state], [layers.Dense(WORDS)(x)[:, -1, :], last])


def tutorial_translation() -> Any:
    """tensorflow/text, docs/tutorials/nmt_with_attention.ipynb, without its loop."""
    source, target = _tokens(None), _tokens(None)
    memory = layers.Bidirectional(
        layers.GRU(4, return_sequences=True), merge_mode="sum", name="encoder"
    )(layers.Embedding(WORDS, 4, mask_zero=True)(source))
    x = layers.Embedding(WORDS, 4, mask_zero=True)(target)
    x = layers.GRU(4, return_sequences=True, name="decoder")(x)
    attended = layers.MultiHeadAttention(1, 4)(query=x, value=memory)
    x = layers.LayerNormalization()(layers.Add()([x, attended]))
    return keras.Model([source, target], layers.Dense(WORDS)(x))


def tutorial_translation_bahdanau() -> Any:
    """tensorflow/docs, earlier nmt_with_attention.ipynb: one step of the decoder."""
    token, state, memory = _tokens(1), keras.Input((4,)), keras.Input((5, 4))
    query = layers.Dense(3)(ops.expand_dims(state, 1))
    weights = layers.Softmax(axis=1)(layers.Dense(1)(ops.tanh(query + layers.Dense(3)(memory))))
    context = ops.sum(weights * memory, axis=1, keepdims=True)
    x = layers.Concatenate()([context, layers.Embedding(WORDS, 4)(token)])
    x, last = layers.GRU(4, return_sequences=True, return_state=True)(x)
    x = layers.Dense(WORDS)(layers.Reshape((4,))(x))
    return keras.Model([token, state, memory], [x, last])


def tutorial_time_series() -> Any:
    """tensorflow/docs, tutorials/structured_data/time_series.ipynb, every hour's forecast."""
    return keras.Sequential(
        [keras.Input((6, 4)), layers.LSTM(3, return_sequences=True), layers.Dense(1)]
    )


def tutorial_time_series_one_shot() -> Any:
    """tensorflow/docs, tutorials/structured_data/time_series.ipynb, the whole day at once."""
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            layers.LSTM(3),
            layers.Dense(6 * 4, kernel_initializer="zeros"),
            layers.Reshape((6, 4)),
        ]
    )


def tutorial_time_series_autoregressive() -> Any:
    """tensorflow/docs, tutorials/structured_data/time_series.ipynb, each forecast is fed back."""
    series = keras.Input((6, 4))
    x, *states = layers.RNN(layers.LSTMCell(3), return_state=True)(series)
    step, head = layers.LSTM(3, return_state=True), layers.Dense(4)
    predictions = [head(x)]
    for _ in range(2):
        x, *states = step(ops.expand_dims(predictions[-1], 1), initial_state=states)
        predictions.append(head(x))
    return keras.Model(series, ops.stack(predictions, axis=1))


def tutorial_residual() -> Any:
    """tensorflow/docs, tutorials/structured_data/time_series.ipynb, a residual model."""
    series = keras.Input((6, 4))
    change = layers.Dense(4, kernel_initializer="zeros")(
        layers.LSTM(3, return_sequences=True)(series)
    )
    return keras.Model(series, series + change)


def tutorial_music_generation() -> Any:
    """tensorflow/docs, tutorials/audio/music_generation.ipynb."""
    notes = keras.Input((6, 3))
    x = layers.LSTM(4)(notes)
    names = {"pitch": 9, "step": 1, "duration": 1}
    return keras.Model(notes, {name: layers.Dense(n, name=name)(x) for name, n in names.items()})
