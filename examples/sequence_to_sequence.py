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
# # Train a sequence-to-sequence model
#
# A sequence-to-sequence model consists of an encoder and a decoder.
# The encoder returns its final states with `return_state=True`, and the decoder starts from them.
# In training, the input of the decoder is the target, shifted by one time step.
# To make predictions, call the decoder for one time step at a time.
#
# ## Prepare padded sequences
#
# This model reverses sequences of one to three digits.
# The token 0 is padding, and two more tokens mark the start and the end of the target:

# %%
import itertools

import keras
import numpy as np

START, END = 10, 11

keras.utils.set_random_seed(0)
sequences = [
    digits
    for length in (1, 2, 3)
    for digits in itertools.product(
        range(1, 10),
        repeat=length,
    )
]
np.random.shuffle(sequences)


def pad(sequences):
    """Pad with zeros at the end."""
    return keras.utils.pad_sequences(
        sequences,
        padding="post",
    )


reverse = [digits[::-1] for digits in sequences]
source = pad(sequences)
shifted = pad([[START, *d] for d in reverse])
target = pad([[*d, END] for d in reverse])
print("source ", source[5])
print("shifted", shifted[5])
print("target ", target[5])

# %% [markdown]
# ## Connect the encoder and the decoder
#
# - The encoder returns its final states with `return_state=True`.
#   They are the only information about the source that the decoder receives.
# - The decoder needs `return_sequences=True` because it predicts a token at each time step.
#   It also needs `return_state=True` for the predictions.
# - Both have the same number of units.

# %%
embedding = keras.layers.Embedding(
    12,
    16,
    mask_zero=True,
    name="embedding",
)
encoder = keras.layers.LSTM(
    64,
    return_state=True,
    name="encoder",
)
decoder = keras.layers.LSTM(
    64,
    return_sequences=True,
    return_state=True,
    name="decoder",
)
classifier = keras.layers.Dense(
    12,
    activation="softmax",
    name="classifier",
)


def encode(tokens):
    """Return the states of the encoder."""
    _, *states = encoder(embedding(tokens))
    return states


def decode(tokens, states):
    """Return predictions and new states."""
    output, *states = decoder(
        embedding(tokens),
        initial_state=states,
    )
    return classifier(output), states


source_in = keras.Input((3,))
shifted_in = keras.Input((4,))
states = encode(source_in)
scores, _ = decode(shifted_in, states)
inputs = [source_in, shifted_in]
model = keras.Model(inputs, scores)
print(model.output_shape)

# %% [markdown]
# (guide-teacher-forcing)=
# ## Train the model
#
# The decoder receives the shifted target instead of the tokens that it predicts.
# This is called *teacher forcing*.
# Keep 100 sequences for the evaluation:

# %%
model.compile(
    keras.optimizers.Adam(0.02),
    "sparse_categorical_crossentropy",
)
model.fit(
    [source[100:], shifted[100:]],
    target[100:],
    batch_size=128,
    epochs=20,
    verbose=0,
)

test_data = [source[:100], shifted[:100]]
test_target = target[:100]
value = model.evaluate(
    test_data,
    test_target,
    verbose=0,
)
assert value < 0.2

# %% [markdown]
# The decoder ignores the mask of its input because you call it with `initial_state`.
# It still propagates the mask to the loss.
# So the targets at padded time steps do not change the loss:

# %%
changed = test_target.copy()
changed[changed == 0] = 5
same_value = model.evaluate(
    test_data,
    changed,
    verbose=0,
)
print(f"padding with 0: {value:.3f}")
print(f"padding with 5: {same_value:.3f}")
assert np.isclose(value, same_value)

# %% [markdown]
# ## Make predictions one time step at a time
#
# For a new source sequence, the target is unknown.
# Start with the token `START`. After each call, pass the predicted token and the returned states to
# the next call:


# %%
def predict(tokens):
    """Reverse the sequences."""
    states = encode(tokens)
    token = np.full((len(tokens), 1), START)
    predicted = []
    for _ in range(4):
        scores, states = decode(token, states)
        token = np.argmax(scores, axis=-1)
        predicted.append(token)
    return np.concatenate(predicted, axis=1)


predicted = predict(source[:100])
for i in range(3):
    length = np.count_nonzero(target[i])
    print("source   ", source[i])
    print("predicted", predicted[i, :length])

correct = predicted == test_target
correct |= test_target == 0
accuracy = correct.all(axis=1).mean()
assert accuracy > 0.9

# %% [markdown]
# The function `predict` always predicts four tokens, so ignore the tokens after `END`.
#
# ## Use a saved model
#
# A saved model contains the encoder and the decoder.
# After loading, get the layers by name:

# %%
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)

embedding = loaded.get_layer("embedding")
encoder = loaded.get_layer("encoder")
decoder = loaded.get_layer("decoder")
classifier = loaded.get_layer("classifier")

again = predict(source[:100])
print("predicted", again[0])
assert np.array_equal(again, predicted)

# %% [markdown]
# ## Limitations
#
# :::{warning}
# Padding at the start of the decoder's input produces wrong outputs without an error.
# The decoder ignores the mask because you call it with `initial_state`.
# :::
#
# In Keras 2, the decoder uses the mask; see [](#keras-2-to-3).
#
# With padding at the end, the outputs at unmasked time steps are correct, but the final states are
# not.
# Pass `mask=` if you use these states, or if the padding is at the start.
# The code compares the states of the same sequence with and without padding:

# %%
states = encode(source[:1])
alone = embedding(np.array([[7, 1]]))
output, expected, _ = decoder(
    alone,
    initial_state=states,
)


def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-5)


def decode_padded(tokens, **arguments):
    """Return the output and hidden state."""
    output, state_h, _ = decoder(
        embedding(tokens),
        initial_state=states,
        **arguments,
    )
    return output, state_h


tokens = np.array([[7, 1, 0, 0]])
mask = embedding.compute_mask(tokens)
ignored, state_h = decode_padded(tokens)
_, masked_h = decode_padded(tokens, mask=mask)

print("alone    ", np.round(expected[0, :4], 3))
print("ignored  ", np.round(state_h[0, :4], 3))
print("with mask", np.round(masked_h[0, :4], 3))
assert same(ignored[:, :2], output)
assert not same(state_h, expected)
assert same(masked_h, expected)

pre = np.array([[0, 0, 7, 1]])
mask = embedding.compute_mask(pre)
ignored, _ = decode_padded(pre)
masked, _ = decode_padded(pre, mask=mask)
assert not same(ignored[:, 2:], output)
assert same(masked[:, 2:], output)

# %% [markdown]
# The nightly build does not propagate the mask through the decoder to the loss.
# There, pass `sample_weight` to `fit` and `evaluate`; see [](#q-mask-warning).
#
# ## See also
#
# - [](attention.py): a decoder that uses all time steps of the source.
# - [](bidirectional_encoder_decoder.py): an encoder that processes both directions.
# - [](mask_padded_sequences.py): how to create and pass a mask.
