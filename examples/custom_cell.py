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
# An RNN cell computes one time step: it receives an input and the states, and it returns an output
# and the new states.
# `keras.layers.RNN` calls the cell at each time step, and supports `return_sequences` and
# `return_state`.
# Write a cell if you need an output or a state that the built-in cells do not have.
#
# ## Write the cell
#
# This cell has two states: the sum of its inputs, and the number of inputs.
# Its output is the running mean, multiplied by a trainable matrix.
#
# - `state_size`: the size of the state, or a list of sizes. `RNN` needs it.
# - `output_size`: the size of the output. Set it if it differs from the size of the first state.
# - `build`: creates the weights.
# - `call`: returns the output and a list of the new states.
# - `get_config` and `register_keras_serializable`: save and load the cell.

# %%
import keras
import numpy as np
from keras.layers import RNN


@keras.saving.register_keras_serializable()
class MeanCell(keras.Layer):
    """Multiply the running mean by a matrix."""

    def __init__(self, features, units, **args):
        super().__init__(**args)
        self.features = features
        self.units = units
        self.state_size = [features, 1]
        self.output_size = units

    def build(self, input_shape):
        """Create the weights."""
        self.kernel = self.add_weight(
            shape=(self.features, self.units),
            name="kernel",
        )

    def call(self, inputs, states):
        """Process one time step."""
        total, count = states
        total = total + inputs
        count = count + 1
        mean = total / count
        output = mean @ self.kernel
        return output, [total, count]

    def get_config(self):
        """Return the arguments of the cell."""
        config = super().get_config()
        config["features"] = self.features
        config["units"] = self.units
        return config


keras.utils.set_random_seed(0)
# (batch, timesteps, features)
x = np.random.normal(size=(2, 3, 5))

rnn = RNN(
    MeanCell(5, 4),
    return_sequences=True,
    return_state=True,
)
output, total, count = rnn(x)
print(output.shape)
print(total.shape, count.shape)

# %% [markdown]
# With `return_state=True`, `RNN` returns the output first, then the states in the order of
# `state_size`.
#
# ## Test the cell
#
# Compare the output with an implementation that does not use Keras:


# %%
def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-5)


steps = np.array([[1], [2], [3]])
means = np.cumsum(x, axis=1) / steps
expected = means @ rnn.get_weights()[0]
print("NumPy", np.round(expected[0, -1], 3))
print("Keras", np.round(output[0, -1], 3))
assert same(output, expected)

# %% [markdown]
# Without a mask, the last output of a built-in cell equals its final hidden state.
# Here, the output is not one of the states:

# %%
print("total", np.round(total[0], 3))
print("count", np.round(count[0], 3))
assert same(total, x.sum(axis=1))
assert same(count, 3)

# %% [markdown]
# ## Set `output_size`
#
# Without `output_size`, Keras uses the size of the first state for the shape of the output.
# For this cell, the inferred shape is then wrong:

# %%
inputs = keras.Input((3, 5))
for has_size in (True, False):
    cell = MeanCell(5, 4)
    if not has_size:
        del cell.output_size
    layer = RNN(cell)
    print("output_size", has_size)
    print("  inferred:", layer(inputs).shape)
    print("  returned:", layer(x).shape)
    matches = layer(inputs).shape[1] == 4
    assert matches == has_size

# %% [markdown]
# ## Change the initial states with `get_initial_state`
#
# The states start from zeros, unless you pass `initial_state` or the cell has a method
# `get_initial_state`.
# This subclass starts with a count of 1, as if each sequence began with a time step of zeros:


# %%
@keras.saving.register_keras_serializable()
class MeanFromZeroCell(MeanCell):
    """Start with one time step of zeros."""

    def get_initial_state(
        self,
        batch_size=None,
    ):
        """Create the states for a batch."""
        total = keras.ops.zeros(
            (batch_size, self.features),
            dtype=self.compute_dtype,
        )
        count = keras.ops.ones(
            (batch_size, 1),
            dtype=self.compute_dtype,
        )
        return [total, count]


from_zero = RNN(
    MeanFromZeroCell(5, 4),
    return_state=True,
)
_, _, count = from_zero(x)
print("count", count.numpy().ravel())
assert same(count, 4)

# %% [markdown]
# :::{warning}
# With `stateful=True`, `reset_state()` sets the states to zero and does not call
# `get_initial_state`.
# :::

# %%
stateful = RNN(
    MeanFromZeroCell(5, 4),
    return_state=True,
    stateful=True,
)
for _ in range(2):
    _, _, count = stateful(x)
    print("count", count.numpy().ravel())
    stateful.reset_state()

assert same(count, 3)

# %% [markdown]
# ## Save and load a model
#
# When you load a model, Keras finds the class of the cell by its registered name and creates the
# cell from its configuration:

# %%
from tempfile import TemporaryDirectory


def save_and_load(model, classes=None):
    """Load a copy of the model from a file."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/model.keras"
        model.save(path)
        return keras.models.load_model(
            path,
            custom_objects=classes,
        )


model = keras.Sequential(
    [
        keras.Input((3, 5)),
        RNN(MeanCell(5, 4)),
    ]
)
model.compile(loss="mse")
model.fit(x, np.ones((2, 4)), verbose=0)
loaded = save_and_load(model)
print("saved ", np.round(model(x)[0], 3))
print("loaded", np.round(loaded(x)[0], 3))
assert same(model(x), loaded(x))

# %% [markdown]
# If the class is not registered, pass it as `custom_objects`.
# Without this argument, `load_model` raises an error:


# %%
class UnregisteredCell(MeanCell):
    """The same cell, not registered."""


model = keras.Sequential(
    [
        keras.Input((3, 5)),
        RNN(UnregisteredCell(5, 4)),
    ]
)
try:
    save_and_load(model)
except TypeError as error:
    message = str(error)

start = message.index("Could not locate")
print(message[start:].split(".")[0])

classes = {"UnregisteredCell": UnregisteredCell}
loaded = save_and_load(model, classes)
print("saved ", np.round(model(x)[0], 3))
print("loaded", np.round(loaded(x)[0], 3))
assert same(model(x), loaded(x))

# %% [markdown]
# `Bidirectional` also creates its layers from the configuration of the layer that you pass.
# So the cell needs `get_config` and a registered class, or a `custom_object_scope`:

# %%
rnn = RNN(MeanCell(5, 4))
both = keras.layers.Bidirectional(rnn)
print(both(x).shape)

rnn = RNN(UnregisteredCell(5, 4))
try:
    keras.layers.Bidirectional(rnn)
except TypeError as error:
    message = str(error)

start = message.index("Could not locate")
print(message[start:].split(".")[0])

scope = keras.saving.custom_object_scope
with scope(classes):
    both = keras.layers.Bidirectional(rnn)
print(both(x).shape)

# %% [markdown]
# ## Limitations
#
# - At a masked time step, `RNN` keeps the states and, by default, repeats the previous output.
#   With `zero_output_for_mask=True`, it returns zeros.
#   The JAX and NumPy backends differ; see [](../docs/compatibility.md).
# - `RNN` does not support `constants`; see [](#pitfall-constants).

# %%
mask = np.array(
    [
        [True, True, True],
        [True, True, False],
    ],
)
masked = RNN(
    MeanCell(5, 4),
    return_sequences=True,
    return_state=True,
)
output, total, count = masked(x, mask=mask)
print("count", count.numpy().ravel())
assert same(output[1, 2], output[1, 1])
assert same(count.numpy().ravel(), [3, 2])

zeros = RNN(
    MeanCell(5, 4),
    return_sequences=True,
    zero_output_for_mask=True,
)
assert same(zeros(x, mask=mask)[1, 2], 0)

# %% [markdown]
# ## See also
#
# - [](cell_state_at_every_step.py): a subclass of `LSTMCell`.
# - [](../docs/layers/cells-and-stacks.md): built-in cells and stacks of cells.
# - [](../docs/errors/arguments.md): error messages about cells.
