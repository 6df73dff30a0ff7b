"""Observe says what the layer returned: every tensor, its name, its place, its values."""

import copy
from typing import Any

import keras
import numpy as np
import pytest
from support.own_code import FlexibleCell

from rnn_returns import FLAG_COMBINATIONS, Flags, expected, observe
from rnn_returns.observation import Returned

# With the states that Keras's own reference says each layer has.
LAYERS = {
    keras.layers.LSTM: ("state_h", "state_c"),
    keras.layers.GRU: ("state_h",),
    keras.layers.SimpleRNN: ("state_h",),
}
X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("flags", FLAG_COMBINATIONS, ids=lambda flags: str(flags.name))
class TestEveryCombination:
    """LSTM, GRU and SimpleRNN under each of the four combinations."""

    def test_names_and_container(self, kind: Any, flags: Flags) -> None:
        """Names, container and shapes are those of Keras; without values, the reason is given."""
        layer = kind(4, **flags.arguments)
        returned, symbolic = observe(layer, X), observe(layer, keras.Input((5, 3)))

        names = ("output", *LAYERS[kind]) if flags.return_state else ("output",)
        output = ("batch", "timesteps", "units") if flags.return_sequences else ("batch", "units")
        for each in (returned, symbolic):
            assert each.names == names
            assert each.axes == (output, *[("batch", "units")] * (len(names) - 1))
            assert each.container == ("tuple" if flags.return_state else "tensor")
            assert each.structure == (names if flags.return_state else "output")
            assert len(each) == len(names)
        assert symbolic.shapes == tuple((None, *shape[1:]) for shape in returned.shapes)
        with pytest.raises(ValueError, match="'output' has no values: the layer was called on a s"):
            _ = symbolic.output
        assert "symbolic" in repr(symbolic)

    def test_values_are_keras_own(self, kind: Any, flags: Flags) -> None:
        """Iteration, attributes and items give the values that the bare call gives."""
        layer = kind(4, **flags.arguments)
        returned = observe(layer, X)
        bare = keras.tree.flatten(layer(X))

        for name, ours, theirs in zip(returned.names, returned, bare, strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours is not None
            assert np.array_equal(getattr(returned, name), ours)
            assert np.array_equal(returned[name], ours)
        assert [name for name, _ in returned.items()] == list(returned.names)
        assert returned.shapes == tuple(tuple(tensor.shape) for tensor in bare)
        assert returned.dtypes == ("float32",) * len(bare)


def test_call_arguments_reach_the_layer() -> None:
    """A mask and an initial state are passed on to Keras."""
    lstm = keras.layers.LSTM(4, return_sequences=True)
    mask = np.array([[True, True, False, False, False], [True] * 5])
    start = [np.ones((2, 4), "float32")] * 2

    plain = observe(lstm, X)
    masked = observe(lstm, X, mask=mask)
    started = observe(lstm, X, initial_state=start)

    assert not np.array_equal(plain.output[0, 2], masked.output[0, 2])
    np.testing.assert_array_equal(masked.output[0, 1], masked.output[0, 4])
    assert not np.array_equal(plain.output[:, 0], started.output[:, 0])


def test_mask_of_an_embedding_is_used_and_handed_on() -> None:
    """The mask that a tensor carries reaches the layer; of a symbolic one there is the shape."""
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    tokens = embedding(np.array([[4, 2, 0], [5, 6, 7]]))
    gru = keras.layers.GRU(4, return_sequences=True)
    returned = observe(gru, tokens)

    np.testing.assert_array_equal(returned.output[0, 1], returned.output[0, 2])
    np.testing.assert_array_equal(returned.mask, [[True, True, False], [True, True, True]])
    assert "propagated mask" in repr(returned)
    assert observe(keras.layers.GRU(4), tokens).mask is None
    symbolic = observe(gru, embedding(keras.Input((6,), dtype="int32")))
    assert symbolic.mask.shape == (None, 6)


def test_mask_is_not_changed() -> None:
    """The propagated mask has the shape and the dtype of the mask in the call."""
    lstm = keras.layers.LSTM(4, return_sequences=True)
    for mask in (np.array([[True, True, True, False, False]]), np.ones((2, 5))):
        returned = observe(lstm, X, mask=mask)
        assert (returned.mask.shape, returned.mask.dtype.kind) == (
            mask.shape,
            mask.dtype.kind,
        )

    slices = np.ones((2, 6, 5, 3), "float32")
    mask = np.ones((2, 6, 5), bool)
    wrapper = keras.layers.TimeDistributed(keras.layers.LSTM(4))
    assert observe(wrapper, slices, mask=mask.tolist()).mask.shape == mask.shape
    assert expected(wrapper, slices.shape, mask=True).mask == mask.shape


def test_half_precision() -> None:
    """The dtype is the one that Keras returned, and it can be shown."""
    returned = observe(keras.layers.LSTM(4, dtype="mixed_bfloat16"), X)

    assert returned.dtypes == ("bfloat16",)
    assert "bfloat16" in repr(returned)


def test_what_was_not_returned() -> None:
    """Asking for a tensor that did not come back says which ones did."""
    returned = observe(keras.layers.GRU(4, return_state=True), X)

    message = "'state_c' was not returned; there is output, state_h"
    with pytest.raises(AttributeError, match=message):
        _ = returned.state_c
    with pytest.raises(KeyError, match=message):
        _ = returned["state_c"]
    assert {"output", "state_h"} <= set(dir(returned))
    assert copy.copy(returned).names == returned.names


@pytest.mark.parametrize("state_size", [((2, 3),), [(2, 3)], (2, 3)])
def test_matrix_states(state_size: Any) -> None:
    """States and outputs that are matrices are named, with their shapes and numbered axes."""
    layer = keras.layers.RNN(
        FlexibleCell(state_size, 2, 3), return_sequences=True, return_state=True
    )
    returned = observe(layer, X)

    assert returned.names == ("output", "state_0")
    assert returned.shapes == ((2, 5, 2, 3), (2, 2, 3))
    assert returned.axes == (
        ("batch", "timesteps", "axis_2", "axis_3"),
        ("batch", "axis_1", "axis_2"),
    )
    np.testing.assert_array_equal(returned.output[:, -1], returned.state_0)


def test_other_states_than_a_symbolic_call_has() -> None:
    """What Keras makes of matrix states symbolically is named as it came."""
    layer = keras.layers.RNN(FlexibleCell((2, 3), 2, 3), return_state=True)
    symbolic = observe(layer, keras.Input((5, 3)))

    assert symbolic.names == ("output", "state_0", "state_1")
    assert symbolic.shapes == ((None, 2), (None, 2), (None, 3))
    cell = FlexibleCell(((2, 3),), 2, 3, output_size=4)
    symbolic = observe(keras.layers.RNN(cell, return_state=True), keras.Input((5, 3)))
    assert symbolic.names == ("output", "state_0_0", "state_0_1")


def test_matrix_states_in_a_stack() -> None:
    """The cell with matrix states is numbered, the other one has its own names."""
    cells = [keras.layers.LSTMCell(3), FlexibleCell(((2, 3),), 2, 3)]
    returned = observe(keras.layers.RNN(cells, return_state=True), X)

    assert returned.names == ("output", "cell_0_state_h", "cell_0_state_c", "cell_1_state_0")
    assert returned.axes[1:] == (*[("batch", "units")] * 2, ("batch", "axis_1", "axis_2"))


class OwnLSTM(keras.layers.LSTM):  # type: ignore[misc]
    """An LSTM that returns its states first."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Put the output last."""
        output, *states = super().call(sequences, initial_state, mask)
        return (*states, output)


def test_a_class_with_code_of_its_own() -> None:
    """What comes out of a class with its own call is not given the names of an LSTM."""
    layer = OwnLSTM(4, return_sequences=True, return_state=True)
    returned = observe(layer, X)

    assert returned.names == ("output_0", "output_1", "output_2")
    assert returned.shapes == ((2, 4), (2, 4), (2, 5, 4))
    assert returned.axes[2] == ("axis_0", "axis_1", "axis_2")


@pytest.mark.parametrize("result", [("a", "b"), ("a", "b", "c", "d"), ("a", ["b"], "c")])
def test_a_structure_that_keras_never_had(result: Any) -> None:
    """When Keras returns something new, it is not given a wrong name."""
    with pytest.raises(RuntimeError, match=r"the names .* do not fit"):
        Returned(keras.layers.LSTM(1), result)
