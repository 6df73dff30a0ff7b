"""Observe says what the layer returned: every tensor, its name, its place, its values."""

import copy
from typing import Any

import keras
import numpy as np
import pytest

from rnn_returns import FLAG_COMBINATIONS, Flags, observe
from rnn_returns.observe import Returned

LAYERS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def states(kind: Any) -> tuple[str, ...]:
    """Name the states by what Keras's own reference says of the layer."""
    return ("state_h", "state_c") if kind is keras.layers.LSTM else ("state_h",)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("flags", FLAG_COMBINATIONS, ids=lambda flags: str(flags.name))
class TestEveryCombination:
    """LSTM, GRU and SimpleRNN under each of the four combinations."""

    def test_names_and_container(self, kind: Any, flags: Flags) -> None:
        """The container and the names are those of the tensors that Keras returned."""
        returned = observe(kind(4, **flags.arguments), X)

        names = ("output", *states(kind)) if flags.return_state else ("output",)
        assert returned.names == names
        assert returned.container == ("tuple" if flags.return_state else "tensor")
        assert returned.structure == (names if flags.return_state else "output")
        assert len(returned) == len(names)

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

    def test_the_equalities_of_the_pages(self, kind: Any, flags: Flags) -> None:
        """The last hidden state is where the flag pages say it is, on random data as well."""
        layer = kind(4, return_sequences=True, return_state=True)
        everything = observe(layer, X)
        same_weights = kind.from_config(layer.get_config() | flags.arguments)
        same_weights.build(X.shape)
        same_weights.set_weights(layer.get_weights())
        returned = observe(same_weights, X)

        last = returned.output[:, -1] if flags.return_sequences else returned.output
        np.testing.assert_array_equal(last, everything.state_h)
        if flags.return_state:
            np.testing.assert_array_equal(returned.state_h, everything.output[:, -1])

    def test_symbolic(self, kind: Any, flags: Flags) -> None:
        """A symbolic input gives names and shapes, and the reason why there are no values."""
        eager = observe(kind(4, **flags.arguments), X)
        symbolic = observe(kind(4, **flags.arguments), keras.Input((5, 3)))

        assert symbolic.names == eager.names
        assert symbolic.structure == eager.structure
        assert symbolic.shapes == tuple((None, *shape[1:]) for shape in eager.shapes)
        with pytest.raises(
            ValueError, match="'output' has no values: the layer was called on a sy"
        ):
            _ = symbolic.output
        assert "symbolic" in repr(symbolic)


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
    """The mask that a tensor carries reaches the layer, as it does without observe."""
    tokens = keras.layers.Embedding(9, 3, mask_zero=True)(np.array([[4, 2, 0], [5, 6, 7]]))
    returned = observe(keras.layers.GRU(4, return_sequences=True), tokens)

    np.testing.assert_array_equal(returned.output[0, 1], returned.output[0, 2])
    np.testing.assert_array_equal(returned.mask, [[True, True, False], [True, True, True]])
    assert "mask handed on" in repr(returned)
    assert observe(keras.layers.GRU(4), tokens).mask is None


def test_symbolic_mask_has_a_shape() -> None:
    """That a symbolic call hands on a mask can be seen without values."""
    tokens = keras.layers.Embedding(9, 3, mask_zero=True)(keras.Input((6,), dtype="int32"))
    returned = observe(keras.layers.GRU(4, return_sequences=True), tokens)

    assert returned.mask.shape == (None, 6)


def test_nan_passes_through() -> None:
    """NaN is data: it comes out where Keras lets it come out."""
    x = X.copy()
    x[0, 2] = np.nan
    layer = keras.layers.LSTM(4, return_sequences=True)

    np.testing.assert_array_equal(observe(layer, x).output, layer(x))
    assert np.isnan(observe(layer, x).output[0, 2:]).all()


def test_half_precision() -> None:
    """The dtype is the one that Keras returned, and it can be shown."""
    returned = observe(keras.layers.LSTM(4, dtype="mixed_bfloat16"), X)

    assert returned.dtypes == ("bfloat16",)
    assert "bfloat16" in repr(returned)


def test_what_was_not_returned() -> None:
    """Asking for a tensor that did not come back says which ones did."""
    returned = observe(keras.layers.GRU(4, return_state=True), X)

    with pytest.raises(
        AttributeError, match=r"'state_c' was not returned; there is output, state_h"
    ):
        _ = returned.state_c
    with pytest.raises(KeyError, match=r"'state_c' was not returned; there is output, state_h"):
        _ = returned["state_c"]
    assert {"output", "state_h"} <= set(dir(returned))
    assert copy.copy(returned).names == returned.names


@pytest.mark.parametrize("result", [("a", "b"), ("a", "b", "c", "d"), ("a", ["b"], "c")])
def test_a_structure_that_keras_never_had(result: Any) -> None:
    """When Keras returns something new, it is not given a wrong name."""
    with pytest.raises(RuntimeError, match=r"the names .* do not fit"):
        Returned(keras.layers.LSTM(1), result)
