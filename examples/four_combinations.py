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
# # The four combinations as a script
#
# Run it on its own, change a number, and run it again: `python examples/four_combinations.py`.
#
# One LSTM unit reads three time steps, once under each combination of the two flags.

# %%
import keras
import numpy as np

from rnn_returns import FLAG_COMBINATIONS, observe
from rnn_returns.original_notebook import INPUT, weights

returned = {}
for flags in FLAG_COMBINATIONS:
    lstm = keras.layers.LSTM(1, **flags.arguments, **weights("LSTM"))
    returned[flags.name] = observe(lstm, INPUT)
    print(flags.name, returned[flags.name], sep=": ", end="\n\n")

# %% [markdown]
# The last hidden state is in all four of them.

# %%
last_hidden_state = returned["neither"].output

assert np.array_equal(last_hidden_state, returned["sequences"].output[:, -1])
assert np.array_equal(last_hidden_state, returned["state"].output)
assert np.array_equal(last_hidden_state, returned["state"].state_h)
assert np.array_equal(last_hidden_state, returned["both"].output[:, -1])
assert np.array_equal(last_hidden_state, returned["both"].state_h)

# %% [markdown]
# The cell state comes back with `return_state=True` only, and does not depend on the other flag.

# %%
assert np.array_equal(returned["state"].state_c, returned["both"].state_c)
print("The four agree.")
