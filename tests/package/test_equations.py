"""The equations are what Keras computes: number by number, gate by gate, up to the edges."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_returns.equations import ACTIVATIONS, Trace, gru, lstm, simple_rnn

FUNCTIONS: dict[str, Callable[..., Any]] = {"SimpleRNN": simple_rnn, "GRU": gru, "LSTM": lstm}

TOLERANCES = {"float64": 1e-12, "float32": 1e-6}

# These tolerances are absolute, so values must stay near one, from weights about as large as those
# that Keras starts from. A gate without an upper bound would multiply values at every step, and
# single precision holds large ones to fewer decimals: for it, no activation may be without a bound,
# and gates lie between zero and one.
BOUNDED = ("tanh", "sigmoid", "hard_sigmoid", "softsign")
ZERO_TO_ONE = ("sigmoid", "hard_sigmoid")
ACTIVATION_NAMES = {"float64": tuple(ACTIVATIONS), "float32": BOUNDED}
GATE_NAMES = {"float64": BOUNDED, "float32": ZERO_TO_ONE}
LARGEST_X, LARGEST_WEIGHT, LARGEST_STATE = 3, 0.5, 1

# The same examples on every machine, without a time limit.
DETERMINISTIC = settings(deadline=None, derandomize=True)
EITHER, YES, NO = st.booleans(), st.just(True), st.just(False)
ANY_KIND = st.sampled_from(tuple(FUNCTIONS))


@dataclass
class Run:
    """One call of a recurrent layer: the layer, its weights and what it is called on."""

    kind: str
    units: int
    dtype: str
    arguments: dict[str, Any]
    weights: list[np.ndarray]
    x: np.ndarray
    initial_state: list[np.ndarray] | None
    mask: Any

    def keras(self, return_sequences: bool) -> list[np.ndarray]:
        """Call a real layer; return the output and the final states."""
        layer = getattr(keras.layers, self.kind)(
            self.units,
            use_bias=len(self.weights) == 3,
            return_sequences=return_sequences,
            return_state=True,
            dtype=self.dtype,
            **self.arguments,
        )
        layer.build(self.x.shape)
        layer.set_weights(self.weights)
        returned = layer(self.x, initial_state=self.initial_state, mask=self.mask)
        return [np.asarray(tensor) for tensor in returned]

    def trace(self, **changed: Any) -> Any:
        """Give the equations the same, or the same but for what is *changed*."""
        called = {"x": self.x, "initial_state": self.initial_state, "mask": self.mask}
        arguments = called | self.arguments | changed
        return FUNCTIONS[self.kind](arguments.pop("x"), *self.weights, **arguments)


@st.composite
def runs(
    draw: st.DrawFn,
    /,
    kinds: st.SearchStrategy[str] = ANY_KIND,
    dtype: str = "float64",
    masked: st.SearchStrategy[bool] = EITHER,
    **chosen: st.SearchStrategy[Any],
) -> Run:
    """Draw a run of a layer, with some arguments *chosen* in another way."""
    kind = draw(kinds)
    batch, timesteps, features, units = (draw(st.integers(1, most)) for most in (3, 6, 4, 5))
    arguments = {
        "go_backwards": EITHER,
        "zero_output_for_mask": EITHER,
        "activation": st.sampled_from(ACTIVATION_NAMES[dtype]),
    }
    if kind != "SimpleRNN":
        arguments["recurrent_activation"] = st.sampled_from(GATE_NAMES[dtype])
    if kind == "GRU":
        arguments["reset_after"] = EITHER
    drawn = {name: draw(values) for name, values in (arguments | chosen).items()}

    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def numbers(largest: float, *shape: int) -> np.ndarray:
        return random.uniform(-largest, largest, shape).astype(dtype)

    width = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}[kind] * units
    shapes: list[tuple[int, ...]] = [(features, width), (units, width)]
    if draw(EITHER):
        shapes.append((2, width) if drawn.get("reset_after") else (width,))
    states = [numbers(LARGEST_STATE, batch, units) for _ in range(2 if kind == "LSTM" else 1)]
    return Run(
        kind=kind,
        units=units,
        dtype=dtype,
        arguments=drawn,
        weights=[numbers(LARGEST_WEIGHT, *shape) for shape in shapes],
        x=numbers(LARGEST_X, batch, timesteps, features),
        initial_state=states if draw(EITHER) else None,
        mask=draw(arrays(bool, (batch, timesteps))) if draw(masked) else None,
    )


def assert_close(ours: np.ndarray, theirs: np.ndarray, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance, strict=True)


def random_layer(kind: str, **arguments: Any) -> tuple[keras.Layer, np.ndarray]:
    """Give a layer of Keras that returns all it has, with random weights, and an input for it."""
    random = np.random.default_rng(0)
    x = random.uniform(-LARGEST_X, LARGEST_X, (2, 5, 3)).astype("float32")
    layer = getattr(keras.layers, kind)(4, return_sequences=True, return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(
        [random.uniform(-LARGEST_WEIGHT, LARGEST_WEIGHT, w.shape) for w in layer.weights]
    )
    return layer, x


def assert_returns(
    returned: Any,
    output: np.ndarray,
    states: list[np.ndarray],
    tolerance: float = TOLERANCES["float32"],
) -> None:
    for ours, theirs in zip([output, *states], returned, strict=True):
        assert_close(ours, np.asarray(theirs), tolerance)


def before(run: Run, trace: Trace, state: str = "h") -> np.ndarray:
    """The hidden (or cell) state that each time step starts from."""
    after = getattr(trace, state)
    first = run.initial_state["hc".index(state)] if run.initial_state else 0 * after[:, 0]
    return np.concatenate([first[:, np.newaxis], after[:, :-1]], axis=1)


class TestAgainstKeras:
    """What the layer returns."""

    @pytest.mark.parametrize("dtype", TOLERANCES)
    @pytest.mark.parametrize("kind", FUNCTIONS)
    @settings(DETERMINISTIC, max_examples=50)
    @given(data=st.data(), return_sequences=EITHER)
    def test_returned(
        self, kind: str, dtype: str, data: st.DataObject, return_sequences: bool
    ) -> None:
        """The output and the final states are those of the layer, in its floating type."""
        run = data.draw(runs(st.just(kind), dtype))
        trace = run.trace()
        output = trace.output if return_sequences else trace.output[:, -1]

        assert_returns(run.keras(return_sequences), output, trace.states, TOLERANCES[dtype])

    @pytest.mark.parametrize("arguments", [{}, {"go_backwards": True}], ids=str)
    @pytest.mark.parametrize(
        ("kind", "how"),
        [
            *product(FUNCTIONS, ({}, {"unroll": True})),
            *product(("GRU", "LSTM"), ({"implementation": 1},)),
        ],
        ids=str,
    )
    def test_however_it_is_computed(
        self, kind: str, arguments: dict[str, Any], how: dict[str, Any]
    ) -> None:
        """With no argument given, without a loop, or gate by gate, a layer returns the same."""
        layer, x = random_layer(kind, **arguments, **how)
        trace = FUNCTIONS[kind](x, *layer.get_weights(), **arguments)

        assert_returns(layer(x), trace.output, trace.states)

    @pytest.mark.parametrize("kind", FUNCTIONS)
    def test_masks(self, kind: str) -> None:
        """A mask may be numbers or come from `Masking`; it goes on with the sequence only."""
        layer, x = random_layer(kind)
        mask = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 1, 0]])
        x[mask == 0] = 0
        x[1, 2, 0] = 0  # `Masking` skips a step only if its every feature is zero.
        trace = FUNCTIONS[kind](x, *layer.get_weights(), mask=mask.astype(bool))

        for returned in (layer(x, mask=mask), layer(keras.layers.Masking()(x))):
            assert_returns(returned, trace.output, trace.states)
            masks = [getattr(tensor, "_keras_mask", None) for tensor in returned]
            np.testing.assert_array_equal(masks[0], mask)
            assert masks[1:] == [None] * len(trace.states)

    @pytest.mark.parametrize("kind", FUNCTIONS)
    def test_bidirectional(self, kind: str) -> None:
        """One layer reads from the start, one from the end; each starts from its half of states."""
        inner, x = random_layer(kind)
        layer = keras.layers.Bidirectional(inner)
        layer.build(x.shape)
        half = 2 if kind == "LSTM" else 1
        states = [*np.random.default_rng(0).uniform(-1, 1, (2 * half, 2, 4)).astype("float32")]
        forward, backward = (
            FUNCTIONS[kind](x, *one.get_weights(), initial_state=start, go_backwards=is_backward)
            for one, start, is_backward in (
                (layer.forward_layer, states[:half], False),
                (layer.backward_layer, states[half:], True),
            )
        )
        output = np.concatenate([forward.output, backward.output[:, ::-1]], axis=-1)

        returned = layer(x, initial_state=states)
        assert_returns(returned, output, [*forward.states, *backward.states])

    @pytest.mark.parametrize("kind", ["GRU", "LSTM"])
    def test_no_fast_kernel(self, kind: str) -> None:
        """Who asks for the kernel of a GPU where there is none is told so."""
        layer, x = random_layer(kind, use_cudnn=True)

        with pytest.raises(ValueError, match="use_cudnn=True was specified"):
            layer(x)

    @pytest.mark.parametrize("name", ACTIVATIONS)
    def test_activation(self, name: str) -> None:
        """An activation is Keras's function of that name, and no number is too large for it."""
        x = np.concatenate([np.linspace(-40, 40, 4001), [-1e30, -1e3, 1e3, 1e30]])
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            ours = ACTIVATIONS[name](x)

        assert_close(ours, np.asarray(keras.activations.get(name)(x)))


# In place of its weights a gate gets a bias that holds it open or shut; a candidate gets a number
# as its bias, or for STATE the hidden state as it is.
OPEN, SHUT, STATE = 1e3, -1e3, None
EVERY_STEP_SEEN: dict[str, Any] = {
    "masked": NO,
    "go_backwards": NO,
    "recurrent_activation": st.sampled_from(ZERO_TO_ONE),
}


class TestGatesAgainstKeras:
    """A layer hides its gates, but its cell shows each of them if the others are held.

    A real cell is called on what the layer's own cell meets at every time step. The gate to be
    read keeps its weights; the other gates are held open or shut, so that the equations of the
    cell leave the one gate in the state that the cell returns.
    """

    @settings(DETERMINISTIC, max_examples=20)
    @given(run=runs(st.just("LSTM"), **EVERY_STEP_SEEN))
    def test_lstm(self, run: Run) -> None:
        """The gates i, f and o and the candidate g are those of Keras's cell."""
        trace = run.trace()
        h, zero, one = before(run, trace), np.zeros_like(trace.h), np.ones_like(trace.h)

        # c = f * c + i * g; h = o * activation(c)
        _, i = held_cell(run, [h, zero], {"g": 1}, activation="linear")
        _, f = held_cell(run, [h, one], {"i": SHUT})
        _, g = held_cell(run, [h, zero], {"i": OPEN})
        o, _ = held_cell(run, [h, one], {"i": SHUT, "f": OPEN}, activation="linear")

        assert_close(trace.i, i)
        assert_close(trace.f, f)
        assert_close(trace.g, g)
        assert_close(trace.o, o)

    @settings(DETERMINISTIC, max_examples=20)
    @given(run=runs(st.just("GRU"), **EVERY_STEP_SEEN))
    def test_gru(self, run: Run) -> None:
        """The gates z and r and the candidate g are those of Keras's cell."""
        trace = run.trace()
        h = before(run, trace)

        # h = z * h + (1 - z) * g
        (kept,) = held_cell(run, [h], {"g": 0}, activation="linear")
        (kept_and_new,) = held_cell(run, [h], {"g": 1}, activation="linear")
        (g,) = held_cell(run, [h], {"z": SHUT})
        # The reset gate is seen through the candidate only, which here is the reset state.
        (reset,) = held_cell(run, [h], {"z": SHUT, "g": STATE}, activation="linear")

        assert_close(trace.z, 1 - (kept_and_new - kept))
        assert_close(trace.g, g)
        assert_close(trace.r * h, reset)


def held_cell(
    run: Run, states: list[np.ndarray], held: dict[str, float | None], **changed: str
) -> list[np.ndarray]:
    """Call a real cell on all time steps of *run* at once; return its new states.

    The step starts from *states*, and the gates and candidates *held* are held at their values.
    """
    blocks = {"LSTM": "ifgo", "GRU": "zrg"}[run.kind]
    of_layer = {"go_backwards", "zero_output_for_mask"}
    arguments = {name: run.arguments[name] for name in run.arguments.keys() - of_layer} | changed
    cell = getattr(keras.layers, f"{run.kind}Cell")(run.units, dtype=run.dtype, **arguments)
    features = run.x.shape[-1]
    cell.build((None, features))
    W, U, *bias = (weight.copy() for weight in run.weights)
    b = bias[0] if bias else np.zeros(cell.bias.shape)
    for letter, value in held.items():
        start = blocks.index(letter) * run.units
        columns = slice(start, start + run.units)
        W[:, columns] = 0
        U[:, columns] = np.eye(run.units) if value is STATE else 0
        b[..., columns] = 0
        np.atleast_2d(b)[0, columns] = 0 if value is STATE else value
    cell.set_weights([W, U, b])
    new = cell(run.x.reshape(-1, features), [state.reshape(-1, run.units) for state in states])[1]
    return [np.asarray(state).reshape(*run.x.shape[:2], run.units) for state in new]


class TestPromises:
    """What holds of the equations whatever the layer and its weights."""

    @settings(DETERMINISTIC, max_examples=90)
    @given(
        run=runs(masked=YES, go_backwards=NO, zero_output_for_mask=YES),
        data=st.data(),
    )
    def test_parts(self, run: Run, data: st.DataObject) -> None:
        """Two parts, the second started from the final states of the first, make the whole."""
        # An output that repeats the one before cannot know it at the start of a part.
        timesteps = run.x.shape[1]
        assume(timesteps > 1)
        cut = data.draw(st.integers(1, timesteps - 1))
        first = run.trace(x=run.x[:, :cut], mask=run.mask[:, :cut])
        second = run.trace(x=run.x[:, cut:], mask=run.mask[:, cut:], initial_state=first.states)

        for name, whole in vars(run.trace()).items():
            parts = [getattr(first, name), getattr(second, name)]
            assert_close(np.concatenate(parts, axis=1), whole)

    @settings(DETERMINISTIC, max_examples=90)
    @given(run=runs(masked=YES))
    def test_what_changes_nothing(self, run: Run) -> None:
        """To go backwards is to read all reversed; what is at a masked step is never read."""
        turned = run.trace(
            x=run.x[:, ::-1],
            mask=run.mask[:, ::-1],
            go_backwards=not run.arguments["go_backwards"],
        )
        padded = run.trace(x=np.where(run.mask[..., np.newaxis], run.x, np.nan))

        for name, expected in vars(run.trace()).items():
            assert_close(getattr(turned, name), expected)
            assert_close(getattr(padded, name), expected)

    @settings(DETERMINISTIC, max_examples=90)
    @given(run=runs(masked=YES, go_backwards=NO))
    def test_masked_steps(self, run: Run) -> None:
        """At a masked step the states stay and the gates are NaN."""
        trace = run.trace()
        masked = np.broadcast_to(~run.mask[..., np.newaxis], trace.h.shape)

        for name, values in vars(trace).items():
            if name in ("h", "c"):
                np.testing.assert_array_equal(values[masked], before(run, trace, name)[masked])
            elif name != "output":
                np.testing.assert_array_equal(np.isnan(values), masked)

    def test_own_activations(self) -> None:
        """An activation may be one's own; whole numbers are computed with in double precision."""
        trace = lstm(
            [[[1]]], [[1, 2, 3, 4]], [[0, 0, 0, 0]], activation=np.sin, recurrent_activation=np.cos
        )

        assert_close(trace.g, np.sin([[[3.0]]]))
        assert_close(trace.o, np.cos([[[4.0]]]))


X = np.arange(24.0).reshape(2, 3, 4)  # (batch, timesteps, features)
# Weights of an LSTM of two units, and of a GRU.
LSTM_WEIGHTS: dict[str, Any] = {
    "kernel": np.ones((4, 8)),
    "recurrent_kernel": np.ones((2, 8)),
    "bias": np.ones(8),
}
GRU_WEIGHTS: dict[str, Any] = {"kernel": np.ones((4, 6)), "recurrent_kernel": np.ones((2, 6))}
H = np.zeros((2, 2))

AXES = "(batch, timesteps, features)"
GET_WEIGHTS = "pass the weights of one LSTM, in the order of its get_weights()."
STATES = "but must be the list [h, c]; pass one array of shape (batch, units) for each"


def shapes(given: tuple[int, ...], needed: str) -> str:
    return f"has the shape {given}, but must have {needed}"


class TestMistakes:
    """A message names what was given, what is needed and what to do."""

    @pytest.mark.parametrize(
        ("changed", "error", "message"),
        [
            ({"x": X[0]}, ValueError, f"x {shapes((3, 4), AXES)}, with no axis empty; … x[np.new"),
            ({"x": X[:, :0]}, ValueError, f"x {shapes((2, 0, 4), AXES)}, with no axis empty"),
            (
                {"x": [[[1], [2]], [[3]]]},
                ValueError,
                "x is not an array; pass numbers, in rows of one",
            ),
            ({"x": [[["one"]]]}, TypeError, "Expected x to contain real numbers, got <U3."),
            ({"x": X + 1j}, TypeError, "Expected x to contain real numbers, got complex128."),
            (
                {"kernel": np.ones((3, 8))},
                ValueError,
                f"kernel {shapes((3, 8), '(features, 4 * units)')}, here (4, 8); {GET_WEIGHTS}",
            ),
            (
                GRU_WEIGHTS,
                ValueError,
                f"recurrent_kernel {shapes((2, 6), '(units, 4 * units)')}, here (2, 8); … LSTM",
            ),
            ({"bias": np.ones(6)}, ValueError, f"must have (4 * units), here (8,); {GET_WEIGHTS}"),
            ({"initial_state": [H]}, ValueError, f"is a list of 1, {STATES}"),
            ({"initial_state": H}, ValueError, f"is one ndarray, {STATES}"),
            (
                {"initial_state": [H, H[:1]]},
                ValueError,
                f"initial_state[1] {shapes((1, 2), '(batch, units)')}, here (2, 2); pass one row",
            ),
            (
                {"mask": np.ones((2, 4), bool)},
                ValueError,
                f"mask {shapes((2, 4), '(batch, timesteps)')}, here (2, 3); pass one row",
            ),
            (
                {"mask": np.ones((2, 3))},
                TypeError,
                "Expected mask to contain booleans, such as x[...",
            ),
            ({"activation": "tahn"}, ValueError, "'tahn' is not supported; use one of tanh, sig"),
            ({"recurrent_activation": None}, ValueError, "The activation None is not supported"),
        ],
    )
    def test_lstm(self, changed: dict[str, Any], error: type[Exception], message: str) -> None:
        """An argument of the wrong kind, shape or name is named in the message."""
        with pytest.raises(error, match=".*".join(map(re.escape, message.split(" … ")))):
            lstm(**({"x": X} | LSTM_WEIGHTS | changed))

    @pytest.mark.parametrize(
        ("reset_after", "given", "needed"),
        [(True, (6,), "(2, 3 * units), here (2, 6)"), (False, (2, 6), "(3 * units)")],
    )
    def test_gru_bias(self, reset_after: bool, given: tuple[int, ...], needed: str) -> None:
        """The bias of a GRU of the other formulation is refused, with the formulation named."""
        message = f"bias {shapes(given, needed)}"
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            gru(X, **GRU_WEIGHTS, bias=np.ones(given), reset_after=reset_after)

        assert f"pass the weights of one GRU(reset_after={reset_after})" in str(caught.value)
