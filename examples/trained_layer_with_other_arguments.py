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
# (guide-other-arguments)=
# # Use a trained layer with other arguments
#
# `return_sequences`, `return_state` and `stateful` add no weights to a layer.
# To change these arguments of a trained layer, create a new layer and copy the weights to it.
# If the layer already returns the tensors that you need, create a new model from them instead.
#
# ## Copy a trained layer with `return_state=True`
#
# Change the configuration of the trained layer, create a new layer from it, and copy the weights:

# %%
import keras
import numpy as np
from keras.layers import LSTM, Bidirectional

keras.utils.set_random_seed(0)
x = np.random.normal(size=(2, 3, 5))

trained = LSTM(4)
expected = trained(x)

config = trained.get_config()
config["return_sequences"] = True
config["return_state"] = True
layer = LSTM.from_config(config)
layer.build(x.shape)
layer.set_weights(trained.get_weights())

output, state_h, state_c = layer(x)
print("expected", np.round(expected[0], 2))
print("state_h ", np.round(state_h[0], 2))
print("output  ", output.shape)


def same(one, other):
    """Compare results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


assert same(state_h, expected)
assert same(output[:, -1], expected)

# %% [markdown]
# Call `build` first, because `set_weights` raises an error if the layer has no weights yet.
# The new layer has the same name as the trained layer.
# To use both in one model, change `config["name"]` too:

# %%
inputs = keras.Input((3, 5))
outputs = [trained(inputs), layer(inputs)[0]]
try:
    keras.Model(inputs, outputs)
except ValueError as error:
    message = str(error)
    print(message.split(".")[0])

assert "is used 2 times in the model" in message

# %% [markdown]
# ## Copy a trained `Bidirectional` layer
#
# The configuration contains both wrapped layers. Change the arguments in both:

# %%
trained_both = Bidirectional(LSTM(4))
expected = trained_both(x)

config = trained_both.get_config()
for key in ("layer", "backward_layer"):
    wrapped = config[key]["config"]
    wrapped["return_state"] = True
both = Bidirectional.from_config(config)
both.build(x.shape)
both.set_weights(trained_both.get_weights())

output, *states = both(x)
print(output.shape, len(states))
assert same(output, expected)
assert len(states) == 4

# %% [markdown]
# If you change only one of the layers, `from_config` raises an error; see [](#error-same-value).
#
# ## Read the output of a layer in a trained model
#
# To read an output that the model already computes, create a model that ends at this output.
# A model that starts there computes the rest.
# Both new models share the layers and their weights with the trained model:

# %%
stack = keras.Sequential(
    [
        keras.Input((3, 5)),
        LSTM(
            4,
            return_sequences=True,
            name="first",
        ),
        LSTM(6, name="second"),
    ]
)
first = keras.Model(
    stack.inputs[0],
    stack.get_layer("first").output,
)
second = keras.Model(
    stack.get_layer("second").input,
    stack.outputs[0],
)

hidden = first(x)
print(hidden.shape)
assert same(second(hidden), stack(x))
assert first.layers[-1] is stack.layers[0]

# %% [markdown]
# Use `model.inputs` for the input.
# A `Sequential` model has no attribute `input` until you call it on a symbolic tensor.
# The attribute `input` of an input layer is an empty list, so `keras.Model` raises an error:

# %%
assert not hasattr(stack, "input")

inputs = keras.Input((3, 5), name="image")
output = LSTM(4, name="lstm")(inputs)
model = keras.Model(inputs, output)
outputs = model.get_layer("lstm").output
try:
    keras.Model(
        model.get_layer("image").input,
        outputs,
    )
except ValueError as error:
    message = str(error)
    print(message.splitlines()[0])

assert "cannot be empty" in message

fixed = keras.Model(model.inputs[0], outputs)
print(fixed(x).shape)

called = keras.Sequential(
    [keras.Input((3, 5)), LSTM(4)],
)
called(inputs)
assert called.input is inputs

# %% [markdown]
# ## Load the weights into a model with other arguments
#
# Create the whole model again with other arguments, then load the weights.
# This also works between stateful and stateless models.
# A stateful model needs a fixed batch size, and the file does not contain its states; see
# [](save_models_with_states.py).

# %%
import tempfile
from pathlib import Path


def create_model(batch_size=None, **arguments):
    """Create a model with one LSTM."""
    inputs = keras.Input(
        batch_shape=(batch_size, 3, 5),
    )
    lstm = LSTM(4, **arguments)
    return keras.Model(inputs, lstm(inputs))


def copy_weights(source, target):
    """Copy the weights through a file."""
    temporary = tempfile.TemporaryDirectory()
    with temporary as folder:
        path = Path(folder) / "model.weights.h5"
        source.save_weights(path)
        target.load_weights(path)


model = create_model()
stateful = create_model(2, stateful=True)
states = create_model(return_state=True)
sequences = create_model(return_sequences=True)

for target in (stateful, states, sequences):
    copy_weights(model, target)

expected = model(x)
print("model   ", np.round(expected[0], 2))
print("stateful", np.round(stateful(x)[0], 2))
assert same(states(x)[0], expected)
assert same(sequences(x)[:, -1], expected)

stateful.layers[-1].reset_state()
assert same(stateful(x), expected)

stateless = create_model()
copy_weights(stateful, stateless)
assert same(stateless(x), expected)

# %% [markdown]
# If you do not have the code of the model, change the configurations of its layers with
# `clone_model`, then copy the weights:


# %%
def clone(layer):
    """Copy a layer; change the second one."""
    config = layer.get_config()
    if layer.name == "second":
        config["return_sequences"] = True
    return type(layer).from_config(config)


copy = keras.models.clone_model(
    stack,
    clone_function=clone,
)
copy.set_weights(stack.get_weights())
print(stack.output_shape, copy.output_shape)
assert same(copy(x)[:, -1], stack(x))

# %% [markdown]
# ## Common mistake: setting the attributes of a layer
#
# :::{warning}
# Do not set `layer.return_sequences` or `layer.return_state` on a layer of an existing model.
# The model can return a tensor of another shape, or ignore the change, without an error.
# :::
#
# After you set `return_sequences=True`, calling the model returns the output at every time step.
# If you called `predict` before the change, it still returns the last output.
# The attribute `output_shape` is wrong:

# %%
model = create_model()
model.predict(x, verbose=0)
model.layers[-1].return_sequences = True

prediction = model.predict(x, verbose=0)
shapes = {
    "output_shape": model.output_shape,
    "model(x)": tuple(model(x).shape),
    "predict": prediction.shape,
}
for name, shape in shapes.items():
    print(f"{name:13}", shape)

assert shapes["output_shape"] == (None, 4)
assert shapes["model(x)"] == (2, 3, 4)
assert shapes["predict"] == (2, 4)

# %% [markdown]
# After you set `return_state=True`, the layer returns its states.
# The functional model does not return them:

# %%
model = create_model()
lstm = model.layers[-1]
lstm.return_state = True
output, state_h, state_c = lstm(x)
print("layer", output.shape, state_h.shape)
print("model", model(x).shape)
assert model(x).shape == (2, 4)

# %% [markdown]
# If you change `return_state` from `True` to `False`, a functional model that uses the states
# raises an error:

# %%
model = create_model(return_state=True)
model.layers[-1].return_state = False
try:
    model(x)
except ValueError as error:
    message = str(error)
    print(type(error).__name__)

assert "is not connected to `inputs`" in message

inputs = keras.Input((3, 5))
output, *_ = LSTM(4, return_state=True)(inputs)
model = keras.Model(inputs, output)
model.layers[-1].return_state = False
assert model(x).shape == (2, 4)

# %% [markdown]
# `Bidirectional` copies the arguments of the wrapped layer when you create the wrapper.
# If you set an attribute of the wrapper only, the wrapped layers do not change, and the result is
# wrong.
# After `return_sequences=True`, the wrapper reverses the order of the units of the backward layer.
# After `return_state=True`, it returns only the first sample of the batch as its output:

# %%
both = Bidirectional(LSTM(4))
right = both(x)
both.return_sequences = True
reordered = both(x)

both.return_sequences = False
both.return_state = True
samples = both(x)

backward = right[:, 4:]
print("right", np.round(backward[0], 2))
print("wrong", np.round(reordered[0, 4:], 2))
print("right", right.shape)
print("wrong", samples[0].shape)
assert not same(reordered, right)
assert same(reordered[:, 4:], backward[:, ::-1])
assert same(samples[0], right[0])

# %% [markdown]
# ## See also
#
# - [`return_state=True`](../docs/flags/state.md) and
#   [`return_sequences=True`](../docs/flags/sequences.md).
# - [](cell_state_at_every_step.py): return the cell state of a trained LSTM.
