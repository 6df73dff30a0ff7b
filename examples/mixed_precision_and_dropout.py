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
# # Use mixed precision and dropout
#
# With `mixed_float16`, an LSTM, GRU or SimpleRNN returns its output and states as `float16`.
# With `dropout`, it drops the same inputs at every time step in training, and none at inference.
# In both cases, `state_h` still equals the last output.
#
# (guide-mixed-precision)=
# ## Data types with mixed precision
#
# Set `dtype` for one layer, or call `keras.config.set_dtype_policy` for all new layers.
# The weights, and the states that a stateful layer keeps, are `float32`:

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
x = np.random.normal(size=(2, 3, 5))


def dtypes(tensors):
    """Return the distinct dtypes."""
    get = keras.backend.standardize_dtype
    flat = keras.tree.flatten(tensors)
    names = {get(each.dtype) for each in flat}
    return ", ".join(names)


lstm = keras.layers.LSTM(
    4,
    return_state=True,
    stateful=True,
    dtype="mixed_float16",
)
output, state_h, state_c = lstm(x)
print("output     ", dtypes(output))
print("states     ", dtypes([state_h, state_c]))
print("weights    ", dtypes(lstm.weights))
print("kept states", dtypes(lstm.states))
assert dtypes([output, state_h]) == "float16"
assert dtypes(state_c) == "float16"
assert dtypes(lstm.weights) == "float32"
assert dtypes(lstm.states) == "float32"
assert np.array_equal(output, state_h)

# %% [markdown]
# Keras casts an `initial_state` to the compute dtype of the layer.
# Set `dtype="float32"` on the last layer of the model, so that the predictions are `float32`.
#
# :::{note}
# `compile` adds loss scaling only if the policy of the model is `mixed_float16`.
# By default, a model uses the global policy, so set it before you create the model.
# If only some layers use `mixed_float16`, pass a `LossScaleOptimizer` to `compile` yourself.
# :::


# %%
def train(optimizer="adam"):
    """Return the optimizer and the dtype."""
    model = keras.Sequential(
        [
            keras.Input((3, 5)),
            keras.layers.LSTM(
                4,
                dtype="mixed_float16",
            ),
            keras.layers.Dense(
                1,
                dtype="float32",
            ),
        ],
    )
    model.compile(optimizer, "mse")
    model.fit(x, np.zeros((2, 1)), verbose=0)
    kind = type(model.optimizer).__name__
    predicted = model.predict(x, verbose=0)
    return kind, predicted.dtype


by_layer = train()
keras.config.set_dtype_policy("mixed_float16")
by_policy = train()
keras.config.set_dtype_policy("float32")
adam = keras.optimizers.Adam()
scaled = keras.optimizers.LossScaleOptimizer(
    adam,
)
by_hand = train(scaled)
print("dtype of a layer:", *by_layer)
print("global policy:   ", *by_policy)
print("passed:          ", *by_hand)
assert by_hand == by_policy
assert by_layer == ("Adam", "float32")
assert by_policy == (
    "LossScaleOptimizer",
    "float32",
)

# %% [markdown]
# ## Set the same policy for `Bidirectional` and its layer
#
# `Bidirectional` casts its output to its own compute dtype, but not its states.
# If only the wrapper uses `mixed_float16`, the states equal their half of the output only up to
# rounding.
# If only the wrapped layer uses it, the values are equal, but the data types differ:


# %%
def bidirectional(outer, inner):
    """Return the output and first state."""
    layer = keras.layers.Bidirectional(
        keras.layers.LSTM(
            4,
            return_state=True,
            dtype=inner,
        ),
        dtype=outer,
    )
    output, state_h, *_ = layer(x)
    print(dtypes(output), dtypes(state_h))
    half = np.array(output)[:, :4]
    return half, np.array(state_h)


half, state = bidirectional(
    "mixed_float16",
    "float32",
)
assert not np.array_equal(half, state)
assert np.allclose(half, state, atol=1e-3)

half, state = bidirectional(
    "float32",
    "mixed_float16",
)
assert np.array_equal(half, state)
assert half.dtype != state.dtype

half, state = bidirectional(
    "mixed_float16",
    "mixed_float16",
)
assert np.array_equal(half, state)
assert half.dtype == state.dtype

# %% [markdown]
# ## Use bounded states with `float16`
#
# `float16` cannot store every large integer.
# Therefore, this running sum does not change when ones are added to a large state:

# %%
ones = np.ones((1, 3, 1))
large = np.full((1, 1), 2048)
for dtype in ("float32", "mixed_float16"):
    running_sum = keras.layers.SimpleRNN(
        1,
        activation=None,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        dtype=dtype,
    )
    total = running_sum(
        ones,
        initial_state=[large],
    )
    total = float(total[0, 0])
    print(f"{dtype:13}", total)

assert total == 2048

# %% [markdown]
# Use a bounded activation, such as the default `tanh`, or set `dtype="float32"` on this layer.
# The cell state of an LSTM is not bounded.
#
# (guide-dropout)=
# ## Dropout in a recurrent layer
#
# `dropout` drops inputs. By default, an LSTM, GRU or SimpleRNN draws one dropout mask for each
# sample and call.
# It uses this mask at every time step, and multiplies the inputs that remain by
# `1 / (1 - dropout)`.
# The layer below returns its input, so you can see the mask:

# %%
visible = keras.layers.SimpleRNN(
    5,
    activation=None,
    kernel_initializer="identity",
    recurrent_initializer="zeros",
    return_sequences=True,
    dropout=0.5,
    seed=1,
)
data = np.ones((2, 3, 5), "float32")
training = visible(data, training=True).numpy()
inference = visible(data).numpy()
print("training")
print(training[0])
print("inference")
print(inference[0])
first = training[:, :1]
assert np.all(training == first)
assert set(np.ravel(training)) == {0, 2}
assert np.array_equal(inference, data)

# %% [markdown]
# `recurrent_dropout` drops units of the previous hidden state before the multiplication by the
# recurrent kernel. It does not drop the cell state.
# If you set `recurrent_dropout`, an LSTM or GRU draws separate masks for its gates and its
# candidate values. This also applies to the masks for `dropout`.
# Both arguments apply in `fit`, and in calls with `training=True`.
# `state_h` still equals the last output:

# %%
lstm = keras.layers.LSTM(
    4,
    return_sequences=True,
    return_state=True,
    dropout=0.5,
    recurrent_dropout=0.5,
    seed=1,
)
output, state_h, _ = lstm(x, training=True)
print(np.round(output[0, -1], 3))
print(np.round(state_h[0], 3))
assert np.array_equal(output[:, -1], state_h)

masks = lstm.cell.get_dropout_mask(x[:, 0])
lstm.cell.reset_dropout_mask()
assert len(masks) == 4
assert not np.array_equal(masks[0], masks[1])

# %% [markdown]
# ## Dropout when you process a sequence in chunks
#
# Each call draws new masks, so in training the outputs for the chunks differ from the output for
# the whole sequence:


# %%
def in_chunks(training):
    """Compare chunks with the sequence."""
    whole, *_ = lstm(x, training=training)
    first, *states = lstm(
        x[:, :2],
        training=training,
    )
    second, *_ = lstm(
        x[:, 2:],
        initial_state=states,
        training=training,
    )
    chunks = keras.ops.concatenate(
        [first, second],
        axis=1,
    )
    return np.max(np.abs(whole - chunks))


inference = in_chunks(training=False)
training = in_chunks(training=True)
print(f"inference {inference:.3f}")
print(f"training  {training:.3f}")
assert inference < 1e-6
assert training > 0.01

# %% [markdown]
# ## Reproduce dropout with a seed
#
# Two layers with the same `seed` and the same dropout arguments draw the same masks, call by call.
# A second call of the same layer draws different masks:


# %%
def create(kind, **arguments):
    """Create a layer with a seed."""
    return kind(
        4,
        dropout=0.5,
        kernel_initializer="ones",
        recurrent_initializer="zeros",
        seed=3,
        **arguments,
    )


def outputs(layer):
    """Return the outputs of two calls."""
    first = layer(x, training=True)
    second = layer(x, training=True)
    return first, second


gru = keras.layers.GRU
one = outputs(create(gru))
other = outputs(create(gru))
print(np.round(one[0][0], 2))
print(np.round(other[0][0], 2))
print(np.round(one[1][0], 2), "second call")
assert np.array_equal(one, other)
assert not np.allclose(one[0], one[1])

# Another dropout argument changes the masks.
arguments = {"recurrent_dropout": 0.5}
third = outputs(create(gru, **arguments))
assert not np.allclose(one[0], third[0])
assert not np.allclose(one[1], third[1])

# %% [markdown]
# :::{warning}
# `SimpleRNN` does not save its `seed`, so a loaded model draws different masks.
# Use `RNN(SimpleRNNCell(...))` instead, because the cell saves its `seed`.
# :::

# %%
for kind in (
    gru,
    keras.layers.SimpleRNNCell,
    keras.layers.SimpleRNN,
):
    config = create(kind).get_config()
    seed = config.get("seed")
    print(f"{kind.__name__:13}", seed)
    simple = kind is keras.layers.SimpleRNN
    assert seed == (None if simple else 3)

# %% [markdown]
# ## Estimate uncertainty with Monte Carlo dropout
#
# Call the model several times with `training=True`.
# The outputs and states vary, and `state_h` equals the output in each call:

# %%
inputs = keras.Input((3, 5))
layer = keras.layers.LSTM(
    4,
    return_state=True,
    dropout=0.5,
    seed=0,
)
model = keras.Model(inputs, list(layer(inputs)))
calls = []
for _ in range(50):
    output, state_h, _ = model(x, training=True)
    assert np.array_equal(output, state_h)
    calls.append(np.array(output))

mean = np.mean(calls, axis=0)
std = np.std(calls, axis=0)
print("mean", np.round(mean[0], 2))
print("std ", np.round(std[0], 2))
assert np.min(std) > 0

# %% [markdown]
# :::{warning}
# `predict` does not apply dropout in a functional model, even if you pass `training=True` to the
# layer when you create the model.
# :::

# %%
output, *_ = layer(inputs, training=True)
always = keras.Model(inputs, output)
called = always(x)
predicted = always.predict(x, verbose=0)
plain, *_ = layer(x)
print("model(x)", np.round(called[0], 2))
print("predict ", np.round(predicted[0], 2))
print("plain   ", np.round(plain[0], 2))
assert np.allclose(predicted, plain, atol=1e-6)
assert not np.allclose(called, plain, atol=1e-2)

# %% [markdown]
# ## Limitations
#
# - `model(x, training=True)` also changes the moving averages of `BatchNormalization`.
# - `dtype="bfloat16"` raises an error with the default `recurrent_initializer`.
#   Use `mixed_bfloat16`.
# - With `implementation=1`, an LSTM or GRU with `dropout` but no `recurrent_dropout` raises an
#   error in training. Use the default, `implementation=2`.

# %%
layer = keras.layers.BatchNormalization()
model = keras.Sequential(
    [keras.Input((3, 5)), layer],
)
model(x, training=False)
before = layer.moving_mean.numpy()
model(x, training=True)
after = layer.moving_mean.numpy()
print(np.round(before, 3))
print(np.round(after, 3))
assert not np.any(before)
assert np.any(after)

mixed = keras.layers.LSTM(
    4,
    dtype="mixed_bfloat16",
)
print(dtypes(mixed(x)))
try:
    keras.layers.LSTM(4, dtype="bfloat16")(x)
except Exception as error:
    message = str(error)
    print(message.split(" is not in")[0])

assert "bfloat16 is not in the list" in message

for kind in (keras.layers.LSTM, gru):
    layer = create(kind, implementation=1)
    print(layer(x).shape)
    try:
        layer(x, training=True)
    except Exception as error:
        message = str(error)
        start = message.index("Rank of input")
        print(message[start:].split(". [")[0])

    assert "Rank of input (4)" in message
    assert create(kind).cell.implementation == 2

# %% [markdown]
# ## See also
#
# - [](../docs/behavior/inside-the-cell.md): the equations of the layers.
# - [](mask_padded_sequences.py): values of padding with mixed precision.
