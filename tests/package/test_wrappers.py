"""How `Bidirectional`, `TimeDistributed` and stacks of cells use the layers or cells in them."""

from collections.abc import Callable
from copy import deepcopy
from itertools import product
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
    UNITS,
    assert_returned,
    make_input,
    make_layer,
    make_numbers,
    randomize,
    trace,
)

EITHER = (False, True)
X = make_input("GRU")
SLICES = make_numbers(BATCH, 2, 3, FEATURES)
MERGES: dict[str | None, Callable[..., Any]] = {
    "concat": lambda one, other: [np.concatenate([one, other], axis=-1)],
    "sum": lambda one, other: [one + other],
    "ave": lambda one, other: [(one + other) / 2],
    "mul": lambda one, other: [one * other],
    None: lambda one, other: [one, other],
}


class TestTimeDistributed:
    """The wrapped layer processes each slice, but is not called as a layer."""

    @pytest.mark.parametrize("is_open", EITHER)
    @pytest.mark.parametrize("kind", ALL_EQUATIONS)
    def test_slices(self, kind: str, is_open: bool) -> None:
        """Each slice is a sequence, also if the number of slices is unknown but that of samples."""
        x = np.stack([make_input(kind), 1 - make_input(kind)], axis=1)
        layer = randomize(layers.TimeDistributed(LAYERS[kind]()), x.shape)
        expected = [trace(kind, layer, x[:, i]).state_h for i in range(2)]
        called: Any = layer
        if is_open:
            signature = [tf.TensorSpec((None, None, *x.shape[2:]))]
            called = tf.function(layer, input_signature=signature)

        assert_returned(np.stack(expected, axis=1), called(x))

    @pytest.mark.parametrize(
        ("wrapped", "x"),
        [(lambda **options: layers.Dense(UNITS, **options), X), (LAYERS["GRU"], SLICES)],
        ids=["Dense", "GRU"],
    )
    def test_activity_regularizer(self, wrapped: Any, x: Any) -> None:
        """The activity regularizer of the wrapped layer is not used; alone, it adds a loss."""
        distributed = layers.TimeDistributed(wrapped(activity_regularizer="l2"))
        alone = wrapped(activity_regularizer="l2")
        distributed(x)
        alone(x[:, 0])

        assert (len(distributed.losses), len(alone.losses)) == (0, 1)

    @pytest.mark.parametrize("outer", [layers.Bidirectional, lambda gru: keras.Sequential([gru])])
    def test_nested_activity_regularizer(self, outer: Any) -> None:
        """The activity regularizer of a layer in the wrapped layer adds losses."""
        gru = layers.GRU(UNITS, activity_regularizer="l2")
        distributed = layers.TimeDistributed(outer(gru))
        distributed(SLICES)

        assert distributed.losses

    @pytest.mark.parametrize("slices", [1, 2, 3])
    def test_unknown_number_of_slices(self, slices: int) -> None:
        """In a graph, as many slices are processed as there are samples; fewer raise an error."""
        dense = layers.Dense(UNITS)
        layer = layers.TimeDistributed(dense)
        x = make_numbers(2, slices, FEATURES)
        layer.build(x.shape)
        called = tf.function(layer, input_signature=[tf.TensorSpec((None, None, FEATURES))])
        assert_returned(dense(x), layer(x))
        if slices < 2:
            with pytest.raises(tf.errors.InvalidArgumentError):
                called(x)
        else:
            assert_returned(dense(x)[:, :2], called(x))

    def test_regularizer(self) -> None:
        """A regularizer of weights adds its loss once, not once for each slice."""
        layer = layers.TimeDistributed(layers.GRU(UNITS, kernel_regularizer="l2"))
        layer(SLICES)
        expected = keras.regularizers.L2()(layer.layer.cell.kernel)

        np.testing.assert_array_equal(layer.losses, [expected])


class TestBidirectional:
    """The outputs of both directions are merged; the states of both are returned."""

    @pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])
    @pytest.mark.parametrize("return_sequences", EITHER)
    @pytest.mark.parametrize("merge_mode", MERGES)
    def test_merge_mode(self, merge_mode: str | None, return_sequences: bool, mask: Any) -> None:
        """A merge mode combines the outputs, of which the backward one is in the input's order."""
        inner = layers.GRU(UNITS, return_sequences=return_sequences, return_state=True)
        layer = randomize(layers.Bidirectional(inner, merge_mode=merge_mode), X.shape)
        options = {"mask": mask, "zero_output_for_mask": return_sequences}
        forward = trace("GRU", layer.forward_layer, X, **options)
        backward = trace("GRU", layer.backward_layer, X, go_backwards=True, **options)
        outputs = [forward.output, backward.output[:, ::-1]]
        if not return_sequences:
            outputs = [forward.output[:, -1], backward.output[:, -1]]

        expected = [*MERGES[merge_mode](*outputs), forward.state_h, backward.state_h]
        assert_returned(expected, layer(X, mask=mask))

    @pytest.mark.parametrize("return_sequences", EITHER)
    def test_swapped_directions(self, return_sequences: bool) -> None:
        """A layer that goes backwards, with a backward layer that does not, reverses the output.

        No error is raised: the first half processes the input backwards.
        """
        given, other = (
            layers.GRU(UNITS, return_sequences=return_sequences, go_backwards=go_backwards)
            for go_backwards in (True, False)
        )
        layer = randomize(layers.Bidirectional(given, backward_layer=other), X.shape)
        first = trace("GRU", layer.forward_layer, X, go_backwards=True).output
        second = trace("GRU", layer.backward_layer, X).output
        halves = [first, second[:, ::-1]] if return_sequences else [first[:, -1], second[:, -1]]

        assert_returned(np.concatenate(halves, axis=-1), layer(X))

    @pytest.mark.parametrize(
        ("return_sequences", "zero_output_for_mask"), list(product(EITHER, EITHER))
    )
    def test_zero_output_for_mask(self, return_sequences: bool, zero_output_for_mask: bool) -> None:
        """`zero_output_for_mask` of both layers becomes the value of `return_sequences`.

        This also changes a layer passed as `backward_layer`.
        """
        given, backward = (
            layers.GRU(
                UNITS,
                return_sequences=return_sequences,
                zero_output_for_mask=zero_output_for_mask,
                go_backwards=go_backwards,
            )
            for go_backwards in EITHER
        )
        layer = layers.Bidirectional(given, backward_layer=backward)

        assert layer.forward_layer.zero_output_for_mask is return_sequences
        assert backward.zero_output_for_mask is return_sequences
        assert given.zero_output_for_mask is zero_output_for_mask

    def test_copies(self) -> None:
        """The layer is copied without its weights; a backward layer is used as it is."""
        given = make_layer("GRU")
        backward = make_layer("GRU", go_backwards=True)
        layer = layers.Bidirectional(given, backward_layer=backward)
        layer.build(X.shape)

        assert layer.forward_layer is not given
        assert layer.backward_layer is backward
        assert not np.array_equal(layer.forward_layer.get_weights()[0], given.get_weights()[0])
        np.testing.assert_array_equal(layer.get_weights()[3], given.get_weights()[0])

    def test_weights(self) -> None:
        """The argument `weights` has no effect: the kernel is not the one that it contains."""
        weights = make_layer("GRU").get_weights()
        layer = layers.Bidirectional(layers.GRU(UNITS), weights=[*weights, *weights])
        layer.build(X.shape)

        assert not np.array_equal(layer.get_weights()[0], weights[0])


class TestStacks:
    """A stack of cells is one layer; layers in a row are several."""

    @pytest.mark.parametrize("go_backwards", EITHER)
    @pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])
    def test_cells_and_layers(self, mask: Any, go_backwards: bool) -> None:
        """Both return the same, except that layers that go backwards reverse the time twice."""
        stack = make_layer("stack", go_backwards=go_backwards, **BOTH)
        options = {"go_backwards": go_backwards, **BOTH}
        lower, upper = layers.LSTM(3, **options), layers.GRU(UNITS, **options)
        lower.build(X.shape)
        upper.build((BATCH, 3, 3))
        for layer, cell in zip((lower, upper), stack.cell.cells, strict=True):
            layer.set_weights(cell.get_weights())

        sequence, *first = lower(X, mask=mask)
        output, *second = upper(sequence, mask=mask)
        returned = stack(X, mask=mask)
        if go_backwards:
            # The second layer starts with the output that the first layer computed last.
            assert np.abs(second[0] - returned[2][0]).max() > 1e-3
            # The sequence is reversed already, so the stack's second cell does not reverse it.
            upper.go_backwards = False
            output, *second = upper(sequence, mask=None if mask is None else mask[:, ::-1])
        assert_returned([output, first, second], returned)

    @pytest.mark.parametrize("kind", EQUATIONS)
    def test_one_cell(self, kind: str) -> None:
        """A stack of one cell computes what its cell does."""
        cell = getattr(layers, f"{kind}Cell")(UNITS)
        stack = randomize(layers.RNN([cell], **BOTH), X.shape)
        expected = trace(kind, stack, X)

        assert_returned([expected.output, *expected.states], stack(X))

    @pytest.mark.parametrize("kind", EQUATIONS)
    def test_one_unrolled_cell(self, kind: str) -> None:
        """Unrolled, it returns its states without a list; an LSTM fails after one time step."""
        cell = getattr(layers, f"{kind}Cell")(UNITS)
        stack = randomize(layers.RNN([cell], unroll=True, **BOTH), X.shape)
        x = X
        if kind == "LSTM":
            with pytest.raises(IndexError, match="list index out of range"):
                stack(X)
            x = X[:, :1]
        expected = trace(kind, stack, x)

        returned = stack(x)
        assert [isinstance(part, list) for part in returned] == [False] * len(returned)
        assert_returned([expected.output, *expected.states], returned)


def test_a_mask_for_an_unknown_batch() -> None:
    """TimeDistributed accepts a mask with a batch size for an input without one."""
    layer = layers.TimeDistributed(layers.Dense(4))
    signature = [tf.TensorSpec((None, 3, 5)), tf.TensorSpec((2, 3), "bool")]
    called = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=signature)

    assert called(np.ones((2, 3, 5), "float32"), np.ones((2, 3), bool)).shape == (2, 3, 4)


@pytest.mark.parametrize("use_cudnn", [True, False, "auto"])
def test_use_cudnn(use_cudnn: Any) -> None:
    """Both layers of Bidirectional keep `use_cudnn`, which their configuration does not contain."""
    layer = layers.Bidirectional(layers.LSTM(4, use_cudnn=use_cudnn))

    assert layer.forward_layer.use_cudnn == layer.backward_layer.use_cudnn == use_cudnn


class Doubled(layers.GRU):  # type: ignore[misc]
    """A layer that Keras does not know by its name."""


def test_custom_objects() -> None:
    """TimeDistributed finds a class in `custom_objects`; Bidirectional needs it registered."""
    config = layers.TimeDistributed(Doubled(4)).get_config()
    config["layer"] |= {"module": None, "registered_name": "Doubled"}
    again = layers.TimeDistributed.from_config(
        deepcopy(config), custom_objects={"Doubled": Doubled}
    )

    assert type(again.layer) is Doubled
    with pytest.raises(TypeError, match="Could not locate class 'Doubled'"):
        layers.TimeDistributed.from_config(config)
    with pytest.raises(TypeError, match="Could not locate class 'Doubled'"):
        layers.Bidirectional(Doubled(4))
