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
# (q-bidirectional-encoder)=
# # Start a decoder from a bidirectional encoder
#
# A bidirectional LSTM ends with two hidden states and two cell states.
# A decoder starts from one of each.
# So concatenate `h` with `h` and `c` with `c`, and give the decoder twice the units.

# %%
import keras
import numpy as np

UNITS = 4

keras.utils.set_random_seed(0)
source = np.random.normal(size=(2, 5, 3)).astype("float32")
target = np.random.normal(size=(2, 6, 3)).astype("float32")

encoder = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_state=True))
output, forward_state_h, forward_state_c, backward_state_h, backward_state_c = encoder(source)

print("output          ", tuple(output.shape))
print("forward_state_h ", tuple(forward_state_h.shape))
print("backward_state_h", tuple(backward_state_h.shape))

# %% [markdown]
# The output comes first, then both states of the forward layer, then both of the backward layer.
# The output is concatenated already; each state has the units of one direction.


# %%
def same(one, other):
    """Compare two computations, which may round differently."""
    return bool(keras.ops.all(keras.ops.isclose(one, other, atol=1e-6)))


_, state_h, state_c = encoder.forward_layer(source)
assert same(forward_state_h, state_h)
assert same(forward_state_c, state_c)

_, state_h, state_c = encoder.backward_layer(source)
assert same(backward_state_h, state_h)
assert same(backward_state_c, state_c)
print("Each state is where it is said to be.")

# %% [markdown]
# ## Concatenate the states

# %%
state_h = keras.ops.concatenate([forward_state_h, backward_state_h], axis=-1)
state_c = keras.ops.concatenate([forward_state_c, backward_state_c], axis=-1)

decoder = keras.layers.LSTM(2 * UNITS, return_sequences=True)
decoded = decoder(target, initial_state=[state_h, state_c])

print("state_h", tuple(state_h.shape))
print("state_c", tuple(state_c.shape))
print("decoded", tuple(decoded.shape))

# %% [markdown]
# The decoder does start there: its first output is one step of its cell from these states.

# %%
first_output, _ = decoder.cell(target[:, 0], [state_h, state_c])

assert same(decoded[:, 0], first_output)
print("The decoder starts from the concatenated states.")

# %% [markdown]
# The concatenated hidden state is the output of the encoder once more.
# The cell states are in no output, which is why the encoder needs `return_state=True`.

# %%
assert same(output, state_h)
print("The encoder's output is the concatenated state_h.")

# %% [markdown]
# ## Or make them smaller
#
# If twice the units are too many, let the model learn to make one small state of two.
# A `Dense` layer does it for `h`, another for `c`.

# %%
small_h = keras.layers.Dense(UNITS, activation="tanh")(state_h)
small_c = keras.layers.Dense(UNITS)(state_c)

small_decoder = keras.layers.LSTM(UNITS, return_sequences=True)
print("decoded", tuple(small_decoder(target, initial_state=[small_h, small_c]).shape))

# %% [markdown]
# A hidden state lies between minus one and one, hence the `tanh`; a cell state has no bounds.
#
# A GRU has no cell state: concatenate `forward_state_h` and `backward_state_h`, and that is all.
# If the source is padded, the encoder needs a mask, as in [training](sequence_to_sequence.py).
# What else comes back is on the page about [two directions](../docs/layers/bidirectional.md).
