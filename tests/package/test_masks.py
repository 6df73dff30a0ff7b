"""What a mask changes: the values and states at masked time steps, the mask passed on, the loss."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from support.layers import (
    ALL_EQUATIONS,
    BATCH,
    BOTH,
    EQUATIONS,
    FEATURES,
    LAYERS,
    MASK,
    TIMESTEPS,
    UNITS,
    assert_returned,
    make_input,
    make_layer,
    make_numbers,
    randomize,
    trace,
)

EITHER = (False, True)
X = make_input("LSTM")
# Two samples of three slices of four time steps. One slice is fully masked.
SLICES = make_numbers(2, 3, 4, FEATURES)
SLICE_MASKS = np.array(
    [[[1, 0, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]], [[1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]]], bool
)


def mask_of(tensor: Any) -> Any:
    return getattr(tensor, "_keras_mask", None)


class TestTimeDistributed:
    """The wrapped layer processes each slice with the part of the mask for that slice."""

    @pytest.mark.parametrize("return_sequences", EITHER)
    @pytest.mark.parametrize("kind", EQUATIONS)
    def test_slices(self, kind: str, return_sequences: bool) -> None:
        """Each slice has its own mask, and the whole mask is passed on, whatever is returned."""
        inner = LAYERS[kind](return_sequences=return_sequences)
        layer = randomize(layers.TimeDistributed(inner), SLICES.shape)
        traces = [
            trace(kind, layer, SLICES[:, i], mask=SLICE_MASKS[:, i]) for i in range(SLICES.shape[1])
        ]
        outputs = [one.output if return_sequences else one.output[:, -1] for one in traces]

        returned = layer(SLICES, mask=SLICE_MASKS)
        assert_returned(np.stack(outputs, axis=1), returned)
        np.testing.assert_array_equal(mask_of(returned), SLICE_MASKS)

    def test_layer_without_mask_argument(self) -> None:
        """A wrapped `Dense` computes masked slices as well, and the mask is passed on."""
        layer = layers.TimeDistributed(layers.Dense(UNITS))
        returned = layer(X, mask=MASK)

        assert_returned(layer.layer(X), returned)
        np.testing.assert_array_equal(mask_of(returned), MASK)

    def test_mask_of_slices(self) -> None:
        """A mask of whole slices has no time steps for a wrapped recurrent layer, which fails."""
        layer = layers.TimeDistributed(layers.GRU(UNITS))
        with pytest.raises(IndexError, match="list assignment index out of range"):
            layer(SLICES, mask=SLICE_MASKS.any(axis=-1))

    @pytest.mark.parametrize(
        ("mask", "message"),
        [
            (np.ones((2, 4), bool), "mask shape prefix: \\(2, 3\\)"),
            (np.ones((3, 3), bool), "mask shape prefix: \\(2, 3\\)"),
            (np.ones(2, bool), "must be at least 2D"),
        ],
        ids=["slices", "batch", "rank"],
    )
    def test_wrong_shape(self, mask: Any, message: str) -> None:
        """A mask for another batch or number of slices, or of rank 1, raises an error."""
        with pytest.raises(ValueError, match=message):
            layers.TimeDistributed(layers.GRU(UNITS))(SLICES, mask=mask)

    def test_documents(self) -> None:
        """The next layer receives the mask of words, and needs a mask of sentences instead.

        It raises an error, except if a sentence has as many words as the layer has units. Then the
        mask of each word is used for one unit.
        """
        words = layers.Embedding(5, 3, mask_zero=True)(SLICE_MASKS.astype("int32"))
        sentences = layers.TimeDistributed(layers.SimpleRNN(6))(words)
        layer = randomize(layers.SimpleRNN(4), sentences.shape)

        np.testing.assert_array_equal(mask_of(sentences), SLICE_MASKS)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be broadcastable"):
            layers.SimpleRNN(5)(sentences)
        is_real = SLICE_MASKS.any(axis=-1)
        expected = trace("SimpleRNN", layer, np.array(sentences), mask=is_real)
        assert_returned(expected.state_h, layer(sentences, mask=is_real))
        h = np.zeros((2, 4), "float32")
        for t in range(3):
            start = trace("SimpleRNN", layer, np.array(sentences)[:, [t]], initial_state=[h])
            h = np.where(SLICE_MASKS[:, t], start.state_h, h)
        assert_returned(h, layer(sentences))


class TestBidirectional:
    """Both layers use the mask; the backward layer and its part of the output reverse it."""

    @pytest.mark.parametrize("is_started", EITHER)
    @pytest.mark.parametrize("return_sequences", EITHER)
    @pytest.mark.parametrize("kind", ALL_EQUATIONS)
    def test_directions(self, kind: str, return_sequences: bool, is_started: bool) -> None:
        """A sequence is zero at masked time steps; a last output is the last one computed."""
        inner = LAYERS[kind](return_sequences=return_sequences, return_state=True)
        x = make_input(kind)
        layer = randomize(layers.Bidirectional(inner), x.shape)
        directions = layer.forward_layer, layer.backward_layer
        states = [
            make_numbers(*state.shape, seed=n)
            for n, state in enumerate(
                state for one in directions for state in one.get_initial_state(BATCH)
            )
        ]
        half = len(states) // 2
        forward, backward = (
            trace(
                kind,
                one,
                x,
                mask=MASK,
                initial_state=start if is_started else None,
                zero_output_for_mask=return_sequences,
                go_backwards=one is layer.backward_layer,
            )
            for one, start in zip(directions, (states[:half], states[half:]), strict=True)
        )
        outputs = [forward.output, backward.output[:, ::-1]]
        if not return_sequences:
            outputs = [forward.output[:, -1], backward.output[:, -1]]
        expected = [np.concatenate(outputs, axis=-1), *forward.states, *backward.states]

        returned = layer(x, mask=MASK, initial_state=states if is_started else None)
        assert_returned(expected, returned)
        assert [mask_of(tensor) is None for tensor in returned] == [
            not return_sequences,
            *[True] * len(states),
        ]

    @pytest.mark.parametrize("return_sequences", EITHER)
    def test_fully_masked_sequence(self, return_sequences: bool) -> None:
        """The output of a fully masked sequence is zero, and its states are the initial states."""
        layer = make_layer("Bidirectional", return_sequences=return_sequences, return_state=True)
        states = [make_numbers(BATCH, UNITS, seed=n) for n in range(2)]
        output, *final = layer(X, mask=np.zeros_like(MASK), initial_state=states)

        assert not np.any(output)
        assert_returned(states, final, tolerance=0)


class TestStacks:
    """Cells in a stack, and layers in a row, share one mask."""

    @pytest.mark.parametrize("go_backwards", EITHER)
    @pytest.mark.parametrize("unroll", EITHER)
    def test_cells(self, unroll: bool, go_backwards: bool) -> None:
        """At a masked time step, the state of each cell is unchanged."""
        stack = make_layer("stack", unroll=unroll, go_backwards=go_backwards, **BOTH)
        lower, upper = stack.cell.cells
        first = trace("LSTM", lower, X, mask=MASK, go_backwards=go_backwards)
        order = slice(None, None, -1 if go_backwards else 1)
        second = trace("GRU", upper, first.h, mask=MASK[:, order])

        returned = stack(X, mask=MASK)
        assert_returned([second.output, *first.states, *second.states], returned)
        np.testing.assert_array_equal(mask_of(returned[0]), MASK)

    def test_layers(self) -> None:
        """A layer that returns a sequence passes its mask to the next layer."""
        x = np.where(MASK[..., np.newaxis], X, 0)
        lower = make_layer("LSTM", return_sequences=True)
        upper = randomize(layers.GRU(UNITS), (BATCH, TIMESTEPS, UNITS))
        first = trace("LSTM", lower, X, mask=MASK)
        second = trace("GRU", upper, first.output, mask=MASK)

        assert_returned(second.output[:, -1], upper(lower(layers.Masking()(x))))


class TestShapes:
    """A mask has one entry for each time step of each sample."""

    @pytest.mark.parametrize("unroll", EITHER)
    @pytest.mark.parametrize("kind", LAYERS)
    def test_one_row(self, kind: str, unroll: bool) -> None:
        """A mask of shape (1, timesteps) is used for all samples and passed on as it is."""
        layer, x = make_layer(kind, unroll=unroll, **BOTH), make_input(kind)
        returned = layer(x, mask=MASK[:1])

        assert_returned(layer(x, mask=MASK[[0, 0]]), returned, tolerance=0)
        np.testing.assert_array_equal(mask_of(returned[0]), MASK[:1])

    # The types of errors are those of TensorFlow or Python.
    @pytest.mark.parametrize(
        ("unroll", "length", "message"),
        [
            (False, TIMESTEPS - 1, "Tried to read from index 2 but array size is: 2"),
            (False, TIMESTEPS + 1, "Cannot unstack 4 tensors into a TensorArray of static size 3"),
            (True, TIMESTEPS - 1, "list index out of range"),
        ],
    )
    @pytest.mark.parametrize("kind", LAYERS)
    def test_wrong_length(self, kind: str, unroll: bool, length: int, message: str) -> None:
        """A mask with fewer time steps raises an error, and so does one with more in a loop."""
        layer = make_layer(kind, unroll=unroll)
        with pytest.raises(Exception, match=message):
            layer(make_input(kind), mask=np.ones((BATCH, length), bool))

    @pytest.mark.parametrize("kind", ["LSTM", "stack"])
    @pytest.mark.parametrize("go_backwards", EITHER)
    def test_too_long_unrolled(self, kind: str, go_backwards: bool) -> None:
        """An unrolled layer ignores the end of a mask, or its start if it goes backwards."""
        layer = make_layer(kind, unroll=True, go_backwards=go_backwards, **BOTH)
        x = make_input(kind)
        mask = np.concatenate([MASK, ~MASK], axis=1)
        used = mask[:, -TIMESTEPS:] if go_backwards else mask[:, :TIMESTEPS]

        assert_returned(layer(x, mask=used), layer(x, mask=mask))

    def test_masked_pixels(self) -> None:
        """`Masking` before a ConvLSTM masks pixels: those that are always zero stay zero."""
        x = np.ones((BATCH, TIMESTEPS, 4, 2), "float32")
        x[:, :, 1] = 0
        layer = randomize(layers.ConvLSTM1D(2, 2, padding="same"), x.shape)
        is_zero = ~np.array(layer(layers.Masking()(x))).any(axis=-1)

        np.testing.assert_array_equal(is_zero, [[False, True, False, False]] * BATCH)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be broadcastable"):
            layers.ConvLSTM1D(2, 2, padding="valid")(layers.Masking()(x))


@pytest.mark.parametrize("unroll", EITHER)
@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "Bidirectional"])
def test_fully_masked_sequence(kind: str, unroll: bool) -> None:
    """A fully masked sequence returns zeros and its initial states unchanged."""
    layer, x = make_layer(kind, unroll=unroll, **BOTH), make_input(kind)
    states = keras.tree.map_structure(
        lambda state: make_numbers(*state.shape), layer.get_initial_state(BATCH)
    )
    output, *final = layer(x, mask=np.array([[False] * 3, [True] * 3]), initial_state=states)

    assert not np.any(output[0])
    assert np.all(np.any(output[1], axis=-1))
    for state, start in zip(keras.tree.flatten(final), keras.tree.flatten(states), strict=True):
        np.testing.assert_array_equal(state[0], start[0])
        assert np.all(state[1] != start[1])


@pytest.mark.parametrize("change", ["slice", "sum"])
def test_operations_drop_the_mask(change: str) -> None:
    """A slice of a masked tensor, and a sum with it, have no mask."""
    embedded = layers.Embedding(5, 3, mask_zero=True)(MASK.astype("int32"))

    assert mask_of(embedded) is not None
    assert mask_of(embedded[:, 1:] if change == "slice" else embedded + 1) is None


@pytest.mark.parametrize("is_masked", EITHER)
@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "stack", "Bidirectional"])
def test_loss(kind: str, is_masked: bool) -> None:
    """A loss is the mean over unmasked time steps, because the mask is passed on to it."""
    inputs = keras.Input((2, 1))
    masking = [layers.Masking()] if is_masked else []
    layer = LAYERS[kind](return_sequences=True)
    model = keras.Sequential([inputs, *masking, layer])
    model.set_weights([np.zeros(weight.shape) for weight in model.weights])
    model.compile(loss="mse", run_eagerly=True)
    x = np.array([[[1], [0]]], "float32")
    target = np.broadcast_to(np.array([[[0], [100]]], "float32"), (1, *model.output_shape[1:]))

    # The outputs are zero, so the errors are 0 and 100.
    assert model.evaluate(x, target, verbose=0) == (0 if is_masked else 5000)


@pytest.mark.parametrize("kind", LAYERS)
def test_nan_in_padding(kind: str) -> None:
    """NaN at masked time steps leaves all outputs finite, and makes every weight's gradient NaN."""
    layer, x = make_layer(kind, **BOTH), make_input(kind)
    x[~MASK] = np.nan
    with tf.GradientTape() as tape:
        returned = keras.tree.flatten(layer(x, mask=MASK))
        total = tf.add_n([tf.reduce_sum(tensor) for tensor in returned])
    gradients = tape.gradient(total, [weight.value for weight in layer.trainable_weights])

    assert all(np.all(np.isfinite(tensor)) for tensor in returned)
    assert gradients
    assert all(np.any(np.isnan(gradient)) for gradient in gradients)


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_nan_in_padding_spares_the_layers_that_follow(kind: str) -> None:
    """One training step sets the weights of the recurrent layer to NaN, but none after it."""
    inputs, mask = keras.Input((2, 1)), keras.Input((2,), dtype="bool")
    output = getattr(layers, kind)(3)(inputs, mask=mask)
    model = keras.Model([inputs, mask], layers.Dense(1)(output))
    model.compile(loss="mse")
    model.train_on_batch([np.array([[[1], [np.nan]]]), np.array([[True, False]])], np.zeros((1, 1)))

    *recurrent, kernel, bias = model.get_weights()
    assert recurrent
    assert not any(np.isfinite(weight).any() for weight in recurrent)
    assert all(np.isfinite(weight).all() for weight in (kernel, bias))
