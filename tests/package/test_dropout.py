"""Dropout in recurrent layers: when it is applied, to what, and which masks are drawn."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from rnn_returns import expected, observe
from rnn_returns.equations import gru, lstm, simple_rnn

SEQUENCE = (2, 3, 5)
SHAPES = {
    "ConvLSTM1D": (2, 3, 2, 5),
    "ConvLSTM2D": (2, 3, 2, 1, 5),
    "ConvLSTM3D": (2, 3, 2, 1, 1, 5),
}
# The equations, and how many gates and candidates have separate weights.
EQUATIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "SimpleRNNCell": (simple_rnn, 1),
    "GRUCell": (gru, 3),
    "LSTMCell": (lstm, 4),
    "ConvLSTMCell": (lstm, 4),
}
# The same weights in every layer of one kind.
WEIGHTS = {
    f"{weights}_initializer": keras.initializers.RandomUniform(-1, 1, seed=number)
    for number, weights in enumerate(("kernel", "recurrent", "bias"))
}
CELLS = ("SimpleRNN", "GRU", "LSTM")
KINDS = (*CELLS, "ConvLSTM2D")  # The other two have the same cell.
RATES = ({"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.4, "recurrent_dropout": 0.3})
BOTH: dict[str, Any] = {"return_sequences": True, "return_state": True}


def make(kind: str, /, **arguments: Any) -> Any:
    """Make a layer; a kernel of one pixel makes a ConvLSTM the LSTM of each pixel."""
    size = {"filters": 4, "kernel_size": 1} if kind in SHAPES else {"units": 4}
    return getattr(layers, kind)(**size, **WEIGHTS, **arguments)


def make_cell(kind: str, /, **arguments: Any) -> Any:
    return getattr(layers, f"{kind}Cell")(4, **WEIGHTS, **arguments)


LAYERS: dict[str, Callable[..., Any]] = {
    kind: partial(make, kind, **BOTH) for kind in (*CELLS, *SHAPES)
} | {
    "GRU, reset_after=False": partial(make, "GRU", reset_after=False, **BOTH),
    "LSTM, unroll=True": partial(make, "LSTM", unroll=True, **BOTH),
    "RNN": lambda **arguments: layers.RNN(make_cell("LSTM", **arguments), **BOTH),
    "RNN of a stack": lambda **arguments: layers.RNN(
        [make_cell(kind, **arguments) for kind in CELLS], **BOTH
    ),
}
BIDIRECTIONAL: dict[str, Callable[..., Any]] = {
    f"Bidirectional, {mode}": lambda mode=mode, **arguments: layers.Bidirectional(
        make("LSTM", return_state=True, **arguments), mode
    )
    for mode in ("concat", "ave", None)
}
EACH_LAYER = pytest.mark.parametrize("name", LAYERS)
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Draw the same masks in every run, also where a layer has no seed."""
    keras.utils.set_random_seed(1)


def numbers(kind: str = "") -> np.ndarray:
    """Give an input for a layer of this kind."""
    shape = SHAPES.get(kind, SEQUENCE)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def differ(one: Any, other: Any) -> bool:
    return not np.allclose(one, other, atol=1e-3)


def draws(cell: Any) -> int:
    """Return how many masks a cell has drawn."""
    return int(np.asarray(cell.seed_generator.state)[1])


def cells_of(layer: Any) -> list[Any]:
    return getattr(layer.cell, "cells", None) or [layer.cell]


def compute(cell: Any, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Compute the outputs and states of the next training call, with the masks of that call.

    A mask multiplies the input or the state before the weights do. Because it is the same at every
    time step, that is one change of the weights for the whole sequence, of each sample its own.
    """
    function, blocks = EQUATIONS[type(cell).__name__]
    weights = [weight.reshape(-1, weight.shape[-1]) for weight in cell.get_weights()]
    state = np.zeros((*x[:, 0].shape[:-1], 4), "float32")
    masks = [
        np.broadcast_to(1.0 if mask is None else np.asarray(mask), (blocks, *like.shape))
        for mask, like in (
            (cell.get_dropout_mask(x[:, 0]), x[:, 0]),
            (cell.get_recurrent_dropout_mask(state), state),
        )
    ]
    # Pixels are samples here.
    sequences = np.moveaxis(x, 1, -2).reshape(-1, x.shape[1], x.shape[-1])
    bias = weights[2] if getattr(cell, "reset_after", False) else weights[2][0]
    changes = {"reset_after": cell.reset_after} if function is gru else {}
    traces = []
    for sample, sequence in enumerate(sequences):
        changed = [
            np.concatenate(
                [
                    mask.reshape(blocks, -1, len(weight))[block, sample][:, np.newaxis] * part
                    for block, part in enumerate(np.split(weight, blocks, axis=1))
                ],
                axis=1,
            )
            for mask, weight in zip(masks, weights[:2], strict=True)
        ]
        traces.append(function(sequence[np.newaxis], *changed, bias, **changes))
    output = np.stack([trace.output[0] for trace in traces])
    output = np.moveaxis(output.reshape(*x[:, 0].shape[:-1], -1, 4), -2, 1)
    states = zip(*(trace.states for trace in traces), strict=True)
    return output.astype(x.dtype), [np.concatenate(each).reshape(state.shape) for each in states]


@pytest.mark.parametrize("rates", RATES, ids=str)
@EACH_LAYER
def test_values_in_training(name: str, rates: dict[str, float]) -> None:
    """One mask for all time steps multiplies what each gate reads, and the next call has others."""
    layer, x = LAYERS[name](**rates), numbers(name)
    layer.build(x.shape)
    outputs = []
    for _ in range(2):
        output, all_states = x, []
        for cell in cells_of(layer):
            output, states = compute(cell, output)
            all_states += states
        returned = keras.tree.flatten(layer(x, training=True))
        for ours, theirs in zip([output, *all_states], returned, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
        outputs.append(output)

    assert differ(*outputs)


@pytest.mark.parametrize("rates", RATES, ids=str)
@EACH_LAYER
def test_no_dropout_at_inference(name: str, rates: dict[str, float]) -> None:
    """Unless it is training, a layer with dropout returns exactly what one without it returns."""
    x, layer, without = numbers(name), LAYERS[name](**rates), LAYERS[name]()
    for cell, other in zip(cells_of(layer), cells_of(without), strict=True):
        # Recurrent dropout computes gate by gate, which rounds otherwise.
        other.implementation = getattr(cell, "implementation", None)
    plain = keras.tree.flatten(without(x))

    for arguments in ({}, {"training": False}, {"training": None}):
        for one, other in zip(plain, keras.tree.flatten(layer(x, **arguments)), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", [*LAYERS, *BIDIRECTIONAL])
def test_equalities_in_training(name: str) -> None:
    """The last state equals the last output also if there is dropout in training."""
    layer, x = (LAYERS | BIDIRECTIONAL)[name](**RATES[2]), numbers(name)
    equalities = expected(layer, x.shape).equalities
    returned = observe(layer, x, training=True)

    assert equalities
    assert all(equality.holds(returned) for equality in equalities)


@pytest.mark.parametrize("kind", CELLS)
def test_a_compiled_call_draws_anew(kind: str) -> None:
    """A compiled function draws the masks that eager calls draw, others each time."""
    eager, traced = (make(kind, seed=3, **RATES[2]) for _ in range(2))
    compiled, x = tf.function(partial(traced, training=True)), numbers(kind)
    first, second = compiled(x), compiled(x)

    for one in (first, second):
        np.testing.assert_allclose(one, eager(x, training=True), rtol=0, atol=1e-6)
    assert differ(first, second)


def test_what_is_dropped_is_seen() -> None:
    """The input is dropped in the same places at every step, and what is kept is scaled."""
    pass_on = {"kernel_initializer": "identity", "recurrent_initializer": "zeros"}
    layer = layers.SimpleRNN(
        1000, dropout=0.2, activation="linear", return_sequences=True, **pass_on
    )
    output = np.asarray(layer(np.ones((2, 3, 1000), "float32"), training=True))

    assert {*np.unique(output)} == {0, np.float32(1.25)}
    assert np.all(output == output[:, :1])
    assert differ(output[0], output[1])
    # Of a thousand, a fifth; four standard deviations are 0.05.
    np.testing.assert_allclose(np.mean(output == 0, axis=-1), 0.2, rtol=0, atol=0.05)


@EACH_KIND
def test_each_slice_draws_anew(kind: str) -> None:
    """TimeDistributed calls the layer for each slice, so equal slices get different outputs."""
    x = np.stack([numbers(kind)] * 2, axis=1)
    distributed = layers.TimeDistributed(make(kind, dropout=0.5))

    assert not differ(*np.moveaxis(distributed(x), 1, 0))
    assert differ(*np.moveaxis(distributed(x, training=True), 1, 0))


@pytest.mark.parametrize(
    ("kind", "rates", "masks"),
    [
        *((kind, {}, 0) for kind in KINDS),
        *((kind, RATES[0], 1) for kind in CELLS),
        ("SimpleRNN", RATES[2], 2),
        ("GRU", RATES[1], 3),
        ("LSTM", RATES[1], 4),
        ("GRU", RATES[2], 6),
        ("LSTM", RATES[2], 8),
        ("ConvLSTM2D", RATES[0], 4),
        ("ConvLSTM2D", RATES[2], 8),
    ],
    ids=str,
)
def test_how_many_masks_a_call_draws(kind: str, rates: dict[str, float], masks: int) -> None:
    """With recurrent dropout, and in ConvLSTM, each gate has a mask; a rate of 0 draws none.

    The masks are drawn at inference too, without being used.
    """
    layer, x = make(kind, **rates), numbers(kind)
    counts = []
    for training in (True, False):
        layer(x, training=training)
        counts.append(draws(layer.cell))

    assert counts == [masks, 2 * masks]


@EACH_KIND
def test_a_mask_is_kept_until_it_is_reset(kind: str) -> None:
    """Asked again a cell gives the same mask, and another one once it is reset."""
    cell = make(kind, **RATES[2]).cell
    step = np.ones((2, 50), "float32")
    for get, reset in (
        (cell.get_dropout_mask, cell.reset_dropout_mask),
        (cell.get_recurrent_dropout_mask, cell.reset_recurrent_dropout_mask),
    ):
        first, again = np.array(get(step)), np.array(get(step))
        reset()
        assert np.array_equal(first, again)
        assert differ(first, get(step))


@EACH_KIND
def test_seed(kind: str) -> None:
    """Layers with one seed draw the same masks call by call; without a seed, or another, not."""
    x = numbers(kind)
    one, same, other, none = (make(kind, seed=seed, **RATES[2]) for seed in (3, 3, 4, None))
    for _ in range(2):
        output = one(x, training=True)
        np.testing.assert_array_equal(output, same(x, training=True))
        assert differ(output, other(x, training=True))
        assert differ(output, none(x, training=True))


@pytest.mark.parametrize("kind", [*CELLS, *SHAPES])
def test_arguments_in_the_config(kind: str) -> None:
    """A layer made from a config has its rates and its seed, but for the seed of a SimpleRNN."""
    layer = make(kind, seed=3, **RATES[2])
    config = layer.get_config()
    same = type(layer).from_config(config)
    outputs = [each(numbers(kind), training=True) for each in (layer, same)]

    assert {name: config[name] for name in RATES[2]} == RATES[2]
    # Keras leaves the seed of the layer out here, though not that of the cell.
    is_kept = kind != "SimpleRNN"
    assert (config.get("seed"), differ(*outputs)) == ((3, False) if is_kept else (None, True))


@pytest.mark.parametrize("kind", CELLS)
def test_cells_keep_their_seed(kind: str) -> None:
    """An RNN of one cell or of several, made from its config, draws the same masks."""
    first, *others = (make_cell(kind, seed=seed, **RATES[2]) for seed in (3, 4, 5))
    for layer in (layers.RNN(first), layers.RNN(others)):
        same = layers.RNN.from_config(layer.get_config())
        outputs = [each(numbers(), training=True) for each in (layer, same)]
        np.testing.assert_array_equal(*outputs)


@EACH_KIND
@pytest.mark.parametrize("seed", [None, 3])
def test_the_halves_of_bidirectional(kind: str, seed: int | None) -> None:
    """The two directions draw separate masks, but the same ones if the layer has a seed.

    A SimpleRNN loses its seed on the way.
    """
    x = np.repeat(numbers(kind)[:, :1], 3, axis=1)  # The same read from both ends.
    layer = layers.Bidirectional(make(kind, seed=seed, dropout=0.5), merge_mode=None)

    assert not differ(*layer(x))
    assert differ(*layer(x, training=True)) == (seed is None or kind == "SimpleRNN")


def test_cells_of_a_stack_draw_their_own_masks() -> None:
    """Cells without a seed draw different masks."""
    stack = layers.RNN([layers.GRUCell(4, dropout=0.5) for _ in range(2)])
    step = np.ones((2, 50), "float32")

    assert differ(*(cell.get_dropout_mask(step) for cell in stack.cell.cells))


@EACH_KIND
def test_rates_that_are_none(kind: str) -> None:
    """A rate below 0 becomes 0, one above 1 becomes 1; only a SimpleRNN then drops everything."""
    x = numbers(kind)
    below = make(kind, dropout=-0.5, recurrent_dropout=-0.5)
    above = make(kind, dropout=1.5, recurrent_dropout=1.5)
    # In a SimpleRNN without input and state, only the bias is left.
    dropped = above(0 * x[:, :1]) if kind == "SimpleRNN" else above(x)

    assert (below.dropout, below.recurrent_dropout) == (0, 0)
    assert (above.dropout, above.recurrent_dropout) == (1, 1)
    np.testing.assert_array_equal(below(x, training=True), below(x))
    np.testing.assert_array_equal(above(x, training=True), dropped)
