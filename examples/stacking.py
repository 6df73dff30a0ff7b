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
# # Stack recurrent layers
#
# A recurrent layer reads time steps.
# So every layer of a stack but the last hands on all of its own: `return_sequences=True`.

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
sequences = np.random.normal(size=(2, 5, 3)).astype("float32")

bottom = keras.layers.LSTM(4, return_sequences=True, name="bottom")
middle = keras.layers.LSTM(6, return_sequences=True, name="middle")
top = keras.layers.LSTM(8, name="top")
stack = keras.Sequential([keras.Input((5, 3)), bottom, middle, top])

for layer in stack.layers:
    print(f"{layer.name:6}  {layer.output.shape}")

# %% [markdown]
# The time steps go through as they are; the last axis is the units of the layer itself.
# The top layer sets no flag, so the time axis ends there.
#
# The stack computes what its layers compute one after another.


# %%
def same(one, other):
    """Compare two computations, which may round differently."""
    return bool(keras.ops.all(keras.ops.isclose(one, other, atol=1e-6)))


assert same(stack(sequences), top(middle(bottom(sequences))))
print("The same, layer by layer.")

# %% [markdown]
# ## What a layer hands on, and what it keeps
#
# Only the output goes up; each layer has states of its own, in its own size.
# To get them, set `return_state=True`, and say yourself which tensor goes up.

# %%
bottom = keras.layers.LSTM(4, return_sequences=True, return_state=True)
top = keras.layers.LSTM(8, return_state=True)

bottom_output, *bottom_states = bottom(sequences)
output, *top_states = top(bottom_output)

for name, (state_h, state_c) in {"bottom": bottom_states, "top": top_states}.items():
    print(f"{name:6}  state_h {tuple(state_h.shape)}  state_c {tuple(state_c.shape)}")

# %% [markdown]
# The output of the stack is the hidden state of its top layer.

# %%
assert same(output, top_states[0])
print("The output is the top layer's state_h.")

# %% [markdown]
# One layer can also run several cells at each time step.
# That, too, is a stack: see [cells and stacks](../docs/layers/cells-and-stacks.md).
# With [neither flag](../docs/flags/neither.md) below the top you get an error.
