# ---
# jupyter:
#   takes_long: true
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
# With attention, a decoder uses the output of the encoder at every time step, not only its final
# states.
# Set `return_sequences=True, return_state=True` in the encoder and `return_sequences=True` in the
# decoder.
# Then pass both outputs to `keras.layers.Attention`.
#
# ## Return the outputs and the states of the encoder

# %%
import keras
import numpy as np
from keras.layers import LSTM, Attention

keras.utils.set_random_seed(0)
# (batch, timesteps, features)
source = np.random.normal(size=(2, 3, 5))
target = np.random.normal(size=(2, 7, 6))
mask = np.array(
    [
        [True, True, True],
        [True, True, False],
    ],
)

encoder = LSTM(
    4,
    return_sequences=True,
    return_state=True,
)
decoder = LSTM(4, return_sequences=True)

encoded, *states = encoder(source, mask=mask)
decoded = decoder(target, initial_state=states)
print("encoded", encoded.shape)
print("decoded", decoded.shape)

# %% [markdown]
# ## Compute the context
#
# The *query* is the output of the decoder, and the *value* is the output of the encoder.
# Both have a time axis and the same number of units.
# Pass the mask of the source as the mask of the value:

# %%
attention = Attention()
context, weights = attention(
    [decoded, encoded],
    mask=[None, mask],
    return_attention_scores=True,
)
print("context", context.shape)
print("weights", weights.shape)

# %% [markdown]
# For each time step of the target, there is one weight for each time step of the source.
# Without dropout, these weights add up to one.
# A masked time step has a weight of zero, unless the sequence is fully masked:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-5)


encoded, decoded, context, weights = map(
    keras.ops.convert_to_numpy,
    (encoded, decoded, context, weights),
)
print(np.round(weights[:, 0], 2))
assert same(weights.sum(axis=-1), 1)
assert np.all(weights[1, :, 2] == 0)

# %% [markdown]
# The context is the weighted average of the outputs of the encoder:

# %%
average = weights @ encoded
print("context", np.round(context[1, 0], 3))
print("average", np.round(average[1, 0], 3))
assert same(context, average)

# %% [markdown]
# To make a prediction for each time step, concatenate the output of the decoder with the context:

# %%
both = keras.ops.concatenate(
    [decoded, context],
    axis=-1,
)
print(both.shape)
print(keras.layers.Dense(10)(both).shape)

# %% [markdown]
# :::{tip}
# If the mask comes from `Embedding` or `Masking`, Keras propagates it through the encoder to
# `Attention`, and you do not need to pass it.
# An operation between the two layers, such as `keras.ops.tanh`, drops the mask.
# The nightly build does not propagate the mask; see [](#q-mask-warning).
# :::

# %%
embedding = keras.layers.Embedding(
    10,
    5,
    mask_zero=True,
)
tokens = np.array([[5, 2, 7], [3, 8, 0]])
encoded_tokens, *_ = encoder(embedding(tokens))
_, token_weights = attention(
    [decoded, encoded_tokens],
    return_attention_scores=True,
)
print(np.round(token_weights[:, 0], 2))
assert np.all(token_weights[1, :, 2] == 0)

_, unmasked = attention(
    [decoded, keras.ops.tanh(encoded_tokens)],
    return_attention_scores=True,
)
assert np.all(unmasked[1, :, 2] > 0)

# %% [markdown]
# ## Train the model and inspect the weights
#
# This model reverses sequences of three digits.
# The input of the decoder is the target, shifted by one time step:

# %%
START = 10
digits = np.random.randint(1, 10, (1000, 3))
reverse = digits[:, ::-1]
shifted = np.full((1000, 3), START)
shifted[:, 1:] = reverse[:, :-1]

source_in = keras.Input((3,))
target_in = keras.Input((3,))
embedding = keras.layers.Embedding(11, 16)
encoder = LSTM(
    32,
    return_sequences=True,
    return_state=True,
)
decoder = LSTM(32, return_sequences=True)

encoded, *states = encoder(embedding(source_in))
decoded = decoder(
    embedding(target_in),
    initial_state=states,
)
context, weights = Attention()(
    [decoded, encoded],
    return_attention_scores=True,
)
both = keras.ops.concatenate(
    [decoded, context],
    axis=-1,
)
classifier = keras.layers.Dense(
    11,
    activation="softmax",
)
scores = classifier(both)

inputs = [source_in, target_in]
model = keras.Model(inputs, scores)
model.compile(
    keras.optimizers.Adam(0.02),
    "sparse_categorical_crossentropy",
)
history = model.fit(
    [digits, shifted],
    reverse,
    batch_size=64,
    epochs=8,
    verbose=0,
)
losses = history.history["loss"]
print(f"first loss {losses[0]:.1f}")
print(f"last loss  {losses[-1]:.1f}")

# %% [markdown]
# A second model with the same layers returns the weights.
# On average, the first prediction has its largest weight at the last digit:

# %%
inspect = keras.Model(model.inputs, weights)
trained = inspect.predict(
    [digits, shifted],
    verbose=0,
)
average = trained.mean(axis=0)
print(np.round(average, 1))
largest = average.argmax(axis=-1)
print("largest at", largest)
assert list(largest) == [2, 1, 0]

# %% [markdown]
# ## Limitations
#
# :::{warning}
# A query without a time axis gives a wrong result without an error.
# If the decoder returns only its last output, `Attention` processes the batch as time steps:
# :::

# %%
source = np.random.normal(size=(2, 3, 4))
query = np.random.normal(size=(2, 4))
mixed = attention([query, source])
fixed = attention([query[:, None], source])
print("2D query", mixed.shape)
print("3D query", fixed.shape)

for sample in range(2):
    right = fixed[sample, 0]
    assert same(mixed[sample, sample], right)

# %% [markdown]
# - If the decoder and the encoder have different numbers of units, `Attention` raises an error.
#   `AdditiveAttention` also raises an error, unless one of them has a single unit.
#   `MultiHeadAttention` supports any two numbers of units.
# - With dropout, the weights do not add up to one during training.
# - If a sequence is fully masked, its weights are not zero, so the context is an average of
#   padding.

# %%
long = np.random.normal(size=(2, 7, 8))
errors = []
for kind in ("Attention", "AdditiveAttention"):
    layer = getattr(keras.layers, kind)()
    try:
        layer([long, source])
    except Exception as error:
        errors.append(type(error).__name__)
        print(kind, errors[-1])

assert len(errors) == 2

single = keras.layers.AdditiveAttention()
print(single([long[..., :1], source]).shape)

heads = keras.layers.MultiHeadAttention(
    num_heads=2,
    key_dim=3,
)
print(heads(long, source).shape)

_, weights = attention(
    [source, source],
    mask=[None, np.zeros((2, 3), bool)],
    return_attention_scores=True,
)
print(np.round(weights[0], 2))
assert same(weights, 1 / 3)

_, weights = Attention(dropout=0.5, seed=1)(
    [source, source],
    return_attention_scores=True,
    training=True,
)
total = keras.ops.sum(weights, axis=-1)
print("sums", np.round(total[0], 2))
assert not same(total, 1)

# %% [markdown]
# ## See also
#
# - [](sequence_to_sequence.py): padding, and predictions one time step at a time.
# - [`return_sequences=True, return_state=True`](../docs/flags/both.md): what the encoder returns.
# - [](bidirectional_encoder_decoder.py): an encoder that processes both directions.
