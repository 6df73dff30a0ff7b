"""Measure what the recurrent layers of one Keras do, and print it as JSON.

Runs on its own, on every Keras from version 2 on: ``python probe.py keras``, or with
``--only NAME`` for one behavior. Needs that Keras, its backend, NumPy, and Python 3.7. Each
behavior is a short name with a short value; the value of a call that raises is its error, so that
no measurement stops another.
"""

import argparse
import dataclasses
import doctest
import importlib
import inspect
import itertools
import json
import os
import platform
import re
import tempfile
import typing
import warnings

import numpy as np

keras = layers = None  # Set by load_keras(), because the command line names the Keras.

SEQUENCE = np.sin(np.arange(12, dtype="float32")).reshape((2, 3, 2))
STEPS = np.array([1, 2, 3, 4], "float32").reshape((1, 4, 1))
TOKENS, UNPADDED = np.array([[4, 2, 0]], "int32"), np.array([[4, 2]], "int32")
MASKS = {
    "right": [True, True, False, False],
    "middle": [True, False, False, True],
    "left": [False, False, True, True],
    "row": [False, False, False, False],
}
FLAGS = {
    "neither": {},
    "sequences": {"return_sequences": True},
    "state": {"return_state": True},
    "both": {"return_sequences": True, "return_state": True},
}
KINDS = ("SimpleRNN", "GRU", "LSTM")

# The value of a measurement that returns nothing.
ACCEPTED = "accepted"
# The answers that several measurements have in common.
YES_NO = ["yes", "no"]
DIRECTIONS = ["forward {one}, backward {other}"]
GATE_FUNCTIONS = ["{function}, slope {slope}"]


@dataclasses.dataclass
class Measurement:
    """How one behavior is measured, and how a page names it.

    Args:
        pattern: The name, with a ``{field}`` for each part that differs between variants.
        title: What is measured, with code in backticks, and fields as in the pattern.
        fields: The values of the fields.
        answers: The values that are words, with a ``{field}`` for what differs.
        arguments: The arguments of the function.
        function: The function that measures it.
    """

    pattern: str
    title: str
    fields: typing.Dict[str, str]
    answers: typing.List[str]
    arguments: typing.Tuple[str, ...]
    function: typing.Optional[typing.Callable] = None


MEASUREMENTS = {}  # By name, in the order of the titles on the pages.


def behavior(pattern, title, variants=(), answers=()):
    """Register a function as the measurement of a behavior, or of one for each variant.

    Args:
        pattern: See Measurement. Several functions may have the same pattern and title.
        title: See Measurement.
        variants: The values of the fields, with dots between them; the argument of the function.
        answers: See Measurement.
    """
    keys = re.findall(r"{(\w+)}", pattern)
    registered = []
    for variant in variants or ("",):
        fields = dict(zip(keys, variant.split(".")))
        registered.append(Measurement(pattern, title, fields, list(answers), (variant,)))
        MEASUREMENTS[pattern.format(**fields)] = registered[-1]

    def register(function):
        for measurement in registered:
            measurement.function = function
            if not function.__code__.co_argcount:
                measurement.arguments = ()
        return function

    return register


def with_flags(flags):
    """Return a variant for each kind of layer."""
    return [f"{kind}.{flags}" for kind in KINDS]


# The same call for every Keras.


def is_graph():
    """Return whether this Keras is too old to compute eagerly."""
    if hasattr(keras, "ops"):
        return False
    import tensorflow

    return not tensorflow.executing_eagerly()


def to_tensor(array):
    """Convert a NumPy array to a tensor of this Keras."""
    array = np.asarray(array)
    if hasattr(keras, "ops"):
        return keras.ops.convert_to_tensor(array)
    return keras.backend.constant(array, dtype=array.dtype.name)


def to_numpy(of):
    """Return the values of a tensor as a NumPy array."""
    if hasattr(keras, "ops"):
        return keras.ops.convert_to_numpy(of)
    return np.asarray(keras.backend.eval(of))


def call(layer, x, **arguments):
    """Call *layer* on arrays."""
    as_tensors = {
        name: [to_tensor(item) for item in value] if isinstance(value, list) else to_tensor(value)
        for name, value in arguments.items()
    }
    return layer(to_tensor(x), **as_tensors)


def run(model, *arrays):
    """Return the predictions of *model* for the arrays, as NumPy arrays."""
    inputs = list(arrays) if len(arrays) > 1 else arrays[0]
    if is_graph():
        return model.predict(inputs)
    return to_numpy(model([to_tensor(x) for x in arrays] if len(arrays) > 1 else to_tensor(inputs)))


def make_model(inputs, outputs):
    """Make a functional model."""
    return keras.models.Model(inputs, outputs)


def make_adder(**arguments):
    """Make a layer that sums its inputs, so that its values can be checked by eye."""
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones", "activation": None}
    return layers.SimpleRNN(1, **dict(ones, **arguments))


def call_with_fixed_weights(layer, x, **arguments):
    """Call *layer* with weights that are the same everywhere."""
    call(layer, x, **arguments)
    weights = [np.zeros(w.shape, "float32") for w in layer.get_weights()]
    layer.set_weights(
        [np.sin(np.arange(w.size) + 1 + i).reshape(w.shape) for i, w in enumerate(weights)]
    )
    return call(layer, x, **arguments)


def get_reset_method(layer):
    """Return the method that sets the states of *layer* to zero, whatever its name is."""
    return getattr(layer, "reset_states", None) or layer.reset_state


# Values as short texts.


def is_close(actual, expected):
    """Return whether two arrays hold the same numbers, except for the last bits."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    return actual.shape == expected.shape and bool(np.allclose(actual, expected, atol=1e-5))


def format_values(values):
    """Format values on one line."""
    return " ".join(f"{round(float(value), 6) + 0.0:g}" for value in np.ravel(values))


def format_directions(output):
    """Format the two halves of a bidirectional output."""
    output = to_numpy(output)
    return f"forward {format_values(output[..., 0])}, backward {format_values(output[..., 1])}"


def format_shapes(returned):
    """Format the shapes of returned tensors; brackets stand for a container in the container."""
    if isinstance(returned, (list, tuple)):
        texts = []
        for item in returned:
            text = format_shapes(item)
            texts.append(f"[{text}]" if isinstance(item, (list, tuple)) else text)
        return ", ".join(texts)
    return str(tuple(int(axis) for axis in to_numpy(returned).shape))


def name_container(returned):
    """Return the type of the container that was returned."""
    return type(returned).__name__ if isinstance(returned, (list, tuple)) else "tensor"


def format_error(error):
    """Format an error as its type and the line of its message that describes the mistake."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if lines[0].startswith("Exception encountered when calling") and len(lines) > 1:
        del lines[0]
    return f"{type(error).__name__}: {normalize_message(lines[0])}"


def normalize_message(line):
    """Remove from a message what differs between runs and machines."""
    line = re.sub(r"0x[0-9a-fA-F]+", "0x...", line)
    line = re.sub(r"(?<=[a-z0-9])_\d+\b", "", line)  # The number of a layer or an operation.
    line = re.sub(r"(?<![\w:/.<])/(?:[\w.+-]+/)+[\w.+-]+", "/...", line)
    return line if len(line) <= 240 else line[:237] + "..."


# What is returned.


@behavior(
    "returns.{layer}.{flags}",
    "shape returned by `{layer}` with default arguments",
    with_flags("neither"),
)
@behavior(
    "returns.{layer}.{flags}",
    "shape returned by `{layer}` with `return_sequences`",
    with_flags("sequences"),
)
@behavior(
    "returns.{layer}.{flags}",
    "shapes returned by `{layer}` with `return_state`",
    with_flags("state"),
)
@behavior(
    "returns.{layer}.{flags}",
    "shapes returned by `{layer}` with `return_sequences` and `return_state`",
    with_flags("both"),
)
def _(which):
    kind, flags = which.split(".")
    return format_shapes(call(getattr(layers, kind)(4, **FLAGS[flags]), SEQUENCE))


@behavior(
    "returns.Bidirectional.GRU",
    "shapes returned by `Bidirectional(GRU)` with `return_sequences` and `return_state`",
)
def _():
    return format_shapes(call(layers.Bidirectional(layers.GRU(4, **FLAGS["both"])), SEQUENCE))


@behavior(
    "returns.Bidirectional.{mode}",
    "shapes returned by `Bidirectional(LSTM, merge_mode=None)` with `return_sequences` and "
    "`return_state`",
    ["None"],
)
@behavior(
    "returns.Bidirectional.{mode}",
    "shapes returned by `Bidirectional(LSTM, merge_mode='{mode}')` with `return_sequences` and "
    "`return_state`",
    ["concat", "sum", "ave", "mul"],
)
def _(mode):
    layer = layers.LSTM(4, **FLAGS["both"])
    merge_mode = None if mode == "None" else mode
    return format_shapes(call(layers.Bidirectional(layer, merge_mode=merge_mode), SEQUENCE))


@behavior(
    "returns.stack.{layer}",
    "shapes and nesting returned by stacked `{layer}` cells with 3 and 4 units and `return_state`",
    ["LSTM"],
)
def _():
    cells = [layers.LSTMCell(3), layers.LSTMCell(4)]
    return format_shapes(call(layers.RNN(cells, return_state=True), SEQUENCE))


@behavior(
    "returns.stack.{layer}",
    "shapes and nesting returned by stacked `{layer}` cells with 3 and 4 units and `return_state`",
    ["GRU"],
)
def _():
    cells = [layers.GRUCell(3), layers.GRUCell(4)]
    return format_shapes(call(layers.RNN(cells, return_state=True), SEQUENCE))


@behavior(
    "returns.stack.GRU.model",
    "what a stack of two GRU cells with `return_state` returns in a functional model",
    answers=["{count} values, flat"],
)
def _():
    cells = [layers.GRUCell(3), layers.GRUCell(4)]
    returned = layers.RNN(cells, return_state=True)(layers.Input((3, 2)))
    nested = any(isinstance(item, (list, tuple)) for item in returned)
    return f"{len(returned)} values, {'nested' if nested else 'flat'}"


@behavior(
    "returns.stack.one",
    "shapes returned by `RNN` with a list of one LSTM cell and `return_state`",
)
def _():
    return format_shapes(call(layers.RNN([layers.LSTMCell(4)], return_state=True), SEQUENCE))


@behavior(
    "returns.stack.one.unrolled",
    "shapes returned by `RNN` with a list of one LSTM cell, `return_state` and `unroll`",
)
def _():
    layer = layers.RNN([layers.LSTMCell(4)], return_state=True, unroll=True)
    return format_shapes(call(layer, SEQUENCE))


CONVOLVED = {
    "ConvLSTM1D": (2, 3, 5, 1),
    "ConvLSTM2D": (2, 3, 5, 5, 1),
    "ConvLSTM3D": (2, 3, 5, 5, 5, 1),
}


@behavior(
    "returns.{layer}",
    "shapes returned by `{layer}` with `return_sequences` and `return_state`",
    CONVOLVED,
)
def _(kind):
    layer = getattr(layers, kind)(4, 2, **FLAGS["both"])
    return format_shapes(call(layer, np.ones(CONVOLVED[kind], "float32")))


@behavior(
    "returns.TimeDistributed.neither",
    "shape returned by `TimeDistributed(LSTM)` with six sequences in each sample",
)
def _():
    inputs = layers.Input((6, 5, 1))
    model = make_model(inputs, layers.TimeDistributed(layers.LSTM(4))(inputs))
    return str(run(model, np.ones((2, 6, 5, 1), "float32")).shape)


@behavior(
    "returns.TimeDistributed.state",
    "shapes returned by `TimeDistributed(LSTM(return_state=True))` with six sequences in each "
    "sample",
)
def _():
    layer = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    return format_shapes(call(layer, np.ones((2, 6, 5, 1), "float32")))


@behavior(
    "returns.TimeDistributed.state.model",
    "`TimeDistributed(LSTM(return_state=True))` in a functional model",
)
def _():
    layer = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    returned = layer(layers.Input((6, 5, 1)))
    return f"accepted, a {name_container(returned)}"


@behavior("returns.Sequential.last", "`return_state` in the last layer of a `Sequential` model")
def _():
    model = keras.models.Sequential()
    model.add(layers.LSTM(4, return_state=True, input_shape=(3, 2)))


@behavior("returns.Sequential.middle", "`return_state` in the middle of a `Sequential` model")
def _():
    model = keras.models.Sequential()
    model.add(layers.LSTM(4, return_state=True, input_shape=(3, 2)))
    model.add(layers.Dense(1))


@behavior(
    "returns.predict",
    "what `predict` returns for a model with three outputs",
    answers=["`list` of {shapes}", "`tuple` of {shapes}"],
)
def _():
    inputs = layers.Input((3, 2))
    returned = layers.LSTM(4, return_state=True)(inputs)
    predicted = make_model(inputs, returned).predict(SEQUENCE, verbose=0)
    return f"{name_container(predicted)} of {', '.join(str(item.shape) for item in predicted)}"


@behavior("container.Bidirectional", "container returned by `Bidirectional` with `return_state`")
def _():
    return name_container(call(layers.Bidirectional(layers.GRU(4, return_state=True)), SEQUENCE))


@behavior("container.Bidirectional.None", "container returned by `Bidirectional(merge_mode=None)`")
def _():
    return name_container(call(layers.Bidirectional(layers.GRU(4), merge_mode=None), SEQUENCE))


@behavior("container.{layer}", "container returned by `{layer}` with `return_state`", KINDS)
def _(kind):
    return name_container(call(getattr(layers, kind)(4, return_state=True), SEQUENCE))


@behavior(
    "container.{layer}", "container returned by `{layer}` with `return_state`", ["ConvLSTM2D"]
)
def _():
    layer = layers.ConvLSTM2D(4, 2, return_state=True)
    return name_container(call(layer, np.ones(CONVOLVED["ConvLSTM2D"], "float32")))


def make_model_with(container):
    """Make a model whose outputs, those of an LSTM with its states, are in a *container*."""
    inputs = layers.Input((3, 2))
    returned = list(layers.LSTM(4, return_state=True)(inputs))
    outputs = {"list": list, "tuple": tuple, "dict": lambda items: dict(zip("ohc", items))}
    return make_model(inputs, outputs[container](returned))


def save_and_load(model):
    """Return a model that was saved in the usual format of this Keras, and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "model.keras" if hasattr(keras, "ops") else "model.h5")
        model.save(file)
        return keras.models.load_model(file)


CONTAINERS = ("list", "tuple", "dict")


@behavior(
    "container.predict.{container}",
    "container returned by `predict` for a model whose outputs are a `{container}`",
    CONTAINERS,
)
def _(container):
    return type(make_model_with(container).predict(SEQUENCE, verbose=0)).__name__


@behavior(
    "container.predict.{container}.loaded",
    "container returned by `predict` for a saved and loaded model whose outputs were a "
    "`{container}`",
    CONTAINERS,
)
def _(container):
    model = save_and_load(make_model_with(container))
    return type(model.predict(SEQUENCE, verbose=0)).__name__


@behavior("equal.Bidirectional", "order of the states of `Bidirectional(LSTM)`", answers=DIRECTIONS)
def _():
    layer = layers.Bidirectional(layers.LSTM(4, **FLAGS["both"]))
    output, *states = [to_numpy(item) for item in call(layer, SEQUENCE)]
    named = {"forward h": output[:, -1, :4], "backward h": output[:, 0, 4:]}
    order = []
    for state in states:
        names = [name for name, value in named.items() if is_close(state, value)]
        order.append(names[0] if names else "c")
    return ", ".join(order)


@behavior(
    "equal.{layer}",
    "does the last output of `{layer}` equal `state_h`?",
    KINDS,
    answers=YES_NO,
)
def _(kind):
    output, h = call(getattr(layers, kind)(4, **FLAGS["both"]), SEQUENCE)[:2]
    return "yes" if is_close(to_numpy(output)[:, -1], to_numpy(h)) else "no"


@behavior(
    "exists.{layer}",
    "is there a layer `{layer}`?",
    ["RNN", "StackedRNNCells", "CuDNNLSTM", "Attention", "ConvLSTM1D"],
    answers=YES_NO,
)
def _(name):
    return "yes" if hasattr(layers, name) else "no"


# Reading backwards.


@behavior("go_backwards.output", "running sums of 1 2 3 4 with `go_backwards`")
def _():
    return format_values(
        to_numpy(call(make_adder(go_backwards=True, return_sequences=True), STEPS))
    )


@behavior(
    "go_backwards.state.{layer}",
    "which output of `{layer}(go_backwards=True)` equals `state_h`",
    KINDS,
    answers=["the last output"],
)
def _(kind):
    layer = getattr(layers, kind)(4, go_backwards=True, **FLAGS["both"])
    output, h = [to_numpy(item) for item in call(layer, SEQUENCE)[:2]]
    if is_close(output[:, -1], h):
        return "the last output"
    return (
        "the first output" if is_close(output[:, 0], h) else "neither the first nor the last output"
    )


@behavior(
    "go_backwards.Bidirectional", "running sums of 1 2 3 4 with `Bidirectional`", answers=DIRECTIONS
)
def _():
    return format_directions(call(layers.Bidirectional(make_adder(return_sequences=True)), STEPS))


@behavior("go_backwards.Bidirectional.wrapped", "`Bidirectional(LSTM(go_backwards=True))`")
def _():
    return format_shapes(call(layers.Bidirectional(layers.LSTM(4, go_backwards=True)), SEQUENCE))


# Masks.


def call_masked(layer, kind, **arguments):
    """Call *layer* on the time steps with one of the masks."""
    mask = np.array([MASKS[kind]])
    return call(layer, STEPS, mask=mask, **arguments)


@behavior("mask.output.{mask}", "running sums of 1 2 3 4 with time steps 3 and 4 masked", ["right"])
@behavior(
    "mask.output.{mask}", "running sums of 1 2 3 4 with time steps 2 and 3 masked", ["middle"]
)
@behavior("mask.output.{mask}", "running sums of 1 2 3 4 with time steps 1 and 2 masked", ["left"])
@behavior("mask.output.{mask}", "running sums of 1 2 3 4 with all time steps masked", ["row"])
def _(kind):
    return format_values(to_numpy(call_masked(make_adder(return_sequences=True), kind)))


@behavior(
    "mask.output.left.started",
    "running sums of 1 2 3 4 with the initial state 100 and time steps 1 and 2 masked",
)
def _():
    layer = make_adder(return_sequences=True)
    return format_values(
        to_numpy(call_masked(layer, "left", initial_state=[np.full((1, 1), 100, "float32")]))
    )


@behavior(
    "mask.output.default.{layer}",
    "output of `{layer}` at a masked time step",
    ["LSTM", "GRU"],
    answers=["repeats the previous output"],
)
def _(kind):
    # With defaults only, so that a GPU may use its fast kernel.
    output = to_numpy(call_masked(getattr(layers, kind)(4, return_sequences=True), "right"))
    if not output[:, 2:].any():
        return "zero"
    return (
        "repeats the previous output" if is_close(output[:, 2], output[:, 1]) else "something else"
    )


@behavior(
    "mask.left_padded.{layer}",
    "`{layer}` with a sequence that is padded on the left",
    ["LSTM", "GRU"],
)
def _(kind):
    inputs = layers.Input((4, 1))
    output = getattr(layers, kind)(4)(layers.Masking()(inputs))
    padded = STEPS * np.array(MASKS["left"]).reshape((1, 4, 1))
    make_model(inputs, output).predict(padded, verbose=0)


@behavior(
    "mask.state.{mask}", "final state of a sum of 1 2 3 4 with time steps 3 and 4 masked", ["right"]
)
@behavior(
    "mask.state.{mask}",
    "final state of a sum of 1 2 3 4 with time steps 2 and 3 masked",
    ["middle"],
)
@behavior(
    "mask.state.{mask}", "final state of a sum of 1 2 3 4 with time steps 1 and 2 masked", ["left"]
)
@behavior(
    "mask.state.{mask}", "final state of a sum of 1 2 3 4 with all time steps masked", ["row"]
)
def _(kind):
    return format_values(to_numpy(call_masked(make_adder(return_state=True), kind)[1]))


@behavior(
    "mask.zero_output.sequences",
    "running sums of 1 2 3 4 with `zero_output_for_mask` and time steps 3 and 4 masked",
)
def _():
    layer = make_adder(return_sequences=True, zero_output_for_mask=True)
    return format_values(to_numpy(call_masked(layer, "right")))


@behavior(
    "mask.zero_output.last",
    "last output of a sum of 1 2 3 4 with `zero_output_for_mask` and time steps 3 and 4 masked",
)
def _():
    return format_values(to_numpy(call_masked(make_adder(zero_output_for_mask=True), "right")))


@behavior(
    "mask.zero_output.unrolled",
    "running sums of 1 2 3 4 with `zero_output_for_mask`, `unroll` and time steps 3 and 4 masked",
)
def _():
    layer = make_adder(return_sequences=True, zero_output_for_mask=True, unroll=True)
    return format_values(to_numpy(call_masked(layer, "right")))


@behavior(
    "mask.unrolled.{direction}",
    "running sums of 1 2 3 4 with `unroll` and time steps 3 and 4 masked",
    ["forwards"],
)
@behavior(
    "mask.unrolled.{direction}",
    "running sums of 1 2 3 4 with `unroll`, `go_backwards` and time steps 3 and 4 masked",
    ["backwards"],
)
def _(direction):
    layer = make_adder(return_sequences=True, unroll=True, go_backwards=direction == "backwards")
    return format_values(to_numpy(call_masked(layer, "right")))


@behavior(
    "mask.Bidirectional",
    "running sums of 1 2 3 4 with `Bidirectional` and time steps 3 and 4 masked",
    answers=DIRECTIONS,
)
def _():
    return format_directions(
        call_masked(layers.Bidirectional(make_adder(return_sequences=True)), "right")
    )


@behavior(
    "mask.custom_cell",
    "outputs of a custom cell, ten times its state (running sums of 1 2 3 4), "
    "with time steps 3 and 4 masked",
)
def _():
    class TenTimes(layers.Layer):
        state_size = output_size = 1

        def call(self, inputs, states):
            total = states[0] + inputs
            return 10 * total, [total]

    return format_values(
        to_numpy(call_masked(layers.RNN(TenTimes(), return_sequences=True), "right"))
    )


@behavior("mask.ConvLSTM2D", "masked time steps of `ConvLSTM2D`", answers=["skipped"])
def _():
    layer = layers.ConvLSTM2D(2, 2)
    images = np.sin(np.arange(36, dtype="float32")).reshape((1, 4, 3, 3, 1))
    output = to_numpy(call(layer, images, mask=np.array([MASKS["right"]])))
    return "skipped" if is_close(output, to_numpy(call(layer, images[:, :2]))) else "not skipped"


def embed_tokens():
    """Return symbolic tokens and their embedding, which has a mask."""
    tokens = layers.Input((None,), dtype="int32")
    return tokens, layers.Embedding(5, 3, mask_zero=True)(tokens)


def skips_padding(tokens, output):
    """Return whether the padded token makes no difference to *output*."""
    model = make_model(tokens, output)
    return is_close(run(model, TOKENS), run(model, UNPADDED))


@behavior("mask.used", "does LSTM use the mask of an `Embedding`?", answers=YES_NO)
def _():
    tokens, words = embed_tokens()
    return "yes" if skips_padding(tokens, layers.LSTM(4)(words)) else "no"


@behavior(
    "mask.used.initial_state",
    "is the mask of an `Embedding` used by a recurrent layer that is called with `initial_state`? "
    "(measured with `GRU`)",
    answers=YES_NO,
)
def _():
    tokens, words = embed_tokens()
    start = layers.Input((4,))
    model = make_model([tokens, start], layers.GRU(4)(words, initial_state=[start]))
    zeros = np.zeros((1, 4), "float32")
    return "yes" if is_close(run(model, TOKENS, zeros), run(model, UNPADDED, zeros)) else "no"


def propagates_mask(layer):
    """Return whether a layer after *layer* skips the padded token."""
    tokens, words = embed_tokens()
    return skips_padding(tokens, layers.GRU(4)(layer(words)))


@behavior(
    "mask.propagated.{layer}",
    "is the mask propagated to the next layer by `{layer}`?",
    KINDS,
    answers=YES_NO,
)
def _(kind):
    return "yes" if propagates_mask(getattr(layers, kind)(4, return_sequences=True)) else "no"


@behavior(
    "mask.propagated.{layer}",
    "is the mask propagated to the next layer by `{layer}`?",
    ["Bidirectional"],
    answers=YES_NO,
)
def _():
    # The backward layer reads the padded step first, so the two models differ in nothing else.
    layer = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    return "yes" if propagates_mask(layer) else "no"


@behavior(
    "mask.propagated.{layer}",
    "is the mask propagated to the next layer by `{layer}`?",
    ["TimeDistributed"],
    answers=YES_NO,
)
def _():
    return "yes" if propagates_mask(layers.TimeDistributed(layers.Dense(4))) else "no"


def capture_warning(build):
    """Return the warning about masks that *build* causes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build()
    texts = [str(item.message) for item in caught if "mask" in str(item.message)]
    return normalize_message(texts[0].splitlines()[0]) if texts else "none"


@behavior(
    "mask.warning.{layer}", "warning when `{layer}` receives a mask", ["LSTM"], answers=["none"]
)
def _():
    words = embed_tokens()[1]
    return capture_warning(lambda: layers.LSTM(4, return_sequences=True)(words))


@behavior(
    "mask.warning.{layer}", "warning when `{layer}` receives a mask", ["Conv1D"], answers=["none"]
)
def _():
    words = embed_tokens()[1]
    return capture_warning(lambda: layers.Conv1D(4, 1)(words))


@behavior(
    "mask.go_backwards",
    "time order of the mask that a layer with `go_backwards` computes",
    answers=["of the input"],
)
def _():
    layer = make_adder(go_backwards=True, return_sequences=True)
    call(layer, STEPS)
    mask = layer.compute_mask(to_tensor(STEPS), to_tensor(np.array([MASKS["right"]])))
    mask = mask[0] if isinstance(mask, (list, tuple)) else mask
    if mask is None:
        return "no mask"
    return "of the input" if is_close(to_numpy(mask)[0], MASKS["right"]) else "of the output"


# Numbers.


def compute_sigmoid(x):
    """Compute today's function of the gates."""
    return 1 / (1 + np.exp(-x))


GATES = {
    "sigmoid": compute_sigmoid,
    "hard_sigmoid, slope 1/5": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid, slope 1/6": lambda x: np.clip(x / 6 + 0.5, 0, 1),
}


def compute_lstm(x, weights, order, gate):
    """Compute the last output of an LSTM whose gates are in this *order*."""
    kernel, recurrent, bias = weights
    h = c = np.zeros((len(x), recurrent.shape[0]))
    for t in range(x.shape[1]):
        parts = np.split(np.dot(x[:, t], kernel) + np.dot(h, recurrent) + bias, 4, axis=-1)
        z = dict(zip(order, parts))
        c = gate(z["f"]) * c + gate(z["i"]) * np.tanh(z["c"])
        h = gate(z["o"]) * np.tanh(c)
    return h


def compute_gru(x, weights, order, gate):
    """Compute the last output of a GRU whose gates are in this *order*."""
    kernel, recurrent, bias = weights
    reset_after = bias.ndim == 2
    bias, recurrent_bias = bias if reset_after else (bias, 0 * bias)
    h = np.zeros((len(x), recurrent.shape[0]))
    for t in range(x.shape[1]):
        read = dict(zip(order, np.split(np.dot(x[:, t], kernel) + bias, 3, axis=-1)))
        carried = dict(zip(order, np.split(np.dot(h, recurrent) + recurrent_bias, 3, axis=-1)))
        z, r = gate(read["z"] + carried["z"]), gate(read["r"] + carried["r"])
        if not reset_after:
            matrix = dict(zip(order, np.split(recurrent, 3, axis=-1)))["h"]
            candidate = np.tanh(read["h"] + np.dot(r * h, matrix))
        else:
            candidate = np.tanh(read["h"] + r * carried["h"])
        h = z * h + (1 - z) * candidate
    return h


def find_equations(layer, equations, letters):
    """Find the order and the function of the gates that reproduce the layer's output."""
    output = to_numpy(call_with_fixed_weights(layer, SEQUENCE))
    weights = [w.astype("float64") for w in layer.get_weights()]
    for order in itertools.permutations(letters):
        for name, gate in GATES.items():
            if is_close(equations(SEQUENCE.astype("float64"), weights, order, gate), output):
                return f"{', '.join(order)}; {name}"
    return "none that is known"


@behavior(
    "numbers.{layer}.gates",
    "order and activation of the gates of `{layer}`",
    ["LSTM"],
    answers=GATE_FUNCTIONS,
)
def _():
    return find_equations(layers.LSTM(3), compute_lstm, "ifco")


@behavior(
    "numbers.{layer}.gates",
    "order and activation of the gates of `{layer}`",
    ["GRU"],
    answers=GATE_FUNCTIONS,
)
def _():
    return find_equations(layers.GRU(3), compute_gru, "zrh")


@behavior(
    "numbers.LSTM.hard_sigmoid",
    "function that `recurrent_activation='hard_sigmoid'` computes in `LSTM`",
    answers=GATE_FUNCTIONS,
)
def _():
    layer = layers.LSTM(3, recurrent_activation="hard_sigmoid")
    return find_equations(layer, compute_lstm, "ifco").split("; ")[-1]


@behavior("numbers.LSTM.bias", "initial bias of `LSTM(1)`")
def _():
    layer = layers.LSTM(1)
    call(layer, SEQUENCE)
    return format_values(layer.get_weights()[2])


@behavior(
    "numbers.{layer}.output",
    "output of `{layer}` with default arguments, fixed weights and fixed input",
    KINDS,
)
def _(kind):
    output = to_numpy(call_with_fixed_weights(getattr(layers, kind)(2), SEQUENCE))
    return [round(float(value), 6) for value in output[0]]


DEFAULTS = {
    "SimpleRNN": ["activation", "recurrent_initializer"],
    "GRU": ["recurrent_activation", "reset_after", "implementation", "recurrent_initializer"],
    "LSTM": [
        "recurrent_activation",
        "unit_forget_bias",
        "implementation",
        "time_major",
        "recurrent_initializer",
    ],
}


@behavior(
    "default.{layer}.{argument}",
    "default of `{argument}` in `{layer}`",
    [f"{kind}.{name}" for kind in KINDS for name in DEFAULTS[kind]],
    answers=["not in its configuration"],
)
def _(which):
    kind, name = which.split(".")
    value = getattr(layers, kind)(4).get_config().get(name, "not in its configuration")
    value = value["class_name"] if isinstance(value, dict) else value
    return re.sub("Initializer$|V2$", "", str(value))


# Data types.


POLICIES = ("float16", "mixed_float16")


def format_dtypes(returned):
    """Format the data types of an output and of the states after it."""
    output, *states = [to_numpy(item).dtype.name for item in returned]
    return f"output {output}, states {', '.join(sorted(set(states)))}"


@behavior(
    "dtype.{layer}.{policy}",
    "data types returned by `{layer}(dtype='{policy}')`",
    [f"LSTM.{policy}" for policy in POLICIES],
    answers=["output {output}, states {states}"],
)
def _(which):
    layer = layers.LSTM(4, dtype=which.split(".")[1], return_state=True)
    return format_dtypes(call(layer, SEQUENCE))


@behavior(
    "dtype.Bidirectional.{policy}",
    "data types returned by `Bidirectional(LSTM(dtype='{policy}'))`",
    POLICIES,
    answers=["output {output}, states {states}"],
)
def _(policy):
    layer = layers.Bidirectional(layers.LSTM(4, dtype=policy, return_state=True))
    return format_dtypes(call(layer, SEQUENCE))


@behavior(
    "dtype.stateful.{policy}",
    "data type of the stored states of `LSTM(stateful=True, dtype='{policy}')`",
    ["mixed_float16"],
)
def _(policy):
    layer = layers.LSTM(4, stateful=True, dtype=policy)
    make_stateful_model(layer)
    return " ".join(sorted({to_numpy(state).dtype.name for state in layer.states}))


# States between calls.


@behavior("state.model.reset", "method that resets the states of a model", answers=["no method"])
def _():
    names = [name for name in ("reset_states", "reset_state") if hasattr(keras.models.Model, name)]
    return ", ".join(names) or "no method"


@behavior("state.layer.reset", "method that resets the states of a layer", answers=["no method"])
def _():
    names = [name for name in ("reset_states", "reset_state") if hasattr(layers.LSTM, name)]
    return ", ".join(names) or "no method"


def make_stateful_model(layer):
    """Make a model with a fixed batch size."""
    inputs = layers.Input(batch_shape=(2, 3, 2))
    return make_model(inputs, layer(inputs))


@behavior(
    "state.reset.stack", "resetting the states of a stateful stack of cells", answers=["resets"]
)
def _():
    layer = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)], stateful=True)
    model = make_stateful_model(layer)
    fresh = run(model, SEQUENCE)
    get_reset_method(layer)()
    return "resets" if is_close(run(model, SEQUENCE), fresh) else "does not reset"


@behavior("state.reset.states", "resetting a layer with the argument `states`")
def _():
    layer = layers.GRU(4, stateful=True)
    make_stateful_model(layer)
    get_reset_method(layer)(states=[np.ones((2, 4), "float32")])


@behavior(
    "state.Bidirectional.stateful",
    "`Bidirectional(LSTM)` with `stateful` and `return_state`",
    answers=["accepted, {count} values"],
)
def _():
    layer = layers.Bidirectional(layers.LSTM(4, stateful=True, return_state=True))
    inputs = layers.Input(batch_shape=(2, 3, 2))
    return f"accepted, {len(layer(inputs))} values"


@behavior(
    "state.last_batch",
    "`predict` with three samples in batches of two and `stateful=True`",
    answers=["{count} answers"],
)
def _():
    model = make_stateful_model(layers.LSTM(4, stateful=True))
    three = np.concatenate([SEQUENCE, SEQUENCE[:1]])
    return f"{len(model.predict(three, batch_size=2, verbose=0))} answers"


@behavior(
    "state.initial.Bidirectional",
    "a single tensor as `initial_state` of `Bidirectional(GRU)`",
    answers=["cut along the batch"],
)
def _():
    layer = layers.Bidirectional(layers.GRU(2))
    state = np.array([[1, 1], [2, 2]], "float32")
    bare = to_numpy(call(layer, SEQUENCE, initial_state=state))
    if is_close(bare, to_numpy(call(layer, SEQUENCE, initial_state=[state, state]))):
        return "given to both directions"
    cut = call(layer, SEQUENCE, initial_state=[state[[0, 0]], state[[1, 1]]])
    return "cut along the batch" if is_close(bare, to_numpy(cut)) else "something else"


@behavior(
    "state.initial.GRU.extra",
    "two tensors as `initial_state` of GRU",
    answers=["the second is ignored"],
)
def _():
    layer, ones = layers.GRU(4), np.ones((2, 4), "float32")
    with_two = to_numpy(call(layer, SEQUENCE, initial_state=[ones, ones]))
    with_one = to_numpy(call(layer, SEQUENCE, initial_state=[ones]))
    return "the second is ignored" if is_close(with_one, with_two) else "the second counts"


@behavior(
    "state.initial.unchecked",
    "creating a model with an `initial_state` of the wrong shape",
    answers=["a model is built"],
)
def _():
    inputs, state = layers.Input((3, 2)), layers.Input((5,))
    make_model([inputs, state], layers.LSTM(4)(inputs, initial_state=[state]))
    return "a model is built"


@behavior("state.initial.in_list", "calling an LSTM on a list of the input and the states")
def _():
    zeros = np.zeros((2, 4), "float32")
    layers.LSTM(4)([to_tensor(SEQUENCE), to_tensor(zeros), to_tensor(zeros)])


@behavior(
    "state.cell.one_tensor",
    "calling an `LSTMCell` with a single tensor as its states",
    answers=["row by row"],
)
def _():
    cell = layers.LSTMCell(4)
    rows = np.array([[1.0] * 4, [2.0] * 4], "float32")
    x = SEQUENCE[:, 0]
    read = to_numpy(cell(to_tensor(x), states=to_tensor(rows))[0])
    h_and_c = [to_tensor(rows[[0, 0]]), to_tensor(rows[[1, 1]])]
    return (
        "row by row"
        if is_close(read, to_numpy(cell(to_tensor(x), states=h_and_c)[0]))
        else "otherwise"
    )


# Dropout.


@behavior(
    "dropout.same_mask.{argument}",
    "does `SimpleRNN(dropout=0.5)` drop the same features at every time step?",
    ["dropout"],
    answers=YES_NO,
)
def _(argument):
    x = np.tile(2.0 ** np.arange(20, dtype="float32"), (1, 4, 1))  # A sum tells what was dropped.
    layer = make_adder(return_sequences=True, **{argument: 0.5})
    added = np.diff(to_numpy(layer(to_tensor(x), training=True))[0, :, 0], prepend=0)
    if is_close(added, x.sum(axis=-1)[0]):
        return "nothing is dropped"
    return "yes" if is_close(added, np.full(4, added[0])) else "no"


@behavior(
    "dropout.same_mask.{argument}",
    "does `SimpleRNN(recurrent_dropout=0.5)` drop the same units at every time step?",
    ["recurrent_dropout"],
    answers=[*YES_NO, "nothing is dropped"],
)
def _(argument):
    x = np.array([1, 0, 0, 0], "float32").reshape((1, 4, 1))
    layer = layers.SimpleRNN(32, activation=None, return_sequences=True, **{argument: 0.5})
    call(layer, x)
    ones, zeros = np.ones((1, 32), "float32"), np.zeros(32, "float32")
    layer.set_weights([ones, np.eye(32, dtype="float32"), zeros])  # Each unit repeats its state.
    kept = to_numpy(layer(to_tensor(x), training=True))[0] != 0
    if kept.all():
        return "nothing is dropped"
    return "yes" if is_close(kept[1], kept[3]) else "no"


def make_dropping_lstm():
    """Make an LSTM that drops half of its inputs and half of its state."""
    return layers.LSTM(4, dropout=0.5, recurrent_dropout=0.5, **FLAGS["both"])


@behavior(
    "dropout.inference",
    "do `dropout` and `recurrent_dropout` change the output of LSTM at inference?",
    answers=YES_NO,
)
def _():
    dropping = to_numpy(call_with_fixed_weights(make_dropping_lstm(), SEQUENCE)[0])
    plain = to_numpy(call_with_fixed_weights(layers.LSTM(4, **FLAGS["both"]), SEQUENCE)[0])
    return "no" if is_close(dropping, plain) else "yes"


@behavior(
    "dropout.equal",
    "does the last output of an LSTM with `dropout` equal `state_h` in training?",
    answers=YES_NO,
)
def _():
    output, h = make_dropping_lstm()(to_tensor(SEQUENCE), training=True)[:2]
    # Two evaluations of a graph would drop different values.
    return "yes" if is_close(to_numpy(output[:, -1] - h), np.zeros((2, 4))) else "no"


# Arguments.


@behavior("argument.inputs", "calling a layer with `inputs=`")
def _():
    layers.LSTM(4)(inputs=to_tensor(SEQUENCE))


@behavior("argument.first", "name of the first argument of `LSTM.call`")
def _():
    return next(name for name in inspect.signature(layers.LSTM.call).parameters if name != "self")


@behavior("argument.initial_state.bare", "a single tensor as `initial_state` of GRU")
def _():
    call(layers.GRU(4), SEQUENCE, initial_state=np.zeros((2, 4), "float32"))


@behavior("argument.constants", "`constants` for a custom cell")
def _():
    class WithConstant(layers.Layer):
        state_size = output_size = 2

        def call(self, inputs, states, constants):
            return inputs + constants[0], list(states)

    layers.RNN(WithConstant())(layers.Input((3, 2)), constants=[layers.Input((2,))])


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["input_shape"])
def _():
    layers.LSTM(4, input_shape=(3, 2))


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["batch_input_shape"])
def _():
    layers.LSTM(4, batch_input_shape=(2, 3, 2))


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["time_major"])
def _():
    layers.LSTM(4, time_major=False)


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["implementation"])
def _():
    layers.LSTM(4, implementation=1)


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["use_cudnn"])
def _():
    layers.LSTM(4, use_cudnn=False)


@behavior("argument.{argument}", "`LSTM({argument}=...)`", ["zero_output_for_mask"])
def _():
    layers.LSTM(4, zero_output_for_mask=True)


# Surprises.


@behavior(
    "surprise.activity_regularizer",
    "number of losses of `LSTM(activity_regularizer=..., return_state=True)`",
    answers=["{count} penalties"],
)
def _():
    layer = layers.LSTM(4, activity_regularizer=keras.regularizers.l1(0.5), return_state=True)
    call(layer, SEQUENCE)
    return f"{len(layer.losses)} penalties"


@behavior(
    "surprise.attention_query",
    "`Attention` with a 2D query",
    answers=["accepted, {shape}"],
)
def _():
    query = call(layers.GRU(4), SEQUENCE)
    values = call(layers.GRU(4, return_sequences=True), SEQUENCE)
    return "accepted, " + format_shapes(layers.Attention()([query, values]))


@behavior(
    "surprise.LSTMCell_example",
    "example in the docstring of `LSTMCell`",
    answers=["runs", "no example"],
)
def _():
    names = {"np": np, "keras": keras}
    examples = doctest.DocTestParser().get_examples(layers.LSTMCell.__doc__ or "")
    if not examples:
        return "no example"
    if any(re.search(r"\btf\.", line.source) for line in examples):
        names["tf"] = importlib.import_module("tensorflow")
    for line in examples:
        exec(line.source, names)
    return "runs"


# Mistakes, and how they are reported.


@behavior("error.stacked_without_sequences", "stacked LSTM without `return_sequences`")
def _():
    layers.LSTM(4)(layers.LSTM(4)(layers.Input((3, 2))))


@behavior("error.no_features_axis", "input without a feature axis")
def _():
    call(layers.LSTM(4), np.ones((2, 3), "float32"))


@behavior("error.a_Python_list", "Python list as input")
def _():
    layers.LSTM(4)([[[1.0], [2.0]], [[3.0], [4.0]]])


@behavior("error.features_undefined", "input with an unknown number of features")
def _():
    layers.LSTM(4)(layers.Input((None, None)))


@behavior("error.other_features", "different number of features than at the first call")
def _():
    layer = layers.LSTM(4)
    call(layer, SEQUENCE)
    format_shapes(call(layer, np.ones((2, 3, 5), "float32")))


@behavior("error.one_loss_for_a_tuple", "single loss for a model that returns its states")
def _():
    inputs = layers.Input((3, 2))
    model = make_model(inputs, layers.LSTM(4, return_state=True)(inputs))
    model.compile(loss="mse", optimizer="sgd")
    model.fit(SEQUENCE, np.zeros((2, 4), "float32"), verbose=0)


@behavior("error.attention_on_one_tensor", "`Attention` with a single tensor")
def _():
    layers.Attention()(to_tensor(SEQUENCE))


@behavior("error.unknown_argument", "misspelled argument")
def _():
    layers.LSTM(4, return_sequence=True)


@behavior("error.unroll_without_time_steps", "`unroll` with an unknown number of time steps")
def _():
    layers.LSTM(4, unroll=True)(layers.Input((None, 2)))


@behavior("error.stateful_without_batch_size", "`stateful=True` with an unknown batch size")
def _():
    layers.LSTM(4, stateful=True)(layers.Input((3, 2)))


@behavior("error.stateful_with_another_batch_size", "stateful model with a different batch size")
def _():
    model = make_stateful_model(layers.LSTM(4, stateful=True))
    run(model, np.ones((4, 3, 2), "float32"))


@behavior("error.one_state_for_an_LSTM", "single tensor as `initial_state` of LSTM")
def _():
    format_shapes(call(layers.LSTM(4), SEQUENCE, initial_state=np.zeros((2, 4), "float32")))


@behavior("error.a_state_for_another_batch", "`initial_state` with a different batch size")
def _():
    format_shapes(call(layers.GRU(4), SEQUENCE, initial_state=[np.ones((3, 4), "float32")]))


@behavior("error.merge_mode_add", "`merge_mode='add'`")
def _():
    layers.Bidirectional(layers.LSTM(4), merge_mode="add")


@behavior("error.backward_layer_reads_forwards", "`backward_layer` without `go_backwards`")
def _():
    layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(4))


@behavior("error.a_class_for_a_layer", "`Bidirectional` with a class instead of a layer")
def _():
    layers.Bidirectional(layers.LSTM)


@behavior("error.a_cell_for_a_layer", "`Bidirectional` with a cell instead of a layer")
def _():
    layers.Bidirectional(layers.LSTMCell(4))


@behavior("error.units_for_a_cell", "`RNN` with a number instead of a cell")
def _():
    layers.RNN(4)


def load_keras(module):
    """Import the Keras that is called *module*."""
    global keras, layers
    warnings.simplefilter("ignore")
    if module == "tensorflow.keras":
        keras = importlib.import_module("tensorflow").keras
    else:
        keras = importlib.import_module(module)
    layers = keras.layers


def evaluate(measurement):
    """Return the value of a measurement, or its error."""
    if is_graph():
        keras.backend.clear_session()  # If not, each would run in the graph of all before it.
    np.random.seed(0)
    try:
        value = measurement.function(*measurement.arguments)
    except Exception as error:
        return format_error(error)
    return ACCEPTED if value is None else value


def name_backend():
    """Return the name of the backend."""
    config = getattr(keras, "config", None)
    return config.backend() if hasattr(config, "backend") else keras.backend.backend()


def name_device():
    """Return the kind of processor that computes."""
    name = name_backend()
    if name == "tensorflow":
        import tensorflow

        gpus = tensorflow.config.experimental.list_physical_devices("GPU")
    elif name == "torch":
        import torch

        gpus = torch.cuda.is_available()
    elif name == "jax":
        import jax

        gpus = jax.default_backend() == "gpu"
    else:
        gpus = False
    return "GPU" if gpus else "CPU"


def main(arguments=None):
    """Measure, and print the values and the versions they were measured on."""
    parser = argparse.ArgumentParser(description="Measure what the recurrent layers of a Keras do.")
    parser.add_argument("module", help="the name of the Keras, such as keras")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="the behaviors to measure")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.only or ()) - set(MEASUREMENTS)
    if unknown:
        names = ", ".join(sorted(MEASUREMENTS))
        parser.error(f"no behavior is called {', '.join(sorted(unknown))}; use {names}")
    load_keras(chosen.module)
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    if name_backend() != "numpy":
        versions[name_backend()] = importlib.import_module(name_backend()).__version__
    results = {
        "keras": keras.__version__,
        "backend": name_backend(),
        "device": name_device(),
        "versions": versions,
        "behaviors": {name: evaluate(MEASUREMENTS[name]) for name in chosen.only or MEASUREMENTS},
    }
    # The backends write on stdout as they please, so this comes last and on a separate line.
    print("\n" + json.dumps(results, sort_keys=True))


if __name__ == "__main__":
    main()
