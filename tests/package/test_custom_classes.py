"""A custom class in a file is described as its base is, under a condition, and not as known."""

import json
import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from rnn_returns import observe
from rnn_returns.models.explanation import explain_json
from rnn_returns.models.report import RecurrentLayer

BOTH = {"return_sequences": True, "return_state": True}


def subclass(base: type[Any]) -> Any:
    """Return a custom class that returns what its base does."""
    return keras.saving.register_keras_serializable("tests")(type("Mine", (base,), {}))


def read(config: dict[str, Any]) -> RecurrentLayer:
    """Return the report on the custom layer in a Sequential model."""
    layer = {"class_name": "Mine", "module": "my_layers", "config": config}
    model = {"class_name": "Sequential", "config": {"name": "model", "layers": [layer]}}
    (report,) = explain_json(json.dumps(model)).layers
    return report


@pytest.mark.parametrize(
    ("make", "base", "shape"),
    [
        (lambda: subclass(layers.LSTM)(4, **BOTH), "LSTM", (2, 3, 5)),
        (lambda: subclass(layers.GRU)(4, return_state=True), "GRU", (2, 3, 5)),
        (lambda: subclass(layers.SimpleRNN)(4), "SimpleRNN", (2, 3, 5)),
        (lambda: subclass(layers.RNN)(layers.LSTMCell(4), **BOTH), "RNN", (2, 3, 5)),
        (lambda: subclass(layers.ConvLSTM1D)(4, 2, **BOTH), "ConvLSTM1D", (2, 3, 6, 5)),
        (
            lambda: layers.Bidirectional(subclass(layers.LSTM)(4, **BOTH), merge_mode=None),
            "LSTM",
            (2, 3, 5),
        ),
    ],
)
def test_a_subclass(make: Any, base: str, shape: tuple[int, ...]) -> None:
    """The condition names the base, and what follows are the tensors that a subclass returns.

    Its tensors stay unknown, and it gets no diagnostic.
    """
    layer, x = make(), keras.Input(batch_shape=shape)
    (report,) = explain_json(keras.Model(x, layer(x)).to_json()).layers
    returned = observe(layer, np.ones(shape, "float32"))

    (fact,) = report.facts
    assert fact.startswith(f"If Mine returns what {base} does, the layer returns ")
    tensors = re.findall(r"(\w+) \(([^)]*)\)", fact)
    assert tuple(name for name, _ in tensors) == returned.names
    assert [len(axes.split(", ")) for _, axes in tensors] == list(map(len, returned.shapes))
    assert {(tensor.name, tensor.axes) for tensor in report.tensors} == {(None, None)}
    assert (report.container, report.diagnostics) == (None, ())


FLAGS = {"name": "mine", "return_sequences": False, "return_state": True, "go_backwards": False}
PLAIN = {"units": 4, "activation": "tanh", "recurrent_initializer": "orthogonal"}


@pytest.mark.parametrize(
    "config",
    [
        {"units": 4},
        {**PLAIN, "recurrent_activation": "sigmoid"},
        {**PLAIN, "reset_after": True, "recurrent_activation": "relu", "unit_forget_bias": True},
        {"reset_after": True, "cell": {"class_name": "LSTMCell", "config": {"units": 4}}},
        {"cell": {"class_name": "MyCell", "module": "my_layers", "config": {}}},
        {**PLAIN, "units": [4, 4]},
        {**PLAIN, "time_major": True},
        {"filters": 4, "kernel_size": 3, "unit_forget_bias": 1, "recurrent_activation": "tanh"},
    ],
)
def test_a_class_whose_base_is_not_known(config: dict[str, Any]) -> None:
    """A configuration that fits no base, or several, leads to no condition and no error."""
    report = read(FLAGS | config)

    assert report.facts == ()
    assert report.layer == "Mine, a custom class, whose code is not in the configuration"


def test_a_class_whose_calls_are_not_known() -> None:
    """The condition is also given for a layer that no call is known of."""
    assert read(FLAGS | PLAIN).facts == (
        "If Mine returns what SimpleRNN does, the layer returns output (batch, units), state_h "
        "(batch, units).",
    )
