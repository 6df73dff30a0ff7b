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
# No argument of `LSTM` returns the cell state at every time step.
# `return_sequences=True` returns the hidden state at every time step, and `return_state=True` adds
# only the final hidden state and the final cell state.
# Instead, use `keras.layers.RNN` with a custom cell that outputs both states together.
# You can copy the weights of a trained `LSTM` to this layer.
#
# ## Output both states from the cell
#
# `LSTMCell` returns its output and its new states.
# This subclass outputs the concatenated states, so its output is twice as large:

# %%
import keras
import numpy as np


@keras.saving.register_keras_serializable()
class BothStatesCell(keras.layers.LSTMCell):
    """Output the hidden and cell state."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.output_size = 2 * units

    def call(
        self,
        inputs,
        states,
        training=None,
    ):
        """Process one time step."""
        _, (h, c) = super().call(
            inputs,
            states,
            training=training,
        )
        both = [h, c]
        output = keras.ops.concatenate(both, -1)
        return output, both


# %% [markdown]
# ## Copy the weights of an `LSTM`
#
# The cell has the same weights as an `LSTM`, in the same order.
# Use the same units, activations and `use_bias`, and split the output into the two states:

# %%
keras.utils.set_random_seed(0)
# (batch, timesteps, features)
x = np.random.normal(size=(2, 3, 5))

lstm = keras.layers.LSTM(
    4,
    return_sequences=True,
    return_state=True,
)
output, state_h, state_c = lstm(x)

rnn = keras.layers.RNN(
    BothStatesCell(4),
    return_sequences=True,
)
rnn.build(x.shape)
rnn.set_weights(lstm.get_weights())

both = rnn(x)
every_h, every_c = keras.ops.split(both, 2, -1)
print(every_h.shape, every_c.shape)

# %% [markdown]
# ## Compare the states with the `LSTM`
#
# The hidden states are the output of the `LSTM`, and the last cell state is its `state_c`:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


print("every_c", np.round(every_c[0, -1], 3))
print("state_c", np.round(state_c[0], 3))
assert same(every_h, output)
assert same(every_c[:, -1], state_c)

# %% [markdown]
# To check each time step, call the `LSTM` on the sequence up to that time step:

# %%
for step in range(3):
    _, _, state_c = lstm(x[:, : step + 1])
    actual_c = every_c[:, step]
    print("every_c ", np.round(actual_c[0], 3))
    print("state_c ", np.round(state_c[0], 3))
    assert same(actual_c, state_c)

# %% [markdown]
# ## Use the layer in a model
#
# The layer works in a functional model.
# Because the cell is registered, you can load a saved model without `custom_objects`:

# %%
import tempfile

inputs = keras.Input((None, 5))
both = rnn(inputs)
states = keras.ops.split(both, 2, -1)
model = keras.Model(inputs, states)

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)

_, loaded_c = loaded.predict(x, verbose=0)
print("loaded ", np.round(loaded_c[0, -1], 3))
print("every_c", np.round(every_c[0, -1], 3))
assert same(loaded_c, every_c)

# %% [markdown]
# ## Cell states at masked time steps
#
# By default, the layer repeats its previous output at a masked time step, so both states are
# repeated.
# With padding at the end, the last value is then the final cell state.
# With `zero_output_for_mask=True`, the output at a masked time step is zero instead:

# %%
mask = np.array(
    [
        [True, True, True],
        [True, True, False],
    ],
)
_, _, masked_c = lstm(x, mask=mask)
masked = rnn(x, mask=mask)
_, every_c = keras.ops.split(masked, 2, -1)

print(np.round(every_c[1], 3))
print("state_c", np.round(masked_c[1], 3))
assert same(every_c[1, 2], every_c[1, 1])
assert same(every_c[:, -1], masked_c)

zeros = keras.layers.RNN(
    BothStatesCell(4),
    return_sequences=True,
    zero_output_for_mask=True,
)
assert same(zeros(x, mask=mask)[1, 2], 0)

# %% [markdown]
# Before the first unmasked time step, the output is zero, even with `initial_state`:

# %%
start = np.ones((2, 4))
masked = rnn(
    x,
    mask=mask[:, ::-1],
    initial_state=[start, start],
)
_, every_c = keras.ops.split(masked, 2, -1)
print(np.round(every_c[1], 3))
assert same(every_c[1, 0], np.zeros(4))

# %% [markdown]
# :::{note}
# Masked time steps can have other values with the JAX and NumPy backends; see
# [](../docs/compatibility.md).
# :::
#
# ## Limitations
#
# - `LSTM` has the argument `use_cudnn` for the fast implementation on a GPU.
#   `RNN` does not have this argument.
# - With dropout, the values during training equal those of the `LSTM` only if the cell has the same
#   `seed` and both layers are new.

# %%
for layer in (lstm, rnn):
    has_it = hasattr(layer, "use_cudnn")
    print(type(layer).__name__, has_it)
    assert has_it == (layer is lstm)

dropping = keras.layers.LSTM(
    4,
    return_sequences=True,
    dropout=0.5,
    seed=1,
)
expected = dropping(x, training=True)
for seed in (1, 2):
    cell = BothStatesCell(
        4,
        dropout=0.5,
        seed=seed,
    )
    layer = keras.layers.RNN(
        cell,
        return_sequences=True,
    )
    layer.build(x.shape)
    layer.set_weights(dropping.get_weights())
    values = layer(x, training=True)[..., :4]
    print(seed, np.round(values[0, 0], 3))
    assert same(values, expected) == (seed == 1)

# %% [markdown]
# GRU and SimpleRNN have no cell state.
# Without a mask, `return_sequences=True` returns their states at every time step.
# At masked time steps, output and state can differ:

# %%
gru = keras.layers.GRU(
    4,
    return_sequences=True,
    return_state=True,
)
output, state_h = gru(x)
assert same(output[:, -1], state_h)

output, state_h = gru(
    x,
    mask=np.zeros((2, 3), bool),
    initial_state=[start],
)
print("output ", output[0, -1].numpy())
print("state_h", state_h[0].numpy())
assert not same(output[:, -1], state_h)

# %% [markdown]
# ## See also
#
# - [](custom_cell.py): the methods and attributes of a cell.
# - [`return_sequences=True, return_state=True`](../docs/flags/both.md): what `LSTM` returns.
# - [](../docs/behavior/inside-the-cell.md): the equations of the cell state.
