"""The report on a generated model is the same from the live model and from its saved file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from rnn_returns import explain
from rnn_returns.models.explanation import explain_json

KINDS = ("LSTM", "GRU", "SimpleRNN")
MERGES = ("concat", "sum", "mul", "ave", None)
EITHER = st.booleans()

# The reports include where a mask ends; Keras warns of it as well.
pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


@st.composite
def models(draw: st.DrawFn) -> Any:
    """Draw a functional model: words or vectors, some layers on sequences, and a last one."""
    if draw(EITHER):
        start = keras.Input((draw(st.sampled_from([None, 6])),), dtype="int32")
        x = layers.Embedding(9, 4, mask_zero=draw(EITHER))(start)
    else:
        start = keras.Input((6, 4))
        x = layers.Masking()(start) if draw(EITHER) else start
    inputs = [start]
    for _ in range(draw(st.integers(0, 2))):
        x = draw_sequence_layer(draw, x)
    outputs, states = draw_recurrent_layer(draw, x, inputs)
    for output in [*outputs, *states][: draw(st.integers(1, 3))]:
        x = output
    ends = [*outputs, *states] if draw(EITHER) else [layers.Dense(2)(x)]
    return keras.Model(inputs, ends)


def draw_sequence_layer(draw: st.DrawFn, x: Any) -> Any:
    """Return the sequence that a drawn layer makes of another."""
    choice = draw(st.sampled_from(["recurrent", "both", "time", "dropout", "convolution", "model"]))
    units = draw(st.integers(1, 4))
    recurrent = getattr(layers, draw(st.sampled_from(KINDS)))
    match choice:
        case "recurrent":
            return recurrent(units, return_sequences=True, go_backwards=draw(EITHER))(x)
        case "both":
            return layers.Bidirectional(recurrent(units, return_sequences=True))(x)
        case "time":
            return layers.TimeDistributed(layers.Dense(units))(x)
        case "dropout":
            return layers.SpatialDropout1D(0.1)(x)
        case "convolution":
            return layers.Conv1D(units, 2, padding="same")(x)
    start = keras.Input(x.shape[1:])
    return keras.Model(start, recurrent(units, return_sequences=True)(start))(x)


def draw_recurrent_layer(draw: st.DrawFn, x: Any, inputs: list[Any]) -> tuple[list[Any], list[Any]]:
    """Call a drawn layer; return its outputs and its states, and add the states that it reads."""
    kind = draw(st.sampled_from(KINDS))
    flags = {"return_sequences": draw(EITHER), "return_state": draw(EITHER)}
    layer = getattr(layers, kind)(3, **flags)
    count, outputs = (2 if kind == "LSTM" else 1), 1
    if draw(EITHER):
        merge_mode = draw(st.sampled_from(MERGES))
        layer = layers.Bidirectional(layer, merge_mode=merge_mode)
        count, outputs = 2 * count, (2 if merge_mode is None else 1)
    states = [keras.Input((3,)) for _ in range(count)] if draw(EITHER) else []
    inputs.extend(states)
    returned = layer(x, initial_state=states) if states else layer(x)
    flat = keras.tree.flatten(returned)
    return flat[:outputs], flat[outputs:]


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(model=models(), ending=st.sampled_from([".keras", ".h5", ".json"]))
@pytest.mark.filterwarnings("ignore:.*HDF5")
def test_live_and_saved(tmp_path: Path, model: Any, ending: str) -> None:
    """Names, shapes, users, masks and diagnostics are the same, whatever the model and format."""
    file = tmp_path / f"model{ending}"
    if ending == ".json":
        file.write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(file)

    assert replace(explain(file), keras_version="") == explain(model)


def mixed(forward: str, backward: str, **flags: Any) -> Any:
    """Return a Bidirectional layer of two classes."""
    pair = getattr(layers, forward)(4, **flags), getattr(layers, backward)(3, **flags)
    pair[1].go_backwards = True
    return layers.Bidirectional(pair[0], backward_layer=pair[1])


def convolutions(size: int) -> Any:
    """Return a Bidirectional layer whose backward layer has a kernel of another size."""
    backward = layers.ConvLSTM1D(4, size, go_backwards=True)
    return layers.Bidirectional(layers.ConvLSTM1D(4, 3), backward_layer=backward)


@pytest.mark.parametrize(
    ("make", "shape", "codes"),
    [
        (lambda: mixed("LSTM", "GRU", return_state=True), (5, 6), ["RNN503"]),
        (lambda: mixed("GRU", "LSTM", return_state=True), (5, 6), ["RNN502"]),
        (lambda: mixed("GRU", "SimpleRNN"), (5, 6), ["RNN502"]),
        (lambda: convolutions(9), (5, 6, 2), ["RNN501"]),
        (lambda: convolutions(1), (5, 6, 2), ["RNN501"]),
    ],
)
def test_a_call_that_keras_infers_wrongly(make: Any, shape: Any, codes: list[str]) -> None:
    """Where symbolic and real results differ, live and saved models get the same diagnostics."""
    x, layer = keras.Input(shape), make()
    outputs = layer(x)
    model = keras.Model(x, outputs)
    saved, live = explain_json(model.to_json()), explain(model)

    assert [each.code for each in live.diagnostics] == codes
    assert saved.diagnostics == live.diagnostics
    data = np.ones((3, *shape), "float32")
    try:
        shapes = [tuple(output.shape)[1:] for output in keras.tree.flatten(model(data))]
    except Exception:  # Each backend raises different errors.
        assert codes[0] in ("RNN501", "RNN503")
    else:
        assert shapes != [output.shape[1:] for output in keras.tree.flatten(outputs)]
        assert codes == ["RNN502"]
