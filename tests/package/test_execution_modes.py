"""A layer computes the same however it is executed, and gradients are those of the equations."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from support.layers import (
    ALL_EQUATIONS,
    BATCH,
    BOTH,
    LAYERS,
    MASK,
    UNITS,
    assert_returned,
    make_input,
    make_layer,
    make_numbers,
    randomize,
    trace,
)

EITHER = (False, True)
MASKS = pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])


def make_states(layer: Any, dtype: str = "float32") -> Any:
    """Give random initial states in the containers of the layer."""
    states = layer.get_initial_state(BATCH)
    return keras.tree.map_structure(lambda s: make_numbers(*s.shape, seed=9, dtype=dtype), states)


class TestGradients:
    """Gradients flow through the initial states, the time steps and the returned states."""

    @pytest.mark.parametrize("go_backwards", EITHER)
    @MASKS
    @pytest.mark.parametrize("kind", ALL_EQUATIONS)
    def test_equations(self, kind: str, mask: Any, go_backwards: bool) -> None:
        """The gradients with respect to the input, states and weights are those of the equations.

        A gradient along one random direction is compared with the difference of two values of the
        equations. The value is a sum of the output and the final states with random factors.
        """
        layer = make_layer(kind, dtype="float64", go_backwards=go_backwards, **BOTH)
        inputs = [make_input(kind, "float64"), *make_states(layer, "float64")]
        x, *states = map(tf.constant, inputs)
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            returned = layer(x, mask=mask, initial_state=states)
            factors = [
                make_numbers(*tensor.shape, seed=n, dtype="float64")
                for n, tensor in enumerate(returned)
            ]
            value = tf.add_n(
                [tf.reduce_sum(f * tensor) for f, tensor in zip(factors, returned, strict=True)]
            )
        gradients = tape.gradient(value, [x, *states, *(w.value for w in layer.weights)])
        given = [*inputs, *layer.get_weights()]

        def compute(moved: list[Any]) -> float:
            inputs, start, weights = moved[0], moved[1 : 1 + len(states)], moved[1 + len(states) :]
            ours = ALL_EQUATIONS[kind](
                inputs, *weights, initial_state=start, mask=mask, go_backwards=go_backwards
            )
            tensors = [ours.output, *ours.states]
            return sum(float(np.sum(f * t)) for f, t in zip(factors, tensors, strict=True))

        for n, gradient in enumerate(gradients):
            step = 1e-5 * make_numbers(*given[n].shape, seed=7, dtype="float64")
            up, down = ([*given[:n], given[n] + sign * step, *given[n + 1 :]] for sign in (1, -1))
            slope = (compute(up) - compute(down)) / 2e-5
            expected = float(np.sum(np.array(gradient) * step)) / 1e-5
            assert abs(expected) > 1e-4
            np.testing.assert_allclose(slope, expected, rtol=0, atol=1e-8)

    @pytest.mark.parametrize("unroll", EITHER)
    @pytest.mark.parametrize("kind", LAYERS)
    def test_masked_time_step(self, kind: str, unroll: bool) -> None:
        """The gradient with respect to the input is zero at masked time steps, and only there."""
        layer, x = make_layer(kind, unroll=unroll, **BOTH), tf.constant(make_input(kind))
        with tf.GradientTape() as tape:
            tape.watch(x)
            returned = keras.tree.flatten(layer(x, mask=MASK))
            value = tf.add_n([tf.reduce_sum(tensor) for tensor in returned])
        gradient = np.array(tape.gradient(value, x))

        np.testing.assert_array_equal(gradient.any(axis=tuple(range(2, x.ndim))), MASK)

    @pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "Bidirectional"])
    def test_fully_masked_sequence(self, kind: str) -> None:
        """Of a fully masked sequence, the gradient of the final states passes unchanged."""
        layer, x = make_layer(kind, **BOTH), make_input(kind)
        start = keras.tree.map_structure(tf.constant, make_states(layer))
        with tf.GradientTape() as tape:
            tape.watch(start)
            _, *states = layer(x, mask=np.zeros_like(MASK), initial_state=start)
            value = tf.add_n([tf.reduce_sum(state) for state in keras.tree.flatten(states)])

        for gradient in keras.tree.flatten(tape.gradient(value, start)):
            assert np.all(np.array(gradient) == 1)


class TestGraphs:
    """A function that TensorFlow compiles returns what an eager call returns."""

    @MASKS
    @pytest.mark.parametrize("kind", LAYERS)
    def test_compiled(self, kind: str, mask: Any) -> None:
        """`tf.function`, with and without `jit_compile`, keeps the values and the containers."""
        compare_compiled(make_layer(kind, **BOTH), make_input(kind), mask)

    @MASKS
    def test_time_distributed(self, mask: Any) -> None:
        """The same applies to a layer in `TimeDistributed`."""
        x = make_numbers(BATCH, 2, 3, 5)
        layer = randomize(layers.TimeDistributed(LAYERS["LSTM"](return_sequences=True)), x.shape)
        compare_compiled(layer, x, None if mask is None else np.stack([MASK, ~MASK], axis=1))


def compare_compiled(layer: Any, x: Any, mask: Any) -> None:
    eager = layer(x, mask=mask)
    for jit_compile, tolerance in ((False, 1e-6), (True, 1e-5)):
        returned = tf.function(layer, jit_compile=jit_compile)(x, mask=mask)
        assert describe_containers(returned) == describe_containers(eager)
        assert_returned(eager, returned, tolerance)


def describe_containers(returned: Any) -> Any:
    """Give the types of nested containers."""
    if isinstance(returned, list | tuple):
        return type(returned), [describe_containers(part) for part in returned]
    return "tensor"


class TestUnrolled:
    """`unroll=True` changes how a layer is executed and nothing else."""

    @pytest.mark.parametrize(
        "options",
        [
            {},
            BOTH,
            {**BOTH, "go_backwards": True},
            {**BOTH, "zero_output_for_mask": True},
            {"go_backwards": True, "zero_output_for_mask": True, "return_state": True},
        ],
        ids=lambda options: "-".join(options) or "default",
    )
    @MASKS
    @pytest.mark.parametrize("kind", LAYERS)
    def test_unrolled(self, kind: str, mask: Any, options: dict[str, bool]) -> None:
        """The output, the states, the containers and the mask passed on are the same."""
        if kind == "Bidirectional":
            if options.get("return_sequences"):
                mask = None  # With a mask, `test_zeros_backwards` has what Keras does.
            options = {name: is_on for name, is_on in options.items() if name != "go_backwards"}
        x = make_input(kind)
        looped, unrolled = (
            make_layer(kind, unroll=unroll, **options)(x, mask=mask) for unroll in EITHER
        )

        assert describe_containers(unrolled) == describe_containers(looped)
        assert_returned(looped, unrolled)
        masks = [
            [getattr(tensor, "_keras_mask", None) for tensor in keras.tree.flatten(returned)]
            for returned in (looped, unrolled)
        ]
        is_passed_on = mask is not None and bool(options.get("return_sequences"))
        for passed_on, *others in masks:
            assert (passed_on is not None) == is_passed_on
            assert all(other is None for other in others)
            if is_passed_on:
                np.testing.assert_array_equal(passed_on, mask)

    @pytest.mark.parametrize("kind", ALL_EQUATIONS)
    def test_zeros_backwards(self, kind: str) -> None:
        """Backwards, an unrolled layer sets zeros by a mask that it has not reversed.

        This is a fault of Keras with `zero_output_for_mask=True`, which `Bidirectional` always sets
        if it returns sequences. In a loop, the zeros are at the masked time steps.
        """
        options = {"go_backwards": True, "zero_output_for_mask": True, "return_sequences": True}
        looped, unrolled = (make_layer(kind, unroll=unroll, **options) for unroll in EITHER)
        x = make_input(kind)
        repeated = trace(kind, looped, x, mask=MASK, go_backwards=True).output
        is_kept = np.reshape(MASK, (*MASK.shape, *[1] * (repeated.ndim - 2)))

        assert_returned(np.where(is_kept[:, ::-1], repeated, np.float32(0)), looped(x, mask=MASK))
        assert_returned(np.where(is_kept, repeated, np.float32(0)), unrolled(x, mask=MASK))


class TestImplementations:
    """Arguments that choose an implementation do not change what is computed on a CPU."""

    @MASKS
    @pytest.mark.parametrize("kind", ["GRU", "LSTM"])
    def test_cudnn(self, kind: str, mask: Any) -> None:
        """`use_cudnn="auto"` returns exactly what `use_cudnn=False` returns."""
        x = make_input(kind)
        auto, never = (
            make_layer(kind, use_cudnn=use_cudnn, **BOTH)(x, mask=mask)
            for use_cudnn in ("auto", False)
        )

        assert_returned(never, auto, tolerance=0)

    @pytest.mark.parametrize("kind", ["GRU", "LSTM"])
    def test_states_of_cudnn(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A layer with cuDNN returns one row of each state per sample, not one state per sample.

        The kernel is replaced because it needs a GPU; its shapes are those of the real one.
        """

        def compute(**arguments: Any) -> tuple[Any, ...]:
            batch, timesteps, _ = arguments["input"].shape
            calls.append(batch)
            state = tf.zeros((batch, 1, UNITS))
            return tf.zeros((batch, timesteps, UNITS)), state, state, None, None

        calls: list[int] = []
        monkeypatch.setattr(tf.raw_ops, "CudnnRNNV3", compute)
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda _: ["GPU"])
        output, *states = make_layer(kind, use_cudnn=True, **BOTH)(make_input(kind))

        assert calls == [BATCH]
        assert len(states) == {"GRU": 1, "LSTM": 2}[kind]
        assert output.shape[::2] == (BATCH, UNITS)
        assert all(state.shape == (BATCH, UNITS) for state in states)

    @MASKS
    @pytest.mark.parametrize("kind", ["GRU", "LSTM"])
    def test_implementation(self, kind: str, mask: Any) -> None:
        """`implementation=1`, gate by gate, returns what `implementation=2` returns."""
        x = make_input(kind)
        one, two = (make_layer(kind, implementation=n, **BOTH) for n in (1, 2))
        start = make_states(one)

        assert (one.cell.implementation, two.cell.implementation) == (1, 2)
        assert_returned(
            two(x, mask=mask, initial_state=start), one(x, mask=mask, initial_state=start)
        )

    @pytest.mark.parametrize("argument", ["use_cudnn", "implementation"])
    def test_simple_rnn(self, argument: str) -> None:
        """A `SimpleRNN` has one implementation and accepts neither argument."""
        with pytest.raises(ValueError, match=f"Unrecognized keyword arguments.*{argument}"):
            layers.SimpleRNN(UNITS, **{argument: 1})
