"""Models on images, sound, music, series and policies like those of public repositories."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


def deep_speech() -> Any:
    """mozilla/DeepSpeech and its Keras ports: three dense layers, one recurrent one, two more."""
    sound = x = keras.Input((None, 6))
    for _ in range(3):
        x = layers.Dropout(0.1)(layers.TimeDistributed(layers.Dense(4, activation="relu"))(x))
    x = layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True), merge_mode="sum")(x)
    return keras.Model(sound, layers.TimeDistributed(layers.Dense(9, activation="softmax"))(x))


def deep_speech_2() -> Any:
    """baidu-research/ba-dls-deepspeech, a convolution before a stack of GRUs."""
    sound = keras.Input((None, 6))
    x = layers.Conv1D(4, 3, strides=2, padding="same", activation="relu")(sound)
    for _ in range(2):
        x = layers.BatchNormalization()(layers.GRU(4, return_sequences=True)(x))
    return keras.Model(sound, layers.TimeDistributed(layers.Dense(9))(x))


def crnn_fixed() -> Any:
    """qjadud1994/CRNN-Keras, with the backward outputs flipped."""
    image = keras.Input((8, 6, 1))
    x = layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    x = layers.Dense(4)(layers.Reshape((8, 12))(x))
    for join in (layers.Add(), layers.Concatenate()):
        forward = layers.LSTM(3, return_sequences=True)(x)
        backward = layers.LSTM(3, return_sequences=True, go_backwards=True)(x)
        x = layers.BatchNormalization()(join([forward, ops.flip(backward, axis=1)]))
    return keras.Model(image, layers.Dense(9, activation="softmax")(x))


def lipnet() -> Any:
    """rizkiarm/LipNet, 3D convolutions before two bidirectional GRUs."""
    film = keras.Input((4, 6, 8, 1))
    x = layers.Conv3D(2, 3, padding="same", activation="relu")(layers.ZeroPadding3D(1)(film))
    x = layers.MaxPooling3D((1, 2, 2))(layers.SpatialDropout3D(0.5)(x))
    x = layers.TimeDistributed(layers.Flatten())(x)
    for _ in range(2):
        x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    return keras.Model(film, layers.Dense(9, activation="softmax")(x))


def long_term_recurrent_convolution() -> Any:
    """harvitronix/five-video-classification-methods, a CNN per frame before an LSTM."""
    model = keras.Sequential([keras.Input((4, 8, 8, 3))])
    model.add(layers.TimeDistributed(layers.Conv2D(2, 3, strides=2, activation="relu")))
    model.add(layers.TimeDistributed(layers.MaxPooling2D(2)))
    model.add(layers.TimeDistributed(layers.Flatten()))
    model.add(layers.Dropout(0.5))
    model.add(layers.LSTM(4))
    model.add(layers.Dense(3, activation="softmax"))
    return model


def show_and_tell() -> Any:
    """O. Vinyals et al., in Keras ports: the image starts the LSTM."""
    image, caption = keras.Input((10,)), keras.Input((5,), dtype="int32")
    start = layers.Dense(4, activation="relu")(image)
    x = layers.Embedding(WORDS, 4)(caption)
    x = layers.LSTM(4, return_sequences=True)(x, initial_state=[start, start])
    return keras.Model([image, caption], layers.Dense(WORDS)(x))


def show_and_tell_first_step() -> Any:
    """O. Vinyals et al., in Keras ports: the image is the first word of a masked caption."""
    image, caption = keras.Input((10,)), keras.Input((5,), dtype="int32")
    first = layers.Reshape((1, 4))(layers.Dense(4)(image))
    x = layers.Embedding(WORDS, 4, mask_zero=True)(caption)
    x = layers.LSTM(4, return_sequences=True)(layers.Concatenate(axis=1)([first, x]))
    return keras.Model([image, caption], layers.TimeDistributed(layers.Dense(WORDS))(x))


def image_captioning_injected() -> Any:
    """anuragmishracse/caption_generator, the image repeated for each word."""
    image, caption = keras.Input((10,)), keras.Input((5,), dtype="int32")
    features = layers.RepeatVector(5)(layers.Dense(4, activation="relu")(image))
    x = layers.LSTM(4, return_sequences=True)(layers.Embedding(WORDS, 4)(caption))
    x = layers.Concatenate()([features, layers.TimeDistributed(layers.Dense(4))(x)])
    return keras.Model([image, caption], layers.Dense(WORDS)(layers.LSTM(4)(x)))


def video_captioning() -> Any:
    """Shreyz-max/Video-Captioning, features of frames start the decoder of a caption."""
    frames, caption = keras.Input((6, 8)), keras.Input((5, WORDS))
    _, *states = layers.LSTM(4, return_state=True, return_sequences=True)(frames)
    x, *_ = layers.LSTM(4, return_sequences=True, return_state=True)(caption, initial_state=states)
    return keras.Model([frames, caption], layers.Dense(WORDS, activation="softmax")(x))


def visual_question_answering() -> Any:
    """avisingh599/visual-qa, the question's last state beside the image."""
    image, question = keras.Input((10,)), keras.Input((6, 5))
    x = layers.LSTM(4, return_sequences=True)(question)
    x = layers.Concatenate()([layers.LSTM(4)(x), layers.Reshape((10,))(image)])
    return keras.Model([image, question], layers.Dense(3)(layers.Dense(4, activation="tanh")(x)))


def conv_lstm_autoencoder() -> Any:
    """Y. S. Chong, Abnormal Event Detection, in Keras ports."""
    film = keras.Input((3, 8, 8, 1))
    x = layers.TimeDistributed(layers.Conv2D(2, 3, strides=2, padding="same"))(film)
    for filters in (2, 1, 2):
        x = layers.ConvLSTM2D(filters, 3, padding="same", return_sequences=True)(x)
    x = layers.TimeDistributed(layers.Conv2DTranspose(1, 3, strides=2, padding="same"))(x)
    return keras.Model(film, x)


def sequence_autoencoder_reversed() -> Any:
    """N. Srivastava et al. 2015, in Keras ports: the decoder has go_backwards=True."""
    series = keras.Input((5, 3))
    x = layers.RepeatVector(5)(layers.LSTM(4)(series))
    x = layers.LSTM(4, return_sequences=True, go_backwards=True)(x)
    return keras.Model(series, layers.TimeDistributed(layers.Dense(3))(x))


def composite_autoencoder() -> Any:
    """N. Srivastava et al. 2015, in J. Brownlee's tutorial: reconstruct and predict."""
    series = keras.Input((5, 1))
    code = layers.LSTM(4, activation="relu")(series)
    heads = []
    for length in (5, 4):
        x = layers.LSTM(4, activation="relu", return_sequences=True)
        heads.append(layers.TimeDistributed(layers.Dense(1))(x(layers.RepeatVector(length)(code))))
    return keras.Model(series, heads)


def music_generation() -> Any:
    """Skuldur/Classical-Piano-Composer."""
    return keras.Sequential(
        [
            keras.Input((6, 1)),
            layers.LSTM(4, recurrent_dropout=0.3, return_sequences=True),
            layers.LSTM(4, return_sequences=True, recurrent_dropout=0.3),
            layers.LSTM(4),
            layers.BatchNormalization(),
            layers.Dense(4, activation="relu"),
            layers.Dense(9, activation="softmax"),
        ]
    )


def music_pitches_and_durations() -> Any:
    """davidADSP/GDL_code, notes and durations with attention, two outputs."""
    notes, durations = (keras.Input((None,), dtype="int32") for _ in range(2))
    x = layers.Concatenate()([layers.Embedding(WORDS, 3)(each) for each in (notes, durations)])
    x = layers.LSTM(4, return_sequences=True)(layers.LSTM(4, return_sequences=True)(x))
    scores = layers.Softmax(axis=1)(layers.Dense(1, activation="tanh")(x))
    x = ops.sum(x * scores, axis=1)
    return keras.Model([notes, durations], [layers.Dense(WORDS)(x), layers.Dense(WORDS)(x)])


def biaxial_music() -> Any:
    """calclavia/DeepJ, one LSTM along time and one along notes."""
    notes = keras.Input((4, 5, 2))
    x = layers.TimeDistributed(layers.LSTM(3, return_sequences=True))(
        layers.Permute((2, 1, 3))(notes)
    )
    x = layers.TimeDistributed(layers.LSTM(3, return_sequences=True))(layers.Permute((2, 1, 3))(x))
    return keras.Model(notes, layers.Dense(1, activation="sigmoid")(x))


def wavenet_hybrid() -> Any:
    """Kaggle, Liverpool Ion Switching: dilated gated convolutions before a bidirectional GRU."""
    wave = x = keras.Input((16, 1))
    for rate in (1, 2):
        x = layers.Conv1D(3, 1, padding="same")(x)
        gates = [
            layers.Conv1D(3, 2, dilation_rate=rate, padding="causal", activation=a)(x)
            for a in ("tanh", "sigmoid")
        ]
        x = layers.Add()([x, layers.Conv1D(3, 1)(layers.Multiply()(gates))])
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    return keras.Model(wave, layers.Dense(3, activation="softmax")(x))


def recurrent_q_network() -> Any:
    """awjuliani/DeepRL-Agents and Keras ports, a dueling network with an LSTM."""
    frames = keras.Input((3, 8, 8, 1))
    x = layers.TimeDistributed(layers.Conv2D(2, 3, strides=2, activation="relu"))(frames)
    x = layers.LSTM(4, activation="tanh")(layers.TimeDistributed(layers.Flatten())(x))
    value, advantage = layers.Dense(1)(x), layers.Dense(3)(x)
    return keras.Model(frames, value + advantage - ops.mean(advantage, axis=1, keepdims=True))


def recurrent_policy() -> Any:
    """ray-project/ray, RLlib's recurrent network: states go in and out, lengths become a mask."""
    observed, lengths = keras.Input((4, 5)), keras.Input((1,), dtype="int32")
    start = [keras.Input((3,)), keras.Input((3,))]
    mask = ops.less(ops.reshape(ops.arange(4), (1, 4)), lengths)
    lstm = layers.LSTM(3, return_sequences=True, return_state=True)
    x, *states = lstm(layers.Dense(4)(observed), mask=mask, initial_state=start)
    outputs = [layers.Dense(2)(x), layers.Dense(1)(x), *states]
    return keras.Model([observed, lengths, *start], outputs)


def world_model() -> Any:
    """hardmaru/WorldModelsExperiments and Keras ports, the memory with its states."""
    z, action = keras.Input((None, 4)), keras.Input((None, 2))
    start = [keras.Input((3,)), keras.Input((3,))]
    lstm = layers.LSTM(3, return_sequences=True, return_state=True)
    x, *states = lstm(layers.Concatenate()([z, action]), initial_state=start)
    return keras.Model([z, action, *start], [layers.Dense(8)(x), *states])


def series_and_static_features() -> Any:
    """A common pattern: static features start the layer on a series."""
    series, static = keras.Input((5, 3)), keras.Input((4,))
    x = layers.GRU(4)(series, initial_state=layers.Dense(4)(static))
    return keras.Model([series, static], layers.Dense(1)(layers.Concatenate()([x, static])))


def lstm_fcn() -> Any:
    """titu1994/LSTM-FCN, an LSTM on the permuted series beside convolutions."""
    series = keras.Input((1, 9))
    x = layers.Dropout(0.8)(layers.LSTM(3)(layers.Masking()(series)))
    y = layers.Permute((2, 1))(series)
    y = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 8, padding="same", activation="relu")(y))
    return keras.Model(series, layers.Dense(3, activation="softmax")(layers.Concatenate()([x, y])))
