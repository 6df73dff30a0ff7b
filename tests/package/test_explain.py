"""Explain reports what is true of a user's own model, and where it does not know."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.models import MODELS, PADDED, Subclassed, X, built, reads_padding, report, report_of

from rnn_returns import explain, observe

FULL = np.array([[3, 1, 4, 1, 7, 8], [9, 2, 6, 5, 3, 5]])  # Two sentences without padding.
OUT = "the model's output"

# The reports include where a mask ends; Keras warns of it as well.
pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


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


def called_with_a_mask() -> Any:
    sequence = keras.Input((6, 4))
    inner = keras.Model(sequence, layers.GRU(3, name="gru")(sequence), name="inner")
    x, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
    return keras.Model([x, mask], inner(x, mask=mask))


@pytest.mark.parametrize(
    ("build", "names"),
    [(lambda: built("films"), ["lower", "upper"]), (called_with_a_mask, ["inner/gru"])],
    ids=["of a layer", "of a model"],
)
def test_a_mask_that_is_passed_in_a_call(build: Any, names: list[str]) -> None:
    """A mask that is an input of the model reaches the layers, also in a model: it hides steps."""
    model = build()
    shape = (2, *model.inputs[0].shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    changed = x.copy()
    changed[:, -1] += 1
    mask = np.ones(shape[:2], bool)
    mask[:, -1] = False

    assert [(entry.name, entry.mask) for entry in explain(model).layers] == [
        (name, True) for name in names
    ]
    assert np.array_equal(model([x, mask]), model([changed, mask]))
    assert not np.array_equal(model([x, ~mask]), model([changed, ~mask]))


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "convolved_words",
            ["none; the one before it ends at pairs (Conv1D), which hands none on"],
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

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape of the inner layer's output."""
        return self.inner.compute_output_shape(shape)


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

    assert "calls its layers in Python code of its own" in result.notes[0]
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
            "block (Block) calls its layers in Python code of its own",
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
    assert entry.layer == "CustomLSTM, which runs code of its own"
    assert entry.container is None
    assert [(t.name, t.shape, t.used_by) for t in entry.tensors] == [(None, (None, 3), ("head",))]


def test_a_model_without_recurrent_layers() -> None:
    """A model without recurrent layers has an empty report."""
    x = keras.Input((4,))

    assert report_of(x, layers.Dense(1)(x)).layers == ()


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
    assert explain(file) == result


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
