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
# # Get the last output of padded sequences
#
# In a batch with padding at the end, the last time step of the shorter sequences is padding.
# To get the output at the last unmasked time step, pass a mask and use the final state `state_h`.
# If other layers follow the recurrent layer, select that time step from their output.

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
short = np.random.normal(size=(2, 5))
long = np.random.normal(size=(3, 5))
lengths = np.array([2, 3])


def pad(padding):
    """Pad to the same length and make a mask."""
    x = keras.utils.pad_sequences(
        [short, long],
        padding=padding,
        dtype="float32",
    )
    mask = np.arange(3) < lengths[:, None]
    if padding == "pre":
        mask = mask[:, ::-1]
    return x, mask


for padding in ("post", "pre"):
    x, mask = pad(padding)
    print(padding, x.shape, mask[0])

# %% [markdown]
# The result for the short sequence must equal what the layer returns without padding.
#
# ## Use the final state
#
# The states do not change at masked time steps.
# So `state_h` is correct wherever the padding is, even with `go_backwards=True`:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return bool(np.allclose(one, other, atol=1e-6))


lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
backwards = keras.layers.LSTM(4, return_state=True, go_backwards=True)
for layer in (lstm, backwards):
    _, expected, _ = layer(short[np.newaxis])
    print("alone", np.round(expected[0], 2))
    for padding in ("post", "pre"):
        x, mask = pad(padding)
        _, state_h, _ = layer(x, mask=mask)
        print(f"{padding:5}", np.round(state_h[0], 2))
        assert same(state_h[0], expected[0])

# %% [markdown]
# Without the mask, the layer also processes the padding at the end, so the state is different:

# %%
x, _ = pad("post")
_, expected, _ = lstm(short[np.newaxis])
_, state_h, _ = lstm(x)
print("expected", np.round(expected[0], 2))
print("no mask ", np.round(state_h[0], 2))
assert not same(state_h[0], expected[0])

# %% [markdown]
# `Bidirectional` returns the states of both directions.
# Concatenate the two hidden states:

# %%
bidirectional = keras.layers.Bidirectional(
    keras.layers.LSTM(4, return_sequences=True, return_state=True)
)
_, h, _, back_h, _ = bidirectional(short[np.newaxis])
expected_both = np.concatenate([h, back_h], axis=-1)
for padding in ("post", "pre"):
    x, mask = pad(padding)
    _, h, _, back_h, _ = bidirectional(x, mask=mask)
    both = keras.ops.concatenate([h, back_h], axis=-1)
    assert same(both[0], expected_both[0])
    print(padding, both.shape)

# %% [markdown]
# ## Select the last unmasked time step
#
# A layer such as `Dense`, which processes each time step on its own, returns no state.
# To get its last output, find the last `True` in the mask and select this time step.
# `argmax` returns the first time step at which the running count of `True` is highest.
# This works for padding at the start and at the end:


# %%
def select_last(sequence, mask):
    """Select the last unmasked time step of each sequence."""
    counts = keras.ops.cumsum(keras.ops.cast(mask, "int32"), axis=1)
    last = keras.ops.argmax(counts, axis=1)
    indices = last[:, np.newaxis, np.newaxis]
    return keras.ops.take_along_axis(sequence, indices, axis=1)[:, 0]


dense = keras.layers.Dense(3)
expected_dense = dense(expected)[0]
print("alone", np.round(expected_dense, 2))
for padding in ("post", "pre"):
    x, mask = pad(padding)
    output, _, _ = lstm(x, mask=mask)
    selected = select_last(dense(output), mask)
    print(f"{padding:5}", np.round(selected[0], 2))
    assert same(selected[0], expected_dense)

# %% [markdown]
# `select_last` also works in a functional model:

# %%
inputs = keras.Input((None, 5))
given_mask = keras.Input((None,), dtype="bool")
output, _, _ = lstm(inputs, mask=given_mask)
model = keras.Model([inputs, given_mask], select_last(dense(output), given_mask))
for padding in ("post", "pre"):
    predicted = model.predict(pad(padding), verbose=0)
    print(f"{padding:5}", np.round(predicted[0], 2))
    assert same(predicted[0], expected_dense)

# %% [markdown]
# ## Limitations
#
# The index `lengths - 1` is only correct for padding at the end.
# `pad_sequences` pads at the start by default, and this index then selects the wrong time step:

# %%
x, mask = pad("pre")
output, _, _ = lstm(x, mask=mask)
by_length = np.array(output)[0, lengths[0] - 1]
print("expected ", np.round(expected[0], 2))
print("by length", np.round(by_length, 2))
assert not same(by_length, expected[0])

# %% [markdown]
# `select_last` does not work with `Bidirectional` because its backward layer processes the last
# time step first.
# It does not work with `go_backwards=True` either, because such a layer returns its outputs in
# reverse order.

# %%
x, mask = pad("post")
output, *_ = bidirectional(x, mask=mask)
selected = select_last(output, mask)
assert same(selected[0, :4], expected_both[0, :4])
assert not same(selected[0, 4:], expected_both[0, 4:])

reverse = keras.layers.LSTM(4, return_sequences=True, return_state=True, go_backwards=True)
output, state_h, _ = reverse(x, mask=mask)
selected = select_last(output, mask)
print("selected", np.round(selected[0], 2))
print("state_h ", np.round(state_h[0], 2))
assert not same(selected[0], state_h[0])

# %% [markdown]
# `output[:, -1]` is zero with `zero_output_for_mask=True` if the last time step is masked.
# See [](../docs/behavior/masking.md).
#
# ## See also
#
# - [](mask_padded_sequences.py): how to create and pass a mask.
# - [](../docs/layers/bidirectional.md): the states of both directions.
