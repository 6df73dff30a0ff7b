"""Models on series, sound and video, like the examples of keras.io, made small."""

from typing import Any

import keras
from keras import layers, ops


def weather_forecasting() -> Any:
    """keras-team/keras-io, examples/timeseries/timeseries_weather_forecasting.py."""
    series = keras.Input((8, 7))
    return keras.Model(series, layers.Dense(1)(layers.LSTM(4)(series)))


def temperature_stacked() -> Any:
    """F. Chollet, Deep Learning with Python, 2nd edition, 10.4: a dropout-regularized GRU stack."""
    series = keras.Input((8, 7))
    x = layers.GRU(4, recurrent_dropout=0.5, return_sequences=True)(series)
    x = layers.GRU(4, recurrent_dropout=0.5)(x)
    return keras.Model(series, layers.Dense(1)(layers.Dropout(0.5)(x)))


def temperature_unrolled() -> Any:
    """F. Chollet, Deep Learning with Python, 2nd edition, 10.4: an unrolled LSTM."""
    series = keras.Input((5, 7))
    x = layers.LSTM(4, recurrent_dropout=0.2, unroll=True)(series)
    return keras.Model(series, layers.Dense(1)(layers.Dropout(0.5)(x)))


def traffic_graph_lstm() -> Any:
    """keras-team/keras-io, examples/timeseries/timeseries_traffic_forecasting.py."""
    roads, times, features = 4, 5, 3
    start = keras.Input((roads, times, 1))
    neighbors = ops.mean(start, axis=1, keepdims=True)
    x = layers.Dense(features)(start + neighbors)
    x = ops.reshape(x, (-1, times, features))
    x = layers.Dense(2)(layers.LSTM(4, activation="relu")(x))
    return keras.Model(start, ops.transpose(ops.reshape(x, (-1, roads, 2)), (0, 2, 1)))


def anomaly_detection_lstm() -> Any:
    """A common pattern: an LSTM autoencoder for anomalies in series."""
    return keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.LSTM(4, activation="relu", return_sequences=True),
            layers.LSTM(2, activation="relu"),
            layers.RepeatVector(6),
            layers.LSTM(2, activation="relu", return_sequences=True),
            layers.LSTM(4, activation="relu", return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ]
    )


def activity_recognition() -> Any:
    """A common pattern: activity recognition on padded sensor data."""
    series = keras.Input((None, 5))
    x = layers.Masking(mask_value=0.0)(series)
    x = layers.LSTM(4)(layers.BatchNormalization()(x))
    return keras.Model(series, layers.Dense(3, activation="softmax")(x))


def conv_lstm_next_frame() -> Any:
    """keras-team/keras-io, examples/vision/conv_lstm.py."""
    film = x = keras.Input((None, 6, 6, 1))
    for size in (5, 3, 1):
        convolution = layers.ConvLSTM2D(2, size, padding="same", return_sequences=True)
        x = convolution(x)
        x = layers.BatchNormalization()(x) if size > 1 else x
    return keras.Model(film, layers.Conv3D(1, 3, padding="same", activation="sigmoid")(x))


def video_classification() -> Any:
    """keras-team/keras-io, examples/vision/video_classification.py."""
    frames, there = keras.Input((5, 8)), keras.Input((5,), dtype="bool")
    x = layers.GRU(4, return_sequences=True)(frames, mask=there)
    x = layers.Dropout(0.4)(layers.GRU(3)(x))
    return keras.Model([frames, there], layers.Dense(2, activation="softmax")(x))


def captcha_ocr() -> Any:
    """keras-team/keras-io, examples/vision/captcha_ocr.py, the prediction model."""
    image = x = keras.Input((16, 8, 1))
    for filters in (2, 3):
        x = layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(4, activation="relu")(layers.Reshape((4, 2 * 3))(x))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, dropout=0.25))(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.25))(x)
    return keras.Model(image, layers.Dense(9, activation="softmax")(x))


def handwriting_recognition() -> Any:
    """keras-team/keras-io, examples/vision/handwriting_recognition.py, the prediction model."""
    image = keras.Input((16, 8, 1))
    x = layers.MaxPooling2D(2)(layers.Conv2D(2, 3, padding="same", activation="relu")(image))
    x = layers.Dropout(0.2)(layers.Dense(4)(layers.Reshape((8, 8))(x)))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, dropout=0.25))(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.25))(x)
    return keras.Model(image, layers.Dense(9, activation="softmax")(x))


def ctc_speech_recognition() -> Any:
    """keras-team/keras-io, examples/audio/ctc_asr.py."""
    sound = keras.Input((None, 9))
    x = layers.Reshape((-1, 9, 1))(sound)
    x = layers.Conv2D(2, [3, 5], strides=[1, 2], padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((-1, x.shape[-2] * x.shape[-1]))(x)
    for i in range(2):
        gru = layers.GRU(3, return_sequences=True, reset_after=True, name=f"gru_{i}")
        x = layers.Bidirectional(gru, name=f"bidirectional_{i}")(x)
        x = layers.Dropout(0.5)(x) if i == 0 else x
    x = layers.Dropout(0.5)(layers.ReLU()(layers.Dense(6)(x)))
    return keras.Model(sound, layers.Dense(9, activation="softmax")(x))


def speech_commands() -> Any:
    """douglas125/SpeechCmdRecognition: attention whose query is the middle output."""
    sound = keras.Input((9, 6, 1))
    x = layers.Conv2D(1, (5, 1), activation="relu", padding="same")(sound)
    x = layers.BatchNormalization()(x)
    x = ops.squeeze(x, axis=-1)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    query = layers.Dense(6)(x[:, 4])
    scores = layers.Softmax()(layers.Dot(axes=[1, 2])([query, x]))
    context = layers.Dot(axes=[1, 1])([scores, x])
    return keras.Model(sound, layers.Dense(4, activation="softmax")(context))


def speaker_sequence() -> Any:
    """A common pattern: a convolution before a GRU on a waveform."""
    wave = keras.Input((32, 1))
    x = layers.Conv1D(4, 8, strides=4, activation="relu")(wave)
    x = layers.BatchNormalization()(x)
    x = layers.GRU(4, return_sequences=True)(x)
    return keras.Model(wave, layers.Dense(3)(layers.Flatten()(x)))


def sketch_recognition() -> Any:
    """keras-team/keras 2.2, examples/mnist_hierarchical_rnn.py."""
    image = keras.Input((5, 6, 1))
    rows = layers.TimeDistributed(layers.LSTM(3))(image)
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.LSTM(3)(rows)))


def identity_rnn() -> Any:
    """keras-team/keras 2.2, examples/mnist_irnn.py."""
    recurrent = layers.SimpleRNN(
        4, recurrent_initializer=keras.initializers.Identity(1.0), activation="relu"
    )
    return keras.Sequential([keras.Input((10, 1)), recurrent, layers.Dense(3)])


def stateful_cosine() -> Any:
    """keras-team/keras 2.2, examples/lstm_stateful.py."""
    return keras.Sequential(
        [keras.Input(batch_shape=(2, 3, 1)), layers.LSTM(4, stateful=True), layers.Dense(1)]
    )
