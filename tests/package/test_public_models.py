"""Models like public ones get the diagnostics of their mistakes, which running them proves."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from support.public_models import CODES, list_models
from support.runs import create_data

from rnn_returns import explain
from rnn_returns.models.diagnostics import KINDS
from rnn_returns.models.explanation import explain_json

SEVERITIES = {kind.code: kind.severity for kind in KINDS}
SILENT = [
    (name, code)
    for name, codes in CODES.items()
    for code in dict.fromkeys(codes)
    if SEVERITIES[code] == "silent"
]
BATCH = 2
# The code of a cell is not in a file, so that a report on it contains less.
OWN_CELLS = {"minimal_cell", "minimal_cells"}

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*destroy the mask"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`"),
]


@cache
def create(name: str) -> Any:
    return list_models()[name]()


@cache
def create_inputs(name: str) -> list[Any]:
    """Return the data for a model: ragged where an input is."""
    model = create(name)
    data = create_data(model, BATCH)
    for i, tensor in enumerate(model.inputs):
        if getattr(tensor, "ragged", False):
            tensorflow = pytest.importorskip("tensorflow")
            data[i] = tensorflow.RaggedTensor.from_tensor(data[i], lengths=[1, data[i].shape[1]])
    return data


def evaluate(inputs: Any, outputs: Any, data: list[Any]) -> list[Any]:
    """Run a functional model and return its outputs, flat, as arrays."""
    results = keras.Model(inputs, outputs)(data)
    return [np.array(result) for result in keras.tree.flatten(results)]


@pytest.mark.parametrize("name", list_models())
def test_diagnostics(name: str, tmp_path: Path) -> None:
    """The model and its files get the diagnostics of its mistakes, and a sound model gets none."""
    model = create(name)
    report = explain(model)
    model.save(tmp_path / "model.keras")

    assert [each.code for each in report.diagnostics] == CODES.get(name, [])
    for saved in (explain(tmp_path / "model.keras"), explain_json(model.to_json())):
        assert saved.diagnostics == report.diagnostics
        assert replace(saved, keras_version="") == report or name in OWN_CELLS


@pytest.mark.parametrize("name", list_models())
def test_whether_it_runs(name: str) -> None:
    """A model with a diagnostic of severity "fails" raises an error, and any other one runs."""
    model, data = create(name), create_inputs(name)
    if "fails" in [SEVERITIES[code] for code in CODES.get(name, [])]:
        with pytest.raises(Exception):  # noqa: B017, PT011 - the errors depend on the backend.
            model(data)
    else:
        results = keras.tree.flatten(model(data))
        assert all(np.isfinite(np.array(result)).all() for result in results)


@pytest.mark.parametrize(("name", "code"), SILENT)
def test_what_a_diagnostic_says(name: str, code: str) -> None:
    """Running the model shows what its diagnostic says."""
    model, data = create(name), create_inputs(name)
    for each in explain(model).diagnostics:
        if each.code == code:
            layer = model.get_layer(each.layer)
            inputs = evaluate(model.inputs, keras.tree.flatten(layer.input), data)
            assert CHECKS[code](model, layer, inputs)


def ignores_other_states(model: Any, layer: Any, inputs: list[Any]) -> bool:
    x, first, second = inputs
    alone, other = layer(x, initial_state=[first]), layer(x, initial_state=[first, second + 1])
    return np.array_equal(alone, other)


def exchanges_states(model: Any, layer: Any, inputs: list[Any]) -> bool:
    x, first, second = inputs
    given, needed = (
        layer(x, initial_state=states) for states in ([first, second], [second, first])
    )
    encoder = model.get_layer("encoder")
    _, state_h, state_c = encoder(*evaluate(model.inputs, encoder.input, create_data(model, BATCH)))
    return np.allclose([first, second], [state_c, state_h]) and not np.allclose(given, needed)


def cuts_the_state(model: Any, layer: Any, inputs: list[Any]) -> bool:
    x, state = inputs
    halves = [state[:1].repeat(BATCH, axis=0), state[1:].repeat(BATCH, axis=0)]
    cut, whole = layer(x, initial_state=halves), layer(x, initial_state=[state, state])
    given = layer(x, initial_state=state)
    return np.allclose(given, cut, atol=1e-6) and not np.allclose(given, whole, atol=1e-6)


def masks_units(model: Any, layer: Any, inputs: list[Any]) -> bool:
    # The last word of each sentence is padding.
    (output,) = evaluate(model.inputs, layer.output, create_data(model, BATCH))
    return not output[:, -1].any() and bool(output[:, :-1].all())


def ignores_the_mask(model: Any, layer: Any, inputs: list[Any]) -> bool:
    x, state = inputs
    padded = np.zeros(x.shape[:2], bool)
    padded[:, -1] = True
    given, masked = layer(x, initial_state=state), layer(x, initial_state=state, mask=~padded)
    return not np.allclose(given, masked) and find_mask(layer) is not None


def has_the_mask_of_the_input(model: Any, layer: Any, inputs: list[Any]) -> bool:
    data = create_data(model, BATCH)
    output, mask = evaluate(model.inputs, [layer.output, find_mask(model.get_layer("upper"))], data)
    # The last token is padding, which the layer processes first.
    return not output[:, 0].any() and bool(mask[:, 0].all()) and not mask[:, -1].any()


def find_mask(layer: Any) -> Any:
    """Return the mask that the input of a layer carries."""
    return getattr(keras.tree.flatten(layer.input)[0], "_keras_mask", None)


def returns_zero(model: Any, layer: Any, inputs: list[Any]) -> bool:
    (output,) = evaluate(model.inputs, layer.output, create_data(model, BATCH))
    return not output.any()


def depends_on_the_last_step_alone(output: Callable[[Any], Any], x: Any) -> bool:
    """Return whether a value changes with the last time step, and with no other one."""
    values = [np.array(output(x))]
    for steps in (slice(-1, None), slice(None, -1)):
        changed = x.copy()
        changed[:, steps] += 1
        values.append(np.array(output(changed)))
    return not np.allclose(values[0], values[1]) and np.array_equal(values[0], values[2])


def has_processed_one_step(model: Any, layer: Any, inputs: list[Any]) -> bool:
    def read(x: Any) -> Any:
        output = layer(x)
        return output[:, -1, ..., output.shape[-1] // 2 :]

    return depends_on_the_last_step_alone(read, inputs[0])


def begins_with_the_last_step(model: Any, layer: Any, inputs: list[Any]) -> bool:
    return depends_on_the_last_step_alone(lambda x: layer(x)[:, 0], inputs[0])


def takes_one_sample(model: Any, layer: Any, inputs: list[Any]) -> bool:
    data = create_data(model, BATCH)[0]
    others = np.concatenate([data[:1], data[1:] % 8 + 1])
    first, second = model(data), model(others)
    return len(first) == data.shape[1] and np.array_equal(first, second)


def keeps_the_state(model: Any, layer: Any, inputs: list[Any]) -> bool:
    output = np.array(model(np.ones(inputs[0].shape, "float32")))
    return not np.allclose(output[:, 0], output[:, 1])


def cannot_be_reset(model: Any, layer: Any, inputs: list[Any]) -> bool:
    with pytest.raises(AttributeError):
        layer.reset_state()
    results = []
    for _ in range(2):
        for state in keras.tree.flatten(layer.states):
            state.assign(ops.zeros_like(state))
        results.append(np.array(model(inputs[0])))
    return np.array_equal(results[0], results[1]) and not np.allclose(results[0], model(inputs[0]))


def returns_another_shape(model: Any, layer: Any, inputs: list[Any]) -> bool:
    return bool(layer.output.shape[1:] != tuple(layer(inputs[0]).shape[1:]))


def penalizes_the_states(model: Any, layer: Any, inputs: list[Any]) -> bool:
    config = layer.get_config()
    alone = type(layer).from_config(config | {"return_state": False})
    alone.build(inputs[0].shape)
    alone.set_weights(layer.get_weights())
    losses = []
    for each in (layer, alone):
        each(inputs[0])
        losses.append(float(sum(each.losses)))
    return losses[0] > losses[1] > 0


CHECKS: dict[str, Callable[[Any, Any, list[Any]], bool]] = {
    "RNN102": ignores_other_states,
    "RNN106": exchanges_states,
    "RNN107": cuts_the_state,
    "RNN202": masks_units,
    "RNN204": ignores_the_mask,
    "RNN205": has_the_mask_of_the_input,
    "RNN206": returns_zero,
    "RNN301": has_processed_one_step,
    "RNN303": begins_with_the_last_step,
    "RNN304": takes_one_sample,
    "RNN305": begins_with_the_last_step,
    "RNN401": keeps_the_state,
    "RNN402": cannot_be_reset,
    "RNN502": returns_another_shape,
    "RNN506": penalizes_the_states,
}
