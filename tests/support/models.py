"""Models as users build them, like well-known examples, each made by a function."""

from typing import Any

import keras
from keras import layers


def reviews() -> Any:
    """Two bidirectional layers judge a text of any length."""
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(20, 4),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="lower"),
            layers.Bidirectional(layers.LSTM(3), name="upper"),
            layers.Dense(1, activation="sigmoid", name="verdict"),
        ]
    )


def characters() -> Any:
    """An encoder passes its states to a decoder, both on one-hot characters."""
    source, target = keras.Input((None, 6)), keras.Input((None, 5))
    _, state_h, state_c = layers.LSTM(4, return_state=True, name="encoder")(source)
    decoder = layers.LSTM(4, return_sequences=True, return_state=True, name="decoder")
    output, _, _ = decoder(target, initial_state=[state_h, state_c])
    return keras.Model(
        [source, target], layers.Dense(5, activation="softmax", name="letters")(output)
    )


def characters_one_by_one() -> Any:
    """The decoder of ``characters`` as it is sampled from, its states going in and out."""
    decoder = characters().get_layer("decoder")
    target, state_h, state_c = keras.Input((None, 5)), keras.Input((4,)), keras.Input((4,))
    output, *states = decoder(target, initial_state=[state_h, state_c])
    letters = layers.Dense(5, name="letters")(output)
    return keras.Model([target, state_h, state_c], [letters, *states])


def next_frame() -> Any:
    """Convolutional layers predict the next image of a film."""
    film = x = keras.Input((None, 8, 8, 1))
    for i in range(2):
        convolution = layers.ConvLSTM2D(
            4, 3, padding="same", return_sequences=True, activation="relu", name=f"frames_{i}"
        )
        x = layers.BatchNormalization(name=f"norm_{i}")(convolution(x))
    return keras.Model(film, layers.Conv3D(1, 3, padding="same", name="pixels")(x))


def tagger() -> Any:
    """Every word of a padded sentence gets a label."""
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(20, 4, mask_zero=True),
            layers.SpatialDropout1D(0.1),
            layers.GRU(3, return_sequences=True, name="lower"),
            layers.Dropout(0.1, name="dropout"),
            layers.GRU(3, return_sequences=True, name="upper"),
            layers.TimeDistributed(layers.Dense(5), name="labels"),
        ]
    )


def documents() -> Any:
    """Sentences are read word by word, and documents sentence by sentence."""
    words = keras.Input((6,), dtype="int32")
    sentence = layers.Bidirectional(layers.GRU(3), name="words")(layers.Embedding(20, 4)(words))
    return keras.Sequential(
        [
            keras.Input((5, 6), dtype="int32"),
            layers.TimeDistributed(keras.Model(words, sentence, name="sentence"), name="each"),
            layers.Bidirectional(layers.GRU(3), name="sentences"),
            layers.Dense(2, name="topic"),
        ]
    )


def translation() -> Any:
    """A decoder attends to a bidirectional encoder; both read padded words."""
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    encoder = layers.Bidirectional(
        layers.LSTM(3, return_sequences=True, return_state=True), name="encoder"
    )
    memory, *states = encoder(layers.Embedding(20, 4, mask_zero=True)(source))
    start = [layers.Concatenate(name=f"start_{i}")([states[i], states[i + 2]]) for i in range(2)]
    decoder = layers.LSTM(6, return_sequences=True, return_state=True, name="decoder")
    query, _, _ = decoder(
        layers.Embedding(20, 4, mask_zero=True, name="target_words")(target), initial_state=start
    )
    context = layers.AdditiveAttention(name="attention")([query, memory])
    both = layers.Concatenate(name="both")([query, context])
    return keras.Model([source, target], layers.Dense(20, name="next_word")(both))


def stream() -> Any:
    """A long sine wave is processed in chunks, each from the states after the last one."""
    return keras.Sequential(
        [
            keras.Input(batch_shape=(2, 5, 1)),
            layers.LSTM(3, return_sequences=True, stateful=True, name="lower"),
            layers.LSTM(3, stateful=True, name="upper"),
            layers.Dense(1, name="next_value"),
        ]
    )


def films() -> Any:
    """Frames go through one convolution each, then two layers process those that are there."""
    frames, there = keras.Input((4, 8, 8, 3)), keras.Input((4,), dtype="bool")
    image = keras.Sequential([layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()], name="image")
    features = layers.TimeDistributed(image, name="each_frame")(frames)
    x = layers.GRU(4, return_sequences=True, name="lower")(features, mask=there)
    x = layers.GRU(3, name="upper")(x)
    return keras.Model([frames, there], layers.Dense(2, name="kind")(x))


def twins() -> Any:
    """The same layer reads two sentences, to be compared."""
    words = layers.Embedding(20, 4, mask_zero=True)
    reader = layers.LSTM(3, name="reader")
    first, second = (keras.Input((6,), dtype="int32") for _ in range(2))
    same = layers.Dot(1, name="same")([reader(words(first)), reader(words(second))])
    return keras.Model([first, second], same)


def models_in_models() -> Any:
    """An encoder and a decoder, each a model, and the words of both in a third."""
    words = keras.Sequential(
        [keras.Input((None,), dtype="int32"), layers.Embedding(20, 4, mask_zero=True)], name="words"
    )
    sequence = keras.Input((None, 4))
    _, *states = layers.LSTM(3, return_state=True, name="lstm")(sequence)
    encoder = keras.Model(sequence, states, name="encoder")
    sequence, *start = keras.Input((None, 4)), keras.Input((3,)), keras.Input((3,))
    output = layers.LSTM(3, return_sequences=True, name="lstm")(sequence, initial_state=start)
    decoder = keras.Model([sequence, *start], output, name="decoder")
    source, target = (keras.Input((6,), dtype="int32") for _ in range(2))
    result = decoder([words(target), *encoder(words(source))])
    return keras.Model([source, target], layers.Dense(20, name="next_word")(result))


def convolved_words() -> Any:
    """A convolution shortens the sentence before a layer reads it."""
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(20, 4, mask_zero=True),
            layers.Conv1D(4, 2, name="pairs"),
            layers.LSTM(3, name="reader"),
            layers.Dense(1, name="verdict"),
        ]
    )


def masked_model() -> Any:
    """A model is called with a mask, which is for the layer in it."""
    sequence = keras.Input((6, 4))
    inner = keras.Model(sequence, layers.GRU(3, name="gru")(sequence), name="inner")
    x, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
    return keras.Model([x, mask], inner(x, mask=mask))
