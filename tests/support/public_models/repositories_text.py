"""Models on text like those of popular public repositories, made small."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


def _tokens(length: int | None = 6) -> Any:
    return keras.Input((length,), dtype="int32")


def _embed(tokens: Any, size: int = 4, mask_zero: bool = True) -> Any:
    return layers.Embedding(WORDS, size, mask_zero=mask_zero)(tokens)


def bilstm_tagger() -> Any:
    """Hironsan/anago, a BiLSTM on words and characters, without its CRF."""
    words, letters = _tokens(), keras.Input((6, 5), dtype="int32")
    spelled = layers.Embedding(WORDS, 3)(letters)
    spelled = layers.TimeDistributed(layers.Bidirectional(layers.LSTM(2)))(spelled)
    x = layers.Concatenate()([_embed(words), spelled])
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Dropout(0.5)(x))
    return keras.Model([words, letters], layers.Dense(5)(layers.Dense(4, activation="tanh")(x)))


def hierarchical_attention() -> Any:
    """richliao/textClassifier, attention over words and over sentences."""
    words = _tokens(5)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(_embed(words, mask_zero=False))
    scores = layers.Softmax(axis=1)(layers.Dense(1)(layers.Dense(4, activation="tanh")(x)))
    sentence = keras.Model(words, ops.sum(x * scores, axis=1), name="sentence")
    document = keras.Input((3, 5), dtype="int32")
    x = layers.TimeDistributed(sentence)(document)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    scores = layers.Softmax(axis=1)(layers.Dense(1)(layers.Dense(4, activation="tanh")(x)))
    return keras.Model(document, layers.Dense(2)(ops.sum(x * scores, axis=1)))


def attention_over_steps() -> Any:
    """philipperemy/keras-attention, the final output as the query."""
    series = keras.Input((5, 3))
    x = layers.LSTM(4, return_sequences=True)(series)
    query = x[:, -1, :]
    scores = layers.Softmax()(layers.Dot(axes=[1, 2])([query, layers.Dense(4, use_bias=False)(x)]))
    context = layers.Dot(axes=[1, 1])([x, scores])
    x = layers.Dense(4, activation="tanh")(layers.Concatenate()([context, query]))
    return keras.Model(series, layers.Dense(1)(x))


def attention_by_permutation() -> Any:
    """philipperemy/keras-attention, its first version: weights per step by Flatten and Permute."""
    tokens = _tokens()
    x = layers.LSTM(4, return_sequences=True)(_embed(tokens, mask_zero=False))
    scores = layers.Flatten()(layers.Dense(1, activation="tanh")(x))
    scores = layers.RepeatVector(4)(layers.Activation("softmax")(scores))
    x = layers.Multiply()([x, layers.Permute([2, 1])(scores)])
    return keras.Model(tokens, layers.Dense(1)(ops.sum(x, axis=1)))


def attention_by_permutation_backwards() -> Any:
    """philipperemy/keras-attention, its first version, on a sequence read in reverse."""
    tokens = _tokens()
    x = layers.LSTM(4, return_sequences=True, go_backwards=True)(_embed(tokens, mask_zero=False))
    scores = layers.Flatten()(layers.Dense(1, activation="tanh")(x))
    scores = layers.RepeatVector(4)(layers.Activation("softmax")(scores))
    x = layers.Multiply()([x, layers.Permute([2, 1])(scores)])
    return keras.Model(tokens, layers.Dense(1)(ops.sum(x, axis=1)))


def siamese_lstm() -> Any:
    """eliorc/Medium, MaLSTM: the distance of two sentences read by one layer."""
    first, second, reader = _tokens(), _tokens(), layers.LSTM(4)
    embed = layers.Embedding(WORDS, 4, mask_zero=True)
    left, right = reader(embed(first)), reader(embed(second))
    distance = ops.exp(-ops.sum(ops.abs(left - right), axis=1, keepdims=True))
    return keras.Model([first, second], distance)


def attention_seq2seq() -> Any:
    """thushv89/attention_keras, an encoder and a decoder of GRUs with attention."""
    source, target = keras.Input((6, 7)), keras.Input((5, 8))
    memory, state = layers.GRU(4, return_sequences=True, return_state=True)(source)
    decoder = layers.GRU(4, return_sequences=True, return_state=True)
    x, _ = decoder(target, initial_state=state)
    x = layers.Concatenate(axis=-1)([x, layers.AdditiveAttention()([x, memory])])
    return keras.Model([source, target], layers.TimeDistributed(layers.Dense(8))(x))


def bidirectional_seq2seq() -> Any:
    """A common pattern: a decoder that starts from both directions of its encoder."""
    source, target = keras.Input((None, 7)), keras.Input((None, 5))
    _, *states = layers.Bidirectional(layers.LSTM(3, return_state=True))(source)
    start = [layers.Concatenate()([states[i], states[i + 2]]) for i in range(2)]
    x, *_ = layers.LSTM(6, return_sequences=True, return_state=True)(target, initial_state=start)
    return keras.Model([source, target], layers.Dense(5)(x))


def deep_seq2seq() -> Any:
    """LukeTonin/keras-seq-2-seq-signal-prediction, stacks of cells that share their states."""
    source, target = keras.Input((None, 2)), keras.Input((None, 2))
    encoder = layers.RNN([layers.GRUCell(3), layers.GRUCell(4)], return_state=True)
    decoder = layers.RNN(
        [layers.GRUCell(3), layers.GRUCell(4)], return_state=True, return_sequences=True
    )
    x, *_ = decoder(target, initial_state=list(encoder(source)[1:]))
    return keras.Model([source, target], layers.Dense(2)(x))


def stacked_seq2seq() -> Any:
    """A common pattern: text summarization with three encoder layers."""
    source, target = _tokens(), _tokens(5)
    x = _embed(source, mask_zero=False)
    for _ in range(2):
        x, _, _ = layers.LSTM(4, return_sequences=True, return_state=True, dropout=0.4)(x)
    memory, *states = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    y = _embed(target, mask_zero=False)
    y, *_ = layers.LSTM(4, return_sequences=True, return_state=True)(y, initial_state=states)
    y = layers.Concatenate()([y, layers.Attention()([y, memory])])
    return keras.Model([source, target], layers.TimeDistributed(layers.Dense(WORDS))(y))


def reversed_source_seq2seq() -> Any:
    """I. Sutskever et al. 2014, a deep encoder that reads the source from its end."""
    source, target = _tokens(), _tokens(5)
    x = layers.LSTM(4, return_sequences=True, go_backwards=True)(_embed(source, mask_zero=False))
    _, *states = layers.LSTM(4, return_state=True)(x)
    y = layers.LSTM(4, return_sequences=True)(_embed(target, mask_zero=False), initial_state=states)
    return keras.Model([source, target], layers.Dense(WORDS)(y))


def deep_contextual_words() -> Any:
    """iliaschalkidis/ELMo-keras, two stacks, the backward one turned round at its end."""
    tokens = _tokens()
    x = _embed(tokens, mask_zero=False)
    forward = layers.LSTM(4, return_sequences=True)(layers.LSTM(4, return_sequences=True)(x))
    backward = layers.LSTM(4, return_sequences=True, go_backwards=True)(x)
    backward = layers.LSTM(4, return_sequences=True)(backward)
    backward = ops.flip(backward, axis=1)
    return keras.Model(tokens, layers.Concatenate()([forward, backward]))


def backward_residual() -> Any:
    """Y. Wu et al. 2016 (GNMT), residual layers, on a sequence read in reverse."""
    tokens = _tokens()
    x = layers.LSTM(4, return_sequences=True, go_backwards=True)(_embed(tokens, mask_zero=False))
    x = layers.Add()([x, layers.LSTM(4, return_sequences=True)(x)])
    x = layers.Add()([x, layers.Conv1D(4, 3, padding="same")(x)])
    return keras.Model(tokens, layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))


def handmade_bidirectional() -> Any:
    """A common pattern: two layers in place of Bidirectional, the second one flipped."""
    tokens = _tokens()
    x = _embed(tokens, mask_zero=False)
    backward = layers.LSTM(3, return_sequences=True, go_backwards=True)(x)
    both = [layers.LSTM(3, return_sequences=True)(x), ops.flip(backward, axis=1)]
    return keras.Model(tokens, layers.Dense(4)(layers.Concatenate()(both)))


def handmade_bidirectional_last() -> Any:
    """A common pattern: two layers in place of Bidirectional, their final outputs."""
    tokens = _tokens()
    x = _embed(tokens)
    both = [layers.LSTM(3)(x), layers.LSTM(3, go_backwards=True)(x)]
    return keras.Model(tokens, layers.Dense(1)(layers.Concatenate()(both)))


def recurrent_convolution() -> Any:
    """airalcorn2/Recurrent-Convolutional-Neural-Network-Text-Classifier."""
    document, left, right = _tokens(), _tokens(), _tokens()
    embed = layers.Embedding(WORDS, 4)
    forward = layers.LSTM(3, return_sequences=True)(embed(left))
    backward = layers.LSTM(3, return_sequences=True, go_backwards=True)(embed(right))
    x = [forward, embed(document), ops.flip(backward, axis=1)]
    x = layers.TimeDistributed(layers.Dense(3, activation="tanh"))(layers.Concatenate()(x))
    return keras.Model([document, left, right], layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))


def pointer_network() -> Any:
    """keon/pointer-networks, attention scores of a decoder over the source are its output."""
    source, target = keras.Input((5, 2)), keras.Input((4, 2))
    memory, *states = layers.LSTM(4, return_sequences=True, return_state=True)(source)
    query = layers.LSTM(4, return_sequences=True)(target, initial_state=states)
    scores = layers.Dot(axes=(2, 2))([layers.Dense(4)(query), layers.Dense(4)(memory)])
    return keras.Model([source, target], layers.Softmax()(scores))


def char_rnn_stateful() -> Any:
    """ekzhang/char-rnn-keras, one character at a time, with the states kept."""
    return keras.Sequential(
        [
            keras.Input(batch_shape=(2, 3), dtype="int32"),
            layers.Embedding(WORDS, 4),
            layers.LSTM(4, return_sequences=True, stateful=True),
            layers.Dropout(0.2),
            layers.LSTM(4, return_sequences=True, stateful=True),
            layers.TimeDistributed(layers.Dense(WORDS)),
            layers.Activation("softmax"),
        ]
    )


def textgenrnn() -> Any:
    """minimaxir/textgenrnn, every layer's output joined before attention."""
    tokens = _tokens()
    embedded = _embed(tokens, mask_zero=False)
    first = layers.LSTM(4, return_sequences=True)(embedded)
    second = layers.LSTM(4, return_sequences=True)(first)
    x = layers.Concatenate()([embedded, first, second])
    x = ops.sum(layers.Softmax(axis=1)(layers.Dense(1, use_bias=False)(x)) * x, axis=1)
    return keras.Model(tokens, layers.Dense(WORDS, activation="softmax")(x))


def toxic_comments() -> Any:
    """Kaggle, Toxic Comment Classification: pooled outputs beside the last state."""
    tokens = _tokens()
    x = layers.SpatialDropout1D(0.2)(_embed(tokens, mask_zero=False))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    gru = layers.Bidirectional(layers.GRU(3, return_sequences=True, return_state=True))
    x, forward, backward = gru(x)
    pooled = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    return keras.Model(tokens, layers.Dense(6)(layers.Concatenate()([*pooled, forward, backward])))


def variational_sentences() -> Any:
    """twairball/keras_lstm_vae, a decoder from a latent vector."""
    series = keras.Input((5, 3))
    x = layers.LSTM(4)(series)
    latent = layers.Dense(2)(x) + layers.Dense(2)(x)
    x = layers.LSTM(4, return_sequences=True)(layers.RepeatVector(5)(latent))
    return keras.Model(series, layers.LSTM(3, return_sequences=True)(x))


def sentence_pairs_attention() -> Any:
    """Q. Chen et al. (ESIM), as in Kaggle's Quora kernels."""
    first, second = _tokens(), _tokens()
    embed = layers.Embedding(WORDS, 4)
    encode = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    a, b = encode(embed(first)), encode(embed(second))
    scores = layers.Dot(axes=-1)([a, b])
    aligned = layers.Dot(axes=(2, 1))([layers.Softmax(axis=2)(scores), b])
    x = layers.Concatenate()([a, aligned, a - aligned, a * aligned])
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(x)
    return keras.Model([first, second], layers.Dense(1)(layers.GlobalMaxPooling1D()(x)))
