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
# A sequence that is too long, or still going on, is read piece by piece.
# If each piece starts from the state in which the last one ended, nothing is lost.

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
sequence = np.random.normal(size=(2, 12, 3)).astype("float32")
pieces = np.split(sequence, 3, axis=1)

lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
whole, whole_h, whole_c = lstm(sequence)

print("whole ", sequence.shape)
print("pieces", *(piece.shape for piece in pieces))

# %% [markdown]
# ## Hand the states over yourself
#
# `return_state=True` gives them to you, and `initial_state` takes them.


# %%
def same(one, other):
    """Compare two computations, which may round differently."""
    return bool(keras.ops.all(keras.ops.isclose(one, other, atol=1e-6)))


def read_in_pieces(layer):
    """Give the outputs of all pieces in one sequence, and the states after the last."""
    outputs, states = [], None
    for piece in pieces:
        output, *states = layer(piece, initial_state=states)
        outputs.append(output)
    return keras.ops.concatenate(outputs, axis=1), states


output, (state_h, state_c) = read_in_pieces(lstm)

print("same output: ", same(output, whole))
print("same state_h:", same(state_h, whole_h))
print("same state_c:", same(state_c, whole_c))
assert same(output, whole)
assert same(state_h, whole_h)
assert same(state_c, whole_c)

# %% [markdown]
# The first piece gets `initial_state=None` and starts from zeros, as the whole does.
# If pieces are padded, [pass their mask as well](sequence_to_sequence.py).
#
# ## Or let the layer keep them
#
# With `stateful=True` the layer remembers its states from one call to the next.
# In return the size of the batch is fixed, and each row goes on with its own sequence.

# %%
stateful = keras.layers.LSTM(4, return_sequences=True, stateful=True)
stateful.build(pieces[0].shape)
stateful.set_weights(lstm.get_weights())
outputs = [stateful(piece) for piece in pieces]

print("same output:", same(keras.ops.concatenate(outputs, axis=1), whole))
assert same(keras.ops.concatenate(outputs, axis=1), whole)

# %% [markdown]
# It does not know where a sequence ends.
# A new one starts from the state of the last, unless you reset it.

# %%
not_reset = stateful(pieces[0])
stateful.reset_state()
reset = stateful(pieces[0])

print("first piece again:", same(not_reset, outputs[0]))
print("after a reset:    ", same(reset, outputs[0]))
assert not same(not_reset, outputs[0])
assert same(reset, outputs[0])

# %% [markdown]
# ## What cannot be read in pieces
#
# The backward half of a bidirectional layer starts at the end, which it does not have yet.

# %%
both_ways = keras.layers.Bidirectional(
    keras.layers.LSTM(4, return_sequences=True, return_state=True)
)
whole, *_ = both_ways(sequence)
output, _ = read_in_pieces(both_ways)

print("forward half: ", same(output[..., :4], whole[..., :4]))
print("backward half:", same(output[..., 4:], whole[..., 4:]))
assert same(output[..., :4], whole[..., :4])
assert not same(output[..., 4:], whole[..., 4:])

# %% [markdown]
# [More about starting and keeping states](../docs/behavior/initial-state-and-stateful.md).
