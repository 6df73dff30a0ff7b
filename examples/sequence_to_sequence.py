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
# The encoder reads a sequence of digits and hands over its final state.
# The decoder starts from that state and writes the digits backwards.
# Sequences differ in length, so they are padded, and a mask says which steps to skip.

# %%
import keras
import numpy as np

PAD, EDGE = 0, 10  # Between them lie the digits; the edge begins and ends an answer.
LONGEST = 4

keras.utils.set_random_seed(0)
random = np.random.default_rng(0)

digits = random.integers(1, EDGE, size=(3000, LONGEST))
lengths = random.integers(1, LONGEST + 1, size=(3000, 1))
sources = np.where(np.arange(LONGEST) < lengths, digits, PAD)
sources = random.permutation(np.unique(sources, axis=0))


def pad(rows):
    """Fill each row up with padding, on the right."""
    return keras.utils.pad_sequences(rows, LONGEST + 1, padding="post", value=PAD)


backwards = [row[row != PAD][::-1] for row in sources]
targets = pad([[*row, EDGE] for row in backwards])
shifted = pad([[EDGE, *row] for row in backwards])

sample = np.flatnonzero(sources[:, -1] == PAD)[0]
print("source ", sources[sample])
print("shifted", shifted[sample])
print("target ", targets[sample])

# %% [markdown]
# In training the decoder reads the target shifted by one step.
# So it sees what comes before, and is asked what comes next.
#
# ## What is handed over
#
# - The encoder has `return_state=True`.
#   Its `state_h` and `state_c` are all that the decoder learns about the source.
# - The decoder has `return_sequences=True`, because it is asked at every step.
#   It also has `return_state=True`, because later it will write one step at a time.
# - Both are given their mask by hand, and the loss skips the padding as well.

# %%
embedding = keras.layers.Embedding(EDGE + 1, 16)
encoder = keras.layers.LSTM(64, return_state=True)
decoder = keras.layers.LSTM(64, return_sequences=True, return_state=True)
classifier = keras.layers.Dense(EDGE + 1)


def encode(tokens):
    """Give the encoder's final state."""
    _, *states = encoder(embedding(tokens), mask=keras.ops.not_equal(tokens, PAD))
    return states


def decode(tokens, states):
    """Give a score for every token that may come next, and the decoder's final state."""
    mask = keras.ops.not_equal(tokens, PAD)
    output, *states = decoder(embedding(tokens), initial_state=states, mask=mask)
    return classifier(output), states


source = keras.Input((LONGEST,), dtype="int32")
read = keras.Input((LONGEST + 1,), dtype="int32")
scores, _ = decode(read, encode(source))
model = keras.Model([source, read], scores)
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=PAD),
)

HELD_OUT = 200
model.fit(
    [sources[HELD_OUT:], shifted[HELD_OUT:]],
    targets[HELD_OUT:],
    batch_size=64,
    epochs=10,
    verbose=0,
)
print("Trained on", len(sources) - HELD_OUT, "sequences.")

# %% [markdown]
# ## Write an answer step by step
#
# Now there is no target to read.
# The decoder reads the edge first, and then each time what it has just written.
# It starts each step from the state that it has just returned.


# %%
def reverse(tokens):
    """Write the digits of each sequence backwards."""
    states = encode(tokens)
    written = np.full((len(tokens), 1), EDGE)
    for _ in range(LONGEST + 1):
        scores, states = decode(written[:, -1:], states)
        best = keras.ops.convert_to_numpy(keras.ops.argmax(scores, axis=-1))
        written = np.concatenate([written, best], axis=1)
    return written[:, 1:]


expected = targets[:HELD_OUT]
right = (reverse(sources[:HELD_OUT]) == expected) | (expected == PAD)
solved = bool(right.all(axis=1).mean() > 0.9)

assert solved
print("solved:", solved)

# %% [markdown]
# The sequences were held out from training.
# An answer counts only if every digit is right and it ends where it should.
#
# ## Why the mask is given by hand
#
# An embedding with `mask_zero=True` makes a mask, and the next layer uses it unasked.
# If that layer is called with `initial_state`, the mask is not used, and no warning is given.
# Here a padded sequence should lead to the same state as the sequence alone.

# %%
masking = keras.layers.Embedding(EDGE + 1, 16, mask_zero=True)
alone = np.array([[7, 1]])
padded = np.array([[7, 1, PAD, PAD]])
start = encode(alone)


def skips_padding(initial_state, mask=None):
    """Say whether the decoder ends in the same state with and without padding."""
    _, with_padding, _ = decoder(masking(padded), initial_state=initial_state, mask=mask)
    _, without, _ = decoder(masking(alone), initial_state=initial_state)
    close = keras.ops.isclose(with_padding, without, atol=1e-6)  # They may round differently.
    return bool(keras.ops.all(close))


no_state = skips_padding(initial_state=None)
state = skips_padding(initial_state=start)
state_and_mask = skips_padding(initial_state=start, mask=masking.compute_mask(padded))

print("without initial_state:      ", no_state)
print("with initial_state:         ", state)
print("with initial_state and mask:", state_and_mask)
assert (no_state, state, state_and_mask) == (True, False, True)

# %% [markdown]
# So pass `mask` whenever you pass `initial_state`.
# What a mask does is on the page about [masking](../docs/behavior/masking.md).
# To let the decoder look at every step of the source, add [attention](attention.py).
