"""Keras still has each pitfall of docs/pitfalls.md; one that was fixed has to leave the page."""

import doctest
import inspect
import re
import warnings
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers
from support.sites import ROOT

from rnn_returns import observe

X = np.arange(6, dtype="float32").reshape(2, 3, 1)
EMBEDDING = layers.Embedding(5, 3, mask_zero=True)
TOKENS = np.array([[4, 2, 0]])


def raises(error: type[Exception], text: str, call: Callable[[], object]) -> bool:
    """Whether *call* raises exactly this *error*, with *text* in its message."""
    try:
        call()
    except Exception as raised:
        return type(raised) is error and text in str(raised)
    return False


def mask_initial_state() -> bool:
    """With an initial state, even of zeros, the mask of the input is not used."""
    embedded = EMBEDDING(TOKENS)
    gru = layers.GRU(4)
    started = gru(embedded, initial_state=np.zeros((1, 4), "float32"))
    return np.array_equal(started, gru(np.array(embedded))) and not np.array_equal(
        started, gru(embedded)
    )


def mask_dropped() -> bool:
    """A layer without masking warns and drops the mask, and the reference says it raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        convolved = layers.Conv1D(3, 1)(EMBEDDING(TOKENS))
    gru = layers.GRU(4)
    return (
        "exception will be raised" in layers.Masking.__doc__
        and any("destroy the mask" in str(warning.message) for warning in caught)
        and np.array_equal(gru(convolved), gru(np.array(convolved)))
    )


def go_backwards_mask() -> bool:
    """The output is in the order of processing, the mask in the order of the input."""
    backwards = layers.LSTM(4, go_backwards=True, return_sequences=True)
    returned = observe(backwards, EMBEDDING(TOKENS))
    return np.array_equal(returned.mask, TOKENS != 0) and np.array_equal(
        returned.output.any(axis=-1), returned.mask[:, ::-1]
    )


def zero_output() -> bool:
    """The last output is wiped out, where the reference says that the flag is not used."""
    padded = np.array([[True, True, False]] * 2)
    lstm = layers.LSTM(4, zero_output_for_mask=True, return_state=True)
    output, state_h, _ = lstm(X, mask=padded)
    documented = "this field is only used when `return_sequences`" in layers.RNN.__doc__
    return documented and not np.any(output) and bool(np.any(state_h))


def activity_regularizer() -> bool:
    """The output and both states are penalised."""
    lstm = layers.LSTM(4, activity_regularizer=keras.regularizers.L1(0.5), return_state=True)
    lstm(X)
    return len(lstm.losses) == 3


def bare_tensor() -> bool:
    """The first sample's state starts the forward layer, the second's the backward one."""
    state = np.array([[1.0, 1.0], [2.0, 2.0]], "float32")
    bidirectional = layers.Bidirectional(layers.GRU(2))
    return np.array_equal(
        bidirectional(X, initial_state=state),
        bidirectional(X, initial_state=[state[:1], state[1:]]),
    )


def gru_extra_state() -> bool:
    """The second of two initial states is ignored."""
    gru = layers.GRU(4)
    h, c = np.ones((2, 2, 4), "float32")
    return np.array_equal(gru(X, initial_state=[h, c]), gru(X, initial_state=[h]))


def lstm_cell_states() -> bool:
    """One tensor, as the reference asks for, is read as a row for h and a row for c."""
    cell = layers.LSTMCell(4)
    rows = np.array([[1.0] * 4, [2.0] * 4], "float32")
    documented = "states: A 2D tensor with shape `(batch, units)`" in layers.LSTMCell.__doc__
    read = cell(X[:, 0], rows)[0]
    as_two = cell(X[:, 0], [rows[[0, 0]], rows[[1, 1]]])[0]
    # Some processors round one row times a matrix otherwise than two rows.
    return documented and np.allclose(read, as_two, rtol=0, atol=1e-6)


def attention_query() -> bool:
    """A query without time steps is not refused, and the batch is taken for them."""
    query, values = layers.GRU(4)(X), layers.GRU(4, return_sequences=True)(X)
    attention = layers.Attention()
    mixed = attention([query, values])
    return np.allclose(mixed, attention([np.stack([query, query]), values]))


def stateful_last_batch() -> bool:
    """Three samples in batches of two give four answers."""
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.LSTM(4, stateful=True)])
    return len(model.predict(np.ones((3, 3, 1)), batch_size=2, verbose=0)) == 4


def initial_state_unchecked() -> bool:
    """One state of the wrong size passes until the model runs."""
    inputs, state = keras.Input((3, 1)), keras.Input((5,))
    model = keras.Model([inputs, state], layers.LSTM(4)(inputs, initial_state=[state]))
    return raises(IndexError, "list index out of range", lambda: model([X, np.zeros((2, 5))]))


def tuple_() -> bool:
    """A tuple comes back, where the reference says list."""
    return "a list of tensors" in layers.RNN.__doc__ and isinstance(
        layers.LSTM(4, return_state=True)(X), tuple
    )


def merge_mode_none() -> bool:
    """A tuple comes back, where the reference says list."""
    return "returned as a list" in layers.Bidirectional.__doc__ and isinstance(
        layers.Bidirectional(layers.LSTM(4), merge_mode=None)(X), tuple
    )


def stacked_single_state() -> bool:
    """Each state is in a list, but not in a model."""
    stack = layers.RNN([layers.GRUCell(4), layers.GRUCell(4)], return_state=True)
    _, *eager = stack(X)
    _, *symbolic = stack(keras.Input((3, 1)))
    return all(isinstance(state, list) for state in eager) and not any(
        isinstance(state, list) for state in symbolic
    )


def one_cell_list() -> bool:
    """The states are nested, and cannot be had unrolled."""
    nested = layers.RNN([layers.LSTMCell(4)], return_state=True)(X)
    unrolled = layers.RNN([layers.LSTMCell(4)], return_state=True, unroll=True)
    return len(nested) == 2 and raises(IndexError, "list index out of range", lambda: unrolled(X))


def time_distributed_states() -> bool:
    """Three tensors come back as one, and not at all in a model."""
    distributed = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    return tuple(distributed(np.ones((2, 6, 5, 1))).shape) == (3, 6, 2, 4) and raises(
        ValueError, "to a shape", lambda: distributed(keras.Input((6, 5, 1)))
    )


def conv_lstm3d_ranks() -> bool:
    """The reference counts five axes and four, and there are six and five."""
    conv = layers.ConvLSTM3D(1, 2, return_sequences=True, return_state=True)
    returned = conv(np.ones((1, 2, 3, 3, 3, 1)))
    ranks = re.findall(r"\d(?=D tensor with shape: `\(samples)", layers.ConvLSTM3D.__doc__)
    return set(ranks) == {"4", "5"} and [tensor.ndim for tensor in returned] == [6, 5, 5]


def bidirectional_stateful_state() -> bool:
    """The two flags together are refused, by an error that names neither."""
    bidirectional = layers.Bidirectional(layers.LSTM(4, stateful=True, return_state=True))
    return raises(TypeError, "'generator' and 'int'", lambda: bidirectional(X))


def bidirectional_go_backwards() -> bool:
    """A layer that reads backwards already cannot be wrapped."""
    return raises(
        ValueError,
        "should have different `go_backwards` value",
        lambda: layers.Bidirectional(layers.LSTM(4, go_backwards=True)),
    )


def reset_stacked() -> bool:
    """Lists of variables are taken for variables."""
    stack = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)], stateful=True)
    stack(X)
    return raises(AttributeError, "has no attribute 'assign'", stack.reset_state)


def lstm_cell_example() -> bool:
    """The example unpacks three tensors into two names."""
    names = {"np": np, "keras": keras}
    example = "".join(
        line.source for line in doctest.DocTestParser().get_examples(layers.LSTMCell.__doc__)
    )
    return raises(ValueError, "too many values to unpack", lambda: exec(example, names))


def inputs() -> bool:
    """The reference documents an argument that does not exist."""
    documented = "inputs: A 3D tensor" in layers.LSTM.__doc__
    return documented and "inputs" not in inspect.signature(layers.LSTM.call).parameters


def reset_state_argument() -> bool:
    """The reference passes states, and there is no such argument."""
    gru = layers.GRU(4, stateful=True)
    return "with the keyword argument `states`" in layers.RNN.__doc__ and raises(
        TypeError, "'states'", lambda: gru.reset_state(states=[np.ones((2, 4))])
    )


def reset_model() -> bool:
    """The reference calls it on a model, which has no such method."""
    return "on your entire model" in layers.RNN.__doc__ and not hasattr(keras.Model, "reset_state")


def constants() -> bool:
    """The reference points to a note that is not there, on an argument that is not there."""
    return layers.RNN.__doc__.count("passing external constants") == 1 and raises(
        TypeError, "'constants'", lambda: layers.GRU(4)(X, constants=[X])
    )


# Every function above without parameters is the proof of a pitfall.
PITFALLS = {
    f"pitfall-{name.strip('_').replace('_', '-')}": function
    for name, function in dict(globals()).items()
    if inspect.isfunction(function) and not inspect.signature(function).parameters
}
PAGE = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
HEADINGS = dict(re.findall(r"^\((pitfall-.+)\)=\n(?:\(.+\)=\n)*### (.+)$", PAGE, re.M))


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_keras_still_does_so(pitfall: str) -> None:
    """Each pitfall of the page is one still, or the page is told to drop it."""
    try:
        surprises, reason = PITFALLS[pitfall](), "its proof came out False"
    except Exception as error:
        surprises, reason = False, f"its proof raised {error!r}"

    assert surprises, (
        f"Keras {keras.__version__} fixed or changed {pitfall}: {reason}. Prove it again, and "
        f"change the section '{HEADINGS.get(pitfall)}', labelled ({pitfall})=, of docs/pitfalls.md."
    )


def test_every_pitfall_is_on_the_page_and_tested() -> None:
    """Each section of the page has its proof here, and each proof its section."""
    assert HEADINGS.keys() == PITFALLS.keys()
    assert len(HEADINGS) == PAGE.count("\n### ")
