"""Every diagnostic of explain is true of the model, and its fix works."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.models import FRAMES, PADDED, Subclassed, X, built, reads_padding, report, report_of

from rnn_returns import Report, explain, observe


def diagnostics(report: Report) -> str:
    """Return all diagnostics of a report as one text."""
    return " ".join(text for layer in report.layers for text in layer.diagnostics)


def padded_words() -> tuple[Any, Any]:
    """Return a symbolic input for padded sentences, and their words with a mask."""
    tokens = keras.Input((6,), dtype="int32")
    return tokens, layers.Embedding(10, 4, mask_zero=True)(tokens)


@pytest.mark.parametrize("name", ["reviews", "next_frame", "tagger", "films", "twins"])
def test_no_diagnostic_without_a_mistake(name: str) -> None:
    """A model without a known mistake gets no diagnostic."""
    assert diagnostics(report(name)) == ""


@pytest.mark.parametrize("masked", [False, True])
def test_initial_state_drops_the_mask(masked: bool) -> None:
    """The mask is reported to be dropped if it is, and to pass it to the call fixes that."""
    tokens, words = padded_words()
    start = keras.Input((3,))
    mask = {"mask": words._keras_mask} if masked else {}
    model = keras.Model([tokens, start], layers.GRU(3)(words, initial_state=start, **mask))
    result = explain(model)

    assert reads_padding(model, model.output, [PADDED, np.ones((2, 3), "float32")]) is not masked
    assert result.layers[0].mask is masked
    assert ("The mask is dropped" in diagnostics(result)) is not masked


def test_flags_without_a_use() -> None:
    """Flags whose tensors no layer uses are named, and to leave them out changes nothing."""
    layer = layers.LSTM(3, return_sequences=True, return_state=True)
    output, *states = layer(X)

    assert "return_state=True can be left out" in diagnostics(report_of(X, output))
    assert "return_sequences=True can be left out" in diagnostics(report_of(X, *states))
    assert diagnostics(report_of(X, output, states[1])) == ""
    sequence, *before = layer(FRAMES)
    layer.return_sequences = False
    last, *after = layer(FRAMES)
    assert (sequence.ndim, last.ndim) == (3, 2)
    assert np.array_equal(before, after)


@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.Bidirectional])
def test_activity_regularizer_penalizes_the_states(wrap: Callable[[Any], Any]) -> None:
    """The states are reported to be penalized exactly if there are more penalties than outputs."""
    penalties = {}
    for flag in (False, True):
        layer = wrap(layers.LSTM(3, return_state=flag, activity_regularizer="l2"))
        result = report_of(X, *keras.tree.flatten(layer(X)))
        assert ("penalizes the returned states" in diagnostics(result)) is flag
        layer(FRAMES)
        penalties[flag] = len(layer.losses)

    assert penalties[True] == 3 * penalties[False]


def test_stateful() -> None:
    """A stateful layer continues from its last call until it is reset; a stack of cells fails."""
    model, text = built("stream"), diagnostics(report("stream"))
    chunk = FRAMES[:, :5, :1]
    first, second = model(chunk), model(chunk)
    for layer in model.layers[:2]:
        layer.reset_state()

    assert text.count("reset_state() on the layer") == 2
    assert "reset_state() fails" not in text
    assert not np.array_equal(first, second)
    assert np.array_equal(first, model(chunk))

    x = keras.Input(batch_shape=(2, 6, 4))
    stack = layers.RNN([layers.GRUCell(3), layers.GRUCell(3)], stateful=True)

    assert "reset_state() fails on a stateful stack" in diagnostics(report_of(x, stack(x)))
    with pytest.raises(AttributeError):
        stack.reset_state()


def test_go_backwards_reverses_the_steps_and_not_the_mask() -> None:
    """Reversed time steps are reported, and so is the mask that no longer belongs to them."""
    tokens, words = padded_words()
    layer = layers.LSTM(3, return_sequences=True, go_backwards=True)
    model = keras.Model(tokens, layer(words))
    output, text = model(PADDED), diagnostics(explain(model))

    assert "the last one first" in text
    assert "propagated in the order of the input" in text
    assert np.array_equal(output._keras_mask, PADDED != 0)
    # The first output belongs to the last time step, which is masked: the state is still zero.
    assert np.array_equal(np.all(np.array(output) == 0, axis=-1), (PADDED == 0)[:, ::-1])


def test_zero_output_for_mask_without_sequences() -> None:
    """A sample that ends in padding is reported to get zeros, and it gets them."""
    tokens, words = padded_words()
    model = keras.Model(tokens, layers.LSTM(3, zero_output_for_mask=True)(words))
    sequence = layers.LSTM(3, zero_output_for_mask=True, return_sequences=True)(words)
    output = np.array(model(PADDED))

    assert "makes the output zero for a sample" in diagnostics(explain(model))
    assert diagnostics(report_of(tokens, sequence)) == ""
    assert not output[0].any()
    assert output[1].all()


def test_the_last_step_of_both_directions() -> None:
    """The last time step of the output is the first one that the backward layer processes."""
    sequence = layers.Bidirectional(layers.GRU(3, return_sequences=True))(X)
    last, first = keras.Model(X, sequence[:, -1]), keras.Model(X, sequence[:, 0])
    one_direction = layers.GRU(3, return_sequences=True)(X)
    changed = FRAMES.copy()
    changed[:, :5] += 1

    assert "layer has processed only one time step there" in diagnostics(explain(last))
    assert diagnostics(explain(first)) == ""
    assert diagnostics(report_of(X, one_direction[:, -1])) == ""
    assert np.array_equal(last(FRAMES)[:, 3:], last(changed)[:, 3:])
    assert not np.array_equal(first(FRAMES)[:, 3:], first(changed)[:, 3:])


def test_states_in_time_distributed() -> None:
    """TimeDistributed is reported to stack the states, and to raise an error on an input."""
    wrapper = layers.TimeDistributed(layers.GRU(3, return_state=True), name="wrapper")
    text = diagnostics(explain(Subclassed(wrapper)))

    assert "stacks all that the layer inside returns into one tensor" in text
    assert observe(wrapper, FRAMES[:, None]).container == "tensor"
    with pytest.raises(ValueError, match="TimeDistributed"):
        wrapper(keras.Input((1, 6, 4)))


def test_a_model_that_cannot_run() -> None:
    """A model that Keras creates but fails to run is reported to be one."""
    tokens, words = padded_words()
    model = keras.Model(tokens, layers.RNN([layers.LSTMCell(3)])(words))
    text = diagnostics(explain(model))

    assert "The model can be made, but not run: Keras fails on a mask" in text
    with pytest.raises(Exception, match="structure"):
        model(PADDED)


def test_symbolic_shapes_that_are_wrong() -> None:
    """If Keras infers a wrong shape, the right one is reported."""
    backward = layers.GRU(5, go_backwards=True)
    both = layers.Bidirectional(layers.GRU(3), backward_layer=backward, merge_mode=None)
    model = keras.Model(X, both(X))
    shapes = [(None, output.shape[1]) for output in model(FRAMES)]

    expected = "on data they are forward_output {}, backward_output {}.".format(*shapes)
    assert expected in diagnostics(explain(model))
