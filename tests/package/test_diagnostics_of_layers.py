"""Diagnostics on how a layer is made are given where running it proves them, and only there."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.runs import list_codes

from rnn_returns import explain
from rnn_returns.models.diagnostics import Diagnostic
from rnn_returns.models.explanation import explain_json

X = keras.Input(batch_shape=(2, 3, 5))
SLICES = keras.Input(batch_shape=(2, 4, 3, 5))
DATA = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")

Make = Callable[[], Any]


class Uncalled(keras.Model):  # type: ignore[misc]
    """A model whose calls are in Python code, so that only its layers are known."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer


def list_uncalled(layer: Any) -> list[str]:
    """Return the codes of the diagnostics of a layer whose calls are not known."""
    return [each.code for each in explain(Uncalled(layer)).diagnostics]


# RNN401: the state runs from slice to slice.


def repeats_slices(layer: Any) -> bool:
    """Return whether TimeDistributed returns the same for equal slices."""
    output = np.array(layer(np.stack([DATA] * 4, axis=1)))
    return bool(np.allclose(output, output[:, :1]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.GRU(4, stateful=True),
        lambda: layers.SimpleRNN(4, stateful=True, return_sequences=True),
        lambda: layers.RNN(layers.LSTMCell(4), stateful=True, unroll=True),
        lambda: layers.Bidirectional(layers.LSTM(4, stateful=True), merge_mode="sum"),
    ],
)
def test_a_state_runs_from_slice_to_slice(make: Make) -> None:
    """A stateful layer in TimeDistributed returns something else for each of equal slices."""
    layer = layers.TimeDistributed(make())

    assert list_codes(SLICES, layer(SLICES)) == ["RNN401"]
    assert not repeats_slices(layer)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.GRU(4),
        lambda: layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        lambda: layers.Dense(4),
    ],
)
def test_no_state_runs_from_slice_to_slice(make: Make) -> None:
    """A layer without a state of its last call returns the same for equal slices."""
    layer = layers.TimeDistributed(make())

    assert list_codes(SLICES, layer(SLICES)) == []
    assert repeats_slices(layer)


def test_a_single_slice() -> None:
    """The state of the only slice runs to no other one: a call is that of the layer alone."""
    x, inner = keras.Input(batch_shape=(2, 1, 3, 5)), layers.GRU(4, stateful=True)
    layer = layers.TimeDistributed(inner)

    assert list_codes(x, layer(x)) == []
    inner.reset_state()
    wrapped = np.array(layer(DATA[:, None]))[:, 0]
    inner.reset_state()
    assert np.allclose(wrapped, inner(DATA))


# RNN402: the states of stacked cells cannot be reset.


def reset(layer: Any, fix: str) -> bool:
    """Return whether *layer* returns the same again after *fix* has run."""
    first = np.array(layer(DATA))
    assert not np.allclose(first, layer(DATA))
    exec(fix, {"keras": keras, "layer": layer})
    return bool(np.allclose(first, layer(DATA)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.RNN([layers.LSTMCell(4), layers.GRUCell(6)], stateful=True),
        lambda: layers.RNN([layers.SimpleRNNCell(4)], stateful=True, unroll=True),
        lambda: layers.RNN([layers.LSTMCell(4)], stateful=True),
        lambda: layers.Bidirectional(
            layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)], stateful=True)
        ),
    ],
)
def test_states_that_cannot_be_reset(make: Make) -> None:
    """Resetting a stateful stack of cells fails, and the code of the diagnostic resets it."""
    layer = make()
    model = keras.Model(X, layer(X))
    diagnostics: tuple[Diagnostic, ...] = explain(model).diagnostics

    assert [each.code for each in diagnostics] == ["RNN402"]
    with pytest.raises(AttributeError, match="assign"):
        layer.reset_state()
    assert reset(layer, diagnostics[0].fix)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.RNN(layers.LSTMCell(4), stateful=True),
        lambda: layers.GRU(4, stateful=True),
        lambda: layers.Bidirectional(layers.SimpleRNN(4, stateful=True)),
    ],
)
def test_states_that_can_be_reset(make: Make) -> None:
    """The states of a layer of one cell can be reset."""
    layer = make()

    assert list_codes(X, layer(X)) == []
    assert reset(layer, "layer.reset_state()")


def test_a_stack_without_states_between_calls() -> None:
    """A stack of cells that is not stateful returns the same in every call."""
    layer = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)])

    assert list_codes(X, layer(X)) == []
    assert np.allclose(layer(DATA), layer(DATA))


# RNN506: the returned states are penalized.


def sum_penalties(layer: Any, **flags: Any) -> float:
    """Return the penalties of a call of a layer made again with *flags* and the same weights."""
    config = layer.get_config()
    (config["layer"]["config"] if "layer" in config else config).update(flags)
    if "backward_layer" in config:
        config["backward_layer"]["config"].update(flags)
    again = type(layer).from_config(config)
    again.build(DATA.shape)
    again.set_weights(layer.get_weights())
    again(DATA)
    return float(sum(again.losses))


def penalizes_states(layer: Any) -> bool:
    """Return whether the penalties are larger because the states are returned."""
    alone = sum_penalties(layer, return_state=False)
    return sum_penalties(layer, return_state=True) > alone + 1e-6


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.GRU(4, return_state=True, activity_regularizer="l2"),
        lambda: layers.LSTM(4, return_state=True, return_sequences=True, activity_regularizer="l1"),
        lambda: layers.RNN(layers.LSTMCell(4), return_state=True, activity_regularizer="l2"),
        lambda: layers.Bidirectional(
            layers.LSTM(4, return_state=True, activity_regularizer="l2"), merge_mode=None
        ),
        lambda: layers.Bidirectional(layers.GRU(4, return_state=True), activity_regularizer="l2"),
    ],
)
def test_states_that_are_penalized(make: Make) -> None:
    """The penalty is larger with the returned states than without them."""
    layer = make()

    assert list_codes(X, layer(X)) == ["RNN506"]
    assert penalizes_states(layer)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.GRU(4, return_state=True, kernel_regularizer="l2"),
        lambda: layers.LSTM(4, return_state=True),
        # Keras accepts it, and penalizes nothing.
        lambda: layers.SimpleRNN(4, return_state=True, activity_regularizer="l2"),
        lambda: layers.Bidirectional(layers.GRU(4, return_state=True, recurrent_regularizer="l2")),
    ],
)
def test_states_that_are_not_penalized(make: Make) -> None:
    """The penalty does not depend on what is returned, if there is one."""
    layer = make()

    assert list_codes(X, layer(X)) == []
    assert not penalizes_states(layer)


def test_a_penalty_of_the_output_alone() -> None:
    """The layer that the diagnostic names penalizes the output and not the states."""
    layer, penalty = layers.GRU(4, return_state=True), layers.ActivityRegularization(l2=0.5)
    output, _ = layer(X)

    assert list_codes(X, penalty(output)) == []
    first, _ = layer(DATA)
    penalty(first)
    assert np.isclose(float(penalty.losses[-1]), 0.5 * np.sum(np.square(first)) / len(DATA))


# RNN507: TimeDistributed stacks output and states.


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda: layers.GRU(4, return_state=True), 2),
        (lambda: layers.RNN(layers.LSTMCell(4), return_state=True), 3),
        (lambda: layers.Bidirectional(layers.GRU(4, return_state=True), merge_mode=None), 4),
    ],
)
def test_states_that_are_stacked(make: Make, count: int) -> None:
    """Output and states are stacked into one tensor, and no functional model can be made."""
    layer = layers.TimeDistributed(make())

    assert list_uncalled(layer) == ["RNN507"]
    assert layer(np.stack([DATA] * 4, axis=1)).shape == (count, 4, 2, 4)
    with pytest.raises(ValueError, match="TimeDistributed"):
        layer(SLICES)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.TimeDistributed(layers.GRU(4)),
        lambda: layers.TimeDistributed(layers.LSTM(4, return_sequences=True)),
        lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(2))),
    ],
)
def test_slices_without_states(make: Make) -> None:
    """Without states, TimeDistributed returns the output for each slice, also of a model."""
    layer = make()
    output = layer(SLICES)

    assert list_uncalled(layer) == list_codes(SLICES, output) == []
    assert layer(np.stack([DATA] * 4, axis=1)).shape == output.shape
    assert output.shape[:2] == (2, 4)


# RNN505: a ragged input.


@pytest.mark.parametrize(
    "build",
    [
        lambda x: layers.SimpleRNN(4)(x),
        lambda x: layers.Bidirectional(layers.GRU(4))(x),
        lambda x: layers.LSTM(4, return_sequences=True, return_state=True)(x),
    ],
)
def test_a_ragged_input(build: Callable[[Any], Any]) -> None:
    """A model whose recurrent layer has a ragged input fails when it is called."""
    tensorflow = pytest.importorskip("tensorflow")
    x = keras.Input((None, 5), ragged=True)
    model = keras.Model(x, build(x))
    rows = tensorflow.RaggedTensor.from_row_lengths(DATA[0], [1, 2])

    assert list_codes(x, model.outputs) == ["RNN505"]
    with pytest.raises(Exception, match="ragged"):
        model(rows)


def make_dense(x: Any) -> Any:
    """Return a dense tensor for a ragged one, which Keras has in symbolic calls only."""
    return x.to_tensor() if hasattr(x, "to_tensor") else x


class Densify(layers.Layer):  # type: ignore[misc]
    """A custom layer that makes its input dense."""

    def call(self, x: Any) -> Any:
        """Return the dense tensor."""
        return make_dense(x)


@pytest.mark.parametrize(
    "build",
    [
        lambda x: layers.GRU(4)(layers.Lambda(make_dense, output_shape=(None, 5))(x)),
        lambda x: layers.LSTM(4, return_sequences=True)(Densify()(x)),
        lambda x: [layers.SimpleRNN(4)(Densify()(x)), x],
    ],
)
def test_a_ragged_input_that_is_made_dense(build: Callable[[Any], Any]) -> None:
    """A model that makes its ragged input dense before the recurrent layer can run."""
    tensorflow = pytest.importorskip("tensorflow")
    x = keras.Input((None, 5), ragged=True)
    model = keras.Model(x, build(x))

    assert list_codes(x, model.outputs) == []
    model(tensorflow.RaggedTensor.from_row_lengths(DATA[0], [1, 2]))


@pytest.mark.parametrize("nested", [True, False])
def test_a_stateful_layer_that_another_call_built(nested: bool) -> None:
    """A stateful layer without a batch size is no mistake if it was built for one, and runs."""
    x, layer = keras.Input(batch_shape=(2, 5, 6)), layers.LSTM(4, stateful=True, name="lstm")
    built = keras.Model(x, layer(x), name="inner") if nested else layer
    if not nested:
        layer(x)
    y = keras.Input((5, 6))
    model = keras.Model(y, built(y))

    for report in (explain(model), explain_json(model.to_json())):
        assert report.diagnostics == ()
        assert any("no batch size" in fact for fact in report.layers[0].facts)
    assert model(np.ones((2, 5, 6))).shape == (2, 4)
    with pytest.raises(Exception, match=r"batch size|[Ii]ncompatible"):
        model(np.ones((3, 5, 6)))
