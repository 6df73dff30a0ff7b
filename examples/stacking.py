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
# The first two layers keep the time axis, and the third layer returns only its last output.
# The units of one layer are the features of the next.
# The model returns the same values as three separate calls of the layers:


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
# Each layer has its own states, and their size is the number of units of that layer.
# Set `return_state=True` on each layer, and pass only the output to the next layer:

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
# Without masks and dropout, it computes the same values as a stack of layers with the same weights,
# except with `go_backwards=True`:

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
# With a mask, also pass the reversed mask to the second layer.
# The first layer propagates its mask in the order of the input; see
# [](#pitfall-go-backwards-mask).
# The code prints the output for the propagated mask, for the reversed mask, and of the cells:

# %%
mask = np.array(
    [
        [True, True, True],
        [True, True, False],
    ],
)
sequence = one(x, mask=mask)
propagated = two(sequence)
reverse = two(sequence, mask=mask[:, ::-1])
expected = cells(x, mask=mask)

for values in (propagated, reverse, expected):
    print(np.round(values[1, -1], 2))
assert not same(propagated, expected)
assert same(reverse, expected)

# %% [markdown]
# ## Limitations
#
# - A stack of cells does not return the output of its lower cells; see
#   [](../docs/layers/cells-and-stacks.md).
# - A layer that you call with `initial_state` ignores a propagated mask, so pass `mask=` to each
#   layer; see [](#pitfall-mask-initial-state). A stack of cells needs the mask only once.
# - With dropout, new layers and cells return the same values during training only if each cell has
#   the same `seed` as its layer:

# %%
arguments = {"dropout": 0.5}
one = LSTM(
    4,
    return_sequences=True,
    seed=1,
    **arguments,
)
two = LSTM(6, seed=2, **arguments)
sequence = one(x, training=True)
layers = two(sequence, training=True)
print("layers", np.round(layers[0], 2))

for seed in (2, 3):
    lower = keras.layers.LSTMCell(
        4,
        seed=1,
        **arguments,
    )
    upper = keras.layers.LSTMCell(
        6,
        seed=seed,
        **arguments,
    )
    cells = keras.layers.RNN([lower, upper])
    cells.build(x.shape)
    weights = one.get_weights()
    weights += two.get_weights()
    cells.set_weights(weights)
    values = cells(x, training=True)
    print("seed", seed, np.round(values[0], 2))
    assert same(layers, values) == (seed == 2)

# %% [markdown]
# ## See also
#
# - [`return_sequences=True`](../docs/flags/sequences.md): the output at every time step.
# - [](mask_padded_sequences.py): masks in a stack of layers.
# - [](../docs/layers/bidirectional.md): layers that process a sequence in both directions.
