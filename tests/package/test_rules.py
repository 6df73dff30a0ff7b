"""The rules are plain data and plain text."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from support.grid import (
    BARE,
    GRU,
    LSTM,
    PAIR,
    CustomCell,
    StartedCell,
    bidirectional,
    choose_shape,
    image_layer,
    list_accepted,
    time_distributed,
)

from rnn_returns import FLAG_COMBINATIONS, CellSpec, LayerSpec, describe, expected, observe
from rnn_returns.rules.equality import Equality, View
from rnn_returns.rules.layer_spec import KINDS
from rnn_returns.rules.to_source import to_source

SHAPE = (2, 5, 3)
X = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
BOTH: dict[str, Any] = {"return_sequences": True, "return_state": True}
LSTM_LAYER = LayerSpec("LSTM", units=4, return_sequences=True, return_state=True)


def test_a_description_survives_json() -> None:
    """Written as JSON and read again, a description is the same, however deep it is nested."""
    stack = LayerSpec(
        "RNN", cell=(LSTM, PAIR, CellSpec("custom", 2, state_size=(2,))), return_state=True
    )
    image = image_layer("ConvLSTM2D", kernel_size=(3, 1), padding="same", go_backwards=True)
    for layer in (
        LayerSpec("SimpleRNN", units=1),
        bidirectional(stack, None, backward_layer=replace(stack, go_backwards=True)),
        time_distributed(time_distributed(bidirectional(image))),
    ):
        assert LayerSpec.from_json(layer.to_json()) == layer
    assert bidirectional(LayerSpec("GRU", units=2), None).to_json() == (
        '{"kind": "Bidirectional", "layer": {"kind": "GRU", "units": 2}, "merge_mode": null}'
    )


def test_the_four_combinations() -> None:
    """Every page and table shows the four in one order, under these names."""
    names = [flags.name for flags in FLAG_COMBINATIONS]

    assert names == ["neither", "sequences", "state", "both"]


def test_the_grid_has_every_kind() -> None:
    """No kind of layer that can be described is left out of the comparison with Keras."""
    assert {case.layer.kind for case in list_accepted()} == set(KINDS)


@pytest.mark.parametrize(
    ("layer", "texts"),
    [
        (LSTM_LAYER, ["state_h == output[:, -1]"]),
        (replace(LSTM_LAYER, return_sequences=False), ["state_h == output"]),
        (LayerSpec("RNN", cell=(LSTM, GRU), **BOTH), ["cell_1_state_h == output[:, -1]"]),
        (LayerSpec("RNN", cell=PAIR, **BOTH), []),
        (LayerSpec("RNN", cell=(BARE, LSTM), return_state=True), ["cell_1_state_h == output"]),
        (
            bidirectional(LSTM_LAYER),
            [
                "forward_state_h == output[:, -1, :units]",
                "backward_state_h == output[:, 0, units:]",
            ],
        ),
        (
            bidirectional(LSTM_LAYER, None),
            [
                "forward_state_h == forward_output[:, -1]",
                "backward_state_h == backward_output[:, 0]",
            ],
        ),
        (bidirectional(LSTM_LAYER, "sum"), []),
        (
            bidirectional(replace(LSTM_LAYER, return_sequences=False), "ave"),
            ["output == (forward_state_h + backward_state_h) / 2"],
        ),
    ],
    ids=lambda value: value.to_json() if isinstance(value, LayerSpec) else "",
)
def test_equalities_read_as_code(layer: LayerSpec, texts: list[str]) -> None:
    """An equality can be read, and typed in as NumPy with the numbers put in."""
    assert [str(equality) for equality in expected(layer, SHAPE).equalities] == texts


def test_equalities_of_images_name_the_axis_that_is_divided() -> None:
    """Bidirectional joins on the last axis, which holds no filters if the channels are first."""
    for data_format, axis in (("channels_last", "filters"), ("channels_first", "cols")):
        image = image_layer("ConvLSTM2D", data_format=data_format, return_state=True)
        [first, *_] = expected(bidirectional(image), choose_shape(image)).equalities
        assert str(first) == f"forward_state_h == output[:, :, :, :{axis}]"


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
        (time_distributed(LayerSpec("GRU", units=2)), [("batch", "slices", "units")]),
        (
            time_distributed(LayerSpec("GRU", units=2, return_state=True)),
            [("returned", "slices", "batch", "units")],
        ),
    ],
    ids=lambda value: value.to_json() if isinstance(value, LayerSpec) else "",
)
def test_axes_have_names(layer: LayerSpec, axes: list[tuple[str, ...]]) -> None:
    """Each axis of what comes back has a name."""
    assert list(expected(layer, choose_shape(layer)).axes) == axes


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
        (
            LayerSpec("Lstm", units=2),
            r"There is no layer 'Lstm', only LSTM, GRU, .*TimeDistributed\.",
        ),
        (LayerSpec("LSTM"), r"LSTM needs units\."),
        (LayerSpec("RNN"), r"RNN needs cell\."),
        (LayerSpec("ConvLSTM1D", filters=2), r"ConvLSTM1D needs kernel_size\."),
        (LayerSpec("Bidirectional"), r"Bidirectional needs layer\."),
        (time_distributed(LayerSpec("GRU")), r"GRU needs units\."),
        (
            LayerSpec("RNN", cell=CellSpec("LSTM", 2)),
            r"There is no cell 'LSTM', only LSTMCell, .*custom\.",
        ),
        (
            LayerSpec("RNN", cell=CellSpec("custom", 2)),
            "needs state_size: one size, or a size for each",
        ),
        (
            LayerSpec("RNN", cell=(CellSpec("custom", 2, 2, container="dict"),)),
            "A cell's container is one of list, tuple, tensor, not 'dict'",
        ),
        (LayerSpec("RNN", cell=CellSpec("GRUCell")), "GRUCell needs units"),
        (
            LayerSpec("RNN", cell=CellSpec("custom", 2, state_size=((2, 3),))),
            r"state_size \(\(2, 3\),\) has matrices, .*observe shows",
        ),
    ],
)
def test_what_is_no_description(layer: LayerSpec, message: str) -> None:
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

    assert describe(layer).cell == CellSpec("custom", 4, state_size=(4, 4))
    assert observe(layer, X).names == ("output", "state_0", "state_1")
    assert not expected(layer, SHAPE).equalities


def describe_started(**flags: bool) -> tuple[Any, LayerSpec]:
    """Return a layer of a cell whose states start from ones and twos, and its description."""
    layer = keras.layers.RNN(StartedCell(4), return_state=True, **flags)
    return layer, describe(layer)


@pytest.mark.parametrize("sequences", [False, True])
def test_a_cell_with_its_own_initial_state(sequences: bool) -> None:
    """A fully masked sample keeps the initial state, so output and state differ with a mask."""
    layer, spec = describe_started(return_sequences=sequences)
    returned = observe(layer, X, mask=np.zeros((2, 5), bool))

    assert spec.cell == CellSpec("LSTMCell", 4, own_initial_state=True)
    assert LayerSpec.from_json(spec.to_json()) == spec
    assert not np.any(returned.output)
    assert np.all(returned.state_h == 1)
    assert np.all(returned.state_c == 2)
    assert not expected(layer, SHAPE, mask=True).equalities
    assert len(expected(layer, SHAPE).equalities) == 1
    assert "<a custom cell>" in to_source(spec)


class RandomCell(CustomCell):
    """A cell that starts from random states."""

    def get_initial_state(self, batch_size: int) -> Any:
        """Draw the states."""
        return [keras.random.normal((batch_size, 2), seed=self.seed)]


def test_a_description_changes_no_random_state() -> None:
    """The shape of the initial states is looked up without a step of the generator."""
    cell = RandomCell(2, 2)
    cell.seed = keras.random.SeedGenerator(1)
    before = keras.ops.convert_to_numpy(cell.seed.state)

    assert describe(keras.layers.RNN(cell)).cell == CellSpec("custom", 2, 2, own_initial_state=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(cell.seed.state), before)


def test_a_type_is_read_and_written() -> None:
    """The policy of each layer is in its description, in JSON and in the Python that makes it."""
    layer = keras.layers.Bidirectional(keras.layers.GRU(2), dtype="mixed_float16")
    spec = describe(layer)

    assert (spec.dtype, spec.compute_dtype) == ("mixed_float16", "float16")
    assert spec.layer
    assert (spec.layer.dtype, spec.layer.compute_dtype) == ("float32", "float32")
    assert LayerSpec.from_json(spec.to_json()) == spec
    assert to_source(spec) == "Bidirectional(GRU(2), dtype='mixed_float16')"
    quantized = keras.layers.LSTM(2, dtype="int8_from_mixed_bfloat16")
    assert describe(quantized).compute_dtype == quantized.compute_dtype == "bfloat16"
    mapped = keras.layers.LSTM(2, dtype=keras.dtype_policies.DTypePolicyMap())
    assert describe(mapped).dtype == "float32"


def test_small_numbers_do_not_survive_another_type() -> None:
    """The smallest numbers of bfloat16 are none of float16, so no equality is claimed."""
    inner = keras.layers.GRU(2, return_state=True, dtype="mixed_bfloat16")
    layer = keras.layers.Bidirectional(inner, dtype="mixed_float16")
    returned = observe(layer, X * 1e-7)

    assert np.any(returned.forward_state_h)
    assert not np.array_equal(returned.output[:, :2], returned.forward_state_h)
    assert not expected(layer, SHAPE).equalities


class WideCell(keras.layers.Layer):  # type: ignore[misc]
    """A cell with an output of six, a state of two and no output_size."""

    state_size = 2

    def call(self, inputs: Any, states: Any) -> Any:
        """Repeat the state three times."""
        state = states[0] + keras.ops.sum(inputs, axis=-1, keepdims=True)
        return keras.ops.tile(state, (1, 3)), [state]


@pytest.mark.parametrize("around", [lambda layer: layer, keras.layers.TimeDistributed])
def test_a_cell_without_an_output_size(around: Any) -> None:
    """On data the size is not known; in a symbolic call Keras uses the size of the state."""
    layer = around(keras.layers.RNN(WideCell(), return_sequences=True))
    shape = SHAPE if layer.__class__.__name__ == "RNN" else (2, *SHAPE)

    assert observe(layer, np.ones(shape)).shapes == ((*shape[:-1], 6),)
    with pytest.raises(ValueError, match=r"no output_size, .* set output_size .* first state, 2"):
        expected(layer, shape)
    symbolic = observe(layer, keras.Input(shape[1:], batch_size=2)).shapes
    assert expected(layer, shape, symbolic=True).shapes == symbolic == ((*shape[:-1], 2),)


def test_a_cell_with_a_wrong_output_size() -> None:
    """The prediction relies on the declared size; Keras returns what the cell returns."""
    cell = WideCell()
    cell.output_size = 4
    layer = keras.layers.RNN(cell)

    assert expected(layer, SHAPE).shapes == ((2, 4),)
    assert observe(layer, X).shapes == ((2, 6),)


def test_a_lower_cell_without_an_output_size() -> None:
    """Of a stack the output is the top cell's, whatever the one below puts out."""
    layer = keras.layers.RNN([SameCell(), keras.layers.GRUCell(3)], return_state=True)

    assert expected(layer, SHAPE).shapes == observe(layer, X).shapes == ((2, 3), (2, 2), (2, 3))


class SameCell(WideCell):
    """A cell with an output of two and no output_size."""

    def call(self, inputs: Any, states: Any) -> Any:
        """Put out the state."""
        output, states = super().call(inputs, states)
        return output[:, :2], states


def test_names_mean_what_they_say() -> None:
    """state_c is the state that is not squashed, and cell_0 is the cell that reads the input."""
    heavy = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    lstm = observe(keras.layers.LSTM(2, return_state=True, **heavy), X + 9)
    cells = [keras.layers.LSTMCell(3), keras.layers.GRUCell(2)]
    stack = observe(keras.layers.RNN(cells, return_state=True), X)

    assert lstm.state_h.max() < 1 < lstm.state_c.min()
    assert stack.cell_0_state_h.shape == stack.cell_0_state_c.shape == (2, 3)
    assert stack.cell_1_state_h.shape == stack.output.shape == (2, 2)
    # A table of nested states lists them one by one, under a caption that counts both ways.
    assert repr(stack).startswith("tuple of 3, 4 tensors\n")
    assert len(list(stack)) == len(stack) == 4
