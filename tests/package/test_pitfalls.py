"""Keras still has each pitfall of docs/pitfalls/; one that was fixed has to leave its page."""

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
    """With an initial state, even of zeros, the mask is not used; a sequence still carries it."""
    embedded = EMBEDDING(TOKENS)
    gru, sequence = layers.GRU(4), layers.GRU(4, return_sequences=True)
    zeros = np.zeros((1, 4), "float32")
    started = gru(embedded, initial_state=zeros)
    masks = [
        getattr(layer(embedded, initial_state=zeros), "_keras_mask", None)
        for layer in (gru, sequence)
    ]
    return (
        np.array_equal(started, gru(np.array(embedded)))
        and not np.array_equal(started, gru(embedded))
        and masks[0] is None
        and masks[1] is not None
    )


def counter(**arguments: object) -> layers.SimpleRNN:
    """Make a layer that counts the time steps that it processes."""
    return layers.SimpleRNN(
        1,
        kernel_initializer="zeros",
        recurrent_initializer="ones",
        bias_initializer="ones",
        activation=None,
        **arguments,
    )


def adder(**arguments: object) -> layers.SimpleRNN:
    """Make a layer that computes a running sum."""
    return layers.SimpleRNN(
        1,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        activation=None,
        **arguments,
    )


ONES = np.ones((2, 3, 1), "float32")
SERIES = np.array([[[1.0], [2.0], [0.0]]])
MASK = np.array([[True, True, False]])


def counted(sequence: object, **arguments: object) -> list[float]:
    """Return how many time steps of *sequence* are processed."""
    return [float(count) for count in np.ravel(counter()(sequence, **arguments))]


def mask_arithmetic() -> bool:
    """An operation drops the mask, also in a model; a layer and some functions propagate it."""
    eager, symbolic = layers.Masking()(SERIES), layers.Masking()(inputs_ := keras.Input((3, 1)))

    def count(sequence: object) -> list[float]:
        model = keras.Model(inputs_, counter()(sequence))
        return [float(count) for count in np.ravel(model(SERIES))]

    kept = counted(layers.Rescaling(2)(eager)), count(layers.Rescaling(2)(symbolic))
    dropped = counted(eager * 2), counted(eager[:, :3]), count(symbolic * 2), count(symbolic[:, :3])
    kept_by_function = counted(keras.ops.cast(eager, "float32"))
    return kept == ([2],) * 2 and dropped == ([3],) * 4 and kept_by_function == [2]


def attention_removes_mask() -> bool:
    """The masks of the inputs are removed, also in a custom model, but not in a functional one."""
    masking, gru = layers.Masking(), layers.GRU(4)
    with_mask, without = gru(masking(SERIES)), gru(SERIES)
    attention, additive = layers.MultiHeadAttention(1, 2), layers.AdditiveAttention()

    class Custom(keras.Model):  # type: ignore[misc]
        def call(self, x: object) -> object:
            masked = masking(x)
            attention(masked, masked)
            return gru(masked)

    query, value, key = (masking(SERIES) for _ in range(3))
    attention(query, value, key)
    masked = masking(SERIES)
    additive([masked, masked])
    removed = [gru(query), gru(value), gru(key), Custom()(SERIES)]
    removed.append(Custom().predict(SERIES, verbose=0))
    symbolic = masking(inputs_ := keras.Input((3, 1)))
    model = keras.Model(inputs_, [attention(symbolic, symbolic), gru(symbolic)])
    kept = [gru(masked), model(SERIES)[1], model.predict(SERIES, verbose=0)[1]]
    return (
        not np.allclose(with_mask, without)
        and all(np.allclose(output, without, atol=1e-6) for output in removed)
        and all(np.allclose(output, with_mask, atol=1e-6) for output in kept)
    )


def mask_loss() -> bool:
    """The loss of a masked time step is zero, unless the mask is dropped."""
    inputs = keras.Input((3, 1))
    output = adder(return_sequences=True)(layers.Masking()(inputs))
    losses = []
    for result in (output, output * 1):
        model = keras.Model(inputs, result)
        model.compile(loss="mse")
        losses.append(model.evaluate(SERIES, np.array([[[1.0], [3.0], [99.0]]]), verbose=0))
    return bool(losses[0] == 0 and losses[1] > 3000)


def masking_zero_steps() -> bool:
    """A time step of zeros is masked wherever it is; a value that is not exact is not masked."""

    def padded(value: float, dtype: str) -> list[float]:
        data = np.where(MASK[..., np.newaxis], SERIES, value)
        return counted(layers.Masking(value, dtype=dtype)(data))

    mixed = "mixed_float16", "mixed_bfloat16"
    return (
        counted(layers.Masking()(SERIES[:, [0, 2, 1]])) == [2]
        and bool(np.isnan(padded(np.nan, "float32")).all())
        and [padded(-999.9, dtype) for dtype in ("float32", *mixed)] == [[2], [3], [3]]
        and [padded(-100, dtype) for dtype in ("float32", *mixed)] == [[2]] * 3
    )


def mask_nan() -> bool:
    """The output is finite, and one training step makes every weight NaN, or the kernel."""

    def finite(layer: keras.Layer) -> list[bool]:
        inputs, mask = keras.Input((3, 1)), keras.Input((3,), dtype="bool")
        model = keras.Model([inputs, mask], layer(inputs, mask=mask))
        model.compile(loss="mse")
        data = [np.where(MASK[..., np.newaxis], SERIES, np.nan), MASK]
        output = model.predict(data, verbose=0)
        model.train_on_batch(data, np.zeros((1, 4)))
        return [bool(np.isfinite(array).any()) for array in (output, *model.get_weights())]

    kinds = layers.LSTM, layers.GRU, layers.SimpleRNN
    linear = finite(layers.SimpleRNN(4, activation=None))
    return [finite(kind(4)) for kind in kinds] == [[True, False, False, False]] * 3 and linear == [
        True,
        False,
        True,
        True,
    ]


def unrolled_zero_output() -> bool:
    """The mask is not reversed for the outputs of an unrolled backward layer."""
    halves = [
        np.array(
            layers.Bidirectional(counter(return_sequences=True, unroll=unroll))(SERIES, mask=MASK)
        )
        for unroll in (False, True)
    ]
    return [half[0, :, 1].tolist() for half in halves] == [[2, 1, 0], [0, 1, 0]]


def conv_lstm_masking() -> bool:
    """The mask of images has a value for each pixel, and a masked pixel keeps its state."""
    video = np.zeros((1, 2, 3, 3, 1), "float32")
    video[0, 0, 0, 0] = video[0, 1, 1, 1] = 1
    masking, conv = layers.Masking(), layers.ConvLSTM2D(1, 1, return_sequences=True)
    masked, plain = (np.array(conv(x))[0, :, 0, 0, 0] for x in (masking(video), video))
    return (
        tuple(masking.compute_mask(video).shape) == video.shape[:-1]
        and masked[0] == masked[1]
        and plain[0] != plain[1]
    )


def state_broadcast() -> bool:
    """An input with batch size one is broadcast; a state only eagerly or unrolled."""
    one, two = np.array([[100.0]]), np.array([[100.0], [200.0]])

    class Started(keras.Model):  # type: ignore[misc]
        def __init__(self, state: np.ndarray, **arguments: object) -> None:
            super().__init__()
            self.layer, self.state = adder(**arguments), state

        def call(self, x: object) -> object:
            return self.layer(x, initial_state=keras.ops.convert_to_tensor(self.state, "float32"))

    outputs = [
        adder()(ONES, initial_state=one),
        Started(one, unroll=True).predict(ONES, verbose=0),
        adder()(ONES[:1], initial_state=two),
        Started(two)(ONES[:1]),
    ]
    broadcast = [np.ravel(output).tolist() for output in outputs]
    with pytest.raises(Exception, match="shapes"):
        adder()(np.ones((3, 3, 1)), initial_state=two)
    return broadcast == [[103, 103]] * 2 + [[103, 203]] * 2 and raises(
        ValueError, "enters the loop", lambda: Started(one).predict(ONES, verbose=0)
    )


def stateful_initial_state() -> bool:
    """The states of a call with an initial state are kept."""
    layer = adder(stateful=True)
    layer(ONES)
    layer(ONES, initial_state=np.array([[100.0], [200.0]]))
    return np.array_equal(np.ravel(layer(ONES)), [106, 206])


def reset_nested() -> bool:
    """A loop over the layers misses those in a nested model and in `TimeDistributed`."""
    batch = keras.Input(batch_shape=ONES.shape)
    nested = keras.Sequential([batch, keras.Sequential([batch, adder(stateful=True)])])
    slices = keras.Input(batch_shape=(2, 1, 3, 1))
    distributed = keras.Sequential([slices, layers.TimeDistributed(adder(stateful=True))])
    both = keras.Sequential([batch, layers.Bidirectional(adder(stateful=True))])
    sums = []
    for model, x in ((nested, ONES), (distributed, ONES[:, np.newaxis]), (both, ONES)):
        model(x)
        for layer in model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()
        sums.append(np.ravel(model(x)).tolist())
    return sums == [[6, 6], [6, 6], [3, 3, 3, 3]]


def time_distributed_stateful() -> bool:
    """The states of a slice are the initial states of the next one."""
    layer = layers.TimeDistributed(adder(stateful=True))
    return np.array_equal(np.ravel(layer(np.ones((1, 3, 2, 1)))), [2, 4, 6])


def model_arguments() -> bool:
    """On data, also in `predict`, a model ignores what its layer has; symbolically it raises."""
    inputs, state = keras.Input((3, 1)), np.array([[100.0], [200.0]])
    models = keras.Sequential([adder()]), keras.Model(inputs, adder()(inputs))

    class Custom(keras.Model):  # type: ignore[misc]
        def call(self, x: object) -> object:
            return models[0](x, initial_state=np.ones((2, 1)))

    calls = [model(ONES, initial_state=state) for model in models]
    outputs = [*calls, Custom()(ONES), Custom().predict(ONES, verbose=0)]
    return all(np.ravel(output).tolist() == [3, 3] for output in outputs) and all(
        raises(TypeError, "'initial_state'", lambda: model(inputs, initial_state=state))  # noqa: B023
        for model in models
    )


def unpack_batch() -> bool:
    """One tensor or array of two samples is unpacked into two names, but not symbolically."""
    first, _ = layers.GRU(4)(X)
    predicted, _ = keras.Sequential([layers.GRU(4)]).predict(X, verbose=0)
    return first.shape == predicted.shape == (4,) and raises(
        NotImplementedError,
        "Iterating over a symbolic",
        lambda: list(layers.GRU(4)(keras.Input((3, 1)))),
    )


def first_sample() -> bool:
    """An index selects a sample, also in a model."""
    inputs = keras.Input((3, 1))
    return tuple(keras.Model(inputs, layers.LSTM(4)(inputs)[0])(X).shape) == (4,)


def target_broadcast() -> bool:
    """One target per sample is compared with the output at every time step."""
    model = keras.Sequential([adder(return_sequences=True)])
    model.compile(loss="mse")
    loss = model.evaluate(np.array([[[1.0], [2.0], [4.0]]] * 2), np.full((2, 1), 7.0), verbose=0)
    return bool(abs(loss - (36 + 16) / 3) < 1e-4)


def simple_rnn_arguments() -> bool:
    """SimpleRNN has no activity penalty and no seed in its config; a GRU has both."""
    found = []
    for kind in (layers.SimpleRNN, layers.GRU):
        layer = kind(4, activity_regularizer="l1", seed=7)
        layer(X)
        found.append((len(layer.losses), kind.from_config(layer.get_config()).cell.seed))
    return found == [(0, None), (1, 7)]


def time_distributed_losses() -> bool:
    """The activity penalty of the wrapped layer is missing; that of the wrapper is not."""
    wrapped = layers.TimeDistributed(layers.Dense(4, activity_regularizer="l1"))
    wrapper = layers.TimeDistributed(layers.Dense(4), activity_regularizer="l1")
    wrapped(X), wrapper(X)
    return not wrapped.losses and len(wrapper.losses) == 1


def time_distributed_slices() -> bool:
    """In a graph with an unknown number of slices, there are as many as samples."""
    inputs = keras.Input((None, 4, 5))
    model = keras.Model(inputs, layers.TimeDistributed(layers.LSTM(4))(inputs))
    shapes = [model.predict(np.ones((2, n, 4, 5)), verbose=0).shape for n in (6, 5)]
    with pytest.raises(Exception, match="StridedSlice"):
        model.predict(np.ones((5, 3, 4, 5)), verbose=0)
    return shapes == [(2, 6, 4), (2, 2, 4)]


def bidirectional_weights() -> bool:
    """The weights are not those that were passed."""
    trained = layers.Bidirectional(layers.LSTM(4))
    output = trained(X)
    copied = layers.Bidirectional(layers.LSTM(4), weights=trained.get_weights())
    different = not np.allclose(output, copied(X))
    copied.set_weights(trained.get_weights())
    return different and np.allclose(output, copied(X))


def bidirectional_attribute() -> bool:
    """The units of the backward half are reversed; with states, one sample is the output."""
    layer = layers.Bidirectional(layers.LSTM(4))
    before = np.array(layer(X))
    layer.return_sequences = True
    units_reversed = np.concatenate([before[:, :4], before[:, :3:-1]], axis=-1)
    is_reversed = np.array_equal(layer(X), units_reversed)
    copied = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    copied.build(X.shape)
    copied.set_weights(layer.get_weights())
    ends = np.concatenate([copied(X)[:, -1, :4], copied(X)[:, 0, 4:]], axis=-1)
    layer.return_sequences, layer.return_state = False, True
    return (
        is_reversed
        and np.allclose(ends, before)
        and np.allclose(layer(X)[0], before[0])
        and raises(TypeError, "not iterable", lambda: layer(keras.Input((3, 1))))
    )


def dropout_clamped() -> bool:
    """A rate is clamped; LSTM and GRU ignore a rate of one, SimpleRNN drops its input."""
    kinds = (layers.LSTM, layers.GRU, layers.SimpleRNN)
    rates = [kind(4, dropout=rate).dropout for kind in kinds for rate in (20, -1)]
    same = []
    for kind in kinds:
        layer = kind(4, dropout=20)
        same.append(np.allclose(layer(ONES), layer(ONES, training=True)))
    return rates == [1, 0] * 3 and same == [True, True, False]


def backward_layer() -> bool:
    """With exchanged directions, both halves of the output are reversed."""
    x = np.array([[[1.0], [2.0], [4.0]]])
    halves = []
    for forward in (True, False):
        backward = adder(return_sequences=True, go_backwards=not forward)
        layer = layers.Bidirectional(
            adder(return_sequences=True, go_backwards=forward), backward_layer=backward
        )
        halves.append(np.array(layer(x))[0].T.tolist())
    overridden = backward.zero_output_for_mask is True
    layer = layers.Bidirectional(adder(go_backwards=True), backward_layer=adder())
    last = np.ravel(layer(x)).tolist() == [7, 7]  # Without a time axis, nothing is reversed.
    return last and overridden and halves == [[[4, 6, 7], [7, 3, 1]], [[1, 3, 7], [7, 6, 4]]]


def bidirectional_dtype() -> bool:
    """The output has the data type of the wrapper, the states that of the wrapped layer."""
    lstm = layers.LSTM(4, return_state=True, dtype="mixed_float16")
    output, *states = layers.Bidirectional(lstm)(X)
    return output.dtype == "float32" and {state.dtype.name for state in states} == {"float16"}


def mask_dropped() -> bool:
    """A layer without masking warns and drops the mask; the documentation says it raises."""
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
    """The last output is zero; the documentation says that the argument is not used."""
    padded = np.array([[True, True, False]] * 2)
    lstm = layers.LSTM(4, zero_output_for_mask=True, return_state=True)
    output, state_h, _ = lstm(X, mask=padded)
    documented = "this field is only used when `return_sequences`" in layers.RNN.__doc__
    counts = [
        float(counter(zero_output_for_mask=True, go_backwards=backwards)(SERIES, mask=mask)[0, 0])
        for backwards in (False, True)
        for mask in (MASK, MASK[:, ::-1])
    ]
    wrapped = [
        layers.Bidirectional(
            counter(zero_output_for_mask=not sequences, return_sequences=sequences)
        )
        for sequences in (False, True)
    ]
    return (
        documented
        and not np.any(output)
        and bool(np.any(state_h))
        and counts == [0, 2, 2, 0]
        and [layer.forward_layer.zero_output_for_mask for layer in wrapped] == [False, True]
    )


def activity_regularizer() -> bool:
    """The output and both states are penalized."""
    lstm = layers.LSTM(4, activity_regularizer=keras.regularizers.L1(0.5), return_state=True)
    lstm(X)
    return len(lstm.losses) == 3


def bare_tensor() -> bool:
    """The states of both directions are halves of the batch; one sample can have no output."""
    state = np.array([[1.0, 1.0], [2.0, 2.0]], "float32")
    bidirectional = layers.Bidirectional(layers.GRU(2))
    for size in (1, 3, 4):
        x, states = np.ones((size, 3, 1)), np.ones((size, 2))
        with pytest.raises(Exception, match="shapes"):
            layers.Bidirectional(layers.GRU(2))(x, initial_state=states)
    empty = []
    for mode in ("sum", "mul", "ave", None):
        merged = layers.Bidirectional(layers.GRU(2), merge_mode=mode)
        output = merged(ONES[:1], initial_state=np.ones((1, 2), "float32"))
        empty.append(tuple((output if mode else output[0]).shape))
    assert empty == [(0, 2)] * 4
    inputs, given = keras.Input((3, 1)), keras.Input((2,))
    model = keras.Model([inputs, given], bidirectional(inputs, initial_state=given))
    with pytest.raises(TypeError, match="len is not well defined"):
        model.predict([X, state], verbose=0)
    return np.array_equal(
        bidirectional(X, initial_state=state),
        bidirectional(X, initial_state=[state[:1], state[1:]]),
    )


def gru_extra_state() -> bool:
    """A GRU ignores the second of two initial states; a SimpleRNN does so only unrolled."""
    gru = layers.GRU(4)
    unrolled = layers.SimpleRNN(4, unroll=True)
    h, c = np.ones((2, 2, 4), "float32")
    ignored = [
        np.array_equal(layer(X, initial_state=[h, c]), layer(X, initial_state=[h]))
        for layer in (gru, unrolled)
    ]
    return ignored == [True, True] and raises(
        ValueError, "Too few leaves", lambda: layers.SimpleRNN(4)(X, initial_state=[h, c])
    )


def lstm_cell_states() -> bool:
    """One tensor, as documented, is used as a row for h and a row for c."""
    cell = layers.LSTMCell(4)
    rows = np.array([[1.0] * 4, [2.0] * 4], "float32")
    documented = "states: A 2D tensor with shape `(batch, units)`" in layers.LSTMCell.__doc__
    read = cell(X[:, 0], rows)[0]
    as_two = cell(X[:, 0], [rows[[0, 0]], rows[[1, 1]]])[0]
    with pytest.raises(Exception, match="out of bounds"):
        cell(X[:1, 0], rows[:1])
    # Some processors round one row times a matrix otherwise than two rows.
    return documented and np.allclose(read, as_two, rtol=0, atol=1e-6)


def stack_skips_cells() -> bool:
    """Without its state a cell does not run, in a call and in a model; LSTM cells can fail."""
    h, other = np.ones((2, 4), "float32"), np.zeros((2, 7), "float32")
    gru_cells = layers.GRUCell(4), layers.GRUCell(7)
    lstm_cells = layers.LSTMCell(4), layers.LSTMCell(7)
    rnn, stacked = layers.RNN(gru_cells), layers.RNN(lstm_cells)
    inputs, state = keras.Input((3, 1)), keras.Input((4,))
    symbolic = rnn(inputs, initial_state=[state])
    outputs = [
        rnn(X, initial_state=[h]),
        keras.Model([inputs, state], symbolic).predict([X, h], verbose=0),
        stacked(X, initial_state=[[h, h]]),
        rnn(X, initial_state=[h, other]),
    ]
    first = layers.RNN(gru_cells[0])(X, initial_state=[h])
    with pytest.raises(Exception, match="nested structure"):
        stacked(X, initial_state=[[h, h]], mask=X[..., 0] < 5)
    return (
        symbolic.shape == (None, 7)
        and [tuple(output.shape) for output in outputs] == [(2, 4)] * 3 + [(2, 7)]
        and np.allclose(outputs[0], first)
        and np.allclose(outputs[1], first, atol=1e-6)
    )


def attention_query() -> bool:
    """A query without a time axis is accepted, and the batch is used as one."""
    query, values = layers.GRU(4)(X), layers.GRU(4, return_sequences=True)(X)
    attention = layers.Attention()
    mixed = attention([query, values])
    return np.allclose(mixed, attention([np.stack([query, query]), values]))


def stateful_last_batch() -> bool:
    """One left-over sample returns four predictions; two, or one run eagerly, raise an error."""

    def make(eagerly: bool = False) -> keras.Model:
        batch = keras.Input(batch_shape=(4, 3, 1))
        model = keras.Sequential([batch, layers.LSTM(4, stateful=True)])
        model.compile(loss="mse", run_eagerly=eagerly)
        return model

    def fit(samples: int) -> object:
        return make().fit(np.ones((samples, 3, 1)), np.ones((samples, 4)), batch_size=4, verbose=0)

    def evaluate(samples: int) -> object:
        return make().evaluate(np.ones((samples, 3, 1)), np.ones((samples, 4)), 4, verbose=0)

    fit(5), evaluate(5)
    predictions = make().predict(np.ones((5, 3, 1)), batch_size=4, verbose=0)
    calls = (
        lambda: fit(6),
        lambda: evaluate(6),
        lambda: make().predict(np.ones((6, 3, 1)), 4, verbose=0),
    )
    for call in calls:
        with pytest.raises(Exception, match="Graph execution error"):
            call()
    return len(predictions) == 8 and raises(
        ValueError,
        "If an RNN is stateful",
        lambda: make(eagerly=True).predict(np.ones((5, 3, 1)), 4, verbose=0),
    )


def initial_state_unchecked() -> bool:
    """One state of the wrong size passes until the model runs."""
    inputs, state = keras.Input((3, 1)), keras.Input((5,))
    model = keras.Model([inputs, state], layers.LSTM(4)(inputs, initial_state=[state]))
    return raises(IndexError, "list index out of range", lambda: model([X, np.zeros((2, 5))]))


def tuple_() -> bool:
    """The return value is a tuple; the documentation says list."""
    return "a list of tensors" in layers.RNN.__doc__ and isinstance(
        layers.LSTM(4, return_state=True)(X), tuple
    )


def merge_mode_none() -> bool:
    """The return value is a tuple; the documentation says list."""
    return "returned as a list" in layers.Bidirectional.__doc__ and isinstance(
        layers.Bidirectional(layers.LSTM(4), merge_mode=None)(X), tuple
    )


def stacked_single_state() -> bool:
    """Each state is in a list, also in a custom model, but not in other models."""
    stack = layers.RNN([layers.GRUCell(4), layers.GRUCell(4)], return_state=True)
    _, *eager = stack(X)
    _, *symbolic = stack(keras.Input((3, 1)))
    _, *sequential = keras.Sequential([keras.Input((3, 1)), stack])(X)

    class Custom(keras.Model):  # type: ignore[misc]
        def call(self, x: object) -> object:
            return stack(x)

    _, *custom = Custom().predict(X, verbose=0)
    return all(isinstance(state, list) for state in (*eager, *custom)) and not any(
        isinstance(state, list) for state in (*symbolic, *sequential)
    )


def one_cell_list() -> bool:
    """The states are nested; an unrolled LSTM cell needs a mask, and others must not have one."""
    nested = layers.RNN([layers.LSTMCell(4)], return_state=True)(X)
    unrolled = layers.RNN([layers.LSTMCell(4)], return_state=True, unroll=True)
    unrolled(X[:, :1]), unrolled(X, mask=X[..., 0] < 5)
    for cell in (layers.LSTMCell(4), layers.GRUCell(4), layers.SimpleRNNCell(4)):
        with pytest.raises(ValueError, match="nested structure"):
            layers.RNN([cell])(X, mask=X[..., 0] < 5)
    return len(nested) == 2 and raises(IndexError, "list index out of range", lambda: unrolled(X))


def time_distributed_states() -> bool:
    """Three tensors are stacked into one; a model raises an error."""
    distributed = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    return tuple(distributed(np.ones((2, 6, 5, 1))).shape) == (3, 6, 2, 4) and raises(
        ValueError, "to a shape", lambda: distributed(keras.Input((6, 5, 1)))
    )


def conv_lstm3d_ranks() -> bool:
    """The documentation has five axes and four; there are six and five."""
    conv = layers.ConvLSTM3D(1, 2, return_sequences=True, return_state=True)
    returned = conv(np.ones((1, 2, 3, 3, 3, 1)))
    ranks = re.findall(r"\d(?=D tensor with shape: `\(samples)", layers.ConvLSTM3D.__doc__)
    return set(ranks) == {"4", "5"} and [tensor.ndim for tensor in returned] == [6, 5, 5]


def bidirectional_stateful_state() -> bool:
    """Both arguments together raise an error that names neither."""
    bidirectional = layers.Bidirectional(layers.LSTM(4, stateful=True, return_state=True))
    return raises(TypeError, "'generator' and 'int'", lambda: bidirectional(X))


def bidirectional_go_backwards() -> bool:
    """A layer with `go_backwards` cannot be wrapped."""
    return raises(
        ValueError,
        "should have different `go_backwards` value",
        lambda: layers.Bidirectional(layers.LSTM(4, go_backwards=True)),
    )


def reset_stacked() -> bool:
    """Lists of variables are taken for variables."""
    found = []
    for count in (1, 2):
        for kind in (layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell):
            rnn = layers.RNN([kind(4) for _ in range(count)], stateful=True)
            for layer in (rnn, layers.Bidirectional(layers.RNN.from_config(rnn.get_config()))):
                first = layer(X)
                found.append(raises(AttributeError, "has no attribute 'assign'", layer.reset_state))
                for state in keras.tree.flatten(layer.states):
                    state.assign(keras.ops.zeros_like(state))
                found.append(np.allclose(layer(X), first))
    return all(found)


def lstm_cell_example() -> bool:
    """The example unpacks three tensors into two names."""
    names = {"np": np, "keras": keras}
    example = "".join(
        line.source for line in doctest.DocTestParser().get_examples(layers.LSTMCell.__doc__)
    )
    return raises(ValueError, "too many values to unpack", lambda: exec(example, names))


def inputs() -> bool:
    """The documentation lists an argument that does not exist."""
    documented = "inputs: A 3D tensor" in layers.LSTM.__doc__
    return documented and "inputs" not in inspect.signature(layers.LSTM.call).parameters


def reset_state_argument() -> bool:
    """The documentation passes states, but there is no such argument."""
    gru = layers.GRU(4, stateful=True)
    return "with the keyword argument `states`" in layers.RNN.__doc__ and raises(
        TypeError, "'states'", lambda: gru.reset_state(states=[np.ones((2, 4))])
    )


def reset_model() -> bool:
    """The documentation calls it on a model, which has no such method."""
    return "on your entire model" in layers.RNN.__doc__ and not hasattr(keras.Model, "reset_state")


def constants() -> bool:
    """The documentation points to a note that is not there, on an argument that is not there."""
    return layers.RNN.__doc__.count("passing external constants") == 1 and raises(
        TypeError, "'constants'", lambda: layers.GRU(4)(X, constants=[X])
    )


# Every function above without parameters is the proof of a pitfall.
PITFALLS = {
    f"pitfall-{name.strip('_').replace('_', '-')}": function
    for name, function in dict(globals()).items()
    if inspect.isfunction(function) and not inspect.signature(function).parameters
}
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "pitfalls").glob("*.md"))
}
SECTION = re.compile(r"^\((pitfall-.+)\)=\n(?:\(.+\)=\n)*## (.+)\n((?s:.*?))(?=^\(|\Z)", re.M)
SECTIONS = {
    label: (name, heading, text)
    for name, page in PAGES.items()
    for label, heading, text in SECTION.findall(page)
}


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_keras_still_does_so(pitfall: str) -> None:
    """Keras still has each pitfall; if not, its section has to change."""
    try:
        is_there, reason = PITFALLS[pitfall](), "its proof came out False"
    except Exception as error:
        is_there, reason = False, f"its proof raised {error!r}"

    assert is_there, (
        f"Keras {keras.__version__} fixed or changed {pitfall}: {reason}. Prove it again, and "
        f"change its section in docs/pitfalls/: {SECTIONS.get(pitfall, ('?', '?'))[:2]}."
    )


def test_every_pitfall_is_on_a_page_and_tested() -> None:
    """Each section of the pages has its proof here, and each proof its section."""
    assert SECTIONS.keys() == PITFALLS.keys()
    assert len(SECTIONS) == sum(page.count("\n## ") for page in PAGES.values())


def test_the_index_lists_the_symptoms() -> None:
    """The list of symptoms has a link to each pitfall that raises no error."""
    silent = {label for label, (_, _, text) in SECTIONS.items() if ":::{warning}" in text}
    assert set(re.findall(r"\(#(pitfall-[\w-]+)\)", PAGES["index.md"])) == silent


@pytest.mark.parametrize("pitfall", SECTIONS)
def test_the_form_of_a_section(pitfall: str) -> None:
    """A section has symptom, cause, fix and affected versions, in at most 80 words."""
    _, _, text = SECTIONS[pitfall]
    prose = re.sub(r"^```(?s:.*?)^```$", "", text, flags=re.M)

    assert re.findall(r"^\*\*(\w+)\*\*:", text, re.M) == ["Symptom", "Cause", "Fix"]
    assert text.rstrip().endswith(f'affected("{pitfall.removeprefix("pitfall-")}")\n```')
    assert len(prose.split()) <= 80
