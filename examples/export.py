# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (guide-export)=
# # Export a model that returns states
#
# `model.export` writes a SavedModel or a LiteRT file that returns all outputs of the model, such as
# the final states.
# If the initial states are inputs of the model, you can process a long sequence in chunks.
# To run a LiteRT file with TensorFlow alone, use an `input_signature` with a fixed batch size,
# `unroll=True`, or `stateful=True` with a batch size of at least two.
#
# ## Create a model with states as inputs and outputs
#
# The keys of the dictionary become the names of the outputs:

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
x = keras.Input((3, 5), name="x")
h = keras.Input((4,), name="h")
c = keras.Input((4,), name="c")
lstm = keras.layers.LSTM(
    4,
    return_sequences=True,
    return_state=True,
)
output, state_h, state_c = lstm(
    x,
    initial_state=[h, c],
)
model = keras.Model(
    [x, h, c],
    {
        "output": output,
        "state_h": state_h,
        "state_c": state_c,
    },
)

# %% tags=["remove-cell", "keep-in-notebook"]
import tensorflow as tf

tf.get_logger().setLevel("WARNING")  # In Jupyter, TensorFlow logs the path of each export.

# %% [markdown]
# ## Export a SavedModel
#
# TensorFlow loads the exported model.
# Pass the inputs by name to its signature:

# %%
import tempfile
from pathlib import Path

import tensorflow as tf

folder = tempfile.TemporaryDirectory()
path = str(Path(folder.name, "saved_model"))
model.export(path, verbose=False)
saved = tf.saved_model.load(path)
serve = saved.signatures["serving_default"]

sequence = np.random.normal(size=(2, 9, 5))
sequence = sequence.astype("float32")
chunk = sequence[:, :3]
zeros = np.zeros((2, 4), "float32")
served = serve(
    x=tf.constant(chunk),
    h=tf.constant(zeros),
    c=tf.constant(zeros),
)
expected = model([chunk, zeros, zeros])
for name in expected:
    print(name, served[name].shape)


def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


assert set(served) == set(expected)
for name in expected:
    assert same(served[name], expected[name])

# %% [markdown]
# The SavedModel accepts any batch size:

# %%
one = serve(
    x=tf.constant(chunk[:1]),
    h=tf.constant(zeros[:1]),
    c=tf.constant(zeros[:1]),
)
print(one["state_h"].shape)
assert same(
    one["state_h"],
    expected["state_h"][:1],
)

# %% [markdown]
# If the model returns a list, the outputs are named `output_0`, `output_1` and so on:

# %%
as_list = keras.Model(
    [x, h, c],
    [output, state_h, state_c],
)
path = str(Path(folder.name, "list"))
as_list.export(path, verbose=False)
saved_list = tf.saved_model.load(path)
signatures = saved_list.signatures
by_number = signatures["serving_default"](
    x=tf.constant(chunk),
    h=tf.constant(zeros),
    c=tf.constant(zeros),
)
for number, name in enumerate(expected):
    key = f"output_{number}"
    print(key, by_number[key].shape)
    assert same(by_number[key], expected[name])

# %% [markdown]
# ## Export to LiteRT with a fixed batch size
#
# With `format="litert"`, Keras writes a file with a dynamic batch size, even if the model has a
# fixed one.
# The loop over the time steps then needs additional TensorFlow operations.
# The interpreter in the `tensorflow` package does not contain them and raises an error:

# %%
import re
import warnings

# TensorFlow recommends ai_edge_litert instead.
warnings.filterwarnings(
    "ignore",
    ".*tf.lite.Interpreter is deprecated",
)


def interpret(file):
    """Load a file; log no delegates."""
    types = tf.lite.experimental.OpResolverType
    name = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    kind = types[name]
    return tf.lite.Interpreter(
        file,
        experimental_op_resolver_type=kind,
    )


def export(model, name, **arguments):
    """Export a model to a LiteRT file."""
    file = str(Path(folder.name, name))
    model.export(
        file,
        format="litert",
        verbose=False,
        **arguments,
    )
    return interpret(file)


fixed_batch = keras.Sequential(
    [
        keras.Input(
            (3, 5),
            batch_size=2,
            name="x",
        ),
        keras.layers.LSTM(4),
    ],
)
for each in (model, fixed_batch):
    interpreter = export(each, "model.tflite")
    inputs = interpreter.get_input_details()
    shape = inputs[0]["shape_signature"]
    print(shape)
    assert shape[0] == -1
    try:
        interpreter.allocate_tensors()
    except RuntimeError as error:
        message = str(error)
        flex = re.search(r"Flex\w+", message)
        print(message.split(", included")[0])
        print(flex.group())

    assert "Select TensorFlow op(s)" in message

# %% [markdown]
# Change the export or the model in one of three ways:
#
# - Pass an `input_signature` with a fixed batch size.
# - Set `unroll=True` on each recurrent layer.
# - Set `stateful=True` on each recurrent layer, and use a batch size of at least two; see
#   [](#export-a-stateful-model).
#
# The inputs of this model are a list, so the signature is a list that contains the list of specs:

# %%
signature = [
    tf.TensorSpec((2, 3, 5), name="x"),
    tf.TensorSpec((2, 4), name="h"),
    tf.TensorSpec((2, 4), name="c"),
]
interpreter = export(
    model,
    "fixed.tflite",
    input_signature=[signature],
)
runner = interpreter.get_signature_runner()
results = runner(x=chunk, h=zeros, c=zeros)
for name in expected:
    print(name, results[name].shape)

for name in expected:
    assert same(results[name], expected[name])

# %% [markdown]
# :::{tip}
# With `unroll=True`, the file works with a dynamic batch size, so you need no `input_signature`.
# The number of time steps must be fixed.
# :::

# %%
unrolled = keras.Sequential(
    [
        keras.Input((3, 5), name="x"),
        keras.layers.LSTM(4, unroll=True),
    ],
)
lite = export(unrolled, "unrolled.tflite")
run = lite.get_signature_runner()
for batch in (1, 2):
    result = run(x=chunk[:batch])
    print(result["output_0"].shape)
    assert same(
        result["output_0"],
        unrolled(chunk[:batch]),
    )

# %% [markdown]
# ## Match the outputs of a LiteRT model by name
#
# The order of the outputs in `get_output_details()` can differ from their order in the model.
# `state_h` and `state_c` have the same shape, so you cannot distinguish them by shape either.
# Use the signature runner, which returns the outputs by name:

# %%
details = interpreter.get_output_details()
for each in details:
    print(each["name"], each["shape"])

index = details[0]["index"]
first = interpreter.get_tensor(index)
assert first.shape != expected["output"].shape
assert same(first, expected["state_h"])

# %% [markdown]
# ## Process a long sequence in chunks
#
# Pass the returned states to the next call.
# The outputs equal the outputs for the whole sequence:

# %%
whole = lstm(sequence)[0]


def call_saved_model(**inputs):
    """Convert the inputs to tensors."""
    for name in inputs:
        inputs[name] = tf.constant(inputs[name])
    return serve(**inputs)


def stream(call):
    """Process the sequence in chunks."""
    h, c, outputs = zeros, zeros, []
    for start in (0, 3, 6):
        part = sequence[:, start : start + 3]
        result = call(x=part, h=h, c=c)
        h = result["state_h"]
        c = result["state_c"]
        outputs.append(result["output"])
    return np.concatenate(outputs, axis=1)


streamed = {
    "SavedModel": stream(call_saved_model),
    "LiteRT": stream(runner),
}
print(np.round(whole[0, -1], 3), "whole")
for name, value in streamed.items():
    print(np.round(value[0, -1], 3), name)
    assert same(value, whole)

# %% [markdown]
# ## Export a stateful model
#
# The kept states of a stateful model have a fixed batch size.
# If it is at least two, a LiteRT file of this model works without an `input_signature`.
# The exported model keeps its states between calls.
# It starts from the states that the layer has when you export the model:

# %%
stateful = keras.Sequential(
    [
        keras.Input(
            (3, 5),
            batch_size=2,
            name="x",
        ),
        keras.layers.LSTM(4, stateful=True),
    ],
)
stateful.set_weights(lstm.get_weights())
stateful(sequence[:, :3])

path = str(Path(folder.name, "stateful"))
stateful.export(path, verbose=False)
saved_stateful = tf.saved_model.load(path)
lite = export(stateful, "stateful.tflite")
details = lite.get_input_details()
assert details[0]["shape_signature"][0] == -1
run = lite.get_signature_runner()
for start in (3, 6):
    part = sequence[:, start : start + 3]
    one = saved_stateful.serve(part)
    other = run(x=part)["output_0"]

print(np.round(whole[0, -1], 3), "whole")
print(np.round(one[0], 3), "SavedModel")
print(np.round(other[0], 3), "LiteRT")
assert same(one, whole[:, -1])
assert same(other, whole[:, -1])

# %% [markdown]
# With a batch size of one, `export` raises an error unless you pass an `input_signature` or set
# `unroll=True`:


# %%
def create_single(unroll):
    """Create a model for one sample."""
    layer = keras.layers.LSTM(
        4,
        stateful=True,
        unroll=unroll,
    )
    inputs = keras.Input(
        (3, 5),
        batch_size=1,
        name="x",
    )
    return keras.Sequential([inputs, layer])


single_model = create_single(unroll=False)
try:
    export(single_model, "single.tflite")
except ValueError as error:
    message = str(error)
    print(type(error).__name__)

assert "enters the loop with shape" in message

spec = tf.TensorSpec((1, 3, 5), name="x")
lite = export(
    single_model,
    "single.tflite",
    input_signature=[spec],
)
run = lite.get_signature_runner()
expected = single_model(chunk[:1])
[result] = run(x=chunk[:1]).values()
print(result.shape)
assert same(result, expected)

loop_free = create_single(unroll=True)
lite = export(loop_free, "loop_free.tflite")
run = lite.get_signature_runner()
[result] = run(x=chunk[:1]).values()
print(result.shape)

# %% [markdown]
# For the message of this error, see [](#error-export-stateful).
#
# To start from zeros, call `reset_state()` on the layer before you export the model.
# To return to the states at the time of the export, load the SavedModel again:

# %%
again = tf.saved_model.load(path)
part = sequence[:, 3:6]
kept = saved_stateful.serve(part)
loaded = again.serve(part)
print(np.round(kept[0], 3), "kept states")
print(np.round(loaded[0], 3), "loaded again")
assert same(loaded, whole[:, 5])
assert not same(kept, loaded)

# %% [markdown]
# ## Limitations
#
# :::{warning}
# An exported SavedModel of a stateful model accepts a single sample without an error.
# It then returns one output for each position in the batch.
# :::

# %%
single = saved_stateful.serve(sequence[:1, :3])
print(single.shape)
assert single.shape == (2, 4)
folder.cleanup()

# %% [markdown]
# ## See also
#
# - [](streaming.py): process a long sequence in chunks with Keras.
# - [](stateful_training.py): train a stateful model.
