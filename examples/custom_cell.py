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
# # Write a custom RNN cell
#
# A cell does one time step: of an input and its states it makes an output and new states.
# `keras.layers.RNN` runs it over time, with the two flags that you know.
#
# This cell has no weights, and can be followed in the head.
# It puts out the mean of all it has read, for which it keeps two states: the total and the count.

# %%
import keras
import numpy as np


class MeanCell(keras.Layer):
    """Give the mean of all inputs so far."""

    def __init__(self, features, **arguments):
        super().__init__(**arguments)
        self.state_size = [features, 1]
        self.output_size = features

    def call(self, inputs, states):
        """Do one time step."""
        total, count = states
        total, count = total + inputs, count + 1
        return total / count, [total, count]


sequence = np.array([[[2], [4], [9]]], "float32")
mean = keras.layers.RNN(MeanCell(1), return_sequences=True, return_state=True)
output, state_0, state_1 = map(keras.ops.convert_to_numpy, mean(sequence))

for name, tensor in {"output": output, "state_0": state_0, "state_1": state_1}.items():
    print(f"{name:7}  {tensor.shape!s:9}  {tensor.tolist()}")

# %% [markdown]
# The output comes first, then as many states as the cell has, in the order of `state_size`.
# All states start from zeros, for the cell has no `get_initial_state` that says otherwise.
#
# ## The output need not be a state
#
# An LSTM puts out its hidden state, so its last output and its first state are the same.
# Here the last output is the mean and the first state the total.

# %%
assert np.array_equal(output[:, -1], state_0 / state_1)
assert not np.array_equal(output[:, -1], state_0)
print("last output:", output[0, -1, 0])
print("state_0:    ", state_0[0, 0])

# %% [markdown]
# `return_sequences=True` gives what the cell *puts out* at every step, not its states.
# A state at every step comes back if the cell puts it out.
# In this way you get [the cell state of an LSTM](cell_state_at_every_step.py).
#
# ## The four combinations

# %%
for return_sequences in (False, True):
    for return_state in (False, True):
        flags = {"return_sequences": return_sequences, "return_state": return_state}
        returned = keras.layers.RNN(MeanCell(1), **flags)(sequence)
        shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(returned)]
        print(f"sequences {return_sequences!s:5}  state {return_state!s:5}  {shapes}")

# %% [markdown]
# One flag adds a time axis to the output, the other adds the states, as everywhere.
#
# ## Check it against NumPy
#
# A cell of your own deserves a test that does not use it.

# %%
numbers = np.random.default_rng(0).integers(0, 10, size=(2, 6, 3)).astype("float32")
means = keras.layers.RNN(MeanCell(3), return_sequences=True)(numbers)

expected = np.cumsum(numbers, axis=1) / np.arange(1, 7)[:, np.newaxis]
assert np.allclose(means, expected, atol=1e-6)  # NumPy divides in double precision.
print("Equal to NumPy's running mean.")

# %% [markdown]
# For Keras's own cells see [cells and stacks](../docs/layers/cells-and-stacks.md).
