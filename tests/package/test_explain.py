"""Explain reports what is true of a user's own model, and where it does not know."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support import models

from rnn_returns import Report, explain, observe

MODELS = [name for name, _ in getmembers(models, isfunction)]
# Two sentences, one of them padded with zeros.
PADDED = np.array([[3, 1, 4, 1, 0, 0], [9, 2, 6, 5, 3, 5]])
FULL = np.array([[3, 1, 4, 1, 7, 8], [9, 2, 6, 5, 3, 5]])  # Two sentences without padding.
X = keras.Input((6, 4))
FRAMES = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")
OUT = "the model's output"

# The reports include where a mask ends; Keras warns of it as well.
pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


@cache
def built(name: str) -> Any:
    """Return the model of that name."""
    keras.utils.set_random_seed(0)
    return getattr(models, name)()


@cache
def report(name: str) -> Report:
    """Return the report on the model of that name."""
    return explain(built(name))


def report_of(inputs: Any, *outputs: Any) -> Report:
    """Return the report on a functional model."""
    return explain(keras.Model(inputs, outputs))


def reads_padding(model: Any, output: Any, tokens: Any) -> bool:
    """Return whether *output* changes if the vector for padding does."""
    part, weights = keras.Model(model.inputs, output), model.get_weights()
    before = keras.tree.flatten(part(tokens))
    for layer in model._flatten_layers(recursive=True):
        if isinstance(layer, layers.Embedding):
            padding, *words = layer.embeddings.numpy()
            layer.embeddings.assign([padding + 1, *words])
    after = keras.tree.flatten(part(tokens))
    model.set_weights(weights)
    return not all(map(np.array_equal, before, after))


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model that calls its layer in code."""

    def __init__(self, inner: Any) -> None:
        super().__init__(name="subclassed")
        self.inner = inner

    def call(self, x: Any) -> Any:
        """Call the inner layer."""
        return self.inner(x)


# What a layer returns, and which layers use it.


@pytest.mark.parametrize("name", MODELS)
def test_names_and_shapes_are_those_of_the_layer(name: str) -> None:
    """Every tensor has the name that observe gives it and the shape that Keras gives it."""
    assert report(name).layers
    for entry in report(name).layers:
        if "/" in entry.name:
            continue
        layer = built(name).get_layer(entry.name.split(" (")[0])
        fresh = type(layer).from_config(layer.get_config())
        observed = observe(fresh, keras.Input(batch_shape=entry.reads))
        shapes = [tensor.shape for tensor in keras.tree.flatten(layer.output)]
        assert [tensor.shape for tensor in entry.tensors] == shapes
        assert tuple(tensor.name for tensor in entry.tensors) == observed.names
        assert entry.container == observed.container
        assert entry.reads == keras.tree.flatten(layer.input)[0].shape


@pytest.mark.parametrize(
    ("name", "layer", "used_by"),
    [
        ("reviews", "lower", {"output": "upper"}),
        ("reviews", "upper", {"output": "verdict"}),
        ("characters", "encoder", {"output": "", "state_h": "decoder", "state_c": "decoder"}),
        ("characters", "decoder", {"output": "letters", "state_h": "", "state_c": ""}),
        ("characters_one_by_one", "decoder", {"output": "letters", "state_h": OUT, "state_c": OUT}),
        ("next_frame", "frames_0", {"output": "norm_0"}),
        ("tagger", "lower", {"output": "dropout"}),
        ("tagger", "upper", {"output": "labels"}),
        ("documents", "sentences", {"output": "topic"}),
        (
            "translation",
            "encoder",
            {"output": "attention"}
            | {"forward_state_h": "start_0", "forward_state_c": "start_1"}
            | {"backward_state_h": "start_0", "backward_state_c": "start_1"},
        ),
        ("translation", "decoder", {"output": "attention, both", "state_h": "", "state_c": ""}),
        ("stream", "lower", {"output": "upper"}),
        ("films", "lower", {"output": "upper"}),
        ("twins", "reader (call 1 of 2)", {"output": "same"}),
        ("twins", "reader (call 2 of 2)", {"output": "same"}),
        (
            "models_in_models",
            "encoder/lstm",
            {"output": "", "state_h": "decoder/lstm", "state_c": "decoder/lstm"},
        ),
        ("models_in_models", "decoder/lstm", {"output": "next_word"}),
    ],
)
def test_which_layers_use_a_tensor(name: str, layer: str, used_by: dict[str, str]) -> None:
    """Each returned tensor is reported to be used by the layers that the model passes it to."""
    entry = next(entry for entry in report(name).layers if entry.name == layer)

    assert {tensor.name: ", ".join(tensor.used_by or ()) for tensor in entry.tensors} == used_by


def test_an_operation_that_uses_a_tensor() -> None:
    """Arithmetic and slices are named as well as layers."""
    output = layers.LSTM(3, return_sequences=True)(X)
    model = keras.Model(X, [output[:, 0], 2 * output])
    names = {tensor._keras_history.operation.name for tensor in model.outputs}

    (entry,) = explain(model).layers
    assert set(entry.tensors[0].used_by or ()) == names


# Masks.


@pytest.mark.parametrize(
    ("name", "layer", "tokens"),
    [
        ("tagger", "lower", PADDED),
        ("tagger", "upper", PADDED),
        ("translation", "encoder", [PADDED, PADDED]),
        ("translation", "decoder", [PADDED, PADDED]),
        ("twins", "reader", [PADDED, PADDED]),
        ("convolved_words", "reader", PADDED),
        ("models_in_models", "encoder/lstm", [PADDED, FULL]),
        ("models_in_models", "decoder/lstm", [FULL, PADDED]),
    ],
)
def test_a_mask_reaches_a_layer_or_does_not(name: str, layer: str, tokens: Any) -> None:
    """A layer is reported to receive the mask exactly if padding does not change its output."""
    model = built(name)
    entry = next(entry for entry in report(name).layers if entry.name.startswith(layer))
    output = model.output if "/" in layer else model.get_layer(layer).output

    assert entry.mask is not reads_padding(model, output, tokens)


@pytest.mark.parametrize(
    ("name", "called"), [("films", ["lower", "upper"]), ("masked_model", ["inner/gru"])]
)
def test_a_mask_that_is_passed_in_a_call(name: str, called: list[str]) -> None:
    """A mask that is an input of the model reaches the layers, also in a model: it hides steps."""
    model = built(name)
    shape = (2, *model.inputs[0].shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    changed = x.copy()
    changed[:, -1] += 1
    mask = np.ones(shape[:2], bool)
    mask[:, -1] = False

    assert {entry.name: entry.mask for entry in report(name).layers} == dict.fromkeys(called, True)
    assert np.array_equal(model([x, mask]), model([changed, mask]))
    assert not np.array_equal(model([x, ~mask]), model([changed, ~mask]))


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "convolved_words",
            ["none; the one before it ends at pairs (Conv1D), which does not propagate it"],
        ),
        ("reviews", ["none", "none"]),
        ("tagger", ["given", "given"]),
    ],
)
def test_where_a_mask_is_lost(name: str, notes: list[str]) -> None:
    """If no mask arrives, the layer that the last one ended at is named; or there was none."""
    assert [entry.mask_note for entry in report(name).layers] == notes


# What is not known.


class Block(layers.Layer):  # type: ignore[misc]
    """A layer that calls another in code."""

    def __init__(self, inner: Any) -> None:
        super().__init__(name="block")
        self.inner = inner

    def call(self, x: Any) -> Any:
        """Call the inner layer."""
        return self.inner(x)


class CustomLSTM(layers.LSTM):  # type: ignore[misc]
    """An LSTM with other outputs."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Double the output."""
        return 2 * super().call(sequences, initial_state, mask)


class Widened(layers.GRU):  # type: ignore[misc]
    """A GRU that infers one unit too many."""

    def compute_output_spec(self, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        """Infer a wrong shape."""
        return keras.KerasTensor((sequences.shape[0], self.units + 1))


def test_where_keras_contradicts_the_rules() -> None:
    """If the graph has another shape than the rules, that shape is reported without a name."""
    (entry,) = report_of(X, Widened(3)(X)).layers
    assert [(tensor.name, tensor.shape) for tensor in entry.tensors] == [(None, (None, 4))]


def test_a_subclassed_model() -> None:
    """Of a model that runs code, the layers are listed, with the reason why no more is known."""
    result = explain(Subclassed(layers.LSTM(3, return_state=True, name="lstm")))

    assert "calls its layers in custom Python code" in result.notes[0]
    (entry,) = result.layers
    assert (entry.name, entry.layer) == ("lstm", "LSTM(3, return_state=True)")
    assert entry.flags == {"return_sequences": False, "return_state": True}
    assert [tensor.name for tensor in entry.tensors] == ["output", "state_h", "state_c"]
    assert {tensor.axes for tensor in entry.tensors} == {("batch", "units")}
    assert {(tensor.shape, tensor.used_by) for tensor in entry.tensors} == {(None, None)}
    assert (entry.reads, entry.mask) == (None, None)


def test_a_sequential_model_without_an_input() -> None:
    """The report on a Sequential model that has no input yet includes what to do."""
    result = explain(keras.Sequential([layers.LSTM(2, name="lstm")], name="mine"))

    assert "mine (Sequential) has no input yet; put a keras.Input first" in result.notes[0]
    assert [entry.name for entry in result.layers] == ["lstm"]


def spare() -> Any:
    model = keras.Model(X, layers.Dense(3)(X), name="mine")
    model.spare = layers.LSTM(3, name="spare")
    return model


@pytest.mark.parametrize(
    ("build", "name", "reason"),
    [
        (
            lambda: keras.Model(X, Block(layers.GRU(3, name="inner"))(X)),
            "block/inner",
            "block (Block) calls its layers in custom Python code",
        ),
        (lambda: built("documents"), "each/sentence/words", "each (TimeDistributed) calls its"),
        (spare, "spare", "the graph of mine (Functional) does not call it"),
    ],
)
def test_a_layer_that_the_graph_does_not_call(build: Any, name: str, reason: str) -> None:
    """A layer in another layer, in a wrapped model or in an attribute is listed as not known."""
    entry = explain(build()).layers[-1]

    assert (entry.name, entry.reads, entry.mask) == (name, None, None)
    assert entry.mask_note.startswith(f"not known: {reason}")


def test_a_layer_of_a_custom_class() -> None:
    """Of a layer with other code than Keras's the names are not known; shapes and uses are."""
    (entry,) = report_of(X, layers.Dense(1, name="head")(CustomLSTM(3)(X))).layers
    assert entry.layer == "CustomLSTM, which runs custom code"
    assert entry.container is None
    assert [(t.name, t.shape, t.used_by) for t in entry.tensors] == [(None, (None, 3), ("head",))]


class SameCell(layers.Layer):  # type: ignore[misc]
    """A cell without output_size."""

    state_size = 3

    def call(self, inputs: Any, states: Any) -> Any:
        """Count the time steps."""
        return states[0] + 1, [states[0] + 1]


def test_a_cell_without_an_output_size() -> None:
    """A size that is known to the cell only is no reason to report that the model fails."""
    (entry,) = report_of(X, layers.Dense(1)(layers.RNN(SameCell())(X))).layers
    assert [(tensor.name, tensor.shape) for tensor in entry.tensors] == [("output", (None, 3))]
    assert entry.diagnostics == ()


def test_a_model_without_recurrent_layers() -> None:
    """A model without recurrent layers has an empty report."""
    assert report_of(X, layers.Dense(1)(X)).layers == ()


# The report.


@pytest.mark.parametrize("name", MODELS)
def test_the_model_stays_as_it_is(name: str, tmp_path: Path) -> None:
    """To explain a model adds no call to it, no weight and no name; saved, it has this report."""
    model, file = built(name), tmp_path / "model.keras"

    def state() -> Any:
        return model.to_json(), [
            (len(layer._inbound_nodes), len(layer._outbound_nodes), len(layer.weights))
            for layer in model._flatten_layers(recursive=True)
        ]

    before = state()
    result = explain(model)
    assert state() == before
    model.save(file)
    assert replace(explain(file), keras_version="") == result


@pytest.mark.parametrize("name", ["translation", "documents", "films"])
def test_the_report_as_text_html_and_json(name: str) -> None:
    """Text, HTML and JSON name every layer and every tensor; HTML has no style and no script."""
    text, html = repr(report(name)), report(name)._repr_html_()
    data = json.loads(report(name).to_json())

    for entry, plain in zip(report(name).layers, data["layers"], strict=True):
        assert f"{entry.name}: {entry.layer}" in text
        assert f"{entry.name}: {entry.layer}" in html
        assert [tensor["name"] for tensor in plain["tensors"]] == [t.name for t in entry.tensors]
        assert plain["mask"] == entry.mask
        for tensor in entry.tensors:
            assert f"    {tensor.name} " in text
    assert max(map(len, text.splitlines())) < 100
    assert "style" not in html
    assert "<script" not in html


def test_a_name_is_not_markup() -> None:
    """A name with a bracket in it is text in the HTML too."""
    pairs = layers.Conv1D(4, 2, name="<u>")(layers.Masking()(X))
    html = report_of(X, layers.GRU(3, name="<b>")(pairs))._repr_html_()

    assert "&lt;b&gt;: GRU(3)" in html
    assert "ends at &lt;u&gt; (Conv1D)" in html
    assert not {"<b>", "<u>"} & set(re.findall("<.>", html))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "type NoneType"),
        (layers.LSTM(2), "type LSTM; of a single layer, observe shows"),
        (keras.Model, "type type"),
    ],
)
def test_not_a_model(value: Any, message: str) -> None:
    """The error for anything else names its type, and what to call instead."""
    with pytest.raises(TypeError, match=f"explain needs a Keras model or the path.*{message}"):
        explain(value)


def test_a_report_without_keras() -> None:
    """A graph that another reader makes is explained where Keras cannot be imported."""
    code = """
import sys
sys.modules |= dict.fromkeys(("keras", "tensorflow", "h5py"))
from rnn_returns.models.explanation import build_report
from rnn_returns.models.graph import ModelGraph
print(build_report(ModelGraph("mine", "tensorflow", "", [], [])))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "mine\n"


# Its diagnostics are true, and their fixes work.


def diagnostics(report: Report) -> str:
    """Return all diagnostics and facts of a report as one text."""
    facts = [fact for layer in report.layers for fact in layer.facts]
    return " ".join([*facts, *(each.message for each in report.diagnostics)])


def padded_words() -> tuple[Any, Any]:
    """Return a symbolic input for padded sentences, and their words with a mask."""
    tokens = keras.Input((6,), dtype="int32")
    return tokens, layers.Embedding(10, 4, mask_zero=True)(tokens)


@pytest.mark.parametrize("name", ["reviews", "next_frame", "tagger", "films", "twins"])
def test_no_diagnostic_without_a_mistake(name: str) -> None:
    """A model without a known mistake gets no diagnostic."""
    assert diagnostics(report(name)) == ""


@pytest.mark.parametrize("masked", [False, True])
def test_initial_state_drops_the_mask(masked: bool) -> None:
    """The mask is reported to be dropped if it is, and to pass it to the call fixes that."""
    tokens, words = padded_words()
    start = keras.Input((3,))
    mask = {"mask": words._keras_mask} if masked else {}
    model = keras.Model([tokens, start], layers.GRU(3)(words, initial_state=start, **mask))
    result = explain(model)

    assert reads_padding(model, model.output, [PADDED, np.ones((2, 3), "float32")]) is not masked
    assert result.layers[0].mask is masked
    assert ("the mask is dropped" in diagnostics(result)) is not masked


def test_flags_without_a_use() -> None:
    """Flags whose tensors no layer uses are named, and to leave them out changes nothing."""
    layer = layers.LSTM(3, return_sequences=True, return_state=True)
    output, *states = layer(X)

    assert "return_state=True can be left out" in diagnostics(report_of(X, output))
    assert "return_sequences=True can be left out" in diagnostics(report_of(X, *states))
    assert diagnostics(report_of(X, output, states[1])) == ""
    sequence, *before = layer(FRAMES)
    layer.return_sequences = False
    last, *after = layer(FRAMES)
    assert (sequence.ndim, last.ndim) == (3, 2)
    assert np.array_equal(before, after)


@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.Bidirectional])
def test_activity_regularizer_penalizes_the_states(wrap: Callable[[Any], Any]) -> None:
    """The states are reported to be penalized exactly if there are more penalties than outputs."""
    penalties = {}
    for flag in (False, True):
        layer = wrap(layers.LSTM(3, return_state=flag, activity_regularizer="l2"))
        result = report_of(X, *keras.tree.flatten(layer(X)))
        assert ("penalizes the returned states" in diagnostics(result)) is flag
        layer(FRAMES)
        penalties[flag] = len(layer.losses)

    assert penalties[True] == 3 * penalties[False]


def test_stateful() -> None:
    """A stateful layer continues from its last call until it is reset; a stack of cells fails."""
    model, text = built("stream"), diagnostics(report("stream"))
    chunk = FRAMES[:, :5, :1]
    first, second = model(chunk), model(chunk)
    for layer in model.layers[:2]:
        layer.reset_state()

    assert text.count("reset_state() on the layer") == 2
    assert "reset_state() fails" not in text
    assert not np.array_equal(first, second)
    assert np.array_equal(first, model(chunk))

    x = keras.Input(batch_shape=(2, 6, 4))
    stack = layers.RNN([layers.GRUCell(3), layers.GRUCell(3)], stateful=True)

    assert "reset_state() fails on a stateful stack" in diagnostics(report_of(x, stack(x)))
    with pytest.raises(AttributeError):
        stack.reset_state()


def test_go_backwards_reverses_the_steps_and_not_the_mask() -> None:
    """Reversed time steps are reported, and so is the mask that no longer belongs to them."""
    tokens, words = padded_words()
    layer = layers.LSTM(3, return_sequences=True, go_backwards=True)
    model = keras.Model(tokens, layer(words))
    output, text = model(PADDED), diagnostics(explain(model))

    assert "the last one first" in text
    assert "propagated in the order of the input" in text
    assert np.array_equal(output._keras_mask, PADDED != 0)
    # The first output belongs to the last time step, which is masked: the state is still zero.
    assert np.array_equal(np.all(np.array(output) == 0, axis=-1), (PADDED == 0)[:, ::-1])


def test_zero_output_for_mask_without_sequences() -> None:
    """A sample that ends in padding is reported to get zeros, and it gets them."""
    tokens, words = padded_words()
    model = keras.Model(tokens, layers.LSTM(3, zero_output_for_mask=True)(words))
    sequence = layers.LSTM(3, zero_output_for_mask=True, return_sequences=True)(words)
    output = np.array(model(PADDED))

    assert "makes the output zero for a sample" in diagnostics(explain(model))
    assert diagnostics(report_of(tokens, sequence)) == ""
    assert not output[0].any()
    assert output[1].all()


def test_the_last_step_of_both_directions() -> None:
    """The last time step of the output is the first one that the backward layer processes."""
    sequence = layers.Bidirectional(layers.GRU(3, return_sequences=True))(X)
    last, first = keras.Model(X, sequence[:, -1]), keras.Model(X, sequence[:, 0])
    one_direction = layers.GRU(3, return_sequences=True)(X)
    changed = FRAMES.copy()
    changed[:, :5] += 1

    assert "layer has processed only one time step there" in diagnostics(explain(last))
    assert diagnostics(explain(first)) == ""
    assert diagnostics(report_of(X, one_direction[:, -1])) == ""
    assert np.array_equal(last(FRAMES)[:, 3:], last(changed)[:, 3:])
    assert not np.array_equal(first(FRAMES)[:, 3:], first(changed)[:, 3:])


def test_states_in_time_distributed() -> None:
    """TimeDistributed is reported to stack the states, and to raise an error on an input."""
    wrapper = layers.TimeDistributed(layers.GRU(3, return_state=True), name="wrapper")
    text = diagnostics(explain(Subclassed(wrapper)))

    assert "stacks all that the wrapped layer returns into one tensor" in text
    assert observe(wrapper, FRAMES[:, None]).container == "tensor"
    with pytest.raises(ValueError, match="TimeDistributed"):
        wrapper(keras.Input((1, 6, 4)))


def test_a_model_that_cannot_run() -> None:
    """A model that Keras creates but fails to run is reported to be one."""
    tokens, words = padded_words()
    model = keras.Model(tokens, layers.RNN([layers.LSTMCell(3)])(words))
    text = diagnostics(explain(model))

    assert "the model can be created, but not run: Keras fails on a mask" in text
    with pytest.raises(Exception, match="structure"):
        model(PADDED)


def test_symbolic_shapes_that_are_wrong() -> None:
    """If Keras infers a wrong shape, the right one is reported."""
    backward = layers.GRU(5, go_backwards=True)
    both = layers.Bidirectional(layers.GRU(3), backward_layer=backward, merge_mode=None)
    model = keras.Model(X, both(X))
    shapes = [(None, output.shape[1]) for output in model(FRAMES)]

    expected = "on data they are forward_output {}, backward_output {}.".format(*shapes)
    assert expected in diagnostics(explain(model))
