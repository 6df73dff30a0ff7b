"""The equations of ConvLSTM are what Keras computes, for images of one, two and three axes."""

import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_returns.equations import LSTMTrace, conv_lstm

KINDS = {"ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3}
# As for the other equations: absolute, so numbers stay near one.
TOLERANCES = {"float64": 1e-12, "float32": 1e-6}
EITHER = st.booleans()
OPEN, SHUT = 1e3, -1e3


def assert_close(ours: np.ndarray, theirs: Any, dtype: str = "float64") -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCES[dtype], strict=True)


@dataclass
class Run:
    """A ConvLSTM with random weights and what it is called on."""

    layer: keras.Layer
    x: np.ndarray
    call: dict[str, Any]

    def trace(self) -> LSTMTrace:
        """Give the equations the same."""
        names = (
            *("go_backwards", "zero_output_for_mask", "strides", "padding", "dilation_rate"),
            *("activation", "recurrent_activation"),
        )
        config = self.layer.get_config()
        weights = zip(WEIGHTS, self.layer.get_weights(), strict=False)  # Without a bias, two.
        return conv_lstm(
            self.x, **dict(weights), **{name: config[name] for name in names}, **self.call
        )


def make_run(
    kind: str,
    arguments: dict[str, Any],
    image: tuple[int, ...] = (5, 4, 3),
    is_masked: bool = False,
    is_started: bool = False,
    seed: int = 0,
) -> Run:
    """Build the layer, with an input of two samples of three time steps with two channels."""
    random = np.random.default_rng(seed)
    options = {"filters": 2, "kernel_size": 2, "dtype": "float64", **arguments}
    layer = getattr(keras.layers, kind)(return_state=True, **options)

    def numbers(largest: float, shape: Any) -> np.ndarray:
        values: np.ndarray = random.uniform(-largest, largest, shape).astype(options["dtype"])
        return values

    x = numbers(3, (2, 3, *image[: KINDS[kind]], 2))
    layer.build(x.shape)
    largest = 0.5 / np.prod(layer.kernel_size) ** 0.5  # As Keras, smaller for larger kernels.
    layer.set_weights([numbers(largest, weight.shape) for weight in layer.weights])
    call: dict[str, Any] = {}
    if is_masked:
        call["mask"] = random.uniform(size=(2, 3)) < 0.5
    if is_started:
        call["initial_state"] = [numbers(1, state.shape) for state in layer.get_initial_state(2)]
    return Run(layer, x, call)


@st.composite
def options(draw: st.DrawFn, kind: str, dtype: str) -> dict[str, Any]:
    """Draw what `make_run` needs, with any arguments that Keras accepts."""
    few = st.tuples(*[st.integers(1, 2)] * KINDS[kind])
    arguments: dict[str, Any] = {"kernel_size": draw(st.tuples(*[st.integers(1, 3)] * KINDS[kind]))}
    arguments[draw(st.sampled_from(("strides", "dilation_rate")))] = draw(few)
    for name in ("use_bias", "return_sequences", "go_backwards", "zero_output_for_mask"):
        arguments[name] = draw(EITHER)
    arguments["padding"] = draw(st.sampled_from(("valid", "same")))
    arguments["activation"] = draw(st.sampled_from(("tanh", "softsign")))
    arguments["recurrent_activation"] = draw(st.sampled_from(("sigmoid", "hard_sigmoid")))
    return {
        "arguments": arguments | {"dtype": dtype},
        "image": draw(st.tuples(*[st.integers(5, 6)] * KINDS[kind])),
        "is_masked": draw(EITHER),
        "is_started": draw(EITHER),
        "seed": draw(st.integers(0, 999)),
    }


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, derandomize=True, max_examples=15)
@given(data=st.data())
def test_returned(kind: str, dtype: str, data: st.DataObject) -> None:
    """The output and the final states are those of the layer, in its floating type."""
    run = make_run(kind, **data.draw(options(kind, dtype)))
    trace = run.trace()
    output, state_h, state_c = run.layer(run.x, **run.call)

    ours = trace.output if run.layer.return_sequences else trace.output[:, -1]
    assert_close(ours, output, dtype)
    assert_close(trace.state_h, state_h, dtype)
    assert_close(trace.state_c, state_c, dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_gates(kind: str) -> None:
    """Each gate and the candidate is that of Keras, seen with the other gates open or shut.

    The layer is called on every time step as a sequence of its own, from the state before it.
    """
    run = make_run(kind, {"padding": "same"}, is_started=True)
    trace, (kernel, recurrent_kernel, bias) = run.trace(), run.layer.get_weights()
    first = run.call["initial_state"][0][:, np.newaxis]
    h = np.concatenate([first, trace.h[:, :-1]], axis=1)
    zero, one = np.zeros_like(h), np.ones_like(h)

    def call_held(c: np.ndarray, held: dict[str, float], activation: str = "tanh") -> Any:
        config = {**run.layer.get_config(), "activation": activation}
        layer = type(run.layer).from_config(config)
        layer.build((6, 1, *run.x.shape[2:]))
        weights = [weight.copy() for weight in (kernel, recurrent_kernel, bias)]
        for gate, value in held.items():
            columns = slice(2 * "ifgo".index(gate), 2 * "ifgo".index(gate) + 2)
            for weight, number in zip(weights, (0, 0, value), strict=True):
                weight[..., columns] = number
        layer.set_weights(weights)
        states = [state.reshape(6, *h.shape[2:]) for state in (h, c)]
        returned = layer(run.x.reshape(6, 1, *run.x.shape[2:]), initial_state=states)
        return [np.reshape(state, h.shape) for state in returned[1:]]

    # c = f * c + i * g; h = o * activation(c)
    assert_close(trace.i, call_held(zero, {"g": 1}, "linear")[1])
    assert_close(trace.f, call_held(one, {"i": SHUT})[1])
    assert_close(trace.g, call_held(zero, {"i": OPEN})[1])
    assert_close(trace.o, call_held(one, {"i": SHUT, "f": OPEN}, "linear")[0])


@pytest.mark.parametrize("kind", KINDS)
def test_defaults(kind: str) -> None:
    """With no optional argument, and the bias that Keras starts from, both compute the same."""
    layer = getattr(keras.layers, kind)(2, 2, return_sequences=True, return_state=True)
    x = np.random.default_rng(0).uniform(-3, 3, (2, 3, *(5, 4, 3)[: KINDS[kind]], 2))
    returned = layer(x.astype("float32"))
    trace = conv_lstm(x.astype("float32"), *layer.get_weights())

    for ours, theirs in zip([trace.output, *trace.states], returned, strict=True):
        assert_close(ours, theirs, "float32")
    np.testing.assert_array_equal(layer.get_weights()[2], [0, 0, 1, 1, 0, 0, 0, 0])


def test_forget_bias() -> None:
    """With `unit_forget_bias=False`, the bias starts at zero."""
    layer = keras.layers.ConvLSTM2D(2, 2, unit_forget_bias=False)
    layer.build((2, 3, 5, 4, 2))

    assert not layer.get_weights()[2].any()


def test_channels_first() -> None:
    """With `channels_first`, Keras returns the same with the filters before the image.

    Without oneDNN, TensorFlow supports that on a CPU for images of three axes only.
    """
    arguments = {"data_format": "channels_first", "unroll": True}
    run = make_run("ConvLSTM3D", arguments, image=(3, 4, 3))
    # The axes of x are (batch, timesteps, channels, depth, rows, cols).
    trace = conv_lstm(np.moveaxis(run.x, 2, -1), *run.layer.get_weights())

    for ours, theirs in zip([trace.h[:, -1], *trace.states], run.layer(run.x), strict=True):
        assert_close(np.moveaxis(ours, -1, 1), theirs)


@pytest.mark.parametrize("kind", ["ConvLSTM1D", "ConvLSTM2D"])
def test_channels_first_compiled(kind: str) -> None:
    """With `jit_compile=True`, images of one and two axes may have `channels_first` too."""
    run = make_run(kind, {"data_format": "channels_first"})
    trace = conv_lstm(np.moveaxis(run.x, 2, -1), *run.layer.get_weights())
    returned = tf.function(run.layer, jit_compile=True)(run.x)

    with pytest.raises(tf.errors.UnimplementedError):
        run.layer(run.x)
    for ours, theirs in zip([trace.h[:, -1], *trace.states], returned, strict=True):
        assert_close(np.moveaxis(ours, -1, 1), theirs)


X = np.ones((2, 3, 5, 4, 2))  # (batch, timesteps, rows, cols, channels)
WEIGHTS: dict[str, Any] = {
    "kernel": np.ones((2, 2, 2, 8)),
    "recurrent_kernel": np.ones((2, 2, 2, 8)),
    "bias": np.ones(8),
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": X[0]}, "x has the shape (3, 5, 4, 2), but must have (batch, timesteps, rows, cols"),
        (
            {"kernel": np.ones((2, 8))},
            "kernel has the shape (2, 8), but must have "
            "(kernel_rows, kernel_cols, channels, 4 * filters)",
        ),
        (
            {"kernel": np.ones((2, 2, 3, 8))},
            "here (2, 2, 2, 8); pass the weights of one ConvLSTM2D",
        ),
        (
            {"kernel": np.ones((3, 2, 2, 8))},
            "here (2, 2, 2, 8); pass the weights of one ConvLSTM2D",
        ),
        ({"recurrent_kernel": np.ones((2, 2, 2, 6))}, "recurrent_kernel has the shape"),
        ({"bias": np.ones(6)}, "bias has the shape (6,), but must have (4 * filters), here (8,)"),
        ({"initial_state": [X[:, 0]]}, "one array of shape (batch, rows, cols, filters) for each"),
        ({"initial_state": [X[:, 0]] * 2}, "(batch, rows, cols, filters), here (2, 4, 3, 2)"),
        ({"mask": np.ones((2, 3, 5), bool)}, "mask has the shape (2, 3, 5)"),
        ({"strides": 2, "dilation_rate": 2}, "does not support strides > 1 together with"),
        ({"strides": (1, 1, 1)}, "strides must be 2 positive integers or one, got (1, 1, 1)"),
        ({"dilation_rate": 0}, "dilation_rate must be 2 positive integers or one, got 0"),
        ({"padding": "causal"}, "padding must be 'valid' or 'same', got 'causal'"),
        (
            {"dilation_rate": 4},
            "has the shape (5, 5) and does not fit into an image of shape (5, 4",
        ),
    ],
)
def test_mistakes(changed: dict[str, Any], message: str) -> None:
    """An argument of the wrong shape or value is named in the message."""
    with pytest.raises(ValueError, match=re.escape(message)):
        conv_lstm(**({"x": X} | WEIGHTS | changed))
