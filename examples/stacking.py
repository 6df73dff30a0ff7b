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
# # Stack recurrent layers
#
# To stack recurrent layers, set `return_sequences=True` on each recurrent layer whose output goes
# directly into another recurrent layer.
# The next layer then receives a 3D tensor with one output for each time step.
# The last layer needs the argument only if you want its output at every time step.
#
# ## Set `return_sequences=True` on the lower layers

# %%
import keras
import numpy as np
from keras.layers import LSTM

keras.utils.set_random_seed(0)
# (batch, timesteps, features)
x = np.random.normal(size=(2, 3, 5))

first = LSTM(4, return_sequences=True)
second = LSTM(6, return_sequences=True)
third = LSTM(8)
model = keras.Sequential(
    [
        keras.Input((3, 5)),
        first,
        second,
        third,
    ]
)
for layer in model.layers:
    print(layer.output.shape)

# %% [markdown]
# Each layer keeps the time axis, and its units are the features of the next layer.
# The third layer returns only its last output.
# The model computes the same values as the layers that you call one after the other:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


by_hand = third(second(first(x)))
print("model  ", np.round(model(x)[0, :3], 3))
print("by hand", np.round(by_hand[0, :3], 3))
assert same(model(x), by_hand)

# %% [markdown]
# Without the argument, the next layer receives a 2D tensor and raises an error:

# %%
try:
    keras.Sequential(
        [
            keras.Input((3, 5)),
            LSTM(4),
            LSTM(6),
        ]
    )
except ValueError as error:
    message = str(error)

start = message.index("expected ndim")
print(message[start:].split(".")[0])
assert "found ndim=2" in message

# %% [markdown]
# For other causes of this error, see [](#error-expected-ndim).
#
# ## Add a time axis with `RepeatVector`
#
# A layer between two recurrent layers can add the time axis instead.
# In this autoencoder, the first LSTM returns one vector for the whole sequence.
# `RepeatVector` repeats it for each time step of the second LSTM:

# %%
autoencoder = keras.Sequential(
    [
        keras.Input((3, 5)),
        LSTM(4),
        keras.layers.RepeatVector(3),
        LSTM(6, return_sequences=True),
        keras.layers.Dense(5),
    ]
)
for layer in autoencoder.layers:
    name = type(layer).__name__
    print(f"{name:12}", layer.output.shape)

assert autoencoder(x).shape == x.shape

# %% [markdown]
# ## Return the states of each layer
#
# Each layer has its own states, with its own number of units.
# Set `return_state=True`, and pass only the output to the next layer:

# %%
first = LSTM(
    4,
    return_sequences=True,
    return_state=True,
)
second = LSTM(6, return_state=True)

inputs = keras.Input((3, 5))
sequence, first_h, first_c = first(inputs)
output, second_h, second_c = second(sequence)
states = [first_h, first_c, second_h, second_c]
model = keras.Model(inputs, [output, *states])

output, *states = model.predict(x, verbose=0)
print("output", output.shape)
for state in states:
    print("state ", state.shape)

# %% [markdown]
# Without a mask, the output is the final hidden state of the last layer:

# %%
print("output  ", np.round(output[0], 2))
print("second_h", np.round(states[2][0], 2))
assert same(output, states[2])

# %% [markdown]
# ## Stack cells in one `RNN` layer
#
# `RNN` with a list of cells is one layer that calls all cells at each time step.
# With the same weights, it computes the same values as a stack of layers, except with
# `go_backwards=True`:

# %%
for backwards in (False, True):
    arguments = {
        "return_sequences": True,
        "go_backwards": backwards,
    }
    one = LSTM(4, **arguments)
    two = LSTM(6, **arguments)
    layers = two(one(x))

    cells = keras.layers.RNN(
        [
            keras.layers.LSTMCell(4),
            keras.layers.LSTMCell(6),
        ],
        **arguments,
    )
    cells.build(x.shape)
    weights = one.get_weights()
    weights += two.get_weights()
    cells.set_weights(weights)

    print("go_backwards", backwards)
    for values in (layers, cells(x)):
        print(np.round(values[0, -1], 2))
    assert same(layers, cells(x)) != backwards

# %% [markdown]
# With `go_backwards=True`, the first layer returns its outputs in reverse order, and the second
# layer reverses them again.
# To process a sequence backwards with a stack of layers, set `go_backwards=True` only on the first
# layer:

# %%
one.go_backwards = True
two.go_backwards = False
layers = two(one(x))
print(np.round(layers[0, -1], 2))
assert same(layers, cells(x))

# %% [markdown]
# ## Limitations
#
# - A stack of cells does not return the output of its lower cells; see
#   [](../docs/layers/cells-and-stacks.md).
# - With dropout, the values are random during training, so layers and cells differ.
#
# ## See also
#
# - [`return_sequences=True`](../docs/flags/sequences.md): the output at every time step.
# - [](mask_padded_sequences.py): masks in a stack of layers.
# - [](../docs/layers/bidirectional.md): layers that process a sequence in both directions.
