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
# # Mask padded sequences
#
# Pad sequences of different lengths to the same length, and mask the padding.
# A recurrent layer then returns the same final states as without padding.
# You can pass the mask yourself, or use a layer that creates it.
# For the values that a layer returns at masked time steps, see [](../docs/behavior/masking.md).
#
# ## Pad the sequences and pass a mask
#
# `pad_sequences` pads at the start by default; `padding="post"` pads at the end.

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
short = np.random.normal(size=(2, 5))
long = np.random.normal(size=(3, 5))

padded = keras.utils.pad_sequences(
    [short, long],
    padding="post",
    dtype="float32",
)
lengths = np.array([len(short), len(long)])
mask = np.arange(3) < lengths[:, None]
print(padded.shape)
print(mask)

# %% [markdown]
# Pass the mask when you call the layer.
# The result for the short sequence is the same as without padding:

# %%
lstm = keras.layers.LSTM(4)
masked = lstm(padded, mask=mask)[0]
unmasked = lstm(padded)[0]
expected = lstm(short[np.newaxis])[0]


def same(one, other):
    """Compare two results, up to rounding."""
    return bool(np.allclose(one, other, atol=1e-6))


print("expected", np.round(expected, 2))
print("masked  ", np.round(masked, 2))
print("no mask ", np.round(unmasked, 2))
assert same(masked, expected)
assert not same(unmasked, expected)

# %% [markdown]
# (mask-shape)=
# ## Shape of the mask
#
# The mask is a Boolean array or tensor of shape `(batch, timesteps)`.
# Keras broadcasts a mask with a batch size of 1, so it masks the same time steps in every sequence.

# %%
for_all = lstm(padded, mask=mask[:1])
print(np.round(for_all, 2))
print(np.round(lstm(padded[:, :2]), 2))
assert same(for_all, lstm(padded[:, :2]))

# %% [markdown]
# The mask needs one value for each time step.
# With TensorFlow, calling a layer directly with a shorter mask raises an error that contains
# `Tried to read from index`. With a longer mask, the error contains `Cannot unstack`.
# With `unroll=True`, a shorter mask raises `list index out of range`.
# In `fit` and `predict` without `run_eagerly=True`, and in any call with `unroll=True`, a longer
# mask raises no error, but the result can be wrong; see [](#error-mask-too-long).
# With `jit_compile=True`, a shorter mask raises no error either, unless you set `unroll=True`.
#
# :::{note}
# On a GPU, cuDNN only accepts padding at the end; see [](../docs/compatibility.md).
# :::
#
# ## Let a layer create the mask
#
# `Embedding(mask_zero=True)` masks the token 0, and the following layers receive this mask:

# %%
embedding = keras.layers.Embedding(10, 5, mask_zero=True, embeddings_initializer="glorot_uniform")
model = keras.Sequential(
    [
        embedding,
        keras.layers.LSTM(4, return_sequences=True),
        keras.layers.LSTM(4),
    ]
)
tokens = np.array([[5, 2, 0], [7, 1, 4]])
print(np.array(embedding.compute_mask(tokens)))
assert same(model(tokens)[0], model(tokens[:1, :2])[0])

# %% [markdown]
# For numeric input, `Masking` masks each time step whose features are all equal to `mask_value`.
#
# :::{warning}
# `Masking` also masks data that happens to equal `mask_value`, even in the middle of a sequence.
# Choose a value that does not occur in your data.
# With mixed precision, choose a value that the compute dtype stores exactly, such as -1.
# `mask_value=nan` masks nothing because NaN is not equal to itself.
# :::

# %%
data = np.array([[[1.0], [0.0], [2.0], [0.0]]])
not_a_number = np.where(data == 0, np.nan, data)
by_zero = keras.layers.Masking(mask_value=0.0).compute_mask(data)
by_nan = keras.layers.Masking(mask_value=np.nan).compute_mask(not_a_number)
print("0  ", np.array(by_zero))
print("nan", np.array(by_nan))
assert np.array_equal(by_zero, [[True, False, True, False]])
assert np.all(by_nan)

# %% [markdown]
# ## Pass the mask again if it is dropped
#
# Arithmetic and slicing drop the mask, and a layer that you call with `initial_state` ignores it.
# In these cases, pass the mask again with `mask=`:

# %%
words = embedding(tokens)
word_mask = embedding.compute_mask(tokens)
zeros = [np.zeros((2, 4))] * 2
with_mask = lstm(words)

dropped = lstm(words * 1)
passed = lstm(words * 1, mask=word_mask)
ignored = lstm(words, initial_state=zeros)
started = lstm(words, initial_state=zeros, mask=word_mask)

print("expected  ", np.round(with_mask[0], 2))
print("dropped   ", np.round(dropped[0], 2))
print("passed    ", np.round(passed[0], 2))
print("state     ", np.round(ignored[0], 2))
print("state+mask", np.round(started[0], 2))
assert not same(dropped, with_mask)
assert same(passed, with_mask)
assert not same(ignored, with_mask)
assert same(started, with_mask)

# %% [markdown]
# ## Exclude padding from the loss
#
# If a model propagates the mask to its output, Keras excludes the masked time steps from the loss.
# This applies to losses that return one value per time step.
# It also applies to metrics that average such values, such as `mae` and `accuracy`.
# The model below computes a running sum.
# Its predictions are correct at the first two time steps and wrong at the two padded time steps.
# The code below prints the loss and the mean absolute error:


# %%
def evaluate(*layers, from_state=False):
    """Compute the loss and metric of a running sum after these layers."""
    running_sum = keras.layers.SimpleRNN(
        1,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        activation=None,
        return_sequences=True,
    )
    inputs = keras.Input((4, 1))
    hidden = inputs
    for layer in layers:
        hidden = layer(hidden)
    state = keras.ops.zeros_like(inputs[:, 0]) if from_state else None
    output = running_sum(hidden, initial_state=state)
    model = keras.Model(inputs, output)
    model.compile(loss="mse", metrics=["mae"])
    x = np.array([[[1.0], [2.0], [0.0], [0.0]]])
    y = np.array([[[1.0], [3.0], [9.0], [9.0]]])
    return model.evaluate(x, y, verbose=0)


masking = keras.layers.Masking()
losses = {
    "without mask": evaluate(),
    "with mask": evaluate(masking),
    "with initial_state": evaluate(masking, from_state=True),
}
for name, loss in losses.items():
    print(f"{name:18} {loss}")

assert min(losses["without mask"]) > 0
assert losses["with mask"] == losses["with initial_state"] == [0, 0]

# %% [markdown]
# If you call the layer with `initial_state`, it ignores the mask but still propagates it to the
# loss.
#
# Metrics such as `RootMeanSquaredError`, `Precision` and `MeanIoU` ignore the mask.
# Pass them as `weighted_metrics`, and pass the mask as `sample_weight`:

# %%
inputs = keras.Input((4, 1))
model = keras.Model(inputs, masking(inputs))
model.compile(
    loss="mse",
    metrics=[keras.metrics.RootMeanSquaredError("rmse")],
    weighted_metrics=[keras.metrics.RootMeanSquaredError("weighted_rmse")],
)
x = np.array([[[1.0], [2.0], [0.0], [0.0]]])
y = np.array([[[1.0], [2.0], [9.0], [9.0]]])
weight = np.array([[1, 1, 0, 0]])
values = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
for name, value in values.items():
    print(f"{name:13} {value:.2f}")

assert values["loss"] == values["weighted_rmse"] == 0
assert values["rmse"] > 0

# %% [markdown]
# ## Convert a ragged tensor
#
# Recurrent layers do not support `tf.RaggedTensor`.
# You can build a model with `keras.Input(..., ragged=True)`, but the layer raises an error when it
# processes data:

# %%
import re

import tensorflow as tf

ragged = tf.RaggedTensor.from_row_lengths(np.concatenate([short, long]), lengths)
lstm(keras.Input((None, 5), ragged=True))
try:
    lstm(ragged)
except ValueError as error:
    message = str(error)
    print(re.search("Cannot.*dimension", message).group())

assert "Cannot index into an inner ragged dimension" in message

# %% [markdown]
# Convert the tensor to a padded tensor and a mask:

# %%
dense = ragged.to_tensor()
ragged_mask = tf.sequence_mask(ragged.row_lengths())
assert same(lstm(dense, mask=ragged_mask), lstm(padded, mask=mask))

# %% [markdown]
# ## Compile with `jit_compile=True`
#
# `jit_compile=True` works with a mask. The results differ only by rounding:

# %%
model = keras.Sequential([keras.Input((3, 5)), masking, lstm])
predictions = []
for jit_compile in (False, True):
    model.compile(loss="mse", jit_compile=jit_compile)
    predictions.append(model.predict(padded, verbose=0))
    print(f"jit {jit_compile!s:5}", np.round(predictions[-1][0], 2))

assert same(*predictions)

# %% [markdown]
# ## Limitations
#
# Fill the padding with finite numbers that the compute dtype can store.
# If the padding contains NaN, the output is finite.
# However, with the default activations, one training step sets every weight of the recurrent
# layer to NaN.
# With `mixed_float16`, Keras skips this training step without an error.
# The code below prints the percentage of finite values:


# %%
def fit(padding):
    """Train for one step with this padding; return which outputs and weights are finite."""
    inputs = keras.Input((3, 5))
    given_mask = keras.Input((3,), dtype="bool")
    output = keras.layers.LSTM(4)(inputs, mask=given_mask)
    model = keras.Model([inputs, given_mask], output)
    model.compile(loss="mse")
    data = [np.where(mask[..., np.newaxis], padded, padding), mask]
    before = model.predict(data, verbose=0)
    model.train_on_batch(data, np.zeros((2, 4)))
    weights = np.concatenate([np.ravel(weight) for weight in model.get_weights()])
    return np.isfinite(before), np.isfinite(weights)


for padding in (0, np.nan):
    output, weights = fit(padding)
    print(f"{padding:3}: output {output.mean():.0%}, weights {weights.mean():.0%}")

assert output.all()
assert not weights.any()

# %% [markdown]
# - A `Masking` layer before a ConvLSTM masks pixels, not time steps.
#   See [](../docs/layers/convlstm.md).
# - With `unroll=True`, a layer returns zeros at the wrong time steps in some cases.
#   See [](../docs/behavior/masking.md).
#
# ## See also
#
# - [](last_valid_step.py): the output at the last unmasked time step.
# - [](sequence_to_sequence.py): masks in an encoder and a decoder.
# - [](../docs/pitfalls/masks.md): masks that are dropped silently.
