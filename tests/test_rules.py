"""The rules are plain data and plain text, and work without Keras."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from grid import BARE, GRU, LSTM, PAIR, SLICES, accepted, both_ways, each_slice, image_layer

import rnn_returns
from rnn_returns import Cell, Layer, describe, expected, observe
from rnn_returns.equality import Equality, View
from rnn_returns.layer import KINDS

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
SHAPE = (2, 5, 3)
BOTH: dict[str, Any] = {"return_sequences": True, "return_state": True}
LSTM_LAYER = Layer("LSTM", units=4, return_sequences=True, return_state=True)
CODE = "import sys; {}; print(*sorted({{'keras', 'tensorflow'}} & set(sys.modules)))"


def run(code: str) -> str:
    """Run *code* in a Python of its own and say which of the two it imported."""
    command = [sys.executable, "-c", CODE.format(code)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_rules_work_without_keras() -> None:
    """A description can be made, read and answered where there is no Keras."""
    code = (
        "import rnn_returns.rules as rules; from rnn_returns import Layer, expected, Flags; "
        "layer = Layer.from_json(Layer('LSTM', units=4, return_state=True).to_json()); "
        "assert rules.expected is expected; "
        "assert expected(layer, (2, 5, 3)).names == ('output', 'state_h', 'state_c')"
    )

    assert run(code) == ""
    assert run("from rnn_returns import observe") == "keras tensorflow"


@pytest.mark.parametrize("name", ["observe", "describe"])
def test_a_function_is_not_mistaken_for_its_module(name: str) -> None:
    """Whoever imports the module of a function first, the package still gives the function."""
    code = (
        f"import rnn_returns.{name}; from rnn_returns import {name}; "
        f"assert callable({name}); assert callable(rnn_returns.{name}); import rnn_returns as r; "
        f"assert set(r.__all__) <= set(dir(r)); assert all(getattr(r, n) for n in r.__all__)"
    )

    assert run(code) == "keras tensorflow"


def test_the_package_has_no_more_than_it_has() -> None:
    """A misspelled name is an error, as in any package."""
    with pytest.raises(AttributeError, match="'rnn_returns' has no attribute 'observed'"):
        _ = rnn_returns.observed


def test_a_description_survives_json() -> None:
    """Written as JSON and read again, a description is the same, however deep it is nested."""
    stack = Layer("RNN", cell=(LSTM, PAIR, Cell("custom", 2, state_size=(2,))), return_state=True)
    image = image_layer("ConvLSTM2D", kernel_size=(3, 1), padding="same", go_backwards=True)
    for layer in (
        Layer("SimpleRNN", units=1),
        both_ways(stack, None, backward_layer=replace(stack, go_backwards=True)),
        each_slice(each_slice(both_ways(image))),
    ):
        assert Layer.from_json(layer.to_json()) == layer
    assert both_ways(Layer("GRU", units=2), None).to_json() == (
        '{"kind": "Bidirectional", "layer": {"kind": "GRU", "units": 2}, "merge_mode": null}'
    )


def test_the_grid_has_every_kind() -> None:
    """No kind of layer that can be described is left out of the comparison with Keras."""
    assert {case.layer.kind for case in accepted()} == set(KINDS)


@pytest.mark.parametrize(
    ("layer", "texts"),
    [
        (LSTM_LAYER, ["state_h == output[:, -1]"]),
        (replace(LSTM_LAYER, return_sequences=False), ["state_h == output"]),
        (Layer("RNN", cell=(LSTM, GRU), **BOTH), ["cell_1_state_h == output[:, -1]"]),
        (Layer("RNN", cell=PAIR, **BOTH), []),
        (Layer("RNN", cell=(BARE, LSTM), return_state=True), ["cell_1_state_h == output"]),
        (
            both_ways(LSTM_LAYER),
            [
                "forward_state_h == output[:, -1, :units]",
                "backward_state_h == output[:, 0, units:]",
            ],
        ),
        (
            both_ways(LSTM_LAYER, None),
            [
                "forward_state_h == forward_output[:, -1]",
                "backward_state_h == backward_output[:, 0]",
            ],
        ),
        (both_ways(LSTM_LAYER, "sum"), []),
        (
            both_ways(replace(LSTM_LAYER, return_sequences=False), "ave"),
            ["output == (forward_state_h + backward_state_h) / 2"],
        ),
    ],
    ids=lambda value: value.to_json() if isinstance(value, Layer) else "",
)
def test_equalities_read_as_code(layer: Layer, texts: list[str]) -> None:
    """An equality can be read, and typed in as NumPy with the numbers put in."""
    assert [str(equality) for equality in expected(layer, SHAPE).equalities] == texts


def test_equalities_of_images_name_the_axis_that_is_divided() -> None:
    """Bidirectional joins on the last axis, which holds no filters if the channels are first."""
    for data_format, axis in (("channels_last", "filters"), ("channels_first", "cols")):
        image = image_layer("ConvLSTM2D", data_format=data_format, return_state=True)
        rule = expected(both_ways(image), (2, 5, 4, 4, 4))

        assert str(rule.equalities[0]) == f"forward_state_h == output[:, :, :, :{axis}]"
        assert rule.axes[0][-1] == axis


@pytest.mark.parametrize("call", [{}, {"initial_state": True}])
def test_a_mask_can_part_output_and_state(call: dict[str, bool]) -> None:
    """With a mask, an equality is left out as soon as one mask can break it."""
    stateful = replace(LSTM_LAYER, stateful=True)
    zeros = replace(LSTM_LAYER, zero_output_for_mask=True)

    assert bool(expected(LSTM_LAYER, SHAPE, mask=True, **call).equalities) is not bool(call)
    for layer in (stateful, zeros, both_ways(LSTM_LAYER)):
        assert expected(layer, SHAPE, **call).equalities
        assert not expected(layer, SHAPE, mask=True, **call).equalities


def test_an_equality_can_fail() -> None:
    """Values that differ in one place do not hold; NaN at the same place does."""
    equality = Equality(View("state_h"), (View("output", ((None, None), -1)),))
    output = np.arange(12.0).reshape(2, 3, 2)
    output[1, -1, 0] = np.nan

    assert equality.holds({"output": output, "state_h": output[:, -1]})
    assert not equality.holds({"output": output, "state_h": output[:, 0]})
    assert not equality.holds({"output": output, "state_h": np.nan_to_num(output[:, -1])})


@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (LSTM_LAYER, [("batch", "timesteps", "units"), ("batch", "units"), ("batch", "units")]),
        (
            image_layer("ConvLSTM2D", data_format="channels_first", return_sequences=True),
            [("batch", "timesteps", "filters", "rows", "cols")],
        ),
        (image_layer("ConvLSTM3D"), [("batch", "depth", "rows", "cols", "filters")]),
        (each_slice(Layer("GRU", units=2)), [("batch", "slices", "units")]),
        (
            each_slice(Layer("GRU", units=2, return_state=True)),
            [("returned", "slices", "batch", "units")],
        ),
    ],
    ids=lambda value: value.to_json() if isinstance(value, Layer) else "",
)
def test_axes_have_names(layer: Layer, axes: list[tuple[str, ...]]) -> None:
    """Each axis of what comes back has a name."""
    images = {"ConvLSTM2D": (2, 3, 4, 4, 4), "ConvLSTM3D": (2, 3, 4, 4, 4, 4)}
    shape = SLICES if layer.kind == "TimeDistributed" else images.get(layer.kind, SHAPE)

    assert list(expected(layer, shape).axes) == axes


def test_symbolic_calls_of_two_different_layers() -> None:
    """What Keras says of the backward layer before there are numbers is the forward layer's."""
    layer = keras.layers.Bidirectional(
        keras.layers.LSTM(2, return_state=True),
        backward_layer=keras.layers.GRU(3, return_state=True, go_backwards=True),
    )
    rules = [expected(layer, SHAPE, symbolic=symbolic) for symbolic in (True, False)]

    assert [rule.shapes[0] for rule in rules] == [(2, 4), (2, 5)]
    assert [len(rule.names) for rule in rules] == [5, 4]
    assert [len(rule.equalities) for rule in rules] == [0, 2]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Layer("Lstm", units=2), r"There is no layer 'Lstm', only LSTM, GRU, .*TimeDistributed\."),
        (Layer("LSTM"), r"LSTM needs units\."),
        (Layer("RNN"), r"RNN needs cell\."),
        (Layer("ConvLSTM1D", filters=2), r"ConvLSTM1D needs kernel_size\."),
        (Layer("Bidirectional"), r"Bidirectional needs layer\."),
        (each_slice(Layer("GRU")), r"GRU needs units\."),
        (Layer("RNN", cell=Cell("LSTM", 2)), r"There is no cell 'LSTM', only LSTMCell, .*custom\."),
        (Layer("RNN", cell=Cell("custom", 2)), "needs state_size: one size, or a size for each"),
        (
            Layer("RNN", cell=(Cell("custom", 2, 2, container="dict"),)),
            "A cell's container is one of list, tuple, tensor, not 'dict'",
        ),
    ],
)
def test_what_is_no_description(layer: Layer, message: str) -> None:
    """A description that makes no layer is refused with what it lacks."""
    with pytest.raises(ValueError, match=message):
        expected(layer, SHAPE)


class DoublingCell(keras.layers.LSTMCell):  # type: ignore[misc]
    """An LSTM cell that puts out twice its hidden state."""

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Double the output and leave the states."""
        output, states = super().call(inputs, states, training=training)
        return output * 2, states


def test_a_cell_that_computes_on_its_own_is_a_custom_one() -> None:
    """A subclass of a known cell may put out what it likes, so no equality is claimed for it."""
    layer = keras.layers.RNN(DoublingCell(4), return_state=True)

    assert describe(layer).cell == Cell("custom", 4, state_size=(4, 4))
    assert observe(layer, X).names == expected(layer, SHAPE).names
    assert observe(layer, X).names == ("output", "state_0", "state_1")
    assert not expected(layer, SHAPE).equalities


@pytest.mark.parametrize("needed_by", [describe, lambda layer: observe(layer, X)])
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (keras.layers.TimeDistributed(keras.layers.Dense(2)), "given an object of type Dense"),
        (keras.layers.RNN, r"given the class RNN. Make a layer of it first, as in RNN\(\.\.\.\)"),
        (
            keras.layers.RNN([keras.layers.StackedRNNCells([keras.layers.GRUCell(2)])]),
            r"The cell StackedRNNCells has the state_size \[2\].* into one list",
        ),
    ],
)
def test_what_cannot_be_described(needed_by: Any, layer: Any, message: str) -> None:
    """What there are no names for is refused before it is called."""
    with pytest.raises(TypeError, match=message):
        needed_by(layer)


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (
            keras.layers.ConvLSTM1D(2, 2),
            X,
            r"rank 3, shape \(2, 5, 3\).*rank 4, \(batch, timesteps, rows, channels\)",
        ),
        (
            keras.layers.ConvLSTM1D(2, 2),
            keras.Input((None, None, 3)),
            r"number of rows; name it, as in keras.Input\(\(None, 4, 4\)\)",
        ),
        (
            keras.layers.TimeDistributed(keras.layers.GRU(2)),
            np.zeros((2, 0, 5, 3)),
            r"shape \(2, 0, 5, 3\), so its slices axis is empty",
        ),
    ],
)
def test_not_an_input(layer: Any, x: Any, message: str) -> None:
    """Every kind of layer says what it reads, before Keras sees the input."""
    with pytest.raises(ValueError, match=message):
        observe(layer, x)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (keras.layers.RNN([keras.layers.GRUCell(2)]), (2, 5, 3), "x has 1 features"),
        (keras.layers.Bidirectional(keras.layers.GRU(2)), (2, 5, 3), "x has 1 features"),
        (keras.layers.TimeDistributed(keras.layers.GRU(2)), (2, 2, 5, 3), "x has 1 features"),
        (keras.layers.ConvLSTM1D(2, 2), (2, 5, 4, 3), "x has 1 channels"),
    ],
)
def test_wrong_number_of_features(layer: Any, shape: tuple[int, ...], message: str) -> None:
    """Whatever is around it, a built layer says how many features it was built for."""
    observe(layer, np.zeros(shape))

    with pytest.raises(ValueError, match=f"{message}.* was built for 3"):
        observe(layer, np.zeros((*shape[:-1], 1)))


def test_names_mean_what_they_say() -> None:
    """state_c is the state that is not squashed, and cell_0 is the cell that reads the input."""
    heavy = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    lstm = observe(keras.layers.LSTM(2, return_state=True, **heavy), X + 9)
    cells = [keras.layers.LSTMCell(3), keras.layers.GRUCell(2)]
    stack = observe(keras.layers.RNN(cells, return_state=True), X)

    assert lstm.state_h.max() < 1 < lstm.state_c.min()
    assert stack.cell_0_state_h.shape == stack.cell_0_state_c.shape == (2, 3)
    assert stack.cell_1_state_h.shape == stack.output.shape == (2, 2)


def test_a_table_of_nested_states() -> None:
    """The states of a stack are listed one by one, under a caption that counts both ways."""
    stack = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.GRUCell(2)], return_state=True)
    returned = observe(stack, X)

    assert repr(returned).startswith("tuple of 3, 4 tensors\n")
    assert returned.structure == (
        "output",
        ["cell_0_state_h", "cell_0_state_c"],
        ["cell_1_state_h"],
    )
    assert len(list(returned)) == len(returned) == 4
