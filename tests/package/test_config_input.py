"""The reader of configurations on configurations that are unusual, damaged or hostile."""

import json
from typing import Any

import keras
import pytest
from keras import layers

from rnn_returns.models.config.reader import read_config
from rnn_returns.models.graph import GraphCall, ModelGraph

TOKENS = keras.Input((6,), dtype="int32", name="tokens")


def read(inputs: Any, outputs: Any) -> ModelGraph:
    """Return the graph of the configuration of a functional model."""
    return read_config(json.loads(keras.Model(inputs, outputs).to_json()), keras.__version__)


def find(graph: ModelGraph, path: str) -> GraphCall:
    """Return the first call with a path."""
    return next(call for call in graph.calls if call.path == path)


def reference(layer: str, call: int = 0, tensor: int = 0, shape: Any = None) -> dict[str, Any]:
    """Return a tensor as Keras 3 writes it."""
    config = {"shape": shape, "dtype": "float32", "keras_history": [layer, call, tensor]}
    return {"class_name": "__keras_tensor__", "config": config}


def layer_of(kind: str, name: str, *inputs: Any, **config: Any) -> dict[str, Any]:
    """Return a layer that is called once on each of *inputs*."""
    return {
        "class_name": kind,
        "config": {"name": name, "trainable": True, **config},
        "name": name,
        "inbound_nodes": [{"args": [each], "kwargs": {}} for each in inputs],
    }


def model_of(*entries: Any, outputs: Any = (("gru", 0, 0),)) -> dict[str, Any]:
    """Return a functional model with an input ``x``."""
    start = {
        "class_name": "InputLayer",
        "config": {"name": "x", "batch_shape": [None, 5, 3]},
        "name": "x",
        "inbound_nodes": [],
    }
    config = {
        "name": "model",
        "layers": [start, *entries],
        "input_layers": [["x", 0, 0]],
        "output_layers": [list(each) for each in outputs],
    }
    return {"class_name": "Functional", "config": config}


GRU = layer_of("GRU", "gru", reference("x"), units=2)


def deep_model(depth: int) -> dict[str, Any]:
    """Return models in models."""
    inner = model_of(GRU)
    for _ in range(depth):
        entry = layer_of("Functional", "gru", reference("x")) | {"config": inner["config"]}
        inner = model_of(entry)
    return inner


def doubling_model(depth: int) -> dict[str, Any]:
    """Return models in models, each of which calls the one inside twice."""
    inner = model_of(layer_of("Dense", "gru", reference("x"), units=3))
    for _ in range(depth):
        entry = layer_of("Functional", "gru", reference("x"), reference("gru"))
        inner = model_of(entry | {"config": inner["config"]}, outputs=[("gru", 2, 0)])
    return inner


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "Expected the configuration of the model to be a dictionary, got a list of 0."),
        ({"class_name": 3}, "Expected the class_name of the model to be text, got 3."),
        (model_of(7), "Expected a layer of the model to be a dictionary, got 7."),
        (model_of(GRU, GRU), "The model has two layers with the name 'gru'."),
        (model_of(outputs=[("gru", 0, 0)]), "uses the layer 'gru', which is not there."),
        (model_of(GRU, outputs=[("gru", 3, 0)]), "uses call 3 of 'gru', which is called 1 times."),
        (model_of(GRU, outputs=[("gru", 0, 7)]), "uses tensor 7 of 'gru', which returns 1."),
        (model_of(layer_of("GRU", "gru", reference("x"), units="four")), "units of GRU 'gru'"),
        (model_of(layer_of("GRU", "gru", reference("x"), units=10**400)), "a number out of range"),
        (model_of(layer_of("GRU", "gru", reference("x"), units=2, stateful="no")), "stateful of"),
        (model_of(layer_of("Dense", "gru", reference("x"), units=[])), "The layer 'gru': Expected"),
        (model_of(layer_of("GRU", "gru", reference("gru"), units=2)), "form a cycle through 'gru'"),
        (model_of(GRU | {"inbound_nodes": 5}), "the inbound_nodes of 'gru' to be a list, got 5."),
        (deep_model(200), "models in models, more than 20 deep."),
        (doubling_model(18), "more than 10000 calls."),
    ],
)
def test_what_is_no_model(config: Any, message: str) -> None:
    """A damaged configuration raises a ValueError with one sentence that says what is wrong."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the message is checked below.
        read_config(config)
    text = str(caught.value)

    assert message in text
    assert text.endswith(".")
    assert text.isprintable()


def test_a_long_model() -> None:
    """A functional model of 2,000 layers is read to its end."""
    entries, last = [], "x"
    for i in range(2000):
        options: dict[str, Any] = {"units": 4, "return_sequences": True}
        entries.append(layer_of("GRU", f"gru_{i}", reference(last), **options))
        last = f"gru_{i}"
    graph = read_config(model_of(*entries, outputs=[(last, 0, 0)]))

    assert len(graph.calls) == 2000


def test_operations_for_automatic_masks_are_hidden() -> None:
    """The operations that Keras adds to calculate a mask are neither calls nor users."""
    embedded = layers.Embedding(9, 4, mask_zero=True, name="words")(TOKENS)
    graph = read(TOKENS, layers.GRU(2, name="gru")(embedded))

    assert [call.path for call in graph.calls] == ["words", "gru"]
    mask = find(graph, "gru").mask
    assert mask is not None
    assert mask.shape == (None, 6)
    assert not find(graph, "gru").sets_mask


def test_a_mask_that_the_caller_calculates() -> None:
    """A mask that the caller passes is an argument, and what calculates it is a call."""
    embedded = layers.Embedding(9, 4, name="words")(TOKENS)
    keep = keras.ops.not_equal(TOKENS, 0)
    output = layers.GRU(2, return_sequences=True, name="first")(embedded, mask=keep)
    graph = read(TOKENS, layers.GRU(2, name="second")(output))
    first, second = find(graph, "first"), find(graph, "second")

    assert (first.sets_mask, "mask" in first.tensor_arguments) == (True, True)
    assert (second.sets_mask, "mask" in second.tensor_arguments) == (False, False)
    assert second.mask is not None
    assert "NotEqual" in [call.class_name for call in graph.calls]


def test_a_mask_behind_a_layer_that_does_not_propagate_it() -> None:
    """The layer that lost a mask is named."""
    embedded = layers.Embedding(9, 4, mask_zero=True)(TOKENS)
    x = layers.Conv1D(3, 2, name="pairs")(embedded)
    call = find(read(TOKENS, layers.GRU(2, name="gru")(x)), "gru")

    assert (call.mask, call.is_mask_known) == (None, True)
    assert call.inputs[0].mask_lost_at == "pairs (Conv1D)"


def test_an_index_has_python_s_own_values() -> None:
    """The key of an index is a tuple of slices, numbers and ellipses."""
    x = keras.Input((5, 3))
    sequence = layers.GRU(2, return_sequences=True)(x)
    graph = read(x, [sequence[:, -1], sequence[..., 1:], sequence[0]])
    keys = [call.arguments["key"] for call in graph.calls if call.class_name == "GetItem"]

    assert sorted(map(repr, keys)) == sorted(
        ["(slice(None, None, None), -1)", "(Ellipsis, slice(1, None, None))", "0"]
    )


def test_an_inner_model_is_traced_per_call() -> None:
    """The layers of an inner model are called with the shapes of each of its calls."""
    inside = keras.Input((None, 3))
    gru = layers.GRU(2, return_sequences=True, name="gru")
    inner = keras.Model(inside, gru(inside), name="inner")
    a, b = keras.Input((5, 3)), keras.Input((7, 3))
    graph = read([a, b], [inner(a), inner(b)])

    assert {call.path for call in graph.calls} == {"inner/gru"}
    assert {call.outputs[0].shape for call in graph.calls} == {(None, 5, 2), (None, 7, 2)}


def test_a_layer_in_a_wrapped_model_is_uncalled() -> None:
    """A recurrent layer in a model that TimeDistributed wraps is listed with the reason."""
    words = keras.Input((6, 4))
    sentence = keras.Model(words, layers.GRU(3, name="words")(words), name="sentence")
    x = keras.Input((5, 6, 4))
    graph = read(x, layers.TimeDistributed(sentence, name="each")(x))
    ((layer, path, reason),) = graph.uncalled

    assert (layer.source, path) == ("GRU(3)", "each/sentence/words")
    assert reason.startswith("each (TimeDistributed) calls its layers in custom Python code")
    assert find(graph, "each").outputs[0].shape == (None, 5, 3)


def test_what_a_custom_layer_returns_is_not_known() -> None:
    """Behind a custom layer, shape and mask are reported as unknown, with the reason."""
    custom = layer_of("Mine>Block", "block", reference("x"))
    gru = layer_of("GRU", "gru", reference("block"), units=2)
    call = find(read_config(model_of(custom, gru)), "gru")

    assert (call.input_shape, call.is_mask_known) == (None, False)
    assert call.outputs[0].unknown_reason == "block (Block) runs custom code"


def test_time_major_layers() -> None:
    """With time_major of Keras 2, shapes begin with the time axis, and what to change is named."""
    gru = layer_of("GRU", "gru", units=2, return_sequences=True, return_state=True, time_major=True)
    config = model_of(gru | {"inbound_nodes": [[["x", 0, 0, {}]]]})
    config["config"]["layers"][0]["config"] = {"name": "x", "batch_input_shape": [5, 8, 3]}
    ((layer, call),) = read_config(config, "2.10.0").recurrent_calls

    assert [output.shape for output in call.outputs] == [(5, 8, 2), (8, 2)]
    assert layer.is_time_major
    assert "Keras 3 has no time_major" in layer.changes[0]
