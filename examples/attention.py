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
# # Add attention to a decoder
#
# With attention a decoder looks at every time step of the source, not at the final state alone.
# So the encoder sets both flags: the sequence is to be looked at, the state is to start from.

# %%
import keras
import numpy as np

UNITS = 4

keras.utils.set_random_seed(0)
source = np.random.normal(size=(2, 5, 3)).astype("float32")
target = np.random.normal(size=(2, 6, 3)).astype("float32")
source_mask = np.array([[True, True, True, True, True], [True, True, True, False, False]])

encoder = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
decoder = keras.layers.LSTM(UNITS, return_sequences=True)

encoded, state_h, state_c = encoder(source, mask=source_mask)
decoded = decoder(target, initial_state=[state_h, state_c])

# %% [markdown]
# The decoder's output is the *query*: each of its steps asks.
# The encoder's output is the *value*: each of its steps may answer.
# Both have a time axis, and they need the same number of units.

# %%
attention = keras.layers.Attention()
context, scores = attention(
    [decoded, encoded], mask=[None, source_mask], return_attention_scores=True
)

print("query, the decoder's output", tuple(decoded.shape))
print("value, the encoder's output", tuple(encoded.shape))
print("scores                     ", tuple(scores.shape))
print("context                    ", tuple(context.shape))

# %% [markdown]
# Each step of the decoder has a score for each step of the encoder; they add up to one.
# The second source ends in padding, and the mask keeps the decoder from looking there.

# %%
encoded, decoded, scores, context = map(
    keras.ops.convert_to_numpy, (encoded, decoded, scores, context)
)
padding = np.broadcast_to(~source_mask[:, np.newaxis, :], scores.shape)

assert np.allclose(scores.sum(axis=-1), 1, atol=1e-6)  # Each score is rounded.
assert np.all(scores[padding] == 0)
print("No score goes to the padding.")

# %% [markdown]
# The context is the encoder's output, weighted by the scores and summed over time.

# %%
weighted = scores[..., np.newaxis] * encoded[:, np.newaxis, :, :]

assert np.allclose(context, weighted.sum(axis=2), atol=1e-6)  # The order of a sum rounds.
print("The context is a weighted sum of the encoder's steps.")

# %% [markdown]
# What comes next usually reads both: where the decoder is, and what it has looked at.

# %%
both = keras.ops.concatenate([decoded, context], axis=-1)

print("decoded and context", tuple(both.shape))
print("ten classes        ", tuple(keras.layers.Dense(10)(both).shape))

# %% [markdown]
# An encoder without `return_sequences=True` gives no time axis, so there is nothing to attend to.
# What an encoder gives with [both flags](../docs/flags/both.md) has its own page.
# [Training such a pair](sequence_to_sequence.py) is shown without attention.
