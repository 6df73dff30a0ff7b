"""Diagnostics as data: in reports, messages and errors, and on graphs without Keras."""

import json
from dataclasses import asdict
from typing import Any

import keras
import pytest
from keras import layers
from support.sites import ROOT

from rnn_returns import explain
from rnn_returns.models.diagnostics import KINDS, SEVERITIES, ModelError, list_kinds
from rnn_returns.models.explanation import build_report
from rnn_returns.models.graph import GraphCall, GraphTensor, ModelGraph, ModelLayer
from rnn_returns.rules.layer_spec import LayerSpec

X = keras.Input((4, 3))
STATE, OTHER, WIDE = (keras.Input((size,)) for size in (4, 4, 5))


def encoder_states() -> Any:
    """Return the final states of an LSTM that is called encoder."""
    return layers.LSTM(4, return_state=True, name="encoder")(X)[1:]


def test_unknown_shapes() -> None:
    """Where shapes are not known, the number of states is checked, and no size."""
    layer = ModelLayer("LSTM(4)", {}, LayerSpec("LSTM", units=4), has_activity_regularizer=False)
    for count, codes in ((1, ["RNN101"]), (2, [])):
        states = [GraphTensor(None) for _ in range(count)]
        arguments = {"sequences": GraphTensor(None), "initial_state": states}
        recurrent = GraphCall("lstm", "LSTM", arguments, layer, outputs=[GraphTensor(None)])
        report = build_report(ModelGraph("mine", "", "", [recurrent], []))
        assert [each.code for each in report.diagnostics] == codes


def test_other_backends() -> None:
    """A diagnostic that only TensorFlow was seen to need is not given for another backend."""
    layer = ModelLayer("GRU(4)", {}, LayerSpec("GRU", units=4), has_activity_regularizer=False)
    states = [GraphTensor((None, 4)), GraphTensor((None, 4))]
    arguments = {"sequences": GraphTensor((None, 4, 3)), "initial_state": states}
    recurrent = GraphCall("gru", "GRU", arguments, layer, outputs=[GraphTensor((None, 4))])
    for backend, codes in (("tensorflow", ["RNN102"]), ("", ["RNN102"]), ("jax", [])):
        report = build_report(ModelGraph("mine", backend, "", [recurrent], []))
        assert [each.code for each in report.diagnostics] == codes


def test_messages_name_what_is_given_and_needed() -> None:
    """A message names the layer, the shape or the states that are given, and those needed."""
    states = keras.Input((2,))
    slices = layers.LSTM(4, name="reader")(X, initial_state=[states[:, 0:1], states[:, 1:2]])
    messages = [
        explain(keras.Model(inputs, outputs)).diagnostics[0].message
        for inputs, outputs in (
            ([X, states], slices),
            (X, layers.GRU(4, name="decoder")(X, initial_state=encoder_states())),
            (
                X,
                layers.Bidirectional(layers.LSTM(4), name="both")(
                    X, initial_state=encoder_states()
                ),
            ),
        )
    ]
    assert "of shape (None, 1) is given, but state_h needs (batch, 4)." in messages[0]
    assert messages[1] == (
        "decoder: 2 initial states (state_h of encoder, state_c of encoder) are given, but 1 is "
        "needed: state_h; Keras ignores the rest."
    )
    assert "are given, but 4 are needed: forward_state_h, forward_state_c" in messages[2]


def test_raise_for() -> None:
    """An error lists the diagnostics of a severity, and for "silent" those of both."""
    silent = explain(keras.Model([X, STATE, OTHER], layers.GRU(4)(X, initial_state=[STATE, OTHER])))
    broken = explain(keras.Model([X, WIDE], layers.GRU(4)(X, initial_state=WIDE)))

    silent.raise_for("fails")
    with pytest.raises(ModelError, match="RNN102 initial-state-extra"):
        silent.raise_for("silent")
    for severity in SEVERITIES:
        with pytest.raises(ModelError, match="RNN104"):
            broken.raise_for(severity)
    with pytest.raises(ValueError, match="fails, silent"):
        broken.raise_for("never")


def test_diagnostics_in_text_html_and_json() -> None:
    """Text, HTML and JSON contain code, severity and message, and the name of the layer."""
    model = keras.Model([X, WIDE], layers.GRU(4, name="decoder")(X, initial_state=WIDE))
    report = explain(model)
    (diagnostic,) = report.diagnostics
    (plain,) = json.loads(report.to_json())["layers"][0]["diagnostics"]

    assert plain == asdict(diagnostic)
    assert diagnostic.layer == "decoder"
    assert diagnostic.message.startswith("decoder: ")
    assert "(None, 5) is given, but state_h needs (batch, 4)" in diagnostic.message
    for text in (repr(report), report._repr_html_()):
        assert "RNN104 initial-state-size (fails)" in " ".join(text.split())


def test_kinds() -> None:
    """Codes and names are unique, and every kind is listed with a severity and a section."""
    assert len({kind.code for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS)
    assert {kind.severity for kind in KINDS} == set(SEVERITIES)
    for kind in KINDS:
        page, _, label = kind.section.removesuffix(".html").partition(".html#")
        [source] = ROOT.glob(f"{page}.*")  # A page, or a script that is one.
        assert f"({label})=" in source.read_text() or not label
    assert [row[0] for row in list_kinds().rows] == sorted(kind.code for kind in KINDS)
