"""The types of what recurrent layers return, keep and read, under each policy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from support.constructor import OTHERS, call
from support.grid import REFUSED

from rnn_returns import expected, observe

# The types of the numbers that a layer computes with, and those of its variables.
POLICIES = {
    "float16": ("float16", "float16"),
    "bfloat16": ("bfloat16", "bfloat16"),
    "mixed_float16": ("float16", "float32"),
    "mixed_bfloat16": ("bfloat16", "float32"),
    "float64": ("float64", "float64"),
}
# Orthogonal, the default of the recurrent kernel, cannot be computed in bfloat16.
INITIALIZER = {"recurrent_initializer": "glorot_uniform"}
BOTH = {"return_sequences": True, "return_state": True}
LAYERS: dict[str, Any] = {
    **{
        kind: lambda kind=kind, **arguments: getattr(layers, kind)(4, **INITIALIZER, **arguments)
        for kind in ("SimpleRNN", "GRU", "LSTM")
    },
    "ConvLSTM1D": lambda **arguments: layers.ConvLSTM1D(4, 1, **INITIALIZER, **arguments),
    "RNN": lambda dtype, **arguments: layers.RNN(
        layers.LSTMCell(4, dtype=dtype, **INITIALIZER), dtype=dtype, **arguments
    ),
}
X = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")


def choose_input(kind: str) -> Any:
    """Return an input for a kind of layer: for a convolution, pixels of one channel."""
    return X[..., np.newaxis] if kind == "ConvLSTM1D" else X


def list_types(returned: Any) -> list[str]:
    return [
        keras.backend.standardize_dtype(tensor.dtype) for tensor in keras.tree.flatten(returned)
    ]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", LAYERS)
def test_outputs_states_and_variables(kind: str, policy: str) -> None:
    """All that is returned has the computing type, and the weights and kept states their own."""
    computed, kept = POLICIES[policy]
    x = choose_input(kind)
    layer = LAYERS[kind](dtype=policy, stateful=True, **BOTH)
    tensors = layer(x)

    assert set(list_types(tensors)) == {computed}
    assert set(list_types(layer.weights)) == set(list_types(layer.states)) == {kept}
    assert set(list_types(layer.get_initial_state(2))) == {computed}
    symbolic = layer.compute_output_spec(keras.KerasTensor(x.shape))
    assert list_types(symbolic) == list_types(layer(keras.Input(batch_shape=x.shape)))
    assert list_types(symbolic) == list_types(tensors)
    assert all(
        equality.holds(observe(layer, x)) for equality in expected(layer, x.shape).equalities
    )


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", LAYERS)
def test_an_initial_state_is_cast(kind: str, policy: str) -> None:
    """A state of another type is read as one of the computing type, which the layer returns."""
    computed, _ = POLICIES[policy]
    x, layer = choose_input(kind), LAYERS[kind](dtype=policy, **BOTH)
    layer.build(x.shape)
    states = [np.full(state.shape, 1 / 3, "float64") for state in layer.get_initial_state(2)]
    cast = [keras.ops.cast(state, computed) for state in states]

    for ours, theirs in zip(
        layer(x, initial_state=states), layer(x, initial_state=cast), strict=True
    ):
        assert list_types([ours]) == [computed]
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "bool"])
@pytest.mark.parametrize("kind", LAYERS)
def test_an_input_of_another_type(kind: str, dtype: str) -> None:
    """A layer reads an input of any type as its own; a convolution, one of floating numbers."""
    layer, x = LAYERS[kind](dtype="float32"), choose_input(kind) * 3
    x[:, 0] = 0  # An input of type bool then has both values.
    x = x.astype(dtype)

    if kind == "ConvLSTM1D" and dtype in ("int32", "bool"):
        with pytest.raises(REFUSED, match=f"{dtype}.*Conv2D|Conv2D.*{dtype}|of {dtype}"):
            layer(x)
    else:
        assert list_types(layer(x)) == ["float32"]
        np.testing.assert_array_equal(layer(x), layer(x.astype("float32")))


@pytest.mark.parametrize("kind", ["GRUCell", "LSTMCell", "SimpleRNNCell"])
def test_autocast(kind: str) -> None:
    """A cell casts its input, and one without autocast fails on an input of another type."""
    x = keras.ops.convert_to_tensor(X[:, 0], "float64")

    assert set(list_types(call(getattr(layers, kind)(4), x, kind))) == {"float32"}
    with pytest.raises(REFUSED, match="expected to be a double tensor but is a float"):
        call(getattr(layers, kind)(4, autocast=False), x, kind)


@pytest.mark.parametrize("outer", POLICIES)
@pytest.mark.parametrize("inner", ["float32", "mixed_float16"])
def test_bidirectional(inner: str, outer: str) -> None:
    """Bidirectional casts its output and no state, where a symbolic call says that it casts all."""
    layer = layers.Bidirectional(layers.LSTM(4, dtype=inner, **BOTH), dtype=outer)
    computed, state = POLICIES[outer][0], inner.removeprefix("mixed_")

    assert list_types(layer(X)) == [computed, *[state] * 4]
    assert list_types(layer(keras.Input((3, 5)))) == [computed] * 5
    assert set(list_types(layer.weights)) == {"float32"}


@pytest.mark.parametrize("outer", POLICIES)
def test_bidirectional_equalities(outer: str) -> None:
    """A state equals its part of the output only if the type of the output holds it exactly."""
    layer = layers.Bidirectional(layers.LSTM(4, **BOTH), dtype=outer)
    returned = observe(layer, X)
    output, states = (
        np.asarray(returned.output),
        (returned.forward_state_h, returned.backward_state_h),
    )
    equal = [
        np.array_equal(np.asarray(part, "float64"), np.asarray(state, "float64"))
        for part, state in zip((output[:, -1, :4], output[:, 0, 4:]), states, strict=True)
    ]

    assert equal == [outer == "float64"] * 2
    assert len(expected(layer, X.shape).equalities) == sum(equal)


@pytest.mark.parametrize("policy", POLICIES)
def test_time_distributed_does_not_cast(policy: str) -> None:
    """TimeDistributed returns the type of its layer, where a symbolic call says its own."""
    layer = layers.TimeDistributed(layers.GRU(4), dtype=policy)

    assert list_types(layer(X[np.newaxis])) == ["float32"]
    assert list_types(layer(keras.Input((2, 3, 5)))) == [POLICIES[policy][0]]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_time_distributed_computes_in_two_types(policy: str) -> None:
    """A wrapped `Dense` has the type of the wrapper, the cell of a recurrent layer its own."""
    x = np.round(X * 4)[:, np.newaxis] / 4  # Every type can store these numbers.
    dense, gru = layers.Dense(4), layers.GRU(4)
    wrapped = [layers.TimeDistributed(layer, dtype=policy)(x) for layer in (dense, gru)]
    same = layers.Dense(4, dtype=policy)
    same.build(x.shape)
    same.set_weights(dense.get_weights())

    np.testing.assert_array_equal(wrapped[0], same(x))
    np.testing.assert_array_equal(wrapped[1][:, 0], gru(x[:, 0]))


@pytest.mark.parametrize("policy", POLICIES)
def test_rnn_casts_what_its_cells_return(policy: str) -> None:
    """RNN returns its own type, and a list of cells computes in it; a single cell keeps its own."""
    computed, _ = POLICIES[policy]
    single = layers.RNN(layers.LSTMCell(4), dtype=policy, return_state=True)
    stack = layers.RNN(OTHERS["cells"](), dtype=policy, return_state=True)

    assert set(list_types(single(X))) == set(list_types(stack(X))) == {computed}
    assert set(list_types(single.get_initial_state(2))) == {"float32"}
    assert set(list_types(single.weights + stack.weights)) == {"float32"}


def test_a_masked_stack_of_another_type() -> None:
    """With a mask, a stack computes in another type only if `StackedRNNCells` has that type too."""
    mask = np.array([[True, False, True]] * len(X))
    double: dict[str, Any] = {"dtype": "float64"}
    cells = [layers.LSTMCell(4, **double), layers.GRUCell(4, **double)]
    stack = layers.RNN(layers.StackedRNNCells(cells, **double), return_state=True, **double)

    assert set(list_types(stack(X, mask=mask))) == {"float64"}
    with pytest.raises(tf.errors.InvalidArgumentError):
        layers.RNN(cells, **double)(X, mask=mask)
