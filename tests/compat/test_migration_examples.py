"""The code of each migration note runs on the installed Keras and restores what Keras did before.

What Keras did before is taken from the records of older versions, or from layers that make the
expected value in another way.
"""

import ast
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_compat import probe as untyped_probe
from keras_compat.changes import TOLERANCE
from keras_compat.data_files import read_measured
from keras_compat.environments import VERSIONS
from keras_compat.migration_notes import MIGRATION_NOTES, MigrationNote

pytestmark = pytest.mark.keras

probe: Any = untyped_probe
UNITS = 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 5)).astype("float32")
MASK = np.array([[True, True, False]] * 2)
STATE, OTHER_STATE = RNG.normal(size=(2, 2, UNITS)).astype("float32")
RECORDED = {keras.environment.name: keras.behaviors for keras in read_measured(VERSIONS)}

Check = Callable[[MigrationNote], None]
CHECKS: dict[str, tuple[MigrationNote, Check]] = {}


def checks(about: str, new: str = ".*") -> Callable[[Check], Check]:
    """Register a check of the example in a note.

    *about* is a behavior that the note is about, whose new value is *new*, or the version of a note
    that was not measured.
    """
    note = next(
        note
        for note in MIGRATION_NOTES
        if note.example
        and note.new == new
        and (note.version == about or re.fullmatch(note.behaviors, about))
    )

    def register(check: Check) -> Check:
        CHECKS[about] = note, check
        return check

    return register


def run(note: MigrationNote, **names: Any) -> dict[str, Any]:
    """Run the example of a note, and return the names that it assigned."""
    namespace = {"keras": keras, "x": X, "mask": MASK, "units": UNITS, "state": STATE} | names
    exec(note.example, namespace)
    return namespace


def assert_equal(actual: Any, expected: Any) -> None:
    """Assert that two tensors are equal up to the precision of the records."""
    np.testing.assert_allclose(np.array(actual), np.array(expected), rtol=0, atol=TOLERANCE)


def compute_recorded(layer: Any) -> Any:
    """Compute what the probe records of a layer in its measurement of outputs."""
    probe.load_keras("keras")
    return probe.call_with_fixed_weights(layer, probe.SEQUENCE)[0]


@checks("container.LSTM", new="tuple.*")
def _(note: MigrationNote) -> None:
    """The states are a list, whether the layer returns a tuple or, as before, a list."""
    lstm = layers.LSTM(UNITS, return_state=True)
    for layer in (lstm, lambda x: list(lstm(x))):
        returned = run(note, layer=layer)
        assert isinstance(returned["states"], list)
        for state, expected in zip(returned["states"], lstm(X)[1:], strict=True):
            assert_equal(state, expected)


@checks("default.LSTM.recurrent_activation")
def _(note: MigrationNote) -> None:
    """The output is what Keras 2.1 returned."""
    layer = run(note, units=2)["layer"]
    assert_equal(compute_recorded(layer), RECORDED["keras-2.1"]["numbers.LSTM.output"])


@checks("default.GRU.reset_after")
def _(note: MigrationNote) -> None:
    """The output is what the last Keras with this default returned."""
    before = [
        behaviors
        for behaviors in RECORDED.values()
        if behaviors["default.GRU.reset_after"] == "False"
        and behaviors["default.GRU.recurrent_activation"] == "sigmoid"
    ]
    assert before
    layer = run(note, units=2)["layer"]
    assert_equal(compute_recorded(layer), before[-1]["numbers.GRU.output"])


@checks("numbers.LSTM.hard_sigmoid")
def _(note: MigrationNote) -> None:
    """The gates compute what `hard_sigmoid` was in Keras 2."""
    probe.load_keras("keras")
    gates = probe.find_equations(run(note)["layer"], probe.compute_lstm, "ifco")
    assert gates.split("; ")[-1] == RECORDED["keras-2.1"]["numbers.LSTM.hard_sigmoid"]
    plain = layers.LSTM(UNITS, recurrent_activation="hard_sigmoid")
    assert probe.find_equations(plain, probe.compute_lstm, "ifco") != gates


@checks("Keras 3.0")
def _(note: MigrationNote) -> None:
    """A ConvLSTM2D has the gates of Keras 2, which are not those of its default."""
    for kind in (layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D):
        assert kind(1, 3).get_config()["recurrent_activation"] == "sigmoid"
    layer = run(note, units=1)["layer"]
    # The kernels are zero, so that each gate is a function of the bias, which is 1.
    layer.build((1, 1, 3, 3, 1))
    kernel, recurrent, bias = (np.zeros_like(weight) for weight in layer.get_weights())
    layer.set_weights([kernel, recurrent, bias + 1])
    gate = 1 / 5 + 1 / 2
    expected = gate * np.tanh(gate * np.tanh(1))
    assert_equal(layer(np.ones((1, 1, 3, 3, 1))), np.full((1, 1, 1, 1), expected))


@checks("returns.stack.LSTM")
def _(note: MigrationNote) -> None:
    """The states of the top cell come first, each `h` before its `c`, and continue the stack."""
    cells = [layers.LSTMCell(3), layers.LSTMCell(UNITS)]
    stack = layers.RNN(cells, return_state=True)
    continued = run(note, layer=stack)
    shapes = [tuple(state.shape) for state in continued["states"]]
    before = str(RECORDED["keras-2.1"]["returns.stack.LSTM"])
    assert ", ".join(map(str, [stack(X)[0].shape, *shapes])) == before
    bottom = layers.RNN(cells[0], return_sequences=True, return_state=True)
    sequence, *of_bottom = bottom(X)
    _, *of_top = layers.RNN(cells[1], return_state=True)(sequence)
    for state, expected in zip(continued["states"], [*of_top, *of_bottom], strict=True):
        assert_equal(state, expected)
    assert_equal(continued["output"], stack(np.concatenate([X, X], axis=1))[0])


@checks("mask.Bidirectional")
def _(note: MigrationNote) -> None:
    """The states are the last outputs that count, which before were repeated at masked steps."""
    returned = run(note)
    output, states = np.array(returned["output"]), returned["states"]
    assert not output[:, -1].any()
    assert_equal(states[0], output[:, 1, :UNITS])
    assert_equal(states[1], output[:, 0, UNITS:])


@checks("mask.used.initial_state", new="no")
def _(note: MigrationNote) -> None:
    """The masked step makes no difference."""
    layer = layers.GRU(UNITS)
    assert_equal(run(note, layer=layer)["output"], layer(X[:, :2], initial_state=STATE))


@checks("mask.propagated.LSTM")
def _(note: MigrationNote) -> None:
    """The masked step makes no difference to the next layer."""
    first, layer = layers.LSTM(3, return_sequences=True), layers.GRU(UNITS)
    without_mask = np.array(first(X, mask=MASK))
    assert_equal(run(note, x=without_mask, layer=layer)["output"], layer(first(X[:, :2])))


@checks("go_backwards.Bidirectional.wrapped", new="error")
def _(note: MigrationNote) -> None:
    """With weights of Keras 2, the output is as in Keras 2.

    There, the first layer processed the time steps backwards, and the second one forwards. The
    output of the second one was reversed, because it was taken for that of the backward layer.
    """
    halves, weights = [], []
    for backwards in (True, False):
        lstm = layers.LSTM(UNITS, go_backwards=backwards, return_sequences=True)
        halves.append(np.array(lstm(X)))
        weights += lstm.get_weights()
    returned = run(note, weights=weights)
    expected = np.concatenate([halves[0], halves[1][:, ::-1]], axis=-1)
    assert_equal(returned["output"], expected)


@checks("state.model.reset", new="no method")
def _(note: MigrationNote) -> None:
    """Each stateful layer starts from zeros again, also in a nested model and in a wrapper."""
    inputs = keras.Input(batch_shape=X.shape)
    nested = keras.Sequential([inputs, layers.GRU(UNITS, stateful=True, return_sequences=True)])
    reshape = layers.Reshape((3, 2, 2))
    wrapped = layers.TimeDistributed(layers.GRU(UNITS, stateful=True))
    last = layers.Bidirectional(layers.GRU(UNITS, stateful=True))
    model = keras.Sequential([inputs, nested, reshape, wrapped, layers.Dense(1), last])
    model(X)
    states = [*nested.layers[0].states, *wrapped.layer.states, *last.states]
    assert len(states) == 4
    assert all(np.any(state) for state in states)
    run(note, model=model)
    assert not any(np.any(state) for state in states)


@checks("state.layer.reset")
def _(note: MigrationNote) -> None:
    """The states are zero, as after `reset_states`, which still works."""
    layer = layers.LSTM(UNITS, stateful=True)
    for reset in (lambda: run(note, layer=layer), layer.reset_states):
        layer(X)
        assert all(np.any(state) for state in layer.states)
        reset()
        assert not any(np.any(state) for state in layer.states)


@checks("state.reset.stack", new="error")
def _(note: MigrationNote) -> None:
    """The stack returns what it returned at first."""
    layer = layers.RNN([layers.LSTMCell(3), layers.GRUCell(UNITS)], stateful=True)
    first, second = np.array(layer(X)), np.array(layer(X))
    assert not np.allclose(first, second)
    run(note, layer=layer)
    assert_equal(layer(X), first)


@checks("state.reset.states", new="error")
def _(note: MigrationNote) -> None:
    """The layer starts from the given states."""
    layer = layers.LSTM(UNITS, stateful=True)
    layer(X)
    run(note, layer=layer, states=[STATE, OTHER_STATE])
    output = np.array(layer(X))
    layer.stateful = False
    assert_equal(output, layer(X, initial_state=[STATE, OTHER_STATE]))


@checks("state.Bidirectional.stateful", new="error")
def _(note: MigrationNote) -> None:
    """The states are those that the layer returned before."""
    returned = run(note)
    both = layers.Bidirectional(layers.LSTM(UNITS, return_state=True))
    both.build(X.shape)
    both.set_weights(returned["layer"].get_weights())
    output, *states = both(X)
    assert_equal(returned["output"], output)
    for state, expected in zip(returned["states"], states, strict=True):
        assert_equal(state, expected)


@checks("state.initial.in_list", new="error")
def _(note: MigrationNote) -> None:
    """The layer continues from the states."""
    layer = layers.LSTM(UNITS, return_state=True)
    _, *states = layer(X)
    expected = layer(np.concatenate([X, X], axis=1))[0]
    assert_equal(run(note, layer=layer, states=states)["output"][0], expected)


@checks("argument.batch_input_shape", new="error")
def _(note: MigrationNote) -> None:
    """The model has the batch size that a stateful layer needs."""
    model = run(note, shape=X.shape)["model"]
    assert model.input_shape == X.shape
    assert [state.shape for state in model.layers[0].states] == [(2, UNITS)] * 2


@checks("default.LSTM.time_major", new="error|not in its configuration")
def _(note: MigrationNote) -> None:
    """The layer is made from a configuration with the entry."""
    config = layers.LSTM(UNITS, return_sequences=True).get_config() | {"time_major": False}
    with pytest.raises(ValueError, match="time_major"):
        layers.LSTM.from_config(config)
    layer = run(note, config=config)["layer"]
    assert layer(X).shape == (2, 3, UNITS)


@checks("dtype.Bidirectional.float16", new="output float32, states float16")
def _(note: MigrationNote) -> None:
    """The output has the data type of the states, as before."""
    returned = run(note)
    dtypes = [np.array(tensor).dtype for tensor in (returned["output"], *returned["states"])]
    assert dtypes == [np.float16] * 5


@pytest.mark.parametrize("behavior", CHECKS)
def test_the_example_restores_what_was_before(behavior: str) -> None:
    """The example of a note does what its docstring above says, on the installed Keras."""
    note, check = CHECKS[behavior]

    check(note)


def test_all_code_is_executed() -> None:
    """Each note that tells what to write has an example with that code, and each is checked.

    A name alone is no code to write. Its lines fit a phone.
    """
    for note in MIGRATION_NOTES:
        for code in re.findall(r"`([^`]*)`", note.action):
            if re.fullmatch(r"[\w.]+", code):
                continue
            pattern = re.escape(code).replace(r"\.\.\.", ".+")
            assert re.search(pattern, note.example), (code, note.behaviors)
        ast.parse(note.example)
        assert all(len(line) <= 38 for line in note.example.splitlines()), note.example
    examples = {note.example for note in MIGRATION_NOTES if note.example}
    assert examples == {note.example for note, _ in CHECKS.values()}
