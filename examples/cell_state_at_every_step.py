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
# (q-cell-state-at-every-step)=
# # Return the cell state at every time step
#
# No flag does it.
# `return_sequences=True` gives every hidden state, `return_state=True` only the last cell state.
# But `keras.layers.RNN` collects whatever its cell puts out, so let the cell put out both.

# %%
import keras
import numpy as np


class OpenLSTMCell(keras.layers.LSTMCell):
    """An LSTM cell that puts out its hidden state and its cell state, side by side."""

    def __init__(self, units, **arguments):
        super().__init__(units, **arguments)
        self.output_size = 2 * units

    def call(self, inputs, states, training=False):
        """Do one time step."""
        _, states = super().call(inputs, states, training=training)
        return keras.ops.concatenate(states, axis=-1), states


# %% [markdown]
# It has the weights of an LSTM, in the same order.
# So it can look into an LSTM that you have, such as a trained one.

# %%
UNITS = 4

keras.utils.set_random_seed(0)
sequences = np.random.normal(size=(2, 5, 3)).astype("float32")
lstm = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
output, last_h, last_c = lstm(sequences)

open_lstm = keras.layers.RNN(OpenLSTMCell(UNITS), return_sequences=True)
open_lstm.build(sequences.shape)
open_lstm.set_weights(lstm.get_weights())
every_h, every_c = keras.ops.split(open_lstm(sequences), 2, axis=-1)

print("every_h", tuple(every_h.shape))
print("every_c", tuple(every_c.shape))

# %% [markdown]
# ## Are these the cell states?
#
# The hidden states are the output of the LSTM, and the last cell state is its `state_c`.


# %%
def same(one, other):
    """Compare two computations, which may round differently."""
    return bool(keras.ops.all(keras.ops.isclose(one, other, atol=1e-6)))


assert same(every_h, output)
assert same(every_c[:, -1], last_c)
print("Equal to the layer's output and state_c.")

# %% [markdown]
# For the steps before the last, let the LSTM's own cell take one step after another.
# After each of them, look at its states.

# %%
states = lstm.cell.get_initial_state(batch_size=2)
for step in range(5):
    _, states = lstm.cell(sequences[:, step], states)
    state_h, state_c = states
    assert same(every_h[:, step], state_h)
    assert same(every_c[:, step], state_c)
print("Equal to the cell's states at every step.")

# %% [markdown]
# The [output of an LSTM](../docs/flags/both.md) holds no cell state, so no slice of it can be one.
# How to write a cell from nothing is shown in [a cell of your own](custom_cell.py).
