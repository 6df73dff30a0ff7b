"""Every argument and method of recurrent layers has a test; here are those of no other file."""

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from support.constructor import CELLS, CONVOLUTIONS, KINDS, MASK, SHAPES, build, list_arguments

from rnn_returns import FLAG_COMBINATIONS

FOLDER = Path(__file__).parent
TABLE: dict[str, dict[str, list[str]]] = tomllib.loads(
    (FOLDER / "arguments.toml").read_text(encoding="utf-8")
)
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4, "ConvLSTM1D": 4, "ConvLSTM2D": 4, "ConvLSTM3D": 4}
WEIGHTS = ("kernel", "recurrent", "bias")
FLAGS = [flags.arguments for flags in FLAG_COMBINATIONS]
PLAIN = ("SimpleRNN", "GRU", "LSTM")


def list_call_arguments() -> set[str]:
    names = {
        name for kind in KINDS for name in inspect.signature(getattr(layers, kind).call).parameters
    }
    return names - {"self", "kwargs"}


def list_methods() -> set[str]:
    """List the public methods of all kinds that Keras's recurrent layers define themselves."""
    classes = {base for kind in KINDS for base in getattr(layers, kind).__mro__}
    own = [one for one in classes if one.__module__.startswith("keras.src.layers.rnn.")]
    return {
        name
        for one in own
        for name, value in vars(one).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, classmethod))
    }


def test_the_table_has_every_argument_and_method() -> None:
    """What Keras adds to a constructor, a call or the methods is missing in the table."""
    arguments = {name for kind in KINDS for name in list_arguments(kind)}

    assert TABLE["constructor"].keys() - {"*"} == arguments
    assert TABLE["call"].keys() == list_call_arguments()
    assert TABLE["methods"].keys() == list_methods()


def test_each_test_of_the_table_exists() -> None:
    """Each row names a test, which is in the contract."""
    lists = [FOLDER.parent / name for name in ("contract.txt", "slower_contract.txt")]
    contract = [file for path in lists for file in path.read_text(encoding="utf-8").split()]
    rows = [(name, tests) for section in TABLE.values() for name, tests in section.items()]
    common = TABLE["constructor"]["*"]

    for name, tests in rows:
        assert tests or name in TABLE["constructor"], name
        for test in [*tests, *common]:
            file, function = test.split("::")[0], test.rpartition("::")[2]
            assert f"tests/package/{file}" in contract, (name, test)
            text = (FOLDER / file).read_text(encoding="utf-8")
            assert function == file or re.search(rf"def {function}\(", text), (name, test)


def fill(kind: str, role: str, make: Any) -> Any:
    """Make and build a layer with what *make* makes for each weight, as its initializer or so."""
    layer = build(kind, **{f"{weight}_{role}": make(i + 2) for i, weight in enumerate(WEIGHTS)})
    layer.build(SHAPES[kind])
    return layer


@pytest.mark.parametrize("forget", [True, False])
@pytest.mark.parametrize("kind", GATES)
def test_initializers(kind: str, forget: bool) -> None:
    """Each weight has its shape and what its initializer gives; the forget gate starts from one."""
    makers = {f"{weight}_initializer": i + 2 for i, weight in enumerate(WEIGHTS)}
    constants = {name: keras.initializers.Constant(value) for name, value in makers.items()}
    own = {"unit_forget_bias": forget} if "LSTM" in kind else {}
    layer = build(kind, **constants, **own)
    layer.build(SHAPES[kind])
    units, features = (2 if kind in CONVOLUTIONS else 4), SHAPES[kind][-1]
    around = (2,) * (len(SHAPES[kind]) - 3)  # The size of the kernel of a convolution.
    width = GATES[kind] * units
    bias = np.full((2, width) if kind == "GRU" else width, 4.0)
    if own.get("unit_forget_bias"):
        bias[units : 2 * units] = 1

    expected = [
        np.full((*around, features, width), 2.0),
        np.full((*around, units, width), 3.0),
        bias,
    ]
    for ours, weight in zip(expected, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, weight)


@pytest.mark.parametrize("kind", GATES)
def test_regularizers(kind: str) -> None:
    """Each weight is penalized by its own regularizer."""
    layer = fill(kind, "regularizer", keras.regularizers.L1)
    losses = [
        factor * np.abs(weight).sum()
        for factor, weight in zip((2, 3, 4), layer.get_weights(), strict=True)
    ]

    np.testing.assert_allclose(layer.losses, losses, rtol=1e-5)


@pytest.mark.parametrize("kind", GATES)
def test_constraints(kind: str) -> None:
    """After a step of training, each weight meets its own constraint."""
    layer = fill(kind, "constraint", lambda value: lambda weight: weight * 0 + value)
    optimizer = keras.optimizers.SGD()
    optimizer.apply([keras.ops.zeros(w.shape) for w in layer.weights], layer.trainable_weights)

    for value, weight in zip((2, 3, 4), layer.get_weights(), strict=True):
        assert np.all(weight == value)


@pytest.mark.parametrize("kind", [*GATES, "RNN", "Bidirectional"])
def test_activity_regularizer(kind: str) -> None:
    """The sum of each returned tensor is penalized, states too; SimpleRNN ignores the argument."""
    flags = {} if kind == "Bidirectional" else {"return_state": True}
    layer = build(kind, activity_regularizer=keras.regularizers.L1(2.0), **flags)
    x = np.random.default_rng(0).normal(size=SHAPES[kind])
    returned = keras.tree.flatten(layer(x))
    # Keras divides by the size of the batch.
    losses = [2 * np.abs(np.asarray(tensor)).sum() / len(x) for tensor in returned]

    np.testing.assert_allclose(layer.losses, [] if kind == "SimpleRNN" else losses, rtol=1e-5)


def count_operations(layer: Any) -> dict[str, int]:
    """Count the operations of each type in the graph of a call on two time steps."""
    layer.build(SHAPES["LSTM"])
    graph = tf.function(layer).get_concrete_function(tf.zeros(SHAPES["LSTM"])).graph
    types = [operation.type for operation in graph.get_operations()]
    return {name: types.count(name) for name in types}


@pytest.mark.parametrize("kind", [*PLAIN, "RNN"])
def test_unroll(kind: str) -> None:
    """A layer loops over the time steps in its graph, and unrolled it has no loop."""
    loops = [
        sum(
            count
            for name, count in count_operations(build(kind, unroll=unroll)).items()
            if "While" in name
        )
        for unroll in (False, True)
    ]

    assert loops == [1, 0]


@pytest.mark.parametrize(("kind", "gates"), [("GRU", 3), ("LSTM", 4)])
def test_implementation(kind: str, gates: int) -> None:
    """Implementation 1 multiplies by the two kernels for each gate, and 2 once for all gates."""
    for implementation, products in ((1, 2 * gates), (2, 2)):
        layer = build(kind, unroll=True, implementation=implementation)
        assert count_operations(layer)["MatMul"] == 2 * products  # Of two time steps.


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="needs a CPU only")
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_use_cudnn(kind: str) -> None:
    """Without a GPU, `use_cudnn=True` fails in a call; an unknown value fails immediately."""
    with pytest.raises(
        ValueError, match="use_cudnn=True was specified, but cuDNN is not supported"
    ):
        build(kind, use_cudnn=True)(np.ones(SHAPES[kind]))
    with pytest.raises(ValueError, match=r"Expected one of \{'auto', True, False\}"):
        build(kind, use_cudnn="yes")


def describe_shapes(states: Any) -> Any:
    """Return the shapes of tensors in their containers."""
    if isinstance(states, list | tuple):
        return [describe_shapes(state) for state in states]
    assert not np.any(states)
    return tuple(states.shape)


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("SimpleRNN", [(2, 4)]),
        ("GRU", [(2, 4)]),
        ("LSTM", [(2, 4), (2, 4)]),
        ("RNN", [(2, 4), (2, 4)]),
        ("ConvLSTM1D", [(2, 3, 2)] * 2),
        ("ConvLSTM2D", [(2, 3, 3, 2)] * 2),
        ("ConvLSTM3D", [(2, 3, 3, 3, 2)] * 2),
        ("SimpleRNNCell", [(2, 4)]),
        ("GRUCell", [(2, 4)]),
        ("LSTMCell", [(2, 4), (2, 4)]),
        ("StackedRNNCells", [[(2, 4), (2, 4)], [(2, 3)]]),
    ],
)
def test_get_initial_state(kind: str, states: Any) -> None:
    """The initial states are zeros, a list of one state or two, and a list of lists for a stack."""
    layer = build(kind)
    layer.build(SHAPES[kind])
    initial = layer.get_initial_state(batch_size=2)

    assert describe_shapes(initial) == states
    assert {state.dtype.name for state in keras.tree.flatten(initial)} == {"float32"}


@pytest.mark.parametrize("kind", CELLS)
def test_states_of_a_cell(kind: str) -> None:
    """A cell returns its output and new states in the container of the old, which it reads."""
    cell, x = build(kind), np.ones(SHAPES[kind])
    states = cell.get_initial_state(batch_size=2)
    output, new = cell(x, states)
    _, newer = cell(x, new)

    keras.tree.assert_same_structure(states, new)
    last = keras.tree.flatten(new)[-1 if kind == "StackedRNNCells" else 0]
    np.testing.assert_array_equal(output, last)
    pairs = zip(*map(keras.tree.flatten, (new, newer)), strict=True)
    assert not any(np.array_equal(old, other) for old, other in pairs)


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM", "RNN", "ConvLSTM1D", "stack"])
def test_compute_mask(kind: str, flags: dict[str, bool]) -> None:
    """The output has the mask if it is a sequence, and a state, which makes it a list, has none."""
    cells = [layers.LSTMCell(4), layers.GRUCell(4)]
    layer = layers.RNN(cells, **flags) if kind == "stack" else build(kind, **flags)
    states = 1 if kind in ("SimpleRNN", "GRU") else 2
    output = MASK if flags.get("return_sequences") else None

    for given in (MASK, [MASK, None]):
        mask = layer.compute_mask(None, given)
        if flags.get("return_state"):
            assert isinstance(mask, list)
            assert mask[0] is output
            assert mask[1:] == [None] * states
        else:
            assert mask is output


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("merge_mode", ["concat", None])
def test_compute_mask_of_wrappers(merge_mode: str | None, flags: dict[str, bool]) -> None:
    """Bidirectional has one mask for each output and none for states; TimeDistributed passes it."""
    layer = layers.Bidirectional(layers.GRU(4, **flags), merge_mode=merge_mode)
    output = MASK if flags.get("return_sequences") else None
    mask = layer.compute_mask(None, MASK)

    assert mask is output if merge_mode else (mask[0] is output and mask[1] is output)
    assert layers.TimeDistributed(layers.GRU(4)).compute_mask(None, MASK) is MASK


def list_shapes(shapes: Any) -> list[Any]:
    """Return the shapes in nested containers, flat."""
    if hasattr(shapes, "shape"):
        return [tuple(shapes.shape)]
    if all(isinstance(length, int) for length in shapes):
        return [tuple(shapes)]
    return [shape for part in shapes for shape in list_shapes(part)]


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize(
    "kind", [*GATES, "RNN", "stack", *(f"in {mode}" for mode in ("concat", "sum", None))]
)
def test_compute_output_shape(kind: str, flags: dict[str, bool]) -> None:
    """The shapes that a layer computes are those that a call returns, in the same order."""
    if kind == "stack":
        layer = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], **flags)
    elif kind.startswith("in "):
        mode = kind.removeprefix("in ")
        layer = layers.Bidirectional(layers.LSTM(4, **flags), None if mode == "None" else mode)
    else:
        layer = build(kind, **flags)
    shape = SHAPES.get(kind, SHAPES["LSTM"])
    layer.build(shape)

    assert list_shapes(layer.compute_output_shape(shape)) == list_shapes(layer(np.ones(shape)))


@pytest.mark.parametrize("sequences", [False, True])
def test_compute_output_shape_of_time_distributed(sequences: bool) -> None:
    """TimeDistributed computes the shape that a call returns, for a layer with one output."""
    layer = layers.TimeDistributed(layers.GRU(4, return_sequences=sequences))
    shape = SHAPES["TimeDistributed"]

    assert layer.compute_output_shape(shape) == tuple(layer(np.ones(shape)).shape)


@pytest.mark.parametrize("method", ["reset_state", "reset_states"])
@pytest.mark.parametrize("kind", [*GATES, "RNN", "Bidirectional"])
def test_reset_state(kind: str, method: str) -> None:
    """Both methods set the states of a stateful layer to zeros; without states they do nothing."""
    if kind == "Bidirectional":
        layer = build(kind, layer=layers.GRU(4, stateful=True))
        with pytest.raises(AttributeError, match="must be stateful"):
            getattr(build(kind), method)()
    else:
        layer = build(kind, stateful=True)
        getattr(build(kind), method)()
    layer(np.ones(SHAPES[kind]))

    assert all(np.any(state) for state in layer.states)
    getattr(layer, method)()
    assert not any(np.any(state) for state in layer.states)


@pytest.mark.parametrize("argument", ["dropout", "recurrent_dropout"])
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM", "ConvLSTM1D"])
def test_dropout_masks_change(kind: str, argument: str) -> None:
    """A second call in training drops other values than the first."""
    layer, x = build(kind, **{argument: 0.5}), np.ones(SHAPES[kind])

    assert not np.array_equal(layer(x, training=True), layer(x, training=True))
