"""Models on text, like the examples and tests of keras.io, made small."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


def _tokens(length: int | None = 6, **options: Any) -> Any:
    return keras.Input((length,), dtype="int32", **options)


def lstm_seq2seq() -> Any:
    """keras-team/keras-io, examples/nlp/lstm_seq2seq.py, the training model."""
    source, target = keras.Input((None, 7)), keras.Input((None, 5))
    _, *states = layers.LSTM(3, return_state=True)(source)
    decoder = layers.LSTM(3, return_sequences=True, return_state=True)
    output, _, _ = decoder(target, initial_state=states)
    return keras.Model([source, target], layers.Dense(5, activation="softmax")(output))


def lstm_seq2seq_encoder() -> Any:
    """keras-team/keras-io, examples/nlp/lstm_seq2seq.py, the encoder that is sampled from."""
    training = lstm_seq2seq()
    return keras.Model(training.inputs[0], list(training.layers[2].output[1:]))


def lstm_seq2seq_decoder() -> Any:
    """keras-team/keras-io, examples/nlp/lstm_seq2seq.py, the decoder that is sampled from."""
    training = lstm_seq2seq()
    target, *start = training.inputs[1], keras.Input((3,)), keras.Input((3,))
    output, *states = training.layers[3](target, initial_state=start)
    return keras.Model([target, *start], [training.layers[4](output), *states])


def addition_rnn() -> Any:
    """keras-team/keras-io, examples/nlp/addition_rnn.py."""
    return keras.Sequential(
        [
            keras.Input((7, 12)),
            layers.LSTM(4),
            layers.RepeatVector(4),
            layers.LSTM(4, return_sequences=True),
            layers.Dense(12, activation="softmax"),
        ]
    )


def bidirectional_lstm_imdb() -> Any:
    """keras-team/keras-io, examples/nlp/bidirectional_lstm_imdb.py."""
    tokens = _tokens(None)
    x = layers.Embedding(WORDS, 4)(tokens)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(3))(x)
    return keras.Model(tokens, layers.Dense(1, activation="sigmoid")(x))


def text_classification_from_tokens() -> Any:
    """A common pattern: several labels for padded words."""
    tokens = _tokens()
    x = layers.Embedding(WORDS, 4, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.GRU(3, dropout=0.2))(layers.Dropout(0.5)(x))
    return keras.Model(tokens, layers.Dense(5, activation="sigmoid")(x))


def english_to_spanish() -> Any:
    """F. Chollet, Deep Learning with Python, 2nd edition, 11.5: an RNN translates to Spanish."""
    source, past = _tokens(None, name="english"), _tokens(None, name="spanish")
    x = layers.Embedding(WORDS, 4, mask_zero=True)(source)
    encoded = layers.Bidirectional(layers.GRU(3), merge_mode="sum")(x)
    x = layers.Embedding(WORDS, 4, mask_zero=True)(past)
    x = layers.GRU(3, return_sequences=True, name="decoder")(x, initial_state=encoded)
    output = layers.Dense(WORDS, activation="softmax")(layers.Dropout(0.5)(x))
    return keras.Model([source, past], output)


def english_to_spanish_with_mask() -> Any:
    """F. Chollet, Deep Learning with Python, 2nd edition, 11.5, with the mask passed as well."""
    source, past = _tokens(None), _tokens(None)
    x = layers.Embedding(WORDS, 4, mask_zero=True)(source)
    encoded = layers.Bidirectional(layers.GRU(3), merge_mode="sum")(x)
    x = layers.Embedding(WORDS, 4, mask_zero=True)(past)
    decoder = layers.GRU(3, return_sequences=True)
    x = decoder(x, initial_state=encoded, mask=ops.not_equal(past, 0))
    return keras.Model([source, past], layers.Dense(WORDS, activation="softmax")(x))


def question_answering_babi() -> Any:
    """keras-team/keras 2.2, examples/babi_rnn.py."""
    story, question = _tokens(), _tokens(4)
    x = layers.Dropout(0.3)(layers.Embedding(WORDS, 4)(story))
    y = layers.Dropout(0.3)(layers.Embedding(WORDS, 4)(question))
    y = layers.RepeatVector(6)(layers.LSTM(4)(y))
    x = layers.LSTM(4)(layers.Add()([x, y]))
    return keras.Model([story, question], layers.Dense(WORDS, activation="softmax")(x))


def question_answering_memory() -> Any:
    """keras-team/keras 2.2, examples/babi_memnn.py."""
    story, question = _tokens(), _tokens(4)
    memory, context = (layers.Embedding(WORDS, size)(story) for size in (5, 4))
    asked = layers.Embedding(WORDS, 5)(question)
    match = layers.Softmax()(layers.Dot(axes=(2, 2))([memory, asked]))
    response = layers.Permute((2, 1))(layers.Add()([match, context]))
    answer = layers.Concatenate()([response, asked])
    return keras.Model([story, question], layers.Dense(WORDS)(layers.LSTM(3)(answer)))


def lstm_text_generation() -> Any:
    """keras-team/keras-io, examples/generative/lstm_character_level_text_generation.py."""
    return keras.Sequential(
        [keras.Input((6, 9)), layers.LSTM(4), layers.Dense(9, activation="softmax")]
    )


def convolution_and_lstm_imdb() -> Any:
    """keras-team/keras 2.2, examples/imdb_cnn_lstm.py."""
    return keras.Sequential(
        [
            _tokens(12),
            layers.Embedding(WORDS, 4),
            layers.Dropout(0.25),
            layers.Conv1D(4, 3, activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def named_entities() -> Any:
    """A common pattern: named entities by a bidirectional layer and TimeDistributed."""
    return keras.Sequential(
        [
            _tokens(),
            layers.Embedding(WORDS, 4, mask_zero=True),
            layers.SpatialDropout1D(0.1),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, recurrent_dropout=0.1)),
            layers.TimeDistributed(layers.Dense(5, activation="softmax")),
        ]
    )


def semantic_similarity() -> Any:
    """keras-team/keras-io, examples/nlp/semantic_similarity_with_bert.py, its head on vectors."""
    words = keras.Input((6, 5))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(words)
    pooled = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    x = layers.Dropout(0.3)(layers.Concatenate()(pooled))
    return keras.Model(words, layers.Dense(3, activation="softmax")(x))


def image_captioning() -> Any:
    """M. Tanti et al., merge architecture: features of an image beside a masked caption."""
    image, caption = keras.Input((10,)), _tokens()
    features = layers.Dense(4, activation="relu")(layers.Dropout(0.5)(image))
    x = layers.Embedding(WORDS, 4, mask_zero=True)(caption)
    x = layers.LSTM(4)(layers.Dropout(0.5)(x))
    x = layers.Dense(4, activation="relu")(layers.Add()([features, x]))
    return keras.Model([image, caption], layers.Dense(WORDS, activation="softmax")(x))
