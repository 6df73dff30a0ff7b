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
# (guide-stateful-training)=
# # Train a stateful model
#
# With `stateful=True`, a recurrent layer starts each batch from the final states of the previous
# batch. So you can train on long sequences in chunks without passing the states yourself.
# Use a fixed batch size, keep the chunks in order, and reset the states before each new sequence.
#
# ## Order the chunks by batch
#
# The layer keeps separate states for each position in the batch.
# So each sample must continue the sample at the same position in the previous batch.
# Here, there are two batches of sequences, and each batch is split into two chunks:

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
# (sequences, timesteps, features)
sequences = np.random.normal(size=(4, 6, 5))
targets = np.cumsum(sequences[..., :1], axis=1)


def in_chunks(data):
    """Order the chunks by batch."""
    chunks = []
    for batch in np.split(data, 2):
        chunks += np.split(batch, 2, axis=1)
    return np.concatenate(chunks)


x, y = in_chunks(sequences), in_chunks(targets)
print(x.shape, y.shape)
assert np.array_equal(x[0], sequences[0, :3])
assert np.array_equal(x[2], sequences[0, 3:])

# %% [markdown]
# ## Set the batch size
#
# A stateful layer needs a fixed batch size, so pass `batch_size` to `keras.Input`.
# The number of time steps can vary:


# %%
def build(batch_size, stateful):
    """Create the model for a batch size."""
    model = keras.Sequential(
        [
            keras.Input(
                (None, 5),
                batch_size=batch_size,
            ),
            keras.layers.LSTM(
                4,
                return_sequences=True,
                stateful=stateful,
            ),
            keras.layers.Dense(1),
        ],
    )
    # A learning rate of 0 keeps the weights.
    sgd = keras.optimizers.SGD(0.0)
    model.compile(sgd, loss="mse")
    return model


model = build(2, stateful=True)
print(model.input_shape)
assert model.input_shape == (2, None, 5)

# %% [markdown]
# ## Reset the states between sequences
#
# `fit`, `evaluate` and `predict` all change the kept states and never reset them.
# This callback resets the states before the first chunk of each sequence.
# `reset_states` also finds layers in nested models and in `TimeDistributed`, but not in custom
# layers:


# %%
def reset_states(layer):
    """Reset all stateful layers of a model."""
    if getattr(layer, "stateful", False):
        layer.reset_state()
    for inner in getattr(layer, "layers", []):
        reset_states(inner)
    wrapper = keras.layers.TimeDistributed
    if isinstance(layer, wrapper):
        reset_states(layer.layer)


class ResetStates(keras.callbacks.Callback):
    """Reset the states every few batches."""

    def __init__(self, chunks):
        super().__init__()
        self.chunks = chunks

    def reset(self, batch, logs=None):
        """Reset at the start of a sequence."""
        if batch % self.chunks == 0:
            reset_states(self.model)

    on_train_batch_begin = reset
    on_test_batch_begin = reset
    on_predict_batch_begin = reset


reset = ResetStates(2)


class CustomLayer(keras.Layer):
    """Contain a recurrent layer."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, inputs):
        """Call the recurrent layer."""
        return self.inner(inputs)


inner = keras.layers.LSTM(4, stateful=True)
custom = CustomLayer(inner)
custom(x[:2])
reset_states(custom)
assert np.any(inner.states[0])
reset_states(inner)
assert not np.any(inner.states[0])

# %% [markdown]
# With the callback, the loss equals that of a stateless model that has the same weights and
# processes whole sequences.
# Here, the weights do not change because the learning rate is zero.
# The loss is different without the callback, and if `fit` shuffles the chunks, which is the default
# for arrays:

# %%
whole = build(None, stateful=False)
whole.set_weights(model.get_weights())
expected = whole.evaluate(
    sequences,
    targets,
    verbose=0,
)


def loss(**arguments):
    """Return the loss of one epoch."""
    reset_states(model)
    history = model.fit(
        x,
        y,
        batch_size=2,
        verbose=0,
        **arguments,
    )
    return history.history["loss"][0]


in_order = loss(
    shuffle=False,
    callbacks=[reset],
)
no_reset = loss(shuffle=False)
shuffled = loss(callbacks=[reset])
print(f"whole    {expected:.4f}")
print(f"in order {in_order:.4f}")
print(f"no reset {no_reset:.4f}")
print(f"shuffled {shuffled:.4f}")
assert np.isclose(in_order, expected)
assert not np.isclose(no_reset, expected)
assert not np.isclose(shuffled, expected)

# %% [markdown]
# Pass the callback to `evaluate` and `predict` too:

# %%
loss_of_chunks = model.evaluate(
    x,
    y,
    batch_size=2,
    callbacks=[reset],
    verbose=0,
)
predictions = model.predict(
    x,
    batch_size=2,
    callbacks=[reset],
    verbose=0,
)
print(f"{loss_of_chunks:.4f}")
assert np.isclose(loss_of_chunks, expected)
of_whole = whole.predict(sequences, verbose=0)
assert np.allclose(
    predictions,
    in_chunks(of_whole),
    atol=1e-6,
)

# %% [markdown]
# :::{warning}
# With `steps_per_execution`, Keras calls the callback only once for several batches.
# If the number of chunks per sequence is not a multiple of `steps_per_execution`, the callback
# misses the start of some sequences.
# :::

# %%
model.compile(
    keras.optimizers.SGD(0.0),
    "mse",
    steps_per_execution=4,
)
several = loss(
    shuffle=False,
    callbacks=[reset],
)
print(f"{several:.4f}")
assert not np.isclose(several, expected)

# %% [markdown]
# ## Train the model

# %%
adam = keras.optimizers.Adam(0.02)
model.compile(adam, loss="mse")
history = model.fit(
    x,
    y,
    batch_size=2,
    epochs=20,
    shuffle=False,
    callbacks=[reset],
    verbose=0,
)
first, *_, last = history.history["loss"]
print(f"{first:.2f} {last:.2f}")
assert last < first / 2

# %% [markdown]
# Gradients do not flow from one batch to the previous one.
# To train across chunks, pass the states yourself within one training step; see [](streaming.py).

# %%
import tensorflow as tf


def gradient(**arguments):
    """Differentiate chunk 2 by chunk 1."""
    layer = keras.layers.LSTM(4, **arguments)
    chunk = tf.constant(x[:2])
    layer.build(chunk.shape)
    with tf.GradientTape() as tape:
        tape.watch(chunk)
        _, *states = layer(chunk)
        if layer.stateful:
            states = None
        output, *_ = layer(
            x[2:4],
            initial_state=states,
        )
    return tape.gradient(output, chunk)


kept = gradient(
    return_state=True,
    stateful=True,
)
passed = gradient(return_state=True)
print("stateful:     ", kept)
print("initial_state:", passed.shape)
assert kept is None
assert np.any(passed)

# %% [markdown]
# ## Use the model with another batch size
#
# Create the model again with the other batch size, and copy the weights.
# The states are not weights, so they are not copied:

# %%
one = build(1, stateful=True)
one.set_weights(model.get_weights())
reset_states(model)
print(np.round(np.ravel(model(x[:2])[0]), 3))
print(np.round(np.ravel(one(x[:1])), 3))
reset_states(model)
reset_states(one)
assert np.allclose(
    model(x[:2])[0],
    one(x[:1])[0],
    atol=1e-6,
)

# %% [markdown]
# ## Limitations
#
# Use a number of samples that is a multiple of the batch size.
#
# :::{warning}
# If one sample remains for the last batch, `predict` returns too many predictions without an error.
# :::

# %%
reset_states(model)
too_many = model.predict(
    x[:3],
    batch_size=2,
    verbose=0,
)
print(len(x[:3]), "samples")
print(len(too_many), "predictions")
assert len(too_many) == 4

# %% [markdown]
# A `.keras` file does not contain the states, so a loaded model starts from its initial states.
# The initial states of an LSTM are zeros:

# %%
import tempfile
from pathlib import Path

reset_states(model)
start = model(x[:2])
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "model.keras")
    model.save(file)
    loaded = keras.models.load_model(file)


def largest_state(model):
    """Return the largest absolute value."""
    states = model.layers[0].states
    return np.max(np.abs(np.array(states)))


print(f"saved  {largest_state(model):.3f}")
print(f"loaded {largest_state(loaded):.3f}")
assert largest_state(model) > 0
assert largest_state(loaded) == 0
assert np.allclose(
    loaded(x[:2]),
    start,
    atol=1e-6,
)

# %% [markdown]
# `reset_state()` sets the states to zero, even if a custom cell defines other initial states.
# For such a cell, assign the initial states yourself:


# %%
class Cell(keras.layers.SimpleRNNCell):
    """Start from ones."""

    def get_initial_state(self, batch_size):
        """Return ones."""
        shape = (batch_size, self.units)
        return [keras.ops.ones(shape)]


layer = keras.layers.RNN(Cell(4), stateful=True)
layer.build((2, 3, 5))
print("built:   ", layer.states[0].numpy()[0])
layer.reset_state()
print("reset:   ", layer.states[0].numpy()[0])
assert not np.any(layer.states[0])

initial = layer.get_initial_state(batch_size=2)
layer.states[0].assign(initial[0])
print("assigned:", layer.states[0].numpy()[0])
assert np.all(layer.states[0] == 1)

# %% [markdown]
# `reset_state()` raises an error if an `RNN` layer has a list of built-in cells; see
# [](#pitfall-reset-stacked).
#
# ## See also
#
# - [](../docs/behavior/initial-state-and-stateful.md): what a stateful layer keeps.
# - [](streaming.py): pass the states yourself, and process chunks with `predict`.
