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
# # Get the output at the last valid step of padded sequences
#
# Samples of different lengths are padded to one length.
# Then the last time step is padding for most of them, and you want the last *valid* one.

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
samples = [np.random.normal(size=(length, 3)).astype("float32") for length in (2, 5, 3)]
lengths = np.array([len(sample) for sample in samples])

padded = keras.utils.pad_sequences(samples, padding="post", dtype="float32")
mask = np.arange(padded.shape[1]) < lengths[:, np.newaxis]

print("padded", padded.shape)
print(mask)

# %% [markdown]
# What is right is what the layer gives for each sample alone, without any padding.

# %%
lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
alone = [lstm(sample[np.newaxis])[0][:, -1] for sample in samples]
expected = keras.ops.concatenate(alone, axis=0)


def is_right(tensor):
    """Compare with the samples alone, whose computation may round differently."""
    return bool(keras.ops.all(keras.ops.isclose(tensor, expected, atol=1e-6)))


# %% [markdown]
# ## Take the state
#
# Under a mask the state stays as it is from the last valid step on.
# So the final hidden state is what you want, and you need no index.

# %%
output, state_h, state_c = lstm(padded, mask=mask)

print("state_h:", is_right(state_h))
assert is_right(state_h)

# %% [markdown]
# Without the mask the layer reads on through the padding, and ends elsewhere.

# %%
unmasked_output, unmasked_state_h, _ = lstm(padded)

print("state_h without the mask:", is_right(unmasked_state_h))
assert not is_right(unmasked_state_h)

# %% [markdown]
# ## Or gather the step
#
# If other layers come in between, such as `Dense` at each step, the state is not what you want.
# Then gather the step by its index, which is the length less one.


# %%
def last_valid_step(sequence, lengths):
    """Take of each sample the step before its padding begins."""
    indices = lengths[:, np.newaxis, np.newaxis] - 1
    return keras.ops.squeeze(keras.ops.take_along_axis(sequence, indices, axis=1), axis=1)


gathered = last_valid_step(output, lengths)
unmasked_gathered = last_valid_step(unmasked_output, lengths)

print("gathered:", is_right(gathered))
print("gathered without the mask:", is_right(unmasked_gathered))
assert is_right(gathered)
assert is_right(unmasked_gathered)

# %% [markdown]
# Here the mask may even be missing, because no step knows what comes after it.
#
# ## Why not simply the last step
#
# What stands at a masked step of the output depends on more than you may like.
# With `zero_output_for_mask=True` it is zeros, while the state stays right.

# %%
zeroing = keras.layers.LSTM(4, return_sequences=True, return_state=True, zero_output_for_mask=True)
zeroing.build(padded.shape)
zeroing.set_weights(lstm.get_weights())
output, state_h, state_c = zeroing(padded, mask=mask)

print("last step:", is_right(output[:, -1]))
print("state_h:", is_right(state_h))
assert not is_right(output[:, -1])
assert is_right(state_h)

# %% [markdown]
# What else a mask changes is on the page about [masking](../docs/behaviour/masking.md).
