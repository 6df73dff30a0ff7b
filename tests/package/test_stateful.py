"""Stateful layers: what is kept from call to call, for whom, how long, and what forgets it."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from support.grid import StartedCell

# Three samples of three steps, with the sums 2, 30 and 5.
X = np.array([[1, 1, 0], [10, 10, 10], [5, 0, 0]], "float32")[..., np.newaxis]
SUMS = np.array([2, 30, 5], "float32")


def adder(**arguments: Any) -> Any:
    """Make a layer whose state is the sum of all that it has read."""
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    return layers.SimpleRNN(1, activation="linear", use_bias=False, **ones, **arguments)


def model_of(layer: Any, shape: tuple[int, ...] = X.shape) -> Any:
    """Make a model of one layer; it trains without learning."""
    model = keras.Sequential([keras.Input(batch_shape=shape), layer])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0))
    return model


def kept(layer: Any) -> list[float]:
    """Give the state of a layer that keeps one number for each sample."""
    [state] = layer.states
    return [float(value) for value in np.ravel(state)]


def reset_layers(model: Any) -> None:
    """Do what a loop over the layers of a model does."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


IMAGES = {"ConvLSTM1D": (3, 6, 4, 2), "ConvLSTM2D": (3, 6, 4, 3, 2)}
BOTH = {"return_sequences": True, "return_state": True}
LAYERS: dict[str, Callable[..., Any]] = {
    "SimpleRNN": lambda **arguments: layers.SimpleRNN(4, **arguments),
    "GRU": lambda **arguments: layers.GRU(4, **arguments),
    "LSTM": lambda **arguments: layers.LSTM(4, **arguments),
    "LSTM, unroll=True": lambda **arguments: layers.LSTM(4, unroll=True, **arguments),
    "RNN": lambda **arguments: layers.RNN(layers.LSTMCell(4), **arguments),
    "RNN of a stack": lambda **arguments: layers.RNN(
        [layers.GRUCell(4), layers.LSTMCell(3), layers.SimpleRNNCell(2)], **arguments
    ),
    "ConvLSTM1D": lambda **arguments: layers.ConvLSTM1D(2, 2, padding="same", **arguments),
    "ConvLSTM2D": lambda **arguments: layers.ConvLSTM2D(2, 2, **arguments),
}


@pytest.mark.parametrize("name", LAYERS)
def test_pieces_of_a_sequence(name: str) -> None:
    """Piece by piece, every sample gets the outputs and the states of the whole sequence."""
    shape = IMAGES.get(name, (3, 6, 5))
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    whole, stateful = LAYERS[name](**BOTH), LAYERS[name](stateful=True, **BOTH)
    output, *states = whole(x)
    stateful.build(shape)
    stateful.set_weights(whole.get_weights())

    pieces = [stateful(x[:, piece]) for piece in (slice(2), slice(2, 3), slice(3, 6))]
    joined = np.concatenate([piece[0] for piece in pieces], axis=1)
    np.testing.assert_allclose(joined, output, rtol=0, atol=1e-6)
    for named in (pieces[-1][1:], stateful.states):
        flat = map(keras.tree.flatten, (named, states))
        for one, other in zip(*flat, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_without_stateful_nothing_is_kept() -> None:
    """By default a layer keeps no state, and every call starts from zeros."""
    layer = adder()

    assert np.ravel(layer(X)).tolist() == np.ravel(layer(X)).tolist() == SUMS.tolist()
    assert layer.states is None


def test_bidirectional() -> None:
    """Each direction goes on from its own state, and one reset is for both."""
    layer = layers.Bidirectional(adder(stateful=True, return_sequences=True), merge_mode=None)
    first, second = ([np.array(y)[0, :, 0].tolist() for y in layer(X)] for _ in range(2))
    states = [np.ravel(state).tolist() for state in layer.states]
    layer.reset_state()

    assert (first, second) == ([[1, 2, 2], [2, 1, 0]], [[3, 4, 4], [4, 3, 2]])
    assert states == [(2 * SUMS).tolist()] * 2
    assert [np.ravel(state).tolist() for state in layer.states] == [[0, 0, 0]] * 2


def test_time_distributed() -> None:
    """The state runs from slice to slice and from call to call; the wrapper cannot reset it."""
    layer = layers.TimeDistributed(adder(stateful=True))
    slices = np.stack([X, X], axis=1)
    outputs = [np.array(layer(slices))[..., 0] for _ in range(2)]

    np.testing.assert_array_equal(outputs[0], np.stack([SUMS, 2 * SUMS], axis=1))
    np.testing.assert_array_equal(outputs[1], np.stack([3 * SUMS, 4 * SUMS], axis=1))
    assert not hasattr(layer, "reset_state")


def test_an_initial_state_is_followed_by_its_own_result() -> None:
    """It counts instead of the state that was kept, and what the call leaves is kept."""
    layer = adder(stateful=True)
    hundred = [np.full((3, 1), 100, "float32")]
    outputs = [
        np.ravel(layer(X, **arguments)).tolist()
        for arguments in ({}, {"initial_state": hundred}, {})
    ]

    assert [output[0] for output in outputs] == [2, 102, 104]
    assert [output[2] for output in outputs] == [5, 105, 110]


def test_fit_evaluate_and_predict_advance_the_state() -> None:
    """Every method of a model that calls it goes on from the state, as every epoch does."""
    layer = adder(stateful=True)
    model, target = model_of(layer), np.zeros(3)
    arguments = {"batch_size": 3, "verbose": 0}
    calls: list[Callable[[], Any]] = [
        lambda: model(X),
        lambda: model.predict(X, **arguments),
        lambda: model.evaluate(X, target, **arguments),
        lambda: model.fit(X, target, shuffle=False, epochs=2, **arguments),
        lambda: model.fit(X, target, shuffle=False, validation_data=(X, target), **arguments),
        lambda: model.train_on_batch(X, target),
    ]
    seen = []
    for call in calls:
        call()
        seen.append(kept(layer)[1] / SUMS[1])

    assert seen == [1, 2, 3, 5, 7, 8]


def test_batches_of_fit() -> None:
    """A place in the batch goes on from that place in the batch before; `fit` shuffles by itself.

    The sums of the even and of the odd samples are 1 + 4 + 16 + 64 + ... and twice of it.
    """
    keras.utils.set_random_seed(0)
    x = 2.0 ** np.arange(16).reshape(16, 1, 1)
    in_order = [sum(4**n for n in range(8)), 2 * sum(4**n for n in range(8))]
    for arguments, is_in_order in (({"shuffle": False}, True), ({}, False)):
        layer = adder(stateful=True)
        model_of(layer, (2, 1, 1)).fit(x, np.zeros(16), batch_size=2, verbose=0, **arguments)
        assert (kept(layer) == in_order) is is_in_order
        assert sum(kept(layer)) == sum(in_order)


def test_a_last_batch_of_one_sample() -> None:
    """It is broadcast: `predict` of five samples in batches of four gives eight answers."""
    x = np.array([1, 2, 3, 4, 10], "float32").reshape(5, 1, 1)
    model = model_of(adder(stateful=True), (4, 1, 1))
    answers = model.predict(x, batch_size=4, verbose=0)

    assert np.ravel(answers).tolist() == [1, 2, 3, 4, 11, 12, 13, 14]
    reset_layers(model)
    model.fit(x, np.zeros(5), batch_size=4, shuffle=False, verbose=0)
    assert kept(model.layers[0]) == [11, 12, 13, 14]


@pytest.mark.parametrize(("batch", "samples"), [(4, 6), (4, 7), (3, 5)])
def test_a_last_batch_of_several_samples(batch: int, samples: int) -> None:
    """If the last batch has two samples or more and is not full, `predict` and `fit` fail."""
    x = np.ones((samples, 3, 1))
    model = model_of(adder(stateful=True), (batch, 3, 1))

    with pytest.raises(tf.errors.InvalidArgumentError):
        model.predict(x, batch_size=batch, verbose=0)
    with pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(x, np.zeros(samples), batch_size=batch, verbose=0)


@pytest.mark.parametrize("samples", [1, 2])
def test_a_smaller_batch_in_a_call(samples: int) -> None:
    """A direct call of the layer, even with one sample, is refused with the two sizes."""
    layer = adder(stateful=True)
    layer(X)

    with pytest.raises(ValueError, match=f"Received batch size: {samples}"):
        layer(X[:samples])


def test_reset_state_sets_zeros() -> None:
    """A cell's own initial state counts until the first reset, and zeros from then on."""
    layer = layers.RNN(StartedCell(4), stateful=True)
    layer.build((3, 3, 1))
    before = [np.unique(state).tolist() for state in layer.states]
    layer.reset_state()

    assert before == [[1], [2]]
    assert [np.unique(state).tolist() for state in layer.states] == [[0], [0]]


def test_the_loop_over_layers_misses_nested_ones() -> None:
    """Going through `model.layers` resets no layer in a nested model or in TimeDistributed."""
    outer, nested, distributed = (adder(stateful=True) for _ in range(3))
    inputs = keras.Input(batch_shape=X.shape)
    slices = layers.Reshape((1, 3, 1))(inputs)
    outputs = [outer(inputs), model_of(nested)(inputs), layers.TimeDistributed(distributed)(slices)]
    model = keras.Model(inputs, outputs)
    model(X)
    reset_layers(model)

    assert kept(outer) == [0, 0, 0]
    assert kept(nested) == kept(distributed) == SUMS.tolist()


def test_the_state_is_not_saved(tmp_path: Path) -> None:
    """The state is among no weights, not in the file, and gone from the loaded model."""
    layer = adder(stateful=True)
    model, file = model_of(layer), tmp_path / "model.keras"
    model(X)
    model.save(file)
    loaded = keras.models.load_model(file)
    with zipfile.ZipFile(file) as archive:
        content = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    saved: list[tuple[int, ...]] = []
    content.visititems(lambda _, item: saved.append(getattr(item, "shape", ())))

    assert [weight.shape for weight in model.get_weights()] == [(1, 1), (1, 1)]
    assert not {id(state) for state in layer.states} & {id(each) for each in model.variables}
    assert (1, 1) in saved
    assert (3, 1) not in saved
    assert kept(layer) == SUMS.tolist()
    assert kept(loaded.layers[0]) == [0, 0, 0]


def test_the_state_is_exported(tmp_path: Path) -> None:
    """An exported model and a checkpoint of TensorFlow contain the state."""
    model = model_of(adder(stateful=True))
    model(X)
    model.export(tmp_path / "exported", verbose=False)
    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    model.layers[0].reset_state()
    exported = tf.saved_model.load(tmp_path / "exported")
    tf.train.Checkpoint(model=model).restore(path)

    assert np.ravel(exported.serve(X)).tolist() == (2 * SUMS).tolist()
    assert kept(model.layers[0]) == SUMS.tolist()


@pytest.mark.parametrize("name", ["GRU", "LSTM", "RNN of a stack", "ConvLSTM1D"])
def test_mixed_precision(name: str) -> None:
    """The outputs are of half precision, the variables of the state of single."""
    cell = {"dtype": "mixed_float16"}
    layer = LAYERS[name](stateful=True, **BOTH, **cell)
    returned = keras.tree.flatten(layer(np.ones(IMAGES.get(name, (3, 6, 5)))))

    assert {keras.backend.standardize_dtype(y.dtype) for y in returned} == {"float16"}
    assert {state.dtype for state in keras.tree.flatten(layer.states)} == {"float32"}


def test_gradients() -> None:
    """A gradient reaches the piece before through `initial_state`, not through the kept state."""
    first, second = tf.constant(X), tf.constant(X)
    stateful, returning = adder(stateful=True), adder(return_state=True)
    stateful.build(X.shape)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([first, second])
        stateful(first)
        kept_on = stateful(second)
        _, state = returning(first)
        passed_on, _ = returning(second, initial_state=[state])

    np.testing.assert_array_equal(kept_on, passed_on)
    assert tape.gradient(kept_on, first) is None
    # A sum grows with each thing added.
    for output, x in ((kept_on, second), (passed_on, second), (passed_on, first)):
        np.testing.assert_array_equal(tape.gradient(output, x), np.ones_like(X))


def test_a_masked_step_keeps_the_state() -> None:
    """A call whose every step is masked leaves the state of the call before to the next."""
    layer = adder(stateful=True)
    mask = np.array([[False] * 3, [True] * 3, [True, False, False]])
    layer(X)
    layer(X, mask=mask)

    assert kept(layer) == [2, 60, 10]
