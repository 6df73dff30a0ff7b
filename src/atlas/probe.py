"""Ask one Keras what its recurrent layers do, and write the answers as JSON.

Runs on its own, on every Keras from version 2 on: ``python probe.py keras``. Needs nothing but that
Keras, its backend and NumPy, and Python 3.7. Each behaviour is a short name with a short value; a
call that is refused has its error as its value, so that no measurement stops another.
"""

import doctest
import functools
import importlib
import inspect
import itertools
import json
import platform
import re
import sys
import warnings

import numpy as np

keras = layers = None  # Set by measure(), for which Keras it is comes from the command line.

MEASUREMENTS = []  # Name and function, in the order of this file.

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


def behaviour(name, *variants):
    """Register a function as the measurement of *name*, or of one behaviour for each variant."""

    def register(function):
        if not variants:
            MEASUREMENTS.append((name, function))
        for variant in variants:
            MEASUREMENTS.append((name.format(variant), functools.partial(function, variant)))
        return function

    return register


# How to say the same to every Keras.


def is_graph():
    """Say whether this Keras is too old to compute at once."""
    if hasattr(keras, "ops"):
        return False
    import tensorflow

    return not tensorflow.executing_eagerly()


def tensor(array):
    """Make a tensor of this Keras of a NumPy array."""
    array = np.asarray(array)
    if hasattr(keras, "ops"):
        return keras.ops.convert_to_tensor(array)
    return keras.backend.constant(array, dtype=array.dtype.name)


def numbers(of):
    """Give the values of a tensor as NumPy array."""
    if hasattr(keras, "ops"):
        return keras.ops.convert_to_numpy(of)
    return np.asarray(keras.backend.eval(of))


def call(layer, x, **arguments):
    """Call *layer* on arrays."""
    as_tensors = {
        name: [tensor(one) for one in value] if isinstance(value, list) else tensor(value)
        for name, value in arguments.items()
    }
    return layer(tensor(x), **as_tensors)


def run(model, *arrays):
    """Give what *model* makes of the arrays, as NumPy arrays."""
    inputs = list(arrays) if len(arrays) > 1 else arrays[0]
    if is_graph():
        return model.predict(inputs)
    return numbers(model([tensor(x) for x in arrays] if len(arrays) > 1 else tensor(inputs)))


def model_of(inputs, outputs):
    """Make a functional model."""
    return keras.models.Model(inputs, outputs)


def adder(**arguments):
    """Make a layer that adds up what it reads, so that its values can be checked by eye."""
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones", "activation": None}
    return layers.SimpleRNN(1, **dict(ones, **arguments))


def fixed(layer, x, **arguments):
    """Call *layer* with weights that are the same everywhere."""
    call(layer, x, **arguments)
    weights = [np.zeros(w.shape, "float32") for w in layer.get_weights()]
    layer.set_weights(
        [np.sin(np.arange(w.size) + 1 + i).reshape(w.shape) for i, w in enumerate(weights)]
    )
    return call(layer, x, **arguments)


def resettable(layer):
    """Give the method that sets the states of *layer* to zero, whatever its name is."""
    return getattr(layer, "reset_states", None) or layer.reset_state


# How to say it shortly.


def same(one, other):
    """Say whether two arrays hold the same numbers, but for the last bits."""
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and bool(np.allclose(one, other, atol=1e-5))


def shown(values):
    """Write values on one line."""
    return " ".join(f"{round(float(value), 6) + 0.0:g}" for value in np.ravel(values))


def directions(output):
    """Write the two halves of a bidirectional output."""
    output = numbers(output)
    return f"forward {shown(output[..., 0])}, backward {shown(output[..., 1])}"


def shapes(returned):
    """Write the shapes of what came back; brackets stand for a container in the container."""
    if isinstance(returned, (list, tuple)):
        texts = []
        for one in returned:
            text = shapes(one)
            texts.append(f"[{text}]" if isinstance(one, (list, tuple)) else text)
        return ", ".join(texts)
    return str(tuple(int(axis) for axis in numbers(returned).shape))


def container(returned):
    """Name the container of what came back."""
    return type(returned).__name__ if isinstance(returned, (list, tuple)) else "tensor"


def problem(error):
    """Write an error as its type and the line of its message that says what is wrong."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if lines[0].startswith("Exception encountered when calling") and len(lines) > 1:
        del lines[0]
    return f"{type(error).__name__}: {tidy(lines[0])}"


def tidy(line):
    """Drop from a message what differs from run to run and from machine to machine."""
    line = re.sub(r"0x[0-9a-fA-F]+", "0x...", line)
    line = re.sub(r"(?<=[a-z0-9])_\d+\b", "", line)  # The number of a layer or an operation.
    line = re.sub(r"(?<![\w:/.<])/(?:[\w.+-]+/)+[\w.+-]+", "/...", line)
    return line if len(line) <= 240 else line[:237] + "..."


# What comes back.


@behaviour("returns.{}", *[f"{kind}.{flags}" for kind in KINDS for flags in FLAGS])
def _(which):
    kind, flags = which.split(".")
    return shapes(call(getattr(layers, kind)(4, **FLAGS[flags]), SEQUENCE))


@behaviour("container.{}", *KINDS)
def _(kind):
    return container(call(getattr(layers, kind)(4, return_state=True), SEQUENCE))


@behaviour("equal.{}", *KINDS)
def _(kind):
    output, h = call(getattr(layers, kind)(4, **FLAGS["both"]), SEQUENCE)[:2]
    return "yes" if same(numbers(output)[:, -1], numbers(h)) else "no"


@behaviour("returns.Bidirectional.{}", "concat", "sum", "ave", "mul", "None")
def _(mode):
    layer = layers.LSTM(4, **FLAGS["both"])
    merge_mode = None if mode == "None" else mode
    return shapes(call(layers.Bidirectional(layer, merge_mode=merge_mode), SEQUENCE))


@behaviour("returns.Bidirectional.GRU")
def _():
    return shapes(call(layers.Bidirectional(layers.GRU(4, **FLAGS["both"])), SEQUENCE))


@behaviour("container.Bidirectional")
def _():
    return container(call(layers.Bidirectional(layers.GRU(4, return_state=True)), SEQUENCE))


@behaviour("container.Bidirectional.None")
def _():
    return container(call(layers.Bidirectional(layers.GRU(4), merge_mode=None), SEQUENCE))


@behaviour("equal.Bidirectional")
def _():
    layer = layers.Bidirectional(layers.LSTM(4, **FLAGS["both"]))
    output, *states = [numbers(one) for one in call(layer, SEQUENCE)]
    named = {"forward h": output[:, -1, :4], "backward h": output[:, 0, 4:]}
    order = []
    for state in states:
        names = [name for name, value in named.items() if same(state, value)]
        order.append(names[0] if names else "c")
    return ", ".join(order)


@behaviour("returns.stack.LSTM")
def _():
    cells = [layers.LSTMCell(3), layers.LSTMCell(4)]
    return shapes(call(layers.RNN(cells, return_state=True), SEQUENCE))


@behaviour("returns.stack.GRU")
def _():
    cells = [layers.GRUCell(3), layers.GRUCell(4)]
    return shapes(call(layers.RNN(cells, return_state=True), SEQUENCE))


@behaviour("returns.stack.GRU.model")
def _():
    cells = [layers.GRUCell(3), layers.GRUCell(4)]
    returned = layers.RNN(cells, return_state=True)(layers.Input((3, 2)))
    nested = any(isinstance(one, (list, tuple)) for one in returned)
    return f"{len(returned)} values, {'nested' if nested else 'flat'}"


@behaviour("returns.stack.one")
def _():
    return shapes(call(layers.RNN([layers.LSTMCell(4)], return_state=True), SEQUENCE))


@behaviour("returns.stack.one.unrolled")
def _():
    layer = layers.RNN([layers.LSTMCell(4)], return_state=True, unroll=True)
    return shapes(call(layer, SEQUENCE))


CONVOLVED = {
    "ConvLSTM1D": (2, 3, 5, 1),
    "ConvLSTM2D": (2, 3, 5, 5, 1),
    "ConvLSTM3D": (2, 3, 5, 5, 5, 1),
}


@behaviour("returns.{}", *CONVOLVED)
def _(kind):
    layer = getattr(layers, kind)(4, 2, **FLAGS["both"])
    return shapes(call(layer, np.ones(CONVOLVED[kind], "float32")))


@behaviour("container.ConvLSTM2D")
def _():
    layer = layers.ConvLSTM2D(4, 2, return_state=True)
    return container(call(layer, np.ones(CONVOLVED["ConvLSTM2D"], "float32")))


@behaviour("returns.TimeDistributed.neither")
def _():
    inputs = layers.Input((6, 5, 1))
    model = model_of(inputs, layers.TimeDistributed(layers.LSTM(4))(inputs))
    return str(run(model, np.ones((2, 6, 5, 1), "float32")).shape)


@behaviour("returns.TimeDistributed.state")
def _():
    layer = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    return shapes(call(layer, np.ones((2, 6, 5, 1), "float32")))


@behaviour("returns.TimeDistributed.state.model")
def _():
    layer = layers.TimeDistributed(layers.LSTM(4, return_state=True))
    returned = layer(layers.Input((6, 5, 1)))
    return f"accepted, a {container(returned)}"


@behaviour("returns.Sequential.last")
def _():
    model = keras.models.Sequential()
    model.add(layers.LSTM(4, return_state=True, input_shape=(3, 2)))


@behaviour("returns.Sequential.middle")
def _():
    model = keras.models.Sequential()
    model.add(layers.LSTM(4, return_state=True, input_shape=(3, 2)))
    model.add(layers.Dense(1))


@behaviour("returns.predict")
def _():
    inputs = layers.Input((3, 2))
    returned = layers.LSTM(4, return_state=True)(inputs)
    predicted = model_of(inputs, returned).predict(SEQUENCE, verbose=0)
    return f"{container(predicted)} of {', '.join(str(one.shape) for one in predicted)}"


@behaviour("exists.{}", "RNN", "StackedRNNCells", "CuDNNLSTM", "Attention", "ConvLSTM1D")
def _(name):
    return "yes" if hasattr(layers, name) else "no"


# In which order.


@behaviour("go_backwards.output")
def _():
    return shown(numbers(call(adder(go_backwards=True, return_sequences=True), STEPS)))


@behaviour("go_backwards.state.{}", *KINDS)
def _(kind):
    layer = getattr(layers, kind)(4, go_backwards=True, **FLAGS["both"])
    output, h = [numbers(one) for one in call(layer, SEQUENCE)[:2]]
    if same(output[:, -1], h):
        return "the last output"
    return "the first output" if same(output[:, 0], h) else "neither the first nor the last output"


@behaviour("go_backwards.Bidirectional")
def _():
    return directions(call(layers.Bidirectional(adder(return_sequences=True)), STEPS))


@behaviour("go_backwards.Bidirectional.wrapped")
def _():
    return shapes(call(layers.Bidirectional(layers.LSTM(4, go_backwards=True)), SEQUENCE))


# Masks.


def masked(layer, kind, **arguments):
    """Call *layer* on the steps with one of the masks."""
    mask = np.array([MASKS[kind]])
    return call(layer, STEPS, mask=mask, **arguments)


@behaviour("mask.output.{}", *MASKS)
def _(kind):
    return shown(numbers(masked(adder(return_sequences=True), kind)))


@behaviour("mask.output.left.started")
def _():
    layer = adder(return_sequences=True)
    return shown(numbers(masked(layer, "left", initial_state=[np.full((1, 1), 100, "float32")])))


@behaviour("mask.output.default.{}", "LSTM", "GRU")
def _(kind):
    # With nothing but defaults, so that a GPU may take its fast way.
    output = numbers(masked(getattr(layers, kind)(4, return_sequences=True), "right"))
    if not output[:, 2:].any():
        return "zero"
    return "repeats the previous output" if same(output[:, 2], output[:, 1]) else "something else"


@behaviour("mask.left_padded.{}", "LSTM", "GRU")
def _(kind):
    inputs = layers.Input((4, 1))
    output = getattr(layers, kind)(4)(layers.Masking()(inputs))
    padded = STEPS * np.array(MASKS["left"]).reshape((1, 4, 1))
    model_of(inputs, output).predict(padded, verbose=0)


@behaviour("mask.state.{}", *MASKS)
def _(kind):
    return shown(numbers(masked(adder(return_state=True), kind)[1]))


@behaviour("mask.zero_output.sequences")
def _():
    layer = adder(return_sequences=True, zero_output_for_mask=True)
    return shown(numbers(masked(layer, "right")))


@behaviour("mask.zero_output.last")
def _():
    return shown(numbers(masked(adder(zero_output_for_mask=True), "right")))


@behaviour("mask.zero_output.unrolled")
def _():
    layer = adder(return_sequences=True, zero_output_for_mask=True, unroll=True)
    return shown(numbers(masked(layer, "right")))


@behaviour("mask.unrolled.{}", "forwards", "backwards")
def _(direction):
    layer = adder(return_sequences=True, unroll=True, go_backwards=direction == "backwards")
    return shown(numbers(masked(layer, "right")))


@behaviour("mask.Bidirectional")
def _():
    return directions(masked(layers.Bidirectional(adder(return_sequences=True)), "right"))


@behaviour("mask.custom_cell")
def _():
    class TenTimes(layers.Layer):
        state_size = output_size = 1

        def call(self, inputs, states):
            total = states[0] + inputs
            return 10 * total, [total]

    return shown(numbers(masked(layers.RNN(TenTimes(), return_sequences=True), "right")))


@behaviour("mask.ConvLSTM2D")
def _():
    layer = layers.ConvLSTM2D(2, 2)
    images = np.sin(np.arange(36, dtype="float32")).reshape((1, 4, 3, 3, 1))
    output = numbers(call(layer, images, mask=np.array([MASKS["right"]])))
    return "skipped" if same(output, numbers(call(layer, images[:, :2]))) else "not skipped"


def embedded():
    """Give the symbolic tokens and their embedding, which has a mask."""
    tokens = layers.Input((None,), dtype="int32")
    return tokens, layers.Embedding(5, 3, mask_zero=True)(tokens)


def skipping(tokens, output):
    """Say whether the padded token makes no difference to *output*."""
    model = model_of(tokens, output)
    return same(run(model, TOKENS), run(model, UNPADDED))


@behaviour("mask.used")
def _():
    tokens, words = embedded()
    return "yes" if skipping(tokens, layers.LSTM(4)(words)) else "no"


@behaviour("mask.used.initial_state")
def _():
    tokens, words = embedded()
    start = layers.Input((4,))
    model = model_of([tokens, start], layers.GRU(4)(words, initial_state=[start]))
    zeros = np.zeros((1, 4), "float32")
    return "yes" if same(run(model, TOKENS, zeros), run(model, UNPADDED, zeros)) else "no"


def handing_on(layer):
    """Say whether a layer behind *layer* skips the padded token."""
    tokens, words = embedded()
    return skipping(tokens, layers.GRU(4)(layer(words)))


@behaviour("mask.handed_on.{}", *KINDS)
def _(kind):
    return "yes" if handing_on(getattr(layers, kind)(4, return_sequences=True)) else "no"


@behaviour("mask.handed_on.Bidirectional")
def _():
    # The padded step of the backward layer comes first, so the two models differ in nothing else.
    layer = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    return "yes" if handing_on(layer) else "no"


@behaviour("mask.handed_on.TimeDistributed")
def _():
    return "yes" if handing_on(layers.TimeDistributed(layers.Dense(4))) else "no"


def warned(build):
    """Give the warning that *build* leads to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build()
    texts = [str(one.message) for one in caught if "mask" in str(one.message)]
    return tidy(texts[0].splitlines()[0]) if texts else "none"


@behaviour("mask.warning.LSTM")
def _():
    words = embedded()[1]
    return warned(lambda: layers.LSTM(4, return_sequences=True)(words))


@behaviour("mask.warning.Conv1D")
def _():
    words = embedded()[1]
    return warned(lambda: layers.Conv1D(4, 1)(words))


@behaviour("mask.go_backwards")
def _():
    layer = adder(go_backwards=True, return_sequences=True)
    call(layer, STEPS)
    mask = layer.compute_mask(tensor(STEPS), tensor(np.array([MASKS["right"]])))
    mask = mask[0] if isinstance(mask, (list, tuple)) else mask
    if mask is None:
        return "no mask"
    return "of the input" if same(numbers(mask)[0], MASKS["right"]) else "of the output"


# Numbers.


def sigmoid(x):
    """Give the gates' function of today."""
    return 1 / (1 + np.exp(-x))


GATES = {
    "sigmoid": sigmoid,
    "hard_sigmoid, slope 1/5": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid, slope 1/6": lambda x: np.clip(x / 6 + 0.5, 0, 1),
}


def lstm_by_hand(x, weights, order, gate):
    """Compute the last output of an LSTM whose gates come in this *order*."""
    kernel, recurrent, bias = weights
    h = c = np.zeros((len(x), recurrent.shape[0]))
    for t in range(x.shape[1]):
        parts = np.split(np.dot(x[:, t], kernel) + np.dot(h, recurrent) + bias, 4, axis=-1)
        z = dict(zip(order, parts))
        c = gate(z["f"]) * c + gate(z["i"]) * np.tanh(z["c"])
        h = gate(z["o"]) * np.tanh(c)
    return h


def gru_by_hand(x, weights, order, gate):
    """Compute the last output of a GRU whose gates come in this *order*."""
    kernel, recurrent, bias = weights
    reset_after = bias.ndim == 2
    bias, recurrent_bias = bias if reset_after else (bias, 0 * bias)
    h = np.zeros((len(x), recurrent.shape[0]))
    for t in range(x.shape[1]):
        read = dict(zip(order, np.split(np.dot(x[:, t], kernel) + bias, 3, axis=-1)))
        kept = dict(zip(order, np.split(np.dot(h, recurrent) + recurrent_bias, 3, axis=-1)))
        z, r = gate(read["z"] + kept["z"]), gate(read["r"] + kept["r"])
        if not reset_after:
            matrix = dict(zip(order, np.split(recurrent, 3, axis=-1)))["h"]
            candidate = np.tanh(read["h"] + np.dot(r * h, matrix))
        else:
            candidate = np.tanh(read["h"] + r * kept["h"])
        h = z * h + (1 - z) * candidate
    return h


def by_hand(layer, equations, letters):
    """Find the order of gates and the gates' function that give the layer's numbers."""
    output = numbers(fixed(layer, SEQUENCE))
    weights = [w.astype("float64") for w in layer.get_weights()]
    for order in itertools.permutations(letters):
        for name, gate in GATES.items():
            if same(equations(SEQUENCE.astype("float64"), weights, order, gate), output):
                return f"{', '.join(order)}; {name}"
    return "none that is known"


@behaviour("numbers.LSTM.gates")
def _():
    return by_hand(layers.LSTM(3), lstm_by_hand, "ifco")


@behaviour("numbers.GRU.gates")
def _():
    return by_hand(layers.GRU(3), gru_by_hand, "zrh")


@behaviour("numbers.LSTM.hard_sigmoid")
def _():
    layer = layers.LSTM(3, recurrent_activation="hard_sigmoid")
    return by_hand(layer, lstm_by_hand, "ifco").split("; ")[-1]


@behaviour("numbers.{}.output", *KINDS)
def _(kind):
    output = numbers(fixed(getattr(layers, kind)(2), SEQUENCE))
    return [round(float(value), 6) for value in output[0]]


@behaviour("numbers.LSTM.bias")
def _():
    layer = layers.LSTM(1)
    call(layer, SEQUENCE)
    return shown(layer.get_weights()[2])


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


@behaviour("default.{}", *[f"{kind}.{name}" for kind in KINDS for name in DEFAULTS[kind]])
def _(which):
    kind, name = which.split(".")
    value = getattr(layers, kind)(4).get_config().get(name, "not in its configuration")
    value = value["class_name"] if isinstance(value, dict) else value
    return re.sub("Initializer$|V2$", "", str(value))


# States between calls, and what a layer may be given.


@behaviour("state.model.reset")
def _():
    names = [name for name in ("reset_states", "reset_state") if hasattr(keras.models.Model, name)]
    return ", ".join(names) or "no method"


@behaviour("state.layer.reset")
def _():
    names = [name for name in ("reset_states", "reset_state") if hasattr(layers.LSTM, name)]
    return ", ".join(names) or "no method"


def stateful_model(layer):
    """Make a model that knows its batch size."""
    inputs = layers.Input(batch_shape=(2, 3, 2))
    return model_of(inputs, layer(inputs))


@behaviour("state.reset.stack")
def _():
    layer = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)], stateful=True)
    model = stateful_model(layer)
    fresh = run(model, SEQUENCE)
    resettable(layer)()
    return "resets" if same(run(model, SEQUENCE), fresh) else "does not reset"


@behaviour("state.reset.states")
def _():
    layer = layers.GRU(4, stateful=True)
    stateful_model(layer)
    resettable(layer)(states=[np.ones((2, 4), "float32")])


@behaviour("state.Bidirectional.stateful")
def _():
    layer = layers.Bidirectional(layers.LSTM(4, stateful=True, return_state=True))
    inputs = layers.Input(batch_shape=(2, 3, 2))
    return f"accepted, {len(layer(inputs))} values"


@behaviour("state.last_batch")
def _():
    model = stateful_model(layers.LSTM(4, stateful=True))
    three = np.concatenate([SEQUENCE, SEQUENCE[:1]])
    return f"{len(model.predict(three, batch_size=2, verbose=0))} answers"


@behaviour("state.initial.Bidirectional")
def _():
    layer = layers.Bidirectional(layers.GRU(2))
    state = np.array([[1, 1], [2, 2]], "float32")
    bare = numbers(call(layer, SEQUENCE, initial_state=state))
    if same(bare, numbers(call(layer, SEQUENCE, initial_state=[state, state]))):
        return "given to both directions"
    cut = call(layer, SEQUENCE, initial_state=[state[[0, 0]], state[[1, 1]]])
    return "cut along the batch" if same(bare, numbers(cut)) else "something else"


@behaviour("state.initial.GRU.extra")
def _():
    layer, ones = layers.GRU(4), np.ones((2, 4), "float32")
    two = numbers(call(layer, SEQUENCE, initial_state=[ones, ones]))
    one = numbers(call(layer, SEQUENCE, initial_state=[ones]))
    return "the second is ignored" if same(one, two) else "the second counts"


@behaviour("state.initial.unchecked")
def _():
    inputs, state = layers.Input((3, 2)), layers.Input((5,))
    model_of([inputs, state], layers.LSTM(4)(inputs, initial_state=[state]))
    return "a model is built"


@behaviour("state.initial.in_list")
def _():
    zeros = np.zeros((2, 4), "float32")
    layers.LSTM(4)([tensor(SEQUENCE), tensor(zeros), tensor(zeros)])


@behaviour("state.cell.one_tensor")
def _():
    cell = layers.LSTMCell(4)
    rows = np.array([[1.0] * 4, [2.0] * 4], "float32")
    x = SEQUENCE[:, 0]
    read = numbers(cell(tensor(x), states=tensor(rows))[0])
    h_and_c = [tensor(rows[[0, 0]]), tensor(rows[[1, 1]])]
    return "row by row" if same(read, numbers(cell(tensor(x), states=h_and_c)[0])) else "otherwise"


ARGUMENTS = {
    "input_shape": lambda: layers.LSTM(4, input_shape=(3, 2)),
    "batch_input_shape": lambda: layers.LSTM(4, batch_input_shape=(2, 3, 2)),
    "time_major": lambda: layers.LSTM(4, time_major=False),
    "implementation": lambda: layers.LSTM(4, implementation=1),
    "use_cudnn": lambda: layers.LSTM(4, use_cudnn=False),
    "zero_output_for_mask": lambda: layers.LSTM(4, zero_output_for_mask=True),
    "inputs": lambda: layers.LSTM(4)(inputs=tensor(SEQUENCE)),
    "initial_state.bare": lambda: call(
        layers.GRU(4), SEQUENCE, initial_state=np.zeros((2, 4), "float32")
    ),
}


@behaviour("argument.{}", *ARGUMENTS)
def _(name):
    ARGUMENTS[name]()


@behaviour("argument.constants")
def _():
    class WithConstant(layers.Layer):
        state_size = output_size = 2

        def call(self, inputs, states, constants):
            return inputs + constants[0], list(states)

    layers.RNN(WithConstant())(layers.Input((3, 2)), constants=[layers.Input((2,))])


@behaviour("argument.first")
def _():
    return next(name for name in inspect.signature(layers.LSTM.call).parameters if name != "self")


@behaviour("surprise.activity_regularizer")
def _():
    layer = layers.LSTM(4, activity_regularizer=keras.regularizers.l1(0.5), return_state=True)
    call(layer, SEQUENCE)
    return f"{len(layer.losses)} penalties"


@behaviour("surprise.attention_query")
def _():
    query = call(layers.GRU(4), SEQUENCE)
    values = call(layers.GRU(4, return_sequences=True), SEQUENCE)
    return "accepted, " + shapes(layers.Attention()([query, values]))


@behaviour("surprise.LSTMCell_example")
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


def stateful_other_batch():
    """Call a stateful model on another number of samples."""
    model = stateful_model(layers.LSTM(4, stateful=True))
    run(model, np.ones((4, 3, 2), "float32"))


def one_loss():
    """Train a model that returns states as if it returned the output alone."""
    inputs = layers.Input((3, 2))
    model = model_of(inputs, layers.LSTM(4, return_state=True)(inputs))
    model.compile(loss="mse", optimizer="sgd")
    model.fit(SEQUENCE, np.zeros((2, 4), "float32"), verbose=0)


def other_features():
    """Call a layer on more features than its weights are made for."""
    layer = layers.LSTM(4)
    call(layer, SEQUENCE)
    return shapes(call(layer, np.ones((2, 3, 5), "float32")))


MISTAKES = {
    "stacked_without_sequences": lambda: layers.LSTM(4)(layers.LSTM(4)(layers.Input((3, 2)))),
    "no_features_axis": lambda: call(layers.LSTM(4), np.ones((2, 3), "float32")),
    "a_Python_list": lambda: layers.LSTM(4)([[[1.0], [2.0]], [[3.0], [4.0]]]),
    "features_undefined": lambda: layers.LSTM(4)(layers.Input((None, None))),
    "other_features": other_features,
    "one_loss_for_a_tuple": one_loss,
    "attention_on_one_tensor": lambda: layers.Attention()(tensor(SEQUENCE)),
    "unknown_argument": lambda: layers.LSTM(4, return_sequence=True),
    "unroll_without_time_steps": lambda: layers.LSTM(4, unroll=True)(layers.Input((None, 2))),
    "stateful_without_batch_size": lambda: layers.LSTM(4, stateful=True)(layers.Input((3, 2))),
    "stateful_with_another_batch_size": stateful_other_batch,
    "one_state_for_an_LSTM": lambda: shapes(
        call(layers.LSTM(4), SEQUENCE, initial_state=np.zeros((2, 4), "float32"))
    ),
    "a_state_for_another_batch": lambda: shapes(
        call(layers.GRU(4), SEQUENCE, initial_state=[np.ones((3, 4), "float32")])
    ),
    "merge_mode_add": lambda: layers.Bidirectional(layers.LSTM(4), merge_mode="add"),
    "backward_layer_reads_forwards": lambda: layers.Bidirectional(
        layers.LSTM(4), backward_layer=layers.LSTM(4)
    ),
    "a_class_for_a_layer": lambda: layers.Bidirectional(layers.LSTM),
    "a_cell_for_a_layer": lambda: layers.Bidirectional(layers.LSTMCell(4)),
    "units_for_a_cell": lambda: layers.RNN(4),
}


@behaviour("error.{}", *MISTAKES)
def _(name):
    MISTAKES[name]()


def measure(module):
    """Measure every behaviour of the Keras that is called *module*."""
    global keras, layers
    warnings.simplefilter("ignore")
    if module == "tensorflow.keras":
        keras = importlib.import_module("tensorflow").keras
    else:
        keras = importlib.import_module(module)
    layers = keras.layers
    measured = {}
    for name, function in MEASUREMENTS:
        if is_graph():
            keras.backend.clear_session()  # Or each would run in the graph of all before it.
        np.random.seed(0)
        try:
            value = function()
            measured[name] = "accepted" if value is None else value
        except Exception as error:
            measured[name] = problem(error)
    return measured


def backend():
    """Name the backend."""
    config = getattr(keras, "config", None)
    return config.backend() if hasattr(config, "backend") else keras.backend.backend()


def device():
    """Say on what the numbers were computed."""
    name = backend()
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


def main():
    """Measure, and write what was found and on what."""
    behaviours = measure(sys.argv[1])
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    if backend() != "numpy":
        versions[backend()] = importlib.import_module(backend()).__version__
    found = {
        "keras": keras.__version__,
        "backend": backend(),
        "device": device(),
        "versions": versions,
        "behaviours": behaviours,
    }
    # The backends write on stdout as they please, so this comes last and on a line of its own.
    print("\n" + json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
