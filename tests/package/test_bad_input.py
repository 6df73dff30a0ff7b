"""A message about bad input names what was given, what is needed and what to do."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.own_code import (
    FlexibleCell,
    OtherCell,
    OwnCall,
    OwnImages,
    OwnLoop,
    OwnRNN,
    OwnStack,
    OwnStart,
    OwnWrapper,
    UnbuiltCell,
)

from rnn_returns import describe, diagram, expected, observe

X = np.zeros((2, 3, 1))
CONV = keras.layers.ConvLSTM1D(2, 2)
SLICES = keras.layers.TimeDistributed(keras.layers.GRU(2))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (None, "given None"),
        ("LSTM", "given an object of type str"),
        (keras.layers.Dense(1), "given an object of type Dense"),
        (keras.layers.TimeDistributed(keras.layers.Dense(2)), "given an object of type Dense"),
        (keras.layers.LSTM, r"given the class LSTM. Make a layer of it first, as in LSTM\(4\)"),
        (keras.layers.RNN, r"given the class RNN. Make a layer of it first, as in RNN\(\.\.\.\)"),
        (keras.Sequential(name="mine"), "given the model 'mine'. Pass one of its layers"),
        (keras.layers.LSTMCell(1), "given an object of type LSTMCell"),
    ],
)
def test_not_a_recurrent_layer(layer: object, message: str) -> None:
    """The message names the object, and the layers that the function accepts."""
    accepted = r"\(LSTM, GRU, SimpleRNN\) or one made with them \(.*TimeDistributed\)"
    needed = f"a recurrent layer {accepted}.*{message}"
    with pytest.raises(TypeError, match=f"^observe needs {needed}"):
        observe(layer, X)
    with pytest.raises(TypeError, match=f"^describe needs {needed}"):
        describe(layer)
    with pytest.raises(TypeError, match=f"^expected needs a LayerSpec, {needed}"):
        expected(layer, (2, 3, 1))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (None, TypeError, "x is None"),
        ("text", TypeError, "that contains <U4 data, but a recurrent layer expects real numbers"),
        ({"a": 1}, TypeError, "type dict that contains object data"),
        (X + 1j, TypeError, "contains complex128 data"),
        (np.full((1, 2, 3), None), TypeError, "contains object data"),
        (tf.constant([[["a"]]]), TypeError, "numeric dtype, got string"),
        ([[[1.0], [2.0]], [[3.0]]], ValueError, "ragged.*pad them to one length and pass mask="),
        (tf.ragged.constant([[[1.0], [2.0]], [[3.0]]]), TypeError, "RaggedTensor.*dense.*mask="),
        (tf.sparse.from_dense(X), TypeError, "SparseTensor.*expects a dense tensor"),
        (keras.Input((3, 1), sparse=True), TypeError, "expects a dense tensor"),
        (1.0, ValueError, r"rank 0, shape \(\), but a recurrent layer expects rank 3"),
        (X[0, :, 0], ValueError, r"rank 1, shape \(3,\).*x\[np.newaxis, :, np.newaxis\]"),
        (X[0], ValueError, r"rank 2, shape \(3, 1\).*\(batch, timesteps, .*x\[np.newaxis\]"),
        (X[None], ValueError, r"rank 4, shape \(1, 2, 3, 1\)"),
        (keras.Input((1,)), ValueError, r"rank 2, shape \(None, 1\)"),
        (X[:0], ValueError, r"shape \(0, 3, 1\), so its batch axis is empty"),
        (X[:, :0], ValueError, r"shape \(2, 0, 1\), so its timesteps axis is empty"),
        (keras.Input((3, None)), ValueError, r"number of features.*keras.Input\(\(None, 4\)\)"),
    ],
)
@pytest.mark.parametrize("kind", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_not_an_input(kind: type, x: object, error: type[Exception], message: str) -> None:
    """Keras never receives a wrong input, and the layer is not built."""
    layer = kind(1)

    with pytest.raises(error, match=message):
        observe(layer, x)
    assert not layer.built


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (
            OwnCall(2, return_state=True),
            "OwnCall: this class overrides call, so its code determines",
        ),
        (OwnLoop(2, return_state=True), "OwnLoop: this class overrides inner_loop"),
        (OwnStart(2), "OwnStart: this class overrides get_initial_state"),
        (OtherCell(2), "OwnCell: this class overrides call"),
        (OwnImages(2, 1), "OwnImages: this class overrides call"),
        (OwnRNN(keras.layers.GRUCell(2)), "OwnRNN: this class overrides call"),
        (keras.layers.RNN(OwnStack([keras.layers.GRUCell(2)])), "OwnStack: this class"),
        (OwnWrapper(keras.layers.GRU(2)), "OwnWrapper: this class overrides call"),
        (keras.layers.TimeDistributed(OwnCall(2)), "OwnCall: this class overrides call"),
    ],
)
def test_a_class_with_code_of_its_own(layer: Any, named: str) -> None:
    """What only the code of a class determines is not predicted; observe shows it."""
    reads_four_axes = isinstance(layer, OwnImages | keras.layers.TimeDistributed)
    shape = (2, 2, 3, 1) if reads_four_axes else (2, 3, 1)
    message = f"does not cover {named}.*call observe to see what the layer returns"
    calls: dict[str, Callable[[Any], Any]] = {"describe": describe, "diagram": diagram}
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"^{name} {message}"):
            call(layer)
    with pytest.raises(TypeError, match=f"^expected {message}"):
        expected(layer, shape)
    assert observe(layer, np.ones(shape)).names


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([keras.layers.StackedRNNCells([keras.layers.GRUCell(2)])], "a stack; put the cells .*one"),
        (
            FlexibleCell(((2, 3),), 2, 3),
            r"its states have the sizes \(\(2, 3\),\), but .*call observe",
        ),
        (FlexibleCell((2, 3), 2, 3), r"sizes \(\(2, 3\),\), but the rules .* \(batch, units\)"),
        ([FlexibleCell(((2, 3),), 2, 3), keras.layers.GRUCell(2)], r"sizes \(\(2, 3\),\)"),
        (FlexibleCell(4, 5), r"its state_size is 4, but its get_initial_state .* sizes \(5,\)"),
        (
            FlexibleCell(4, 4, output_size=(2, 3)),
            r"its output_size is \(2, 3\), but it must be a whole",
        ),
        ([UnbuiltCell(4)], "get_initial_state needs a cell that is built; call the layer first"),
    ],
)
def test_a_cell_that_cannot_be_described(cell: Any, message: str) -> None:
    """A cell that the rules do not cover is named, with the reason and what to do."""
    layer = keras.layers.RNN(cell)
    calls: dict[str, Callable[[Any], Any]] = {"describe": describe, "diagram": diagram}
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"^{name} does not cover the cell .*: .*{message}"):
            call(layer)
    with pytest.raises(TypeError, match=f"^expected does not cover the cell .*: .*{message}"):
        expected(layer, (2, 3, 1))


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (
            [True, True, False],
            ValueError,
            r"mask has the shape \(3,\), but x has .*\(2, 3, 1\).*row",
        ),
        ([[True, True]], ValueError, r"shape \(1, 2\), .* needs a mask of the shape \(2, 3\)"),
        ([[[True], [True], [True]]] * 2, ValueError, r"mask has the shape \(2, 3, 1\)"),
        ([[True, True, True], [True]], ValueError, "mask is ragged: its rows differ in length"),
        ([[4, 2, 0], [5, 6, 7]], TypeError, "values of mask to be True or False"),
        ([["a", "b", "c"]], TypeError, "values of mask to be True or False"),
        ([], TypeError, r"Expected the values of mask .* as in \[\[True, True, False\]\]"),
        ([np.ones(3), np.ones(3)], TypeError, "values of mask to be True or False"),
    ],
)
def test_a_list_that_is_not_a_mask(mask: Any, error: type[Exception], message: str) -> None:
    """Keras never receives a list that is not a mask, and the layer is not built."""
    layer = keras.layers.LSTM(2)
    with pytest.raises(error, match=message):
        observe(layer, X, mask=mask)
    assert not layer.built


ROW, STATE = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("layer", "states", "error", "message"),
    [
        (
            keras.layers.LSTM(2),
            STATE,
            ValueError,
            r"number of states .* is 1, .* 2, \(state_h, state_c\)",
        ),
        (
            keras.layers.GRU(2),
            [STATE, STATE],
            ValueError,
            r"number of states .* is 2, .* 1, \(state_h\)",
        ),
        (
            keras.layers.GRU(2),
            ROW,
            ValueError,
            "lists of depth 1, but a state of this layer has 2 axes",
        ),
        (keras.layers.GRU(2), [[ROW]], ValueError, r"shape \(1, 2\), .* x has 2 samples"),
        (keras.layers.GRU(2), [[0.0], ROW], ValueError, "ragged: the rows of a state differ"),
        (keras.layers.LSTM(2), [STATE, np.zeros(2)], ValueError, r"state_c has the shape \(2,\)"),
        (CONV, STATE, ValueError, "lists of depth 2, but a state of this layer has 3 axes"),
        (OwnCall(2), [STATE, STATE], TypeError, "not known; pass an array for each state"),
        (
            keras.layers.RNN(FlexibleCell(((2, 3),), 2, 3)),
            [STATE],
            TypeError,
            "not known; pass an array for each state",
        ),
    ],
)
def test_a_list_that_is_not_an_initial_state(
    layer: Any, states: Any, error: type[Exception], message: str
) -> None:
    """Keras never receives nested lists that are not states of the layer."""
    x = np.zeros((2, 3, 4, 1)) if layer is CONV else X
    with pytest.raises(error, match=message):
        observe(layer, x, initial_state=states)


def test_masks_and_states_as_nested_lists() -> None:
    """Lists and tuples of numbers are masks and states, as they are inputs."""
    x = np.random.default_rng(0).normal(size=(2, 3, 1))
    rows = [[True, True, False], [True, False, True]]
    states = np.random.default_rng(1).normal(size=(2, 2, 2)).astype("float32")
    lstm, gru = keras.layers.LSTM(2), keras.layers.GRU(2)
    stack = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.GRUCell(2)])
    both = keras.layers.Bidirectional(keras.layers.GRU(2))
    pairs: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
        (lstm, {"mask": rows}, {"mask": np.array(rows)}),
        (lstm, {"mask": tuple(map(tuple, rows))}, {"mask": np.array(rows)}),
        (lstm, {"mask": [[1, 1, 0], [1, 0, 1]]}, {"mask": np.array(rows)}),
        (gru, {"mask": [np.array(rows)]}, {"mask": np.array(rows)}),
        (gru, {"initial_state": states[0].tolist()}, {"initial_state": states[0]}),
        (gru, {"initial_state": [states[0].tolist()]}, {"initial_state": states[0]}),
        (lstm, {"initial_state": states.tolist()}, {"initial_state": list(states)}),
        (lstm, {"initial_state": (states[0].tolist(), states[1])}, {"initial_state": list(states)}),
        (both, {"initial_state": states.tolist()}, {"initial_state": list(states)}),
        (
            stack,
            {"initial_state": [states.tolist(), [states[0].tolist()]]},
            {"initial_state": [list(states), [states[0]]]},
        ),
    ]
    for layer, lists, arrays in pairs:
        np.testing.assert_array_equal(observe(layer, x, **lists).output, layer(x, **arrays))
    symbolic = observe(lstm, keras.Input((3, 1)), mask=rows)
    assert symbolic.shapes == ((None, 2),)


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (CONV, X, r"rank 3, shape \(2, 3, 1\).*rank 4, \(batch, timesteps, rows, channels\)"),
        (CONV, keras.Input((None, None, 3)), r"number of rows; .* keras.Input\(\(None, 4, 4\)\)"),
        (SLICES, np.zeros((2, 0, 5, 3)), r"shape \(2, 0, 5, 3\), so its slices axis is empty"),
    ],
)
def test_not_an_input_of_another_layer(layer: Any, x: Any, message: str) -> None:
    """Every kind of layer says what it reads, before Keras sees the input."""
    with pytest.raises(ValueError, match=message):
        observe(layer, x)


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (keras.layers.GRU(2, name="gru"), (2, 5, 3), "features"),
        (keras.layers.RNN([keras.layers.GRUCell(2)]), (2, 5, 3), "features"),
        (keras.layers.Bidirectional(keras.layers.GRU(2)), (2, 5, 3), "features"),
        (SLICES, (2, 2, 5, 3), "features"),
        (CONV, (2, 5, 4, 3), "channels"),
    ],
)
def test_wrong_number_of_features(layer: Any, shape: tuple[int, ...], axis: str) -> None:
    """A built layer says how many features it was built for, whatever is around it."""
    observe(layer, np.zeros(shape))

    with pytest.raises(ValueError, match=f"x has 1 {axis}.*'{layer.name}' was built for 3"):
        observe(layer, np.zeros((*shape[:-1], 1)))


@pytest.mark.parametrize(
    "x", [X.astype("int32"), X.astype(bool), X.tolist(), tf.constant(X), X + np.nan]
)
def test_numbers_of_any_kind(x: Any) -> None:
    """Integers, booleans, nested lists, tensors and NaN are numbers to Keras, so they are to us."""
    layer = keras.layers.LSTM(2)

    np.testing.assert_array_equal(observe(layer, x).output, layer(np.array(x)))
