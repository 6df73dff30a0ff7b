"""Explain says of a user's own model what is true of it, and says so where it does not know."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from models import MODELS

from rnn_returns import Report, explain, observe

NO_INPUT = keras.Sequential([layers.LSTM(2, return_state=True, name="lstm")], name="mine")
# Two sentences, one of them padded with zeros on the right.
PADDED = np.array([[3, 1, 4, 1, 0, 0], [9, 2, 6, 5, 3, 5]])
FULL = np.array([[3, 1, 4, 1, 7, 8], [9, 2, 6, 5, 3, 5]])
FRAMES = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")


# The reports say where a mask ends; Keras says it as well.
pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """Give every model."""
    keras.utils.set_random_seed(0)
    return {name: build() for name, build in MODELS.items()}


@pytest.fixture(scope="module")
def reports(built: dict[str, Any]) -> dict[str, Report]:
    """Give the report of every model."""
    return {name: explain(model) for name, model in built.items()}


def report_of(*outputs: Any, inputs: Any) -> Report:
    return explain(keras.Model(inputs, outputs))


def advice(report: Report) -> str:
    return " ".join(one for layer in report.layers for one in layer.advice)


# What comes back, and who uses it.


@pytest.mark.parametrize("name", MODELS)
def test_names_and_shapes_are_those_of_the_layer(
    name: str, built: dict[str, Any], reports: dict[str, Report]
) -> None:
    """Every tensor has the name that observe gives it and the shape that Keras gives it."""
    model, report = built[name], reports[name]
    known = [entry for entry in report.layers if "/" not in entry.name]

    assert report.layers
    for entry in known:
        layer = model.get_layer(entry.name.split(" (")[0])
        shapes = [tensor.shape for tensor in keras.tree.flatten(layer.output)]
        fresh = type(layer).from_config(layer.get_config())
        same = observe(fresh, keras.Input(batch_shape=entry.reads))
        assert [tensor.shape for tensor in entry.tensors] == shapes
        assert tuple(tensor.name for tensor in entry.tensors) == same.names
        assert entry.container == same.container
        assert entry.reads == keras.tree.flatten(layer.input)[0].shape


@pytest.mark.parametrize(
    ("name", "layer", "used_by"),
    [
        ("reviews", "lower", {"output": ("upper",)}),
        ("reviews", "upper", {"output": ("verdict",)}),
        (
            "characters",
            "encoder",
            {"output": (), "state_h": ("decoder",), "state_c": ("decoder",)},
        ),
        ("characters", "decoder", {"output": ("letters",), "state_h": (), "state_c": ()}),
        (
            "characters_one_by_one",
            "decoder",
            {
                "output": ("letters",),
                "state_h": ("the model's output",),
                "state_c": ("the model's output",),
            },
        ),
        ("next_frame", "frames_0", {"output": ("norm_0",)}),
        ("addition", "reader", {"output": ("repeat",)}),
        ("addition", "writer", {"output": ("digits",)}),
        ("tagger", "lower", {"output": ("dropout",)}),
        ("tagger", "upper", {"output": ("labels",)}),
        ("documents", "sentences", {"output": ("topic",)}),
        (
            "translation",
            "encoder",
            {
                "output": ("attention",),
                "forward_state_h": ("start_0",),
                "forward_state_c": ("start_1",),
                "backward_state_h": ("start_0",),
                "backward_state_c": ("start_1",),
            },
        ),
        (
            "translation",
            "decoder",
            {"output": ("attention", "both"), "state_h": (), "state_c": ()},
        ),
        ("stream", "lower", {"output": ("upper",)}),
        ("films", "lower", {"output": ("upper",)}),
        ("twins", "reader (call 1 of 2)", {"output": ("same",)}),
        ("twins", "reader (call 2 of 2)", {"output": ("same",)}),
        (
            "models_in_models",
            "encoder/lstm",
            {"output": (), "state_h": ("decoder/lstm",), "state_c": ("decoder/lstm",)},
        ),
        ("models_in_models", "decoder/lstm", {"output": ("next_word",)}),
    ],
)
def test_who_uses_a_tensor(
    name: str, layer: str, used_by: dict[str, tuple[str, ...]], reports: dict[str, Report]
) -> None:
    """Each returned tensor is said to be used by the layers that the model gives it to."""
    entry = next(entry for entry in reports[name].layers if entry.name == layer)

    assert {tensor.name: tensor.used_by for tensor in entry.tensors} == used_by


def test_an_operation_that_uses_a_tensor() -> None:
    """Arithmetic and slices are named as well as layers."""
    x = keras.Input((6, 4))
    output = layers.LSTM(3, return_sequences=True)(x)
    model = keras.Model(x, [output[:, 0], 2 * output])
    names = tuple(tensor._keras_history.operation.name for tensor in model.outputs)

    (entry,) = explain(model).layers
    assert set(entry.tensors[0].used_by or ()) == set(names)


# Masks.


def reads_padding(model: Any, output: Any, tokens: Any) -> bool:
    """Whether *output* changes when the vector that stands for padding does."""
    part = keras.Model(model.inputs, output)
    before = keras.tree.flatten(part(tokens))
    embeddings = [
        layer
        for layer in model._flatten_layers(recursive=True)
        if isinstance(layer, layers.Embedding)
    ]
    kept = [layer.get_weights() for layer in embeddings]
    for layer, (table,) in zip(embeddings, kept, strict=True):
        moved = table.copy()
        moved[0] += 1
        layer.set_weights([moved])
    after = keras.tree.flatten(part(tokens))
    for layer, weights in zip(embeddings, kept, strict=True):
        layer.set_weights(weights)
    return not all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("tagger", "lower"),
        ("tagger", "upper"),
        ("translation", "encoder"),
        ("translation", "decoder"),
        ("twins", "reader"),
        ("convolved_words", "reader"),
    ],
)
def test_a_mask_reaches_a_layer_or_does_not(
    name: str, layer: str, built: dict[str, Any], reports: dict[str, Report]
) -> None:
    """A layer is said to be given the mask exactly if padding makes no difference to it."""
    model = built[name]
    entry = next(entry for entry in reports[name].layers if entry.name.startswith(layer))
    tokens = [PADDED] * len(model.inputs)

    padding_is_read = reads_padding(
        model, model.get_layer(layer).output, tokens if len(tokens) > 1 else PADDED
    )
    assert entry.mask is not padding_is_read


@pytest.mark.parametrize(
    ("layer", "source", "target"),
    [("encoder/lstm", PADDED, FULL), ("decoder/lstm", FULL, PADDED)],
)
def test_a_mask_reaches_a_layer_in_a_model_in_a_model(
    layer: str, source: Any, target: Any, built: dict[str, Any], reports: dict[str, Report]
) -> None:
    """The mask that is made in one inner model is followed into another, as when they run."""
    model = built["models_in_models"]
    entry = next(each for each in reports["models_in_models"].layers if each.name == layer)

    assert entry.mask is not reads_padding(model, model.output, [source, target])


def test_a_mask_that_is_passed_by_hand(built: dict[str, Any], reports: dict[str, Report]) -> None:
    """A mask that comes in as an input reaches both layers, as the frames that it hides show."""
    frames = np.random.default_rng(0).normal(size=(1, 4, 8, 8, 3)).astype("float32")
    there = np.array([[True, True, True, False]])
    other = frames.copy()
    other[:, 3] += 1
    model = built["films"]

    assert [entry.mask for entry in reports["films"].layers] == [True, True]
    assert np.array_equal(model([frames, there]), model([other, there]))
    assert not np.array_equal(model([frames, ~there]), model([other, ~there]))


def test_a_mask_that_is_passed_to_a_model() -> None:
    """A mask that a model in a model is called with reaches the layer inside."""
    sequence = keras.Input((6, 4))
    inner = keras.Model(sequence, layers.GRU(3, name="gru")(sequence), name="inner")
    x, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
    model = keras.Model([x, mask], inner(x, mask=mask))
    changed = FRAMES.copy()
    changed[:, 5] += 1
    there = np.array([[True] * 5 + [False]] * 2)

    (entry,) = explain(model).layers
    assert (entry.name, entry.mask) == ("inner/gru", True)
    assert np.array_equal(model([FRAMES, there]), model([changed, there]))


def test_where_a_mask_is_lost(reports: dict[str, Report]) -> None:
    """Where no mask arrives, the layer that the last one ended at is named; or none was there."""
    notes = {
        name: [entry.mask_note for entry in reports[name].layers]
        for name in ("convolved_words", "addition", "tagger")
    }

    assert notes["convolved_words"] == [
        "none; the one before it ends at pairs (Conv1D), which hands none on"
    ]
    assert notes["addition"] == ["none", "none"]
    assert notes["tagger"] == ["given", "given"]


# Traps.


def decoder(**call: Any) -> tuple[Any, Any]:
    tokens = keras.Input((6,), dtype="int32")
    words = layers.Embedding(10, 4, mask_zero=True)
    mask = {"mask": words.compute_mask(tokens)} if call.pop("masked", False) else {}
    start = keras.Input((3,))
    x = layers.GRU(3, name="decoder")(words(tokens), initial_state=start, **mask)
    return [tokens, start], x


@pytest.mark.parametrize("masked", [False, True])
def test_initial_state_drops_the_mask(masked: bool) -> None:
    """The mask is said to be dropped if it is, and the fix that is advised mends it."""
    inputs, output = decoder(masked=masked)
    model = keras.Model(inputs, output)
    report = explain(model)

    padding_is_read = reads_padding(model, model.output, [PADDED, np.ones((2, 3), "float32")])
    assert padding_is_read is not masked
    assert report.layers[0].mask is masked
    assert ("The mask is dropped" in advice(report)) is not masked


def test_flags_that_bring_nothing() -> None:
    """States that nothing uses are named; so is a sequence of which only the states are used."""
    x = keras.Input((6, 4))
    output, *states = layers.LSTM(3, return_sequences=True, return_state=True)(x)

    assert "return_state=True can be left out" in advice(report_of(output, inputs=x))
    assert "return_sequences=True can be left out" in advice(report_of(*states, inputs=x))
    assert advice(report_of(output, states[1], inputs=x)) == ""


def test_a_sequence_that_is_not_used_can_be_left_out() -> None:
    """Without return_sequences the states are the same, so that the advice costs nothing."""
    layer = layers.LSTM(3, return_sequences=True, return_state=True)
    states = observe(layer, FRAMES)
    same = layers.LSTM.from_config(layer.get_config() | {"return_sequences": False})
    same.build(FRAMES.shape)
    same.set_weights(layer.get_weights())

    again = observe(same, FRAMES)
    assert np.array_equal(states.state_h, again.state_h)
    assert np.array_equal(states.state_c, again.state_c)


@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.Bidirectional])
def test_activity_regularizer_penalises_the_states(wrap: Callable[[Any], Any]) -> None:
    """The states are said to be penalised exactly where there are more penalties than outputs."""
    penalties = {}
    for flag in (False, True):
        x = keras.Input((6, 4))
        layer = wrap(layers.LSTM(3, return_state=flag, activity_regularizer="l2"))
        returned = keras.tree.flatten(layer(x))
        assert ("penalises the returned states" in advice(report_of(*returned, inputs=x))) is flag
        layer(FRAMES)
        penalties[flag] = len(layer.losses)

    assert penalties[True] == 3 * penalties[False]


def test_stateful(reports: dict[str, Report], built: dict[str, Any]) -> None:
    """A stateful layer goes on from its last call until it is reset, as the advice says."""
    model = built["stream"]
    piece = FRAMES[:, :5, :1]
    first, second = model(piece), model(piece)
    for layer in model.layers[:2]:
        layer.reset_state()

    assert advice(reports["stream"]).count("reset_state() on the layer") == 2
    assert "reset_state() fails" not in advice(reports["stream"])
    assert not np.array_equal(first, second)
    assert np.array_equal(first, model(piece))


def test_a_stateful_stack_cannot_be_reset() -> None:
    """Of a stack of cells that is stateful it is said that it cannot be reset, and it cannot."""
    x = keras.Input(batch_shape=(2, 6, 4))
    stack = layers.RNN([layers.GRUCell(3), layers.GRUCell(3)], stateful=True)
    report = report_of(stack(x), inputs=x)

    assert "reset_state() fails on a stateful stack" in advice(report)
    with pytest.raises(AttributeError):
        stack.reset_state()


def test_go_backwards_turns_the_steps_and_not_the_mask() -> None:
    """Turned steps are named, and so is the mask that no longer belongs to them."""
    tokens = keras.Input((6,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(tokens)
    layer = layers.LSTM(3, return_sequences=True, go_backwards=True)
    model = keras.Model(tokens, layer(embedded))
    output = model(PADDED)

    assert "the last one first" in advice(explain(model))
    assert "handed on in the order of the input" in advice(explain(model))
    assert np.array_equal(output._keras_mask, PADDED != 0)
    # The first step that comes back is the last one, which is masked: nothing is known yet.
    assert np.array_equal(np.all(np.array(output) == 0, axis=-1), (PADDED == 0)[:, ::-1])


def test_zero_output_for_mask_without_sequences() -> None:
    """A sample that ends in padding is said to get zeros, and it gets them."""
    tokens = keras.Input((6,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(tokens)
    model = keras.Model(tokens, layers.LSTM(3, zero_output_for_mask=True)(embedded))
    output = np.array(model(PADDED))

    assert "makes the output zero for a sample" in advice(explain(model))
    sequence = layers.LSTM(3, zero_output_for_mask=True, return_sequences=True)(embedded)
    assert advice(explain(keras.Model(tokens, sequence))) == ""
    assert not output[0].any()
    assert output[1].all()


def test_the_last_step_of_both_directions() -> None:
    """What is taken as the last step is said to be the backward layer's first one, and it is."""
    x = keras.Input((6, 4))
    sequence = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    last = keras.Model(x, sequence[:, -1])
    first = keras.Model(x, sequence[:, 0])
    changed = FRAMES.copy()
    changed[:, :5] += 1

    assert "the backward layer has read one step only there" in advice(explain(last))
    assert advice(explain(first)) == ""
    assert advice(report_of(layers.GRU(3, return_sequences=True)(x)[:, -1], inputs=x)) == ""
    assert np.array_equal(last(FRAMES)[:, 3:], last(changed)[:, 3:])
    assert not np.array_equal(first(FRAMES)[:, 3:], first(changed)[:, 3:])


def test_states_inside_time_distributed() -> None:
    """TimeDistributed is said to stack the states into its output, and to refuse an input."""
    wrapper = layers.TimeDistributed(layers.GRU(3, return_state=True), name="wrapper")
    model = Subclassed(wrapper)

    assert "stacks all that the layer inside returns into one tensor" in advice(explain(model))
    assert observe(wrapper, FRAMES[:, None]).container == "tensor"
    with pytest.raises(ValueError, match="TimeDistributed"):
        wrapper(keras.Input((1, 6, 4)))


def test_what_can_be_made_and_not_run() -> None:
    """A model that Keras makes and then fails to run is said to be one."""
    tokens = keras.Input((6,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(tokens)
    model = keras.Model(tokens, layers.RNN([layers.LSTMCell(3)])(embedded))

    assert "The model can be made, but not run: Keras fails on a mask" in advice(explain(model))
    with pytest.raises(Exception, match="structure"):
        model(PADDED)


def test_symbolic_shapes_that_are_wrong() -> None:
    """Where Keras foretells a wrong shape, the right one is given."""
    x = keras.Input((6, 4))
    both = layers.Bidirectional(
        layers.GRU(3), backward_layer=layers.GRU(5, go_backwards=True), merge_mode=None
    )
    model = keras.Model(x, both(x))
    forward, backward = model(FRAMES)

    assert f"on numbers they are forward_output (None, {forward.shape[1]})" in advice(
        explain(model)
    )
    assert f"backward_output (None, {backward.shape[1]})" in advice(explain(model))


@pytest.mark.parametrize("name", ["reviews", "addition", "next_frame", "tagger", "films", "twins"])
def test_no_advice_without_a_trap(name: str, reports: dict[str, Report]) -> None:
    """A model without a known trap gets no advice."""
    assert advice(reports[name]) == ""


# What is not known.


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model that calls its layers in code."""

    def __init__(self, *held: Any) -> None:
        super().__init__(name="subclassed")
        self.held = list(held)

    def call(self, x: Any) -> Any:
        """Call all layers."""
        for layer in self.held:
            x = layer(x)
        return x


class Block(keras.layers.Layer):  # type: ignore[misc]
    """A layer that calls another in code."""

    def __init__(self, inner: Any) -> None:
        super().__init__(name="block")
        self.inner = inner

    def call(self, x: Any) -> Any:
        """Call the inner layer."""
        return self.inner(x)

    def compute_output_shape(self, shape: Any) -> Any:
        """Give the shape of the inner layer's output."""
        return self.inner.compute_output_shape(shape)


class OwnLSTM(layers.LSTM):  # type: ignore[misc]
    """An LSTM that returns what it likes."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Double the output."""
        return 2 * super().call(sequences, initial_state, mask)


class Widened(layers.GRU):  # type: ignore[misc]
    """A GRU that says of itself that it returns another shape."""

    def compute_output_shape(self, *shapes: Any) -> Any:
        """Give one unit more than there is."""
        batch, units = super().compute_output_shape(*shapes)
        return batch, units + 1

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Take the shape from there."""
        return keras.KerasTensor(self.compute_output_shape(args[0].shape))


def test_where_keras_says_otherwise() -> None:
    """Where the graph has another shape than the rules, that shape is given and no name."""
    x = keras.Input((6, 4))

    (entry,) = report_of(Widened(3)(x), inputs=x).layers
    assert [(tensor.name, tensor.shape) for tensor in entry.tensors] == [(None, (None, 4))]


def test_a_subclassed_model() -> None:
    """Of a model that runs code, the layers are listed, with the reason why no more is said."""
    model = Subclassed(layers.LSTM(3, return_state=True, name="lstm"))
    report = explain(model)

    assert "calls its layers in Python code of its own" in report.notes[0]
    (entry,) = report.layers
    assert (entry.name, entry.layer) == ("lstm", "LSTM(3, return_state=True)")
    assert entry.flags == {"return_sequences": False, "return_state": True}
    assert [tensor.name for tensor in entry.tensors] == ["output", "state_h", "state_c"]
    assert [tensor.axes for tensor in entry.tensors] == [("batch", "units")] * 3
    assert {tensor.shape for tensor in entry.tensors} == {None}
    assert {tensor.used_by for tensor in entry.tensors} == {None}
    assert entry.reads is None
    assert entry.mask is None


def test_a_sequential_model_without_an_input() -> None:
    """A Sequential model that has not seen an input says so, and what to do."""
    report = explain(NO_INPUT)

    assert "mine (Sequential) has no input yet; put a keras.Input first" in report.notes[0]
    assert [entry.name for entry in report.layers] == ["lstm"]


def test_a_layer_in_a_layer_of_its_own() -> None:
    """A recurrent layer that another layer calls in code is listed as not known."""
    x = keras.Input((6, 4))
    report = report_of(Block(layers.GRU(3, name="inner"))(x), inputs=x)

    (entry,) = report.layers
    assert entry.name == "block/inner"
    assert "block (Block) calls its layers in Python code of its own" in entry.mask_note


def test_a_model_in_time_distributed(reports: dict[str, Report]) -> None:
    """What a wrapper does with a model is not followed, and the layer inside is still listed."""
    entry = reports["documents"].layers[-1]

    assert (entry.name, entry.reads, entry.mask) == ("each/sentence/words", None, None)
    assert "each (TimeDistributed) calls its layers in Python code" in entry.mask_note


def test_a_layer_that_the_graph_does_not_call() -> None:
    """A layer that is only held by a model is said not to be called."""
    x = keras.Input((6, 4))
    model = keras.Model(x, layers.Dense(3)(x), name="mine")
    model.spare = layers.LSTM(3, name="spare")

    (entry,) = explain(model).layers
    assert (entry.name, entry.mask_note) == (
        "spare",
        "not known: the graph of mine (Functional) does not call it",
    )


def test_a_layer_of_a_class_of_its_own() -> None:
    """Of a layer whose code is not Keras's the names are not known; shapes and uses are."""
    x = keras.Input((6, 4))
    layer = OwnLSTM(3, name="mine")
    report = report_of(layers.Dense(1, name="head")(layer(x)), inputs=x)

    (entry,) = report.layers
    assert entry.layer == "OwnLSTM, which runs code of its own"
    assert entry.container is None
    assert [(t.name, t.shape, t.used_by) for t in entry.tensors] == [(None, (None, 3), ("head",))]


def test_a_model_without_recurrent_layers() -> None:
    """A model without recurrent layers has an empty report."""
    x = keras.Input((4,))

    assert report_of(layers.Dense(1)(x), inputs=x).layers == ()


# The report.


@pytest.mark.parametrize("name", MODELS)
def test_the_model_stays_as_it_is(name: str, built: dict[str, Any]) -> None:
    """To explain a model adds no call to its layers, no weight and no name."""
    model = built[name]
    every = model._flatten_layers(recursive=True)

    def state() -> Any:
        return [
            (len(layer._inbound_nodes), len(layer._outbound_nodes), len(layer.weights))
            for layer in every
        ]

    before, config = state(), model.to_json()
    explain(model)
    assert state() == before
    assert model.to_json() == config


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_has_the_same_report(
    name: str, built: dict[str, Any], reports: dict[str, Report], tmp_path: Path
) -> None:
    """The report of a .keras file is that of the model that was saved in it."""
    file = tmp_path / "model.keras"
    built[name].save(file)

    assert explain(file) == reports[name]


@pytest.mark.parametrize("name", ["translation", "documents", "films"])
def test_the_report_shows_itself(name: str, reports: dict[str, Report]) -> None:
    """Text, HTML and JSON name every layer and every tensor; HTML has neither style nor script."""
    report = reports[name]
    text, html, data = repr(report), report._repr_html_(), json.loads(report.to_json())

    for entry, plain in zip(report.layers, data["layers"], strict=True):
        assert f"{entry.name}: {entry.layer}" in text
        assert f"{entry.name}: {entry.layer}" in html
        assert [tensor["name"] for tensor in plain["tensors"]] == [t.name for t in entry.tensors]
        assert plain["mask"] == entry.mask
        for tensor in entry.tensors:
            assert f"    {tensor.name} " in text
    assert max(map(len, text.splitlines())) < 100
    assert "style" not in html
    assert "<script" not in html


def test_a_name_is_no_markup() -> None:
    """A name with a bracket in it is text in the HTML too."""
    x = keras.Input((6, 4))
    tokens = layers.Masking()(x)
    pairs = layers.Conv1D(4, 2, name="<u>")(tokens)
    html = report_of(layers.GRU(3, name="<b>")(pairs), inputs=x)._repr_html_()

    assert "&lt;b&gt;: GRU(3)" in html
    assert "ends at &lt;u&gt; (Conv1D)" in html
    assert not {"<b>", "<u>"} & set(re.findall("<.>", html))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "type NoneType"),
        (layers.LSTM(2), "type LSTM; of a single layer, observe shows"),
        (keras.Model, "type type"),
    ],
)
def test_not_a_model(given: Any, message: str) -> None:
    """What is no model is named, and so is what to call instead."""
    with pytest.raises(TypeError, match=f"explain needs a Keras model or the path.*{message}"):
        explain(given)
