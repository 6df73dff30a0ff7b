"""What the page on versions says about changes without an error holds for the installed Keras."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow
from keras import layers

from keras_compat.data_files import read_measured
from keras_compat.environments import VERSIONS

pytestmark = pytest.mark.keras

UNITS = 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 5)).astype("float32")
H, C = RNG.normal(size=(2, 2, UNITS)).astype("float32")
TOKENS = np.array([[4, 2, 0], [3, 1, 0]])
RECORDED = {keras.environment.name: keras.behaviors for keras in read_measured(VERSIONS)}


def is_same(one: Any, other: Any) -> bool:
    """Return whether two tensors are equal up to rounding."""
    return np.allclose(np.array(one), np.array(other), atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("at_end", [True, False])
def test_what_the_ignored_mask_changes(at_end: bool, bidirectional: bool) -> None:
    """With padding at the end and one direction, the unmasked outputs stay; the states change."""
    layer = layers.LSTM(UNITS, return_sequences=True, return_state=True)
    states = [H, C]
    if bidirectional:
        layer, states = layers.Bidirectional(layer), [H, C, H, C]
    mask = np.array([[True, True, False] if at_end else [False, True, True]] * 2)

    ignored, *ignored_states = layer(X, initial_state=states)
    used, *used_states = layer(X, initial_state=states, mask=mask)

    for step in range(3):
        stays = mask[0, step] and at_end and not bidirectional
        assert is_same(ignored[:, step], used[:, step]) == stays
    assert not is_same(ignored_states[0], used_states[0])


@pytest.mark.parametrize(
    ("layer", "states"),
    [
        (layers.SimpleRNN(UNITS), [H]),
        (layers.GRU(UNITS), [H]),
        (layers.LSTM(UNITS), [H, C]),
        (layers.RNN(layers.LSTMCell(UNITS)), [H, C]),
        (layers.Bidirectional(layers.LSTM(UNITS)), [H, C, H, C]),
        (layers.ConvLSTM2D(UNITS, 1), [np.ones((2, 5, 1, UNITS), "float32")] * 2),
    ],
    ids=["SimpleRNN", "GRU", "LSTM", "RNN", "Bidirectional", "ConvLSTM2D"],
)
def test_each_layer_ignores_the_mask_of_its_input(layer: Any, states: list[Any]) -> None:
    """With `initial_state`, only a mask that is passed is used; without, that of the input is."""
    embedding = layers.Embedding(6, 5, mask_zero=True, embeddings_initializer="random_normal")
    x, mask = embedding(TOKENS), embedding.compute_mask(TOKENS)
    if isinstance(layer, layers.ConvLSTM2D):
        x = layers.TimeDistributed(layers.Reshape((5, 1, 1)))(x)
    no_mask = np.array(x)

    assert is_same(layer(x), layer(no_mask, mask=mask))
    assert not is_same(layer(x), layer(no_mask))
    output = layer(x, initial_state=states)
    assert is_same(output, layer(no_mask, initial_state=states))
    assert not is_same(output, layer(x, initial_state=states, mask=mask))


@pytest.mark.parametrize(
    ("behavior", "before", "since"),
    [
        ("numbers.LSTM.hard_sigmoid", "hard_sigmoid, slope 1/5", "hard_sigmoid, slope 1/6"),
        ("state.initial.GRU.extra", "ValueError", "the second is ignored"),
        ("state.initial.Bidirectional", "ValueError", "cut along the batch"),
        ("state.cell.one_tensor", "InvalidArgumentError", "row by row"),
        ("dtype.Bidirectional.float16", "output float16", "output float32, states float16"),
        ("container.LSTM", "list", "tuple"),
    ],
)
def test_the_summary_of_the_change_to_keras_3(behavior: str, before: str, since: str) -> None:
    """What the summary lists changed in the first Keras 3 and did not change again."""
    names = list(RECORDED)
    first = names.index("keras-3.0")

    assert str(RECORDED[names[first - 1]][behavior]).startswith(before)
    assert {str(RECORDED[name][behavior]) for name in names[first:]} == {since}


@pytest.mark.parametrize("kind", [layers.GRU, layers.SimpleRNN])
def test_bidirectional_splits_a_single_state(kind: Any) -> None:
    """Of two samples, the first row is the state of one direction, the second of the other."""
    layer = layers.Bidirectional(kind(UNITS))

    rows = [H[[0, 0]], H[[1, 1]]]
    assert is_same(layer(X, initial_state=H), layer(X, initial_state=rows))
    with pytest.raises(tensorflow.errors.InvalidArgumentError):
        layer(np.concatenate([X, X[:1]]), initial_state=np.concatenate([H, H[:1]]))


def test_the_layers_that_accept_implementation() -> None:
    """LSTM and GRU accept it, SimpleRNN and ConvLSTM2D do not."""
    for kind in (layers.LSTM, layers.GRU):
        kind(UNITS, implementation=1)
    for kind, arguments in ((layers.SimpleRNN, ()), (layers.ConvLSTM2D, (3,))):
        with pytest.raises(ValueError, match="implementation"):
            kind(UNITS, *arguments, implementation=1)


def test_the_loss_without_a_propagated_mask() -> None:
    """Without a mask at the output, padding changes the loss, unless its weight is zero.

    The mean still includes these time steps. The nightly build drops the mask; here, an operator
    does.
    """
    nightly = RECORDED["keras-nightly"]
    assert {nightly[name] for name in nightly if name.startswith("mask.propagated.")} == {"no"}
    tokens = keras.Input((3,), dtype="int32")
    hidden = layers.Embedding(6, 5, mask_zero=True)(tokens)
    hidden = layers.LSTM(UNITS, return_sequences=True)(hidden)
    score = layers.Dense(1)
    target = np.ones((2, 3, 1))
    changed = target.copy()
    changed[:, 2] = 9
    weights = np.array([[1, 1, 0]] * 2)
    losses = {}
    for name, output in (("masked", score(hidden)), ("dropped", score(hidden * 1))):
        model = keras.Model(tokens, output)
        model.compile(loss="mse")
        losses[name] = [model.evaluate(TOKENS, y, verbose=0) for y in (target, changed)]
        losses[f"{name}, weighted"] = [
            model.evaluate(TOKENS, y, sample_weight=weights, verbose=0) for y in (target, changed)
        ]

    assert is_same(*losses["masked"])
    assert not is_same(*losses["dropped"])
    assert is_same(*losses["dropped, weighted"])
    assert is_same(losses["dropped, weighted"][0], losses["masked"][0] * 2 / 3)
