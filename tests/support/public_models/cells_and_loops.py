"""Models with cells, loops over time steps and inner models, like public ones, made small."""

from typing import Any

import keras
from keras import layers, ops

WORDS = 12


@keras.saving.register_keras_serializable("public_models")
class MinimalRNNCell(keras.Layer):  # type: ignore[misc]
    """The cell in the documentation of keras.layers.RNN.

    Args:
        units: The size of its output and state.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")
        self.recurrent_kernel = self.add_weight((self.units, self.units), name="recurrent_kernel")

    def call(self, inputs: Any, states: Any) -> Any:
        """Return the output and the new state."""
        output = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent_kernel)
        return output, [output]

    def get_config(self) -> Any:
        """Return the arguments."""
        return {**super().get_config(), "units": self.units}


def minimal_cell() -> Any:
    """keras-team/keras, docstring of keras.layers.RNN."""
    x = keras.Input((None, 5))
    return keras.Model(x, layers.RNN(MinimalRNNCell(3))(x))


def minimal_cells() -> Any:
    """keras-team/keras, docstring of keras.layers.RNN, its stack of cells."""
    x, mask = keras.Input((4, 5)), keras.Input((4,), dtype="bool")
    cells = [MinimalRNNCell(3), MinimalRNNCell(6)]
    return keras.Model([x, mask], layers.RNN(cells, return_sequences=True)(x, mask=mask))


def bidirectional_cells() -> Any:
    """keras-team/keras, bidirectional_test.py, around RNN with cells."""
    x = keras.Input((4, 5))
    rnn = layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], return_sequences=True)
    single = layers.RNN(layers.GRUCell(3), return_state=True)
    return keras.Model(x, [layers.Bidirectional(rnn)(x), *layers.Bidirectional(single)(x)])


def jazz_improvisation() -> Any:
    """Andrew Ng, Sequence Models, week 1: one LSTM, called for each time step."""
    x, a, c = keras.Input((3, 6)), keras.Input((4,)), keras.Input((4,))
    start, outputs = [a, c], []
    lstm, dense = layers.LSTM(4, return_state=True), layers.Dense(6, activation="softmax")
    for t in range(3):
        a, _, c = lstm(layers.Reshape((1, 6))(x[:, t, :]), initial_state=[a, c])
        outputs.append(dense(a))
    return keras.Model([x, *start], outputs)


def dates_with_attention() -> Any:
    """Andrew Ng, Sequence Models, week 3: a decoder that attends to a bidirectional layer."""
    x, s, c = keras.Input((5, 6)), keras.Input((4,)), keras.Input((4,))
    start, outputs = [s, c], []
    memory = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    repeat, score = layers.RepeatVector(5), layers.Dense(1, activation="relu")
    lstm, dense = layers.LSTM(4, return_state=True), layers.Dense(7, activation="softmax")
    for _ in range(2):
        energies = score(layers.Concatenate()([memory, repeat(s)]))
        context = layers.Dot(axes=1)([layers.Softmax(axis=1)(energies), memory])
        s, _, c = lstm(context, initial_state=[s, c])
        outputs.append(dense(s))
    return keras.Model([x, *start], outputs)


def generated_sentence() -> Any:
    """A common pattern: a decoder that is fed its own outputs."""
    source, first = keras.Input((5, 6)), keras.Input((1, 6))
    _, *states = layers.LSTM(4, return_state=True)(source)
    lstm = layers.LSTM(4, return_sequences=True, return_state=True)
    dense, x, outputs = layers.Dense(6, activation="softmax"), first, []
    for _ in range(3):
        x, *states = lstm(x, initial_state=states)
        x = dense(x)
        outputs.append(x)
    return keras.Model([source, first], layers.Concatenate(axis=1)(outputs))


def span_of_both_ends() -> Any:
    """K. Lee et al. 2017, spans by the outputs at their two ends."""
    x = keras.Input((4, 5))
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    return keras.Model(x, layers.Dense(2)(layers.Concatenate()([y[:, 0], y[:, -1]])))


def reverse_in_a_lambda() -> Any:
    """qjadud1994/CRNN-Keras, the backward outputs reversed by a Lambda layer."""
    x = keras.Input((4, 5))
    forward = layers.LSTM(3, return_sequences=True)(x)
    backward = layers.LSTM(3, return_sequences=True, go_backwards=True)(x)
    flip = layers.Lambda(lambda t: keras.ops.flip(t, axis=1), output_shape=(4, 3))
    return keras.Model(x, layers.Concatenate()([forward, flip(backward)]))


def inner_encoder_of_twins() -> Any:
    """aditya1503/Siamese-LSTM, one encoder model for masked words and for vectors."""
    start = keras.Input((5, 4))
    encoded = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(start)
    encoder = keras.Model(start, layers.GlobalMaxPooling1D()(encoded), name="encoder")
    tokens, vectors = keras.Input((5,), dtype="int32"), keras.Input((5, 4))
    words = layers.Embedding(WORDS, 4, mask_zero=True)(tokens)
    return keras.Model([tokens, vectors], layers.Dot(1)([encoder(words), encoder(vectors)]))


def knowledge_tracing() -> Any:
    """lccasagrande/Deep-Knowledge-Tracing, masked answers, one prediction for each."""
    x = keras.Input((None, 6))
    y = layers.LSTM(4, return_sequences=True, dropout=0.2)(layers.Masking(-1.0)(x))
    return keras.Model(x, layers.TimeDistributed(layers.Dense(5, activation="sigmoid"))(y))


def learned_initial_state() -> Any:
    """A common pattern: initial states that are halves of a dense layer's output."""
    x, condition = keras.Input((4, 5)), keras.Input((3,))
    h, c = ops.split(layers.Dense(8, activation="tanh")(condition), 2, axis=-1)
    return keras.Model([x, condition], layers.LSTM(4)(x, initial_state=[h, c]))


def stacked_decoder() -> Any:
    """Stack Overflow 55765447: each decoder layer starts from the encoder layer beside it."""
    source, target = keras.Input((4, 5)), keras.Input((3, 5))
    x, *first = layers.LSTM(4, return_sequences=True, return_state=True)(source)
    _, *second = layers.LSTM(4, return_state=True)(x)
    y = layers.LSTM(4, return_sequences=True)(target, initial_state=first)
    y = layers.LSTM(4, return_sequences=True)(y, initial_state=second)
    return keras.Model([source, target], layers.Dense(5)(y))


def stateful_generator() -> Any:
    """A common pattern: text generation by a stateful layer with one sample."""
    x = keras.Input(batch_shape=(1, 1, 5))
    y = layers.LSTM(4, stateful=True, return_sequences=True)(x)
    return keras.Model(x, layers.Dense(5)(y)[0])


def both_directions_kept_apart() -> Any:
    """keras-team/keras, bidirectional_test.py, merge_mode=None before two heads."""
    x = keras.Input((4, 5))
    forward, backward = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=None)(
        x
    )
    return keras.Model(x, layers.Concatenate()([forward[:, -1], backward[:, 0]]))


def vertical_and_horizontal() -> Any:
    """F. Visin et al. (ReNet), one layer along rows, one along columns, in both directions."""
    image = keras.Input((4, 5, 2))
    x = layers.TimeDistributed(layers.Bidirectional(layers.GRU(2, return_sequences=True)))(image)
    x = layers.Permute((2, 1, 3))(x)
    x = layers.TimeDistributed(layers.Bidirectional(layers.GRU(2, return_sequences=True)))(x)
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))
