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
# (guide-autoencoder)=
# # Train a sequence autoencoder with RepeatVector
#
# A sequence autoencoder compresses each sequence into one vector and reconstructs the sequence from
# this vector.
# The encoder is an LSTM that returns its last output.
# `RepeatVector` repeats this output for each time step, and the decoder is an LSTM with
# `return_sequences=True`.
# All sequences need the same number of time steps.
#
# ## Create the autoencoder
#
# Each sequence is a part of a sine wave that starts at a random position:

# %%
import keras
import numpy as np
from keras.layers import (
    LSTM,
    Dense,
    RepeatVector,
)

TIMESTEPS, FEATURES, UNITS = 3, 5, 4

keras.utils.set_random_seed(0)
position = np.random.uniform(
    high=2 * np.pi,
    size=(150, 1, 1),
)
time = np.arange(TIMESTEPS)[:, np.newaxis]
shift = 2 * np.arange(FEATURES)
x = np.sin(position + time + shift)
train, test = x[:100], x[100:]

model = keras.Sequential(
    [
        keras.Input((TIMESTEPS, FEATURES)),
        LSTM(UNITS, name="encoder"),
        RepeatVector(TIMESTEPS),
        LSTM(UNITS, return_sequences=True),
        Dense(FEATURES),
    ]
)
for layer in model.layers:
    print(layer.output.shape)

assert model.output_shape == model.input_shape

# %% [markdown]
# `Dense` is applied to each time step, so it needs no `TimeDistributed` wrapper; see
# [](../docs/layers/time-distributed.md).
#
# ## Why the encoder needs no `return_sequences`
#
# The encoder returns one vector for each sequence: its output at the last time step.
# `RepeatVector` expects this 2D tensor and creates the time axis that the decoder needs.
# If you set `return_sequences=True` on the encoder, `RepeatVector` raises an error:

# %%
encoder = LSTM(UNITS, return_sequences=True)
try:
    RepeatVector(TIMESTEPS)(encoder(test))
except ValueError as error:
    message = str(error)
    start = message.index("expected")
    print(message[start:].split(".")[0])

assert "expected ndim=2" in message
assert "found ndim=3" in message

# %% [markdown]
# ## Train the autoencoder
#
# The input is also the target.
# The mean squared error is printed for sequences that are not used for training:

# %%
model.compile(
    optimizer=keras.optimizers.Adam(0.05),
    loss="mse",
)
before = model.evaluate(test, test, verbose=0)
model.fit(
    train,
    train,
    batch_size=20,
    epochs=20,
    verbose=0,
)
after = model.evaluate(test, test, verbose=0)
print(f"before {before:.2f}")
print(f"after  {after:.2f}")
assert after < before / 10

output = model.predict(test, verbose=0)
print("input ", np.round(test[1, -1], 1))
print("output", np.round(output[1, -1], 1))

# %% [markdown]
# ## Use the trained encoder alone
#
# Create a model with the input of the autoencoder and the output of the encoder.
# The new model and the autoencoder share the weights of the encoder:

# %%
encoder = keras.Model(
    model.inputs[0],
    model.get_layer("encoder").output,
)
vectors = encoder.predict(test, verbose=0)
print(vectors.shape)

decoded = keras.ops.array(vectors)
for layer in model.layers[1:]:
    decoded = layer(decoded)

assert np.allclose(
    decoded,
    output,
    atol=1e-5,
)

# %% [markdown]
# ## Pass the mask to the decoder
#
# :::{warning}
# The decoder receives no mask. Without `return_sequences`, the encoder propagates no mask, and
# `RepeatVector` creates none.
# The loss then includes the padding of the targets, and no error is raised.
# :::
#
# This model masks its input, but the loss depends on the padding values of the target:

# %%
padded = test.copy()
padded[:, 2] = 0  # Padding.
other = padded.copy()
other[:, 2] = 9  # Padding with other values.

masked = keras.Sequential(
    [
        keras.Input((TIMESTEPS, FEATURES)),
        keras.layers.Masking(),
        *model.layers,
    ]
)


def losses(model):
    """Compute the loss for both targets."""
    model.compile(loss="mse")
    loss = model.evaluate
    return [
        loss(padded, padded, verbose=0),
        loss(padded, other, verbose=0),
    ]


dropped = losses(masked)
print(np.round(dropped, 2))
assert dropped[1] > dropped[0] + 1

# %% [markdown]
# Compute the mask and pass it to the encoder and the decoder.
# The decoder propagates the mask to the loss:

# %%
encoder, repeat, decoder, dense = model.layers
masking = keras.layers.Masking()

inputs = keras.Input((TIMESTEPS, FEATURES))
mask = masking.compute_mask(inputs)
vector = encoder(inputs, mask=mask)
repeated = repeat(vector)
sequence = decoder(repeated, mask=mask)
masked = keras.Model(inputs, dense(sequence))

passed = losses(masked)
print(np.round(passed, 2))
assert np.isclose(*passed)

# %% [markdown]
# ## Limitations
#
# - `RepeatVector` needs a fixed number of time steps, so pad shorter sequences.
#
# ## See also
#
# - [](mask_padded_sequences.py): create and pass a mask.
# - [](sequence_to_sequence.py): a decoder that starts from the states of the encoder.
# - [](#guide-save-states): save the model.
