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
# (guide-save-states)=
# # Save and load a model that returns states
#
# `model.save("model.keras")` saves the layers of a model, their arguments and their weights.
# A loaded functional model returns a list where the saved model returned a tuple.
# The file does not contain the states that a stateful layer keeps, so save them separately.
#
# ## Container of the outputs after loading
#
# This model returns the tuple of tensors that the LSTM returns:

# %%
import tempfile
from pathlib import Path

import keras
import numpy as np
from keras.layers import LSTM, Dense

keras.utils.set_random_seed(0)
x = np.random.normal(size=(2, 3, 5))
folder = tempfile.TemporaryDirectory()


def save_and_load(model, name="model.keras"):
    """Save a model and load it again."""
    path = Path(folder.name) / name
    model.save(path)
    return keras.models.load_model(path)


def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


inputs = keras.Input((3, 5))
returned = LSTM(4, return_state=True)(inputs)
model = keras.Model(inputs, returned)
loaded = save_and_load(model)

print("saved ", type(model(x)).__name__)
print("loaded", type(loaded(x)).__name__)
assert isinstance(model(x), tuple)
assert isinstance(loaded(x), list)
output, state_h, state_c = loaded(x)
assert same(state_c, model(x)[2])

# %% [markdown]
# You can unpack the list in the same way as the tuple.
# `predict` returns the same type of container as calling the model.
# A `Sequential` model still returns a tuple after loading.
# A functional model with a dictionary of outputs still returns a dictionary, so you can select the
# tensors by name:

# %%
names = {
    "output": returned[0],
    "state_h": returned[1],
    "state_c": returned[2],
}
by_name = keras.Model(inputs, names)
loaded_by_name = save_and_load(by_name)(x)

print(list(loaded_by_name))
assert same(loaded_by_name["state_c"], state_c)

sequential = keras.Sequential(
    [
        keras.Input((3, 5)),
        LSTM(4, return_state=True),
    ]
)
assert isinstance(
    save_and_load(sequential)(x),
    tuple,
)
prediction = loaded.predict(x, verbose=0)
assert isinstance(prediction, list)
prediction = model.predict(x, verbose=0)
assert isinstance(prediction, tuple)

# %% [markdown]
# ## Save the states of a stateful layer
#
# `get_weights()` does not return the states of a stateful layer, and the file does not contain
# them.
# After loading, the states of this LSTM are zero:

# %%
stateful = keras.Sequential(
    [
        keras.Input(batch_shape=(2, 3, 5)),
        LSTM(4, stateful=True),
    ]
)
stateful(x)
loaded = save_and_load(stateful)

states = stateful.layers[0].states
new_states = loaded.layers[0].states
print("saved ", np.round(states[0][0], 2))
print("loaded", np.round(new_states[0][0], 2))
assert np.any(states)
assert not np.any(new_states)
assert len(stateful.get_weights()) == 3

# %% [markdown]
# Save the states of each stateful layer to another file, and assign them after loading the model.
# Stacked cells have nested states, which `keras.tree.flatten` converts to a flat list:

# %%
states_path = Path(folder.name) / "states.npz"
to_numpy = keras.ops.convert_to_numpy
flat = keras.tree.flatten(states)
np.savez(states_path, *map(to_numpy, flat))

flat = keras.tree.flatten(new_states)
with np.load(states_path) as file:
    for state, name in zip(
        flat,
        file.files,
        strict=True,
    ):
        state.assign(file[name])

expected = stateful(x)
continued = loaded(x)
print("expected", np.round(expected[0], 2))
print("loaded  ", np.round(continued[0], 2))
assert same(continued, expected)

# %% [markdown]
# ## Rebuild the encoder and the decoder for inference
#
# In a training model, the decoder processes the whole target sequence in one call.
# For inference, create an encoder and a decoder from the layers of the loaded model.
# Name these layers when you create the training model:

# %%
source = keras.Input((3, 5), name="source")
target = keras.Input((6, 5), name="target")
encoder = LSTM(
    4,
    return_state=True,
    name="encoder",
)
decoder = LSTM(
    4,
    return_sequences=True,
    return_state=True,
    name="decoder",
)

_, *states = encoder(source)
sequence, *_ = decoder(
    target,
    initial_state=states,
)
predictions = Dense(5, name="head")(sequence)
training_model = keras.Model(
    [source, target],
    predictions,
)
loaded = save_and_load(training_model)
print([layer.name for layer in loaded.layers])

# %% [markdown]
# `get_layer(name).output` contains the tensors that the layer returned in the model.
# An index such as `model.layers[2]` depends on the order of the layers.

# %%
encoder = loaded.get_layer("encoder")
_, *states = encoder.output
encoder_model = keras.Model(
    loaded.inputs[0],
    states,
)

state_h = keras.Input((4,))
state_c = keras.Input((4,))
one_time_step = keras.Input((1, 5))
decoder = loaded.get_layer("decoder")
head = loaded.get_layer("head")
sequence, *states = decoder(
    one_time_step,
    initial_state=[state_h, state_c],
)
decoder_model = keras.Model(
    [one_time_step, state_h, state_c],
    [head(sequence), *states],
)

y = np.random.normal(size=(2, 6, 5))
states = encoder_model(x)
predicted = []
for chunk in np.split(y, 6, axis=1):
    inputs = [keras.ops.array(chunk), *states]
    output, *states = decoder_model(inputs)
    predicted.append(np.array(output))

predicted = np.concatenate(predicted, axis=1)
expected = loaded.predict([x, y], verbose=0)
print("whole ", np.round(expected[0, -1], 2))
print("single", np.round(predicted[0, -1], 2))
assert same(predicted, expected)

# %% [markdown]
# If the decoder of the saved model does not return its states, create the layer again with
# `return_state=True`; see [](#guide-other-arguments).
#
# ## Save a constant initial state
#
# If you pass NumPy arrays as `initial_state` in a functional model, the file contains their values.
# Each array needs one row for each sample, so the model is correct for one batch size only.
#
# :::{warning}
# If you call such a model on a single sample, it returns one output for each row of the arrays,
# without an error.
# :::
#
# An array with one row is not a solution: it works if you call the model, but `predict` raises an
# error.
# To support any batch size, add the constant to a tensor of zeros that is computed from the input:

# %%
constant = np.full((1, 4), 0.5, "float32")
inputs = keras.Input((3, 5))
rows = np.repeat(constant, 2, axis=0)
output = LSTM(4)(
    inputs,
    initial_state=[rows, rows],
)
two_samples = keras.Model(inputs, output)
assert same(
    save_and_load(two_samples)(x),
    two_samples(x),
)
print("one sample", two_samples(x[:1]).shape)
assert two_samples(x[:1]).shape == (2, 4)

output = LSTM(4)(
    inputs,
    initial_state=[constant, constant],
)
one_row = keras.Model(inputs, output)
assert one_row(x).shape == (2, 4)
try:
    one_row.predict(x, verbose=0)
except ValueError as error:
    message = str(error)
    print(type(error).__name__)

assert "enters the loop with shape" in message

zeros = keras.ops.zeros_like(inputs[:, 0, :1])
state = zeros + constant
output = LSTM(4)(
    inputs,
    initial_state=[state, state],
)
any_batch = keras.Model(inputs, output)
loaded = save_and_load(any_batch)

seven = loaded(np.ones((7, 3, 5)))
print("7 samples ", seven.shape)
assert same(loaded(x), any_batch(x))

# %% [markdown]
# ## Why a `.h5` file of a masked model cannot be loaded
#
# If a recurrent layer in a functional model uses the mask of `Embedding(mask_zero=True)` or
# `Masking`, the model contains operations that compute the mask.
# `model.save` writes these operations to a `.h5` file, but `load_model` raises an error:

# %%
import absl.logging

# Keras warns that the format is a legacy format.
absl.logging.set_verbosity(absl.logging.ERROR)


def create_model():
    """Create a model with a mask."""
    tokens = keras.Input((3,))
    words = keras.layers.Embedding(
        10,
        5,
        mask_zero=True,
    )(tokens)
    return keras.Model(tokens, LSTM(4)(words))


masked = create_model()
try:
    save_and_load(masked, "model.h5")
except ValueError as error:
    message = str(error)
    print(type(error).__name__)
    print(message.split(". ")[0])

assert "Unknown layer: 'NotEqual'" in message

# %% [markdown]
# Save the model as a `.keras` file instead.
# If you have only the `.h5` file, create the model in code and load the weights from the file:

# %%
tokens = np.array([[5, 2, 0], [7, 1, 4]])
expected = masked(tokens)
loaded = save_and_load(masked)
assert same(loaded(tokens), expected)

restored = create_model()
path = Path(folder.name) / "model.h5"
restored.load_weights(path)
output = restored(tokens)
print("saved   ", np.round(expected[0], 3))
print("restored", np.round(output[0], 3))
assert same(output, expected)

# %% [markdown]
# A `Sequential` model with a mask can be loaded from a `.h5` file.
# In a functional model, many other operations cause an error too, for example the slicing in the
# model with the constant initial state. A few operations, such as `concatenate`, cause none:

# %%
sequential = keras.Sequential(masked.layers)
loaded = save_and_load(sequential, "model.h5")
assert same(loaded(tokens), expected)

try:
    save_and_load(any_batch, "model.h5")
except ValueError as error:
    message = str(error)
    print(message.split(". ")[0])

assert "Unknown layer: 'GetItem'" in message

inputs = keras.Input((3, 5))
twice = keras.ops.concatenate([inputs, inputs])
model = keras.Model(inputs, LSTM(4)(twice))
loaded = save_and_load(model, "model.h5")
assert same(loaded(x), model(x))
folder.cleanup()

# %% [markdown]
# ## See also
#
# - [](../docs/behavior/initial-state-and-stateful.md): states that a layer keeps.
# - [](sequence_to_sequence.py): train a model with an encoder and a decoder.
