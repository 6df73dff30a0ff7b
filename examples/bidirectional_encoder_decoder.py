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
# # Initialize a decoder from a bidirectional encoder
#
# In a sequence-to-sequence model, the decoder can start from the final states of a bidirectional
# encoder.
# A bidirectional LSTM returns two hidden states and two cell states, but the decoder needs one of
# each.
# Concatenate the two hidden states and, separately, the two cell states. Use twice as many units in
# the decoder as in the wrapped LSTM.

# %% [markdown]
# ## Return the states of the encoder

# %%
import keras
import numpy as np
from keras.layers import (
    LSTM,
    Bidirectional,
)

UNITS = 4

keras.utils.set_random_seed(0)
source = np.random.normal(size=(2, 3, 5))
target = np.random.normal(size=(2, 6, 5))

lstm = LSTM(UNITS, return_state=True)
encoder = Bidirectional(lstm)
output, *states = encoder(source)
forward_h, forward_c = states[:2]
backward_h, backward_c = states[2:]

print("output    ", output.shape)
print("forward_h ", forward_h.shape)
print("backward_h", backward_h.shape)

# %% [markdown]
# The states of the forward layer come before those of the backward layer;
# see [](../docs/layers/bidirectional.md).


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, rtol=0, atol=1e-6)


_, state_h, state_c = encoder.forward_layer(source)
assert same(forward_h, state_h)
assert same(forward_c, state_c)

_, state_h, state_c = encoder.backward_layer(source)
assert same(backward_h, state_h)
assert same(backward_c, state_c)

# %% [markdown]
# (q-bidirectional-encoder)=
# ## Concatenate the states
#
# Each concatenated state is twice as long as the state of one direction, so the decoder needs twice
# as many units:

# %%
state_h = keras.ops.concatenate([forward_h, backward_h], axis=-1)
state_c = keras.ops.concatenate([forward_c, backward_c], axis=-1)

decoder = LSTM(2 * UNITS, return_sequences=True)
decoded = decoder(target, initial_state=[state_h, state_c])

print("state_h", state_h.shape)
print("state_c", state_c.shape)
print("decoded", decoded.shape)

# %% [markdown]
# To check the initial states, call the cell of the decoder for one time step. It returns the first
# output of the decoder:

# %%
first_output, _ = decoder.cell(target[:, 0], [state_h, state_c])
assert same(decoded[:, 0], first_output)

# %% [markdown]
# The concatenated hidden states are also the output of this encoder.
# The cell states are not part of the output, so the encoder needs `return_state=True`.

# %%
assert same(output, state_h)

# %% [markdown]
# For a GRU, concatenate the two hidden states:

# %%
gru_encoder = Bidirectional(keras.layers.GRU(UNITS, return_state=True))
_, forward_h, backward_h = gru_encoder(source)
state = keras.ops.concatenate([forward_h, backward_h], axis=-1)

gru_decoder = keras.layers.GRU(2 * UNITS, return_sequences=True)
print("decoded", gru_decoder(target, initial_state=[state]).shape)

# %% [markdown]
# ## Reduce the states to the size of the decoder
#
# For a decoder with fewer units, train one `Dense` layer for `h` and one for `c`.
# The hidden state of an LSTM with the default activations is between -1 and 1,
# so the layer for `h` uses `tanh`.
# The cell state is unbounded, so the layer for `c` has no activation.

# %%
small_h = keras.layers.Dense(UNITS, activation="tanh")(state_h)
small_c = keras.layers.Dense(UNITS)(state_c)

small_decoder = LSTM(UNITS, return_sequences=True)
print("decoded", small_decoder(target, initial_state=[small_h, small_c]).shape)

# %% [markdown]
# (bidirectional-copied-weights)=
# ## Copy the weights of a trained layer
#
# `Bidirectional` creates two new layers from the configuration of the layer that you pass.
# It does not copy the weights:

# %%
trained = LSTM(UNITS)
trained.build(source.shape)
wrapper = Bidirectional(trained)
wrapper.build(source.shape)

assert wrapper.forward_layer is not trained
assert not same(wrapper.forward_layer.get_weights()[0], trained.get_weights()[0])
assert not same(wrapper.backward_layer.get_weights()[0], trained.get_weights()[0])

# %% [markdown]
# Build the wrapper, then set the weights of both layers:

# %%
wrapper.forward_layer.set_weights(trained.get_weights())
wrapper.backward_layer.set_weights(trained.get_weights())

assert same(wrapper(source)[:, :UNITS], trained(source))
assert same(wrapper(source)[:, UNITS:], trained(source[:, ::-1]))

# %% [markdown]
# ## Limitations
#
# - A decoder that you call with `initial_state` ignores the mask of its input
#   unless you also pass `mask`; see [](#pitfall-mask-initial-state).
#
# ## See also
#
# - [](sequence_to_sequence.py): train and run such a model.
