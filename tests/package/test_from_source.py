"""A layer typed as in Python is read as Keras reads it, and never run."""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest
from support.grid import Case, list_accepted

from rnn_returns import CellSpec, LayerSpec, expected
from rnn_returns.rules.from_source import MAX_LENGTH, read_source
from rnn_returns.rules.keras_arguments import POSITIONAL, list_arguments
from rnn_returns.rules.to_source import to_source

LSTM = LayerSpec("LSTM", units=4)
IMAGE = LayerSpec("ConvLSTM2D", filters=8, kernel_size=(3, 3))
CELLS = (CellSpec("LSTMCell", 4), CellSpec("GRUCell", 2))
STACK = LayerSpec("RNN", cell=CELLS)
ACCEPTED = list_accepted()
CUSTOM = [case for case in ACCEPTED if "<a custom cell>" in to_source(case.layer)]


def test_every_layer_is_read_back() -> None:
    """What ``to_source`` writes is read as a layer of the same source and the same tensors."""
    cases = [case for case in ACCEPTED if case not in CUSTOM]
    assert len(cases) > 1000
    for case in cases:
        source = to_source(case.layer, "keras.layers.")
        layer = read_source(source)
        assert to_source(layer, "keras.layers.") == source
        assert predict(replace(case, layer=layer)) == predict(case), source


def predict(case: Case) -> Any:
    """Return what the rules predict of a case."""
    return expected(case.layer, case.shape, **case.call)


def test_a_custom_cell_has_no_source() -> None:
    """The source of a layer with a custom cell cannot be read back, and is refused."""
    assert CUSTOM
    for case in CUSTOM:
        with pytest.raises(ValueError, match="not valid Python"):
            read_source(to_source(case.layer))


@pytest.mark.parametrize("name", POSITIONAL)
def test_the_arguments_are_those_of_keras(name: str) -> None:
    """Every class has the arguments of the installed Keras, in its order, and accepts the rest."""
    parameters = inspect.signature(getattr(keras.layers, name).__init__).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD,)
    assert POSITIONAL[name] == tuple(
        each.name for each in parameters if each.kind in kinds and each.name != "self"
    )
    values = {"name": "own", "trainable": False}
    cell, layer = keras.layers.LSTMCell(4), keras.layers.LSTM(4)
    given = {"units": 4, "cell": cell, "cells": [cell], "layer": layer, "filters": 2}
    needed = {key: value for key, value in given.items() if key in POSITIONAL[name]}
    if "kernel_size" in POSITIONAL[name]:
        needed["kernel_size"] = 3
    for argument in list_arguments(name)[len(POSITIONAL[name]) :]:
        getattr(keras.layers, name)(**needed, **{argument: values.get(argument)})


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("LSTM(4)", LSTM),
        ("LSTM(units=4)", LSTM),
        ("layers.LSTM(4)", LSTM),
        ("tf.keras.layers.LSTM(4)", LSTM),
        ("\n keras.layers.LSTM(\n    4,\n)  # The encoder\n", LSTM),
        ("LSTM(4, 'relu', return_state=True)", replace(LSTM, return_state=True)),
        ("LSTM(4, name='a', dropout=rate, kernel_regularizer=keras.regularizers.L2(0.1))", LSTM),
        ("LSTM(4, dtype='float32', activation=lambda x: x)", LSTM),
        ("ConvLSTM2D(8, [3, 3])", IMAGE),
        ("ConvLSTM2D(8, (3, 3), 2)", replace(IMAGE, strides=2)),
        ("ConvLSTM2D(8, (3, 3), 1, 'same', None)", replace(IMAGE, padding="same")),
        ("RNN(GRUCell(2))", LayerSpec("RNN", cell=CELLS[1])),
        ("RNN([LSTMCell(4), keras.layers.GRUCell(units=2, dropout=0.5)])", STACK),
        ("RNN(StackedRNNCells((LSTMCell(4), GRUCell(2))))", STACK),
        ("RNN(GRUCell(2), True)", LayerSpec("RNN", cell=CELLS[1], return_sequences=True)),
        ("Bidirectional(LSTM(4), None)", LayerSpec("Bidirectional", layer=LSTM, merge_mode=None)),
        (
            "Bidirectional(layer=LSTM(4), backward_layer=None, merge_mode='sum')",
            LayerSpec("Bidirectional", layer=LSTM, merge_mode="sum"),
        ),
        (
            "TimeDistributed(TimeDistributed(LSTM(4)))",
            LayerSpec("TimeDistributed", layer=LayerSpec("TimeDistributed", layer=LSTM)),
        ),
    ],
)
def test_what_is_read(text: str, layer: LayerSpec) -> None:
    """Positions, names, prefixes and ignored arguments have the meaning that they have in Keras."""
    assert read_source(text) == layer


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a layer in Python, .* got '', which is not valid"),
        ("LSTM(4", "not valid Python"),
        ("LSTM(4); x", "not valid Python"),
        ("LSTM(\0)", "not valid Python"),
        ("LSTM", "Expected a recurrent layer, such as LSTM.4., got LSTM"),
        ("LSTM(4)(x)", "got LSTM.4..x."),
        ("[LSTM(4)]", r"got \[LSTM"),
        ("lstm(4)", r"got lstm; did you mean LSTM\?$"),
        ("Dense(4)", "got Dense; known are LSTM, .*TimeDistributed"),
        ("LSTMCell(4)", r"Expected a recurrent layer, .* got LSTMCell; did you mean LSTM\?$"),
        ("keras.LSTM(4)", "Expected keras.layers.LSTM, got keras.LSTM"),
        ("LSTM()", r"LSTM needs units, as in LSTM\(4\)"),
        ("ConvLSTM1D(8)", r"ConvLSTM1D needs kernel_size, as in ConvLSTM1D\(8, 3\)"),
        ("RNN()", r"RNN needs cell, as in RNN\(LSTMCell\(4\)\)"),
        ("Bidirectional()", r"needs layer, as in Bidirectional\(LSTM\(4\)\)"),
        ("LSTM(4, units=4)", "Expected units of LSTM once, got it twice"),
        ("LSTM(4, return_states=True)", r"no argument return_states here; did you mean return_s"),
        ("LSTM(4, colour=1)", "LSTM has no argument colour here; known are units, "),
        ("LSTM(4, input_shape=(3, 2))", "pass the shape of the input separately"),
        ("Bidirectional(LSTM(4), return_state=True)", "pass it to the wrapped layer"),
        ("GRU(4, unit_forget_bias=True)", "GRU has no argument unit_forget_bias"),
        ("TimeDistributed(LSTM(4), 1)", "Expected at most 1 arguments of TimeDistributed by"),
        ("LSTM(*sizes)", "Expected the arguments of LSTM one by one, got .sizes to unpack"),
        ("LSTM(4, **flags)", "one by one, got flags to unpack"),
        ("LSTM(units)", "Expected units of LSTM to be a whole number, got units"),
        ("LSTM(2 * 2)", "to be a whole number, got 2 . 2"),
        ("LSTM(True)", "to be a whole number, got True"),
        ("LSTM('4')", "to be a whole number, got '4'"),
        ("LSTM(4, return_state=1)", "Expected return_state of LSTM to be True or False, got 1"),
        ("LSTM(4, dtype='int8')", "to be one of float32, float64, .*, got 'int8'"),
        ("RNN(LSTMCell(4, dtype='float16'))", "to be 'float32', got 'float16'; pass it to the la"),
        ("ConvLSTM1D(8, ())", r"Expected kernel_size of ConvLSTM1D to be .* got \(\)"),
        ("ConvLSTM1D(8, (3, 'a'))", "Expected kernel_size"),
        ("ConvLSTM1D(8, 3, padding=1)", "Expected padding of ConvLSTM1D to be text in quotes"),
        ("Bidirectional(LSTM(4), 3)", "merge_mode of Bidirectional to be text in quotes, got 3"),
        ("Bidirectional(None)", "Expected a recurrent layer, such as LSTM.4., got None"),
        ("RNN(LSTM(4))", "Expected the cell of RNN to be one of Keras's.*did you mean LSTMCell"),
        ("RNN([[LSTMCell(4)]])", r"such as LSTMCell\(4\), got \[LSTMCell"),
        ("RNN(OwnCell(4))", "Expected the cell of RNN .* got OwnCell"),
        ("RNN(LSTMCell())", r"LSTMCell needs units, as in LSTMCell\(4\)"),
        ("RNN(StackedRNNCells(3))", "StackedRNNCells needs a list of cells"),
        ("(" * 300, "not valid Python"),
        ("-" * 1900 + "1", "not valid Python|nested too deeply"),
        ("a" + ".a" * 900, "nested too deeply"),
        ("TimeDistributed(" * 60 + "LSTM(4)" + ")" * 60, "nested too deeply"),
        ("LSTM(4)" + " " * MAX_LENGTH, f"at most {MAX_LENGTH} characters, got"),
        ("LSTM(" + "9" * 1900 + "x)", "not valid Python"),
        ("LSTM('" + "x" * 1900 + "')", r"got 'xxxxx.*\.\.\.\.$"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    """Anything else is an error of one short line that says what was given and what is needed."""
    with pytest.raises(ValueError, match=message) as error:
        read_source(text)
    assert str(error.value)[-1] in ".?"
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 900


def test_nothing_is_run(tmp_path: Path) -> None:
    """Code among the arguments is parsed and not run, whether it is ignored or refused."""
    file = tmp_path / "was_run"
    code = f"__import__('os').mkdir({str(file)!r})"
    read_source(f"LSTM(4, activation={code})")
    with pytest.raises(ValueError, match="units of LSTM"):
        read_source(f"LSTM({code})")
    assert not file.exists()
