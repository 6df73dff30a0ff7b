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
# # Process a long sequence in chunks
#
# If a sequence is too long or not yet complete, split it into chunks along the time axis.
# Start each chunk from the final states of the previous chunk.
# Without dropout, an LSTM, GRU or SimpleRNN then returns the same outputs as for the whole
# sequence.
# You can pass the states yourself, or let the layer keep them with `stateful=True`.
#
# ## Split the sequence

# %%
import keras
import numpy as np
from keras.layers import LSTM, Bidirectional

keras.utils.set_random_seed(0)
# (batch, timesteps, features)
x = np.random.normal(size=(2, 9, 5))
chunks = np.split(x, 3, axis=1)

lstm = LSTM(
    4,
    return_sequences=True,
    return_state=True,
)
whole, whole_h, whole_c = lstm(x)
print(whole.shape)
print([chunk.shape for chunk in chunks])

# %% [markdown]
# ## Pass the states yourself
#
# Set `return_state=True`, and pass the states to the next call as `initial_state`.
# With `initial_state=None`, the first chunk starts from zeros:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


def process(layer, chunks):
    """Join the outputs of all chunks."""
    outputs, states = [], None
    for chunk in chunks:
        output, *states = layer(
            chunk,
            initial_state=states,
        )
        outputs.append(output)
    joined = np.concatenate(outputs, axis=1)
    return joined, states


joined, states = process(lstm, chunks)
state_h, state_c = states
print("whole ", np.round(whole[0, -1], 3))
print("chunks", np.round(joined[0, -1], 3))
assert same(joined, whole)
assert same(state_h, whole_h)
assert same(state_c, whole_c)

# %% [markdown]
# If the sequences are padded, also pass `mask=` for each chunk because a layer with `initial_state`
# ignores a propagated mask.
# The final states, and the outputs at unmasked time steps, then equal those of the whole sequence:

# %%
mask = np.arange(9) < np.array([[9], [5]])
expected, expected_h, _ = lstm(x, mask=mask)

outputs, states = [], None
for chunk, chunk_mask in zip(
    chunks,
    np.split(mask, 3, axis=1),
    strict=True,
):
    output, *states = lstm(
        chunk,
        mask=chunk_mask,
        initial_state=states,
    )
    outputs.append(output)

print("whole ", np.round(expected_h[1], 3))
print("chunks", np.round(states[0][1], 3))
joined = np.concatenate(outputs, axis=1)
assert same(states[0], expected_h)
expected = np.array(expected)
assert same(joined[mask], expected[mask])

# %% [markdown]
# ## Keep the states in the layer
#
# With `stateful=True`, each call starts from the states in which the previous call ended.
# The batch size is fixed, and each sequence keeps its position in the batch:

# %%
stateful = LSTM(
    4,
    return_sequences=True,
    stateful=True,
)
model = keras.Sequential(
    [
        keras.Input(batch_shape=(2, None, 5)),
        stateful,
    ]
)
model.set_weights(lstm.get_weights())

outputs = []
for chunk in chunks:
    output = model.predict(chunk, verbose=0)
    outputs.append(output)

joined = np.concatenate(outputs, axis=1)
print("whole ", np.round(whole[0, -1], 3))
print("chunks", np.round(joined[0, -1], 3))
assert same(joined, whole)

# %% [markdown]
# Reset the states before you start new sequences:

# %%
not_reset = model.predict(chunks[0], verbose=0)
stateful.reset_state()
reset = model.predict(chunks[0], verbose=0)

print("expected ", np.round(whole[0, 0], 3))
print("not reset", np.round(not_reset[0, 0], 3))
print("reset    ", np.round(reset[0, 0], 3))
assert not same(not_reset, whole[:, :3])
assert same(reset, whole[:, :3])

# %% [markdown]
# :::{tip}
# To process chunks of equal length in one call of `predict`, concatenate them along the batch axis
# and set `batch_size`. For `fit`, also set `shuffle=False`.
# :::

# %%
stateful.reset_state()
batches = model.predict(
    np.concatenate(chunks),
    batch_size=2,
    verbose=0,
)
joined = np.concatenate(
    np.split(batches, 3),
    axis=1,
)
print(batches.shape, joined.shape)
assert same(joined, whole)

# %% [markdown]
# ## Train on chunks
#
# Both methods return the same outputs, but they have different gradients.
# If you pass the states yourself within one training step, gradients flow back to the earlier
# chunks.
# They do not flow back through the states that a stateful layer keeps, or through `stop_gradient`.
# The code prints the largest gradient of the second chunk's output with respect to the first chunk:

# %%
import tensorflow as tf


def largest_gradient(call):
    """Differentiate with respect to chunk 0."""
    first = tf.constant(chunks[0])
    with tf.GradientTape() as tape:
        tape.watch(first)
        call(first)
        output = call(chunks[1])
    gradient = tape.gradient(output, first)
    if gradient is None:
        return 0.0
    return np.abs(gradient).max()


def passing(cut):
    """Pass the states, and cut the gradient."""
    states = None

    def call(chunk):
        nonlocal states
        output, *states = lstm(
            chunk,
            initial_state=states,
        )
        if cut:
            stop = keras.ops.stop_gradient
            states = list(map(stop, states))
        return output

    return call


gradients = {
    "initial_state": passing(cut=False),
    "stop_gradient": passing(cut=True),
    "stateful": stateful,
}
for name, call in gradients.items():
    gradients[name] = largest_gradient(call)
    print(f"{name:13} {gradients[name]:.3f}")

assert gradients["initial_state"] > 0
assert gradients["stop_gradient"] == 0
assert gradients["stateful"] == 0

# %% [markdown]
# With dropout, chunks and the whole sequence have different outputs during training.
# LSTM, GRU and SimpleRNN draw new dropout masks in each call, and use them at every time step of
# the call.
# Without `recurrent_dropout`, there is one mask for each sample.
# With `recurrent_dropout`, an LSTM or GRU has one mask for each gate and for the candidate values,
# both for `dropout` and for `recurrent_dropout`; see [](#guide-dropout).
# This layer returns its input after dropout:

# %%
dropping = keras.layers.SimpleRNN(
    5,
    kernel_initializer="identity",
    recurrent_initializer="zeros",
    activation=None,
    return_sequences=True,
    dropout=0.5,
    seed=1,
)
ones = np.ones((1, 2, 5))
first = dropping(ones, training=True)
second = dropping(ones, training=True)
print(first.numpy())
print(second.numpy())
assert same(first[:, 0], first[:, 1])
assert not same(first, second)

data = np.ones((2, 4))
for kind in (LSTM, keras.layers.GRU):
    layer = kind(4, recurrent_dropout=0.5)
    cell = layer.cell
    masks = cell.get_recurrent_dropout_mask(data)
    print(kind.__name__, len(masks), "masks")

assert len(masks) == 3

# %% [markdown]
# ## Limitations
#
# - The backward layer of `Bidirectional` starts at the end of the sequence, which is in the last
#   chunk. So only the forward half of the output is the same. With `merge_mode="sum"`, the whole
#   output differs.
# - With `go_backwards=True`, process the chunks from the last to the first.

# %%
both = {
    "return_sequences": True,
    "return_state": True,
}
bidirectional = Bidirectional(LSTM(4, **both))
whole, *_ = bidirectional(x)
joined, _ = process(bidirectional, chunks)
assert same(joined[..., :4], whole[..., :4])
assert not same(joined[..., 4:], whole[..., 4:])

bidirectional = Bidirectional(
    LSTM(4, **both),
    merge_mode="sum",
)
whole, *_ = bidirectional(x)
joined, _ = process(bidirectional, chunks)
assert not np.isclose(joined, whole).any()

backwards = LSTM(4, go_backwards=True, **both)
whole, *_ = backwards(x)
joined, _ = process(backwards, chunks[::-1])
print("whole ", np.round(whole[0, -1], 3))
print("chunks", np.round(joined[0, -1], 3))
assert same(joined, whole)

# %% [markdown]
# ## See also
#
# - [](../docs/behavior/initial-state-and-stateful.md): batch size, `fit` and saved models.
# - [](mask_padded_sequences.py): how to create and pass a mask.
# - [](../docs/behavior/go-backwards.md): the order of the outputs.
