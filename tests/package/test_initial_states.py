"""What Keras makes of an initial state that does not fit, and of one outside of [-1, 1]."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

X = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
STATE = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")


def test_a_state_of_one_sample_is_broadcast() -> None:
    """A state of batch 1 starts each sample."""
    gru = layers.GRU(4)

    repeated = gru(X, initial_state=np.repeat(STATE[:1], 2, axis=0))
    np.testing.assert_allclose(gru(X, initial_state=STATE[:1]), repeated, atol=1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_a_state_of_one_sample_in_a_graph(kind: str) -> None:
    """In a graph, a state of batch size 1 for two samples raises an error without `unroll=True`."""
    state = keras.Input((4,))
    inputs = [keras.Input((3, 5)), state]
    states = [state] * (2 if kind == "LSTM" else 1)
    for unroll in (False, True):
        layer = getattr(layers, kind)(4, unroll=unroll)
        model = keras.Model(inputs, layer(inputs[0], initial_state=states))
        for call in (model.predict_on_batch, tf.function(model)):
            if unroll:
                np.testing.assert_allclose(call([X, STATE[:1]]), model([X, STATE[:1]]), atol=1e-6)
            else:
                with pytest.raises(ValueError, match="enters the loop with shape"):
                    call([X, STATE[:1]])


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_a_state_of_unknown_batch_size_in_a_graph(kind: str) -> None:
    """A state is broadcast if its batch size is unknown to the graph, and without a graph."""
    inputs = [keras.Input((3, 5)), keras.Input((4,))]
    states = [inputs[1]] * (2 if kind == "LSTM" else 1)
    model = keras.Model(inputs, getattr(layers, kind)(4)(inputs[0], initial_state=states))
    expected = model([X, STATE[:1]])

    model.predict_on_batch([X, STATE])  # The second call is traced for any batch size.
    np.testing.assert_allclose(model.predict_on_batch([X, STATE[:1]]), expected, atol=1e-6)

    specs = [tf.TensorSpec((None, 3, 5)), tf.TensorSpec((None, 4))]
    traced = tf.function(model, input_signature=[specs])
    np.testing.assert_allclose(traced([X, STATE[:1]]), expected, atol=1e-6)

    model.compile(run_eagerly=True)
    np.testing.assert_allclose(model.predict_on_batch([X, STATE[:1]]), expected, atol=1e-6)


def test_two_states_for_one_sample() -> None:
    """A state of batch 2 makes two outputs of one sample."""
    gru = layers.GRU(4)
    outputs = gru(X[:1], initial_state=STATE)

    assert outputs.shape == (2, 4)
    for output, state in zip(outputs, STATE, strict=True):
        expected = gru(X[:1], initial_state=state[np.newaxis])
        np.testing.assert_allclose(output[np.newaxis], expected, atol=1e-6)


@pytest.mark.parametrize(("kind", "count"), [("LSTM", 2), ("GRU", 1), ("SimpleRNN", 1)])
def test_half_of_the_states_of_both_directions(kind: str, count: int) -> None:
    """A Bidirectional layer that is given the states of one direction reports an index."""
    layer = layers.Bidirectional(getattr(layers, kind)(4))

    with pytest.raises(IndexError, match="list index out of range"):
        layer(X, initial_state=[STATE] * count)


def test_two_states_for_a_simple_rnn() -> None:
    """A SimpleRNN that is given two states reports leaves."""
    with pytest.raises(ValueError, match="Too few leaves"):
        layers.SimpleRNN(4)(X, initial_state=[STATE, STATE])


def test_two_states_for_a_gru() -> None:
    """A GRU ignores a second state."""
    gru = layers.GRU(4)

    np.testing.assert_array_equal(
        gru(X, initial_state=[STATE, STATE + 1]), gru(X, initial_state=[STATE])
    )


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_a_hidden_state_above_one(kind: str) -> None:
    """The hidden state of a GRU can stay above 1 if it starts there; that of an LSTM cannot."""
    layer = getattr(layers, kind)(4, kernel_initializer="zeros", recurrent_initializer="zeros")
    start: Any = np.full((1, 4), 5.0, "float32")
    output = layer(X[:1, :1], initial_state=[start] * (2 if kind == "LSTM" else 1))

    # Without weights the update gate of a GRU is 1/2, and the candidate is 0.
    assert (output[0, 0] == 2.5) if kind == "GRU" else (output[0, 0] < 1)


def test_chunks_with_dropout() -> None:
    """In training, dropout draws a mask for each chunk, so that chunks differ from the whole."""
    gru = layers.GRU(4, dropout=0.5, seed=1, return_state=True)

    def process_chunks(training: bool) -> Any:
        _, state = gru(X[:, :1], training=training)
        return gru(X[:, 1:], initial_state=state, training=training)[0]

    np.testing.assert_allclose(process_chunks(False), gru(X)[0], atol=1e-6)
    assert not np.allclose(process_chunks(True), gru(X, training=True)[0], atol=1e-3)
