"""The table of cases: the layers and calls in which the rules are held against Keras."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import chain, product
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_returns import FLAG_COMBINATIONS, CellSpec, LayerSpec, observe
from rnn_returns.rules.layer_spec import input_axes, unwrap
from rnn_returns.validation import WRAPPERS, wrapped_layers

Shape = tuple[int | None, ...]
Options = dict[str, Any]

REFUSED = tf.errors.InvalidArgumentError
SEED = 20
# As many samples as there are masks of three steps, so that one call meets every mask.
BATCH, TIMESTEPS = 8, 3
SEQUENCE: Shape = (BATCH, TIMESTEPS, 2)
SLICES: Shape = (BATCH, 2, TIMESTEPS, 2)


@dataclass(frozen=True)
class Case:
    """One layer and one call of it."""

    layer: LayerSpec
    shape: Shape
    mask: bool = False
    initial_state: bool = False
    symbolic: bool = False

    @property
    def call(self) -> dict[str, bool]:
        """The call as the rules want to know it."""
        return {name: getattr(self, name) for name in ("mask", "initial_state", "symbolic")}

    def __str__(self) -> str:
        layer = re.sub(r'"kind": |": true|[{}"]', "", self.layer.to_json())
        called = "-".join(name for name, is_so in self.call.items() if is_so)
        text = f"{layer} on {'x'.join(map(str, self.shape))} {called}"
        return text.replace(", ", " ").replace(": ", "=").strip()


# From a case to a call.


@keras.saving.register_keras_serializable("rnn_returns")
class CustomCell(keras.layers.Layer):  # type: ignore[misc]
    """A cell whose output equals none of its states."""

    def __init__(
        self, units: int, state_size: Any, container: str = "list", **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.output_size = units
        self.state_size = state_size
        self.container = container

    def get_initial_state(self, batch_size: int) -> Any:
        """Give zeros in the container."""
        sizes = keras.tree.flatten(self.state_size)
        return self._nest([keras.ops.zeros((batch_size, size)) for size in sizes])

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        """Mix input and states into something new."""
        total = keras.ops.mean(inputs, axis=-1, keepdims=True)
        new = [state / 2 + total * (i + 1) for i, state in enumerate(states)]
        mixed = sum(keras.ops.sum(state, axis=-1, keepdims=True) for state in new)
        return keras.ops.tile(keras.ops.tanh(mixed), (1, self.output_size)), self._nest(new)

    def _nest(self, states: list[Any]) -> Any:
        return {"list": states, "tuple": tuple(states), "tensor": states[0]}[self.container]


@keras.saving.register_keras_serializable("rnn_returns")
class StartedCell(keras.layers.LSTMCell):  # type: ignore[misc]
    """An LSTM cell whose states start from ones and twos."""

    def get_initial_state(self, batch_size: int) -> Any:
        """Give a state of ones and one of twos."""
        return [keras.ops.full((batch_size, self.units), value, "float32") for value in (1, 2)]


def build_layer(layer: LayerSpec | CellSpec) -> Any:
    """Make the Keras layer, or the cell, that *layer* describes."""
    if isinstance(layer, CellSpec) and layer.kind == "LSTMCell" and layer.own_initial_state:
        return StartedCell(layer.units)
    arguments: Options = {}
    for field in fields(layer)[1:]:  # The first is the kind.
        value = getattr(layer, field.name)
        if isinstance(value, LayerSpec | CellSpec):
            value = build_layer(value)
        elif field.name == "cell" and value is not None:
            value = [build_layer(cell) for cell in value]
        if value != field.default:
            arguments[field.name] = value
    kind = CustomCell if layer.kind == "custom" else getattr(keras.layers, layer.kind)
    return kind(**arguments)


def run_case(case: Case, layer: Any, call: Callable[..., Any] = observe) -> Any:
    """Call *layer* as the case says, and before it a stateful one without a mask, for its state."""
    x = keras.Input(batch_shape=case.shape) if case.symbolic else make_numbers(case.shape)
    arguments = {}
    if case.mask:
        arguments["mask"] = make_masks(case)
    if case.initial_state:
        arguments["initial_state"] = _make_initial_state(layer, case)
    if '"stateful": true' in case.layer.to_json():
        call(layer, x)
    return call(layer, x, **arguments)


def make_masks(case: Case) -> Any:
    """Give a mask that holds every pattern that a mask of so many steps can have."""
    shape = case.shape[: 1 + input_axes(case.layer).index("timesteps")]
    if case.symbolic:
        return keras.Input(batch_shape=shape, dtype="bool")
    patterns = np.array(list(product((False, True), repeat=shape[-1] or 0)))
    return np.resize(patterns, shape)


def _make_initial_state(layer: Any, case: Case) -> Any:
    layer.build(case.shape)
    parts = wrapped_layers(layer) if isinstance(layer, WRAPPERS) else [layer]
    states = [state for part in parts for state in part.get_initial_state(case.shape[0] or 1)]

    def make_state(state: Any) -> Any:
        shape = (case.shape[0], *state.shape[1:])
        return keras.Input(batch_shape=shape) if case.symbolic else make_numbers(shape)

    return keras.tree.map_structure(make_state, states)


@lru_cache
def make_numbers(shape: Any) -> Any:
    """Give the same random numbers for the same shape."""
    return np.random.default_rng(SEED).normal(size=shape).astype("float32")


# The layers.

EACH = (False, True)
FLAGS: list[Options] = [flags.arguments for flags in FLAG_COMBINATIONS]
STATE: list[Options] = FLAGS[2:]
BOTH: Options = FLAGS[-1]
OPTIONS = ("go_backwards", "stateful", "unroll", "zero_output_for_mask")
EVERY_OPTION: tuple[Options, ...] = tuple(
    dict(zip(OPTIONS, values, strict=True)) for values in product(EACH, repeat=len(OPTIONS))
)
SOME_OPTIONS: tuple[Options, ...] = ({}, *({option: True} for option in OPTIONS), EVERY_OPTION[-1])

PLAIN = ("LSTM", "GRU", "SimpleRNN")
LSTM, GRU, SIMPLE = (CellSpec(f"{kind}Cell", 2) for kind in PLAIN)
BARE = CellSpec("custom", 3, state_size=2, container="tensor")
BOXED = CellSpec("custom", 2, state_size=2, container="list")
LISTED = CellSpec("custom", 2, state_size=(2,))
PAIR = CellSpec("custom", 4, state_size=(2, 3))
TRIPLE = CellSpec("custom", 2, state_size=(2, 3, 1), container="tuple")
STARTED = replace(LSTM, own_initial_state=True)
CELLS = (LSTM, GRU, SIMPLE, BARE, BOXED, LISTED, PAIR, TRIPLE)
STACKS = (
    (LSTM, replace(LSTM, units=3)),
    (GRU, replace(GRU, units=3)),
    (SIMPLE, LSTM),
    (LSTM, GRU, SIMPLE),
    (LSTM, BARE),
    (BARE, LSTM),
    (BOXED, GRU),
    (LISTED, PAIR),
    (TRIPLE, LSTM),
)
ANY_CELLS: tuple[Any, ...] = (*CELLS, *STACKS)
DTYPES = ("float32", "mixed_float16", "mixed_bfloat16", "float64")
MERGES = ("concat", "sum", "ave", "mul", None)
IMAGES: dict[str, Shape] = {
    "ConvLSTM1D": (BATCH, TIMESTEPS, 5, 2),
    "ConvLSTM2D": (BATCH, TIMESTEPS, 5, 4, 2),
    "ConvLSTM3D": (BATCH, TIMESTEPS, 4, 3, 3, 2),
}
CONVOLUTIONS: tuple[Options, ...] = (
    {"padding": "same"},
    {"strides": 2},
    {"strides": 2, "padding": "same"},
    {"dilation_rate": 2},
    {"dilation_rate": 2, "padding": "same"},
)


def image_layer(kind: str, **options: Any) -> LayerSpec:
    """Describe a ConvLSTM with a small kernel."""
    return LayerSpec(kind, **{"filters": 3, "kernel_size": 2, **options})


def bidirectional(layer: LayerSpec, merge_mode: str | None = "concat", **options: Any) -> LayerSpec:
    """Describe a Bidirectional layer."""
    return LayerSpec("Bidirectional", layer=layer, merge_mode=merge_mode, **options)


def time_distributed(layer: LayerSpec) -> LayerSpec:
    """Describe a TimeDistributed layer."""
    return LayerSpec("TimeDistributed", layer=layer)


# How they are called: with a mask or not, with an initial state or not.
EVERY_CALL = ((False, False), (True, False), (False, True), (True, True))
MASK_OR_NOT = EVERY_CALL[:2]
PLAINLY, MASKED = EVERY_CALL[:1], EVERY_CALL[1:2]
EAGERLY, SYMBOLICALLY = EACH[:1], EACH[1:]


def choose_shape(layer: LayerSpec) -> Shape:
    """Give a shape that *layer* reads."""
    if layer.kind == "TimeDistributed" and layer.layer:
        return (BATCH, 2, *choose_shape(layer.layer)[1:])
    return IMAGES.get(unwrap(layer).kind, SEQUENCE)


def _expand(
    calls: Iterable[tuple[bool, bool]],
    *layers: LayerSpec,
    symbolic: Iterable[bool] = EACH,
    shape: Shape = (),
) -> Iterator[Case]:
    for layer, (mask, initial_state), is_symbolic in product(layers, calls, symbolic):
        yield Case(layer, shape or choose_shape(layer), mask, initial_state, is_symbolic)


def list_accepted() -> list[Case]:
    """Give every case that Keras accepts, once."""
    cases = chain(
        _list_plain(),
        _list_cells(),
        _list_single_cells(),
        _list_started_cells(),
        _list_images(),
        _list_bidirectional(),
        _list_backward_layers(),
        _list_time_distributed(),
        _list_dtypes(),
        _list_open_lengths(),
    )
    return [*dict.fromkeys(cases)]


def _list_plain() -> Iterator[Case]:
    for flags, options in product(FLAGS, EVERY_OPTION):
        layer = LayerSpec("LSTM", units=2, **flags, **options)
        yield from _expand(MASK_OR_NOT, layer, symbolic=EAGERLY)
        yield from _expand(PLAINLY, layer, symbolic=SYMBOLICALLY)
    for kind, flags, options in product(PLAIN[1:], FLAGS, SOME_OPTIONS):
        yield from _expand(MASK_OR_NOT, LayerSpec(kind, units=2, **flags, **options))
    for kind, flags in product(PLAIN, FLAGS):
        yield from _expand(EVERY_CALL, LayerSpec(kind, units=2, **flags))


def _list_cells() -> Iterator[Case]:
    for cell, options in product(ANY_CELLS, (*FLAGS[1:], {"unroll": True, **BOTH})):
        yield from _expand(MASK_OR_NOT, LayerSpec("RNN", cell=cell, **options))
    stateful = LayerSpec("RNN", cell=STACKS[3], stateful=True, **BOTH)
    zeros = LayerSpec("RNN", cell=STACKS[5], zero_output_for_mask=True, **BOTH)
    others = (replace(zeros, unroll=True), replace(zeros, cell=PAIR))
    yield from _expand(EVERY_CALL, stateful, zeros, *others)


def _list_single_cells() -> Iterator[Case]:
    """Stacks of one cell: what is not here fails in Keras."""
    for cell, flags in product((LSTM, GRU, BOXED, LISTED, PAIR), (FLAGS[0], *STATE)):
        rolled = LayerSpec("RNN", cell=(cell,), **flags)
        unrolled = replace(rolled, unroll=True)
        yield from _expand(MASK_OR_NOT, rolled, unrolled, symbolic=SYMBOLICALLY)
        yield from _expand(PLAINLY, rolled, symbolic=EAGERLY)
        yield from _expand(MASKED, unrolled, symbolic=EAGERLY)
        yield from _expand(PLAINLY, unrolled, shape=(BATCH, 1, 2))
    for cell, flags in product((GRU, BOXED, LISTED), STATE):
        yield from _expand(PLAINLY, LayerSpec("RNN", cell=(cell,), unroll=True, **flags))
    bare = LayerSpec("RNN", cell=(BARE,), **BOTH)
    yield from _expand(MASK_OR_NOT, bare, replace(bare, unroll=True))


def _list_started_cells() -> Iterator[Case]:
    """Cells with initial states of their own."""
    cells: tuple[Any, ...] = (STARTED, (STARTED, GRU), (GRU, STARTED))
    for cell, flags in product(cells, STATE):
        layer = LayerSpec("RNN", cell=cell, **flags)
        yield from _expand(EVERY_CALL, layer, replace(layer, unroll=True))
        yield from _expand(PLAINLY, bidirectional(layer), bidirectional(layer, None))
    for flags in STATE:
        one, other = LayerSpec("RNN", cell=STARTED, **flags), LayerSpec("GRU", units=2, **flags)
        pairs = ((one, replace(other, go_backwards=True)), (other, replace(one, go_backwards=True)))
        layers = [bidirectional(one, None, backward_layer=other) for one, other in pairs]
        yield from _expand(MASK_OR_NOT, *layers, symbolic=EAGERLY)


def _list_dtypes() -> Iterator[Case]:
    """Other types of numbers, and Bidirectional with another type than the layers in it."""
    insides = (
        *(LayerSpec(kind, units=2, **BOTH) for kind in PLAIN),
        LayerSpec("RNN", cell=(LSTM, GRU), **BOTH),
        image_layer("ConvLSTM1D", **BOTH),
    )
    for inside, dtype in product(insides, DTYPES[1:]):
        layer = replace(inside, dtype=dtype)
        yield from _expand(PLAINLY, layer, replace(bidirectional(layer), dtype=dtype))
    alone = LayerSpec("GRU", units=2, return_state=True)
    for dtype in DTYPES[1:]:
        layer = replace(alone, dtype=dtype)
        both = replace(bidirectional(layer, "sum"), dtype=dtype)
        yield from _expand(PLAINLY, *map(time_distributed, (layer, both)), symbolic=EAGERLY)
        output = bidirectional(replace(layer, return_state=False), None)
        yield from _expand(PLAINLY, time_distributed(output), symbolic=EAGERLY)
    for inside, outside, merge_mode in product(DTYPES, DTYPES, MERGES):
        # Of bfloat16 in float16, only the smallest numbers differ.
        if (inside, outside) != ("mixed_bfloat16", "mixed_float16"):
            layer = bidirectional(replace(alone, dtype=inside), merge_mode)
            yield from _expand(PLAINLY, replace(layer, dtype=outside), symbolic=EAGERLY)
    backwards = replace(alone, go_backwards=True)
    for one, other, merge_mode in product(DTYPES[:2], DTYPES[:2], ("concat", "ave", None)):
        backward_layer = replace(backwards, dtype=other)
        forward = replace(alone, dtype=one)
        layer = bidirectional(forward, merge_mode, backward_layer=backward_layer)
        layers = [replace(layer, dtype=dtype) for dtype in DTYPES[:2]]
        yield from _expand(PLAINLY, *layers, symbolic=EAGERLY)


def _list_images() -> Iterator[Case]:
    for kind, flags in product(IMAGES, FLAGS):
        yield from _expand(MASK_OR_NOT, image_layer(kind, **flags))
    for options in SOME_OPTIONS:
        yield from _expand(MASK_OR_NOT, image_layer("ConvLSTM1D", **BOTH, **options))
    yield from _expand(EVERY_CALL, image_layer("ConvLSTM1D", **BOTH))
    for kind, options in product(IMAGES, CONVOLUTIONS):
        layer = image_layer(kind, **STATE[0], **options)
        yield from _expand(PLAINLY, layer)
        layer = replace(layer, data_format="channels_first")
        layers = (layer, bidirectional(layer), bidirectional(layer, None))
        batch, steps, *image, channels = IMAGES[kind]
        shape = (batch, steps, channels, *image)
        yield from _expand(PLAINLY, *layers, symbolic=SYMBOLICALLY, shape=shape)
    yield from _expand(PLAINLY, image_layer("ConvLSTM2D", kernel_size=(3, 1), strides=(1, 2)))
    # On a CPU, TensorFlow computes only this one with the channels first, and slowly.
    layer = image_layer("ConvLSTM3D", data_format="channels_first", unroll=True, **STATE[0])
    yield from _expand(PLAINLY, bidirectional(layer), shape=(2, 1, 2, 3, 3, 3))


def _list_bidirectional() -> Iterator[Case]:
    for merge_mode, flags in product(MERGES, FLAGS):
        layer = LayerSpec("LSTM", units=2, **flags)
        yield from _expand(MASK_OR_NOT, bidirectional(layer, merge_mode))
    for merge_mode, flags in product(("concat", "sum", None), STATE):
        layer, image = LayerSpec("GRU", units=2, **flags), image_layer("ConvLSTM1D", **flags)
        yield from _expand(EVERY_CALL, bidirectional(layer, merge_mode))
        yield from _expand(PLAINLY, bidirectional(image, merge_mode))
    insides = (
        LayerSpec("SimpleRNN", units=2),
        LayerSpec("RNN", cell=PAIR),
        LayerSpec("RNN", cell=(LSTM, GRU)),
        LayerSpec("RNN", cell=(BARE, GRU), unroll=True),
        LayerSpec("LSTM", units=2, zero_output_for_mask=True),
    )
    for inside, flags in product(insides, STATE):
        layer = replace(inside, **flags)
        yield from _expand(MASK_OR_NOT, bidirectional(layer))
        yield from _expand(PLAINLY, bidirectional(layer, "sum"), bidirectional(layer, None))
    stateful = LayerSpec("GRU", units=2, return_sequences=True, stateful=True)
    yield from _expand(MASK_OR_NOT, bidirectional(stateful), bidirectional(stateful, None))


def _list_backward_layers() -> Iterator[Case]:
    """A backward layer of its own: another kind, another size, or the two changed over."""
    others = (
        *(LayerSpec("LSTM", units=units) for units in (1, 2, 3)),
        LayerSpec("GRU", units=2),
        LayerSpec("RNN", cell=PAIR),
        LayerSpec("RNN", cell=(GRU, LSTM)),
    )
    for other, merge_mode, flags in product(others, ("concat", "mul", None), STATE):
        one, two = LayerSpec("LSTM", units=2, **flags), replace(other, **flags)
        layer = bidirectional(one, merge_mode, backward_layer=replace(two, go_backwards=True))
        swapped = bidirectional(replace(one, go_backwards=True), merge_mode, backward_layer=two)
        yield from _expand(PLAINLY, layer, symbolic=SYMBOLICALLY)
        # Outputs of two sizes cannot be multiplied, unless one of them is of a single unit.
        if merge_mode != "mul" or two.cells[-1].units in (1, 2):
            yield from _expand(PLAINLY, layer, swapped, symbolic=EAGERLY)


def _list_time_distributed() -> Iterator[Case]:
    insides = (
        *(LayerSpec(kind, units=2) for kind in PLAIN),
        LayerSpec("LSTM", units=2, go_backwards=True, unroll=True),
        LayerSpec("GRU", units=2, stateful=True),
        LayerSpec("RNN", cell=(LSTM, GRU)),
        bidirectional(LayerSpec("RNN", cell=PAIR)),
        bidirectional(LayerSpec("GRU", units=2), "sum"),
        time_distributed(LayerSpec("LSTM", units=2)),
        image_layer("ConvLSTM1D"),
    )
    images = (BATCH, 2, 3, 4, 2)
    for inside in insides:
        layers = [inside] if inside.layer else [inside, replace(inside, return_sequences=True)]
        shape = images if inside.kind == "ConvLSTM1D" else ()
        yield from _expand(MASK_OR_NOT, *map(time_distributed, layers), shape=shape)
    # All that comes back is stacked, if it has one shape.
    lstm = LayerSpec("LSTM", units=2, return_state=True)
    stacked = (
        *(LayerSpec(kind, units=2, return_state=True) for kind in PLAIN),
        replace(lstm, stateful=True),
        replace(lstm, zero_output_for_mask=True),
        LayerSpec("RNN", cell=(replace(BARE, units=2), replace(BARE, units=2)), return_state=True),
        *(bidirectional(lstm, merge_mode) for merge_mode in MERGES[1:]),
        bidirectional(replace(lstm, stateful=True), None),
        bidirectional(LayerSpec("GRU", units=2), None),
        bidirectional(LayerSpec("GRU", units=2, return_sequences=True), None),
        time_distributed(lstm),
    )
    yield from _expand(MASK_OR_NOT, *map(time_distributed, stacked), symbolic=EAGERLY)
    layer = time_distributed(image_layer("ConvLSTM1D", return_state=True))
    yield from _expand(PLAINLY, layer, symbolic=EAGERLY, shape=images)


def _list_open_lengths() -> Iterator[Case]:
    """Symbolic inputs that leave lengths open."""
    opened = (None, None, 2)
    layers = (
        *(LayerSpec(kind, units=2, **BOTH) for kind in PLAIN),
        LayerSpec("LSTM", units=2, unroll=True, **BOTH),
        *(LayerSpec("RNN", cell=cell, **BOTH) for cell in (PAIR, (LSTM, GRU), (GRU,))),
    )
    for layer in layers:
        quiet = time_distributed(replace(layer, return_state=False))
        yield from _expand(EVERY_CALL, layer, symbolic=SYMBOLICALLY, shape=opened)
        yield from _expand(MASK_OR_NOT, bidirectional(layer), symbolic=SYMBOLICALLY, shape=opened)
        yield from _expand(MASK_OR_NOT, quiet, symbolic=SYMBOLICALLY, shape=(None, *opened))
    stateful = LayerSpec("LSTM", units=2, stateful=True, **BOTH)
    yield from _expand(EVERY_CALL, stateful, symbolic=SYMBOLICALLY, shape=(BATCH, None, 2))
    # On numbers Keras refuses this one.
    stateful = LayerSpec("RNN", cell=(LSTM, TRIPLE), stateful=True, **BOTH)
    yield from _expand(PLAINLY, stateful, symbolic=SYMBOLICALLY)
    for kind, shape in IMAGES.items():
        layer, shape = image_layer(kind, **BOTH), (None, None, *shape[2:])
        yield from _expand(EVERY_CALL, layer, symbolic=SYMBOLICALLY, shape=shape)


# What Keras refuses.

# The type and a part of Keras's error, a part of ours, and the cases.
Refusal = tuple[type[Exception], str, str, list[Case]]


def list_rejected() -> list[tuple[Case, type[Exception], str, str]]:
    """Give the cases that Keras refuses, each with the type and a part of its error, and ours."""
    refusals = (*_list_rejected_layers(), *_list_rejected_inputs(), *_list_rejected_calls())
    return [(case, error, says, ours) for error, says, ours, cases in refusals for case in cases]


def _call(*layers: LayerSpec, shape: Shape = (), **options: bool) -> list[Case]:
    """Call each layer on *shape*, or on one that it reads."""
    return [Case(layer, shape or choose_shape(layer), **options) for layer in layers]


def _list_rejected_layers() -> Iterator[Refusal]:
    lstm, gru = LayerSpec("LSTM", units=2), LayerSpec("GRU", units=2)
    backwards = replace(lstm, go_backwards=True)
    cases = _call(
        *(LayerSpec(kind, units=0) for kind in PLAIN),
        *(LayerSpec("RNN", cell=replace(cell, units=0)) for cell in (LSTM, GRU, SIMPLE)),
        bidirectional(LayerSpec("LSTM", units=0)),
        time_distributed(LayerSpec("GRU", units=-1)),
    )
    keras_says = "Received an invalid value for argument `units`, expected a positive integer"
    yield ValueError, keras_says, "positive number", cases
    cases = _call(LayerSpec("RNN", cell=()))
    yield IndexError, "list index out of range", "its stack is empty", cases
    both = "not compatible with `dilation_rate > 1`"
    images: tuple[tuple[Options, type[Exception], str, str], ...] = (
        ({"strides": 2, "dilation_rate": 2}, ValueError, both, "with dilation_rate"),
        ({"padding": "causal"}, ValueError, "`padding` argument must be", "padding is 'valid'"),
        ({"data_format": "last"}, ValueError, "`data_format` argument", "data_format is"),
        ({"kernel_size": (1, 1, 1, 1)}, ValueError, "`kernel_size` argument", "numbers, but"),
        ({"kernel_size": 0}, ValueError, "`kernel_size` argument", "must be positive"),
        ({"strides": 0}, OverflowError, "infinity to integer", "must be positive"),
        ({"kernel_size": 9}, ValueError, "would be zero or negative", "kernel_size smaller"),
    )
    for options, error, keras_says, ours in images:
        cases = _call(*(image_layer(kind, **options) for kind in IMAGES))
        yield error, keras_says, ours, cases
    cases = _call(bidirectional(backwards), bidirectional(lstm, backward_layer=gru))
    both = "should have different `go_backwards` value"
    yield ValueError, both, "one that goes backwards", cases
    cases = _call(bidirectional(lstm, "avg"))
    yield ValueError, "Invalid merge mode", "merge_mode is one of", cases
    cases = _call(bidirectional(bidirectional(lstm)), bidirectional(time_distributed(lstm)))
    yield ValueError, "Unrecognized key", "wraps one", cases
    changes: list[Options] = [{"stateful": True}, *({name: True} for name in BOTH)]
    others = (replace(backwards, **change) for change in changes)
    cases = _call(*(bidirectional(lstm, backward_layer=other) for other in others))
    yield ValueError, "the same value for attribute", "the same .* in both layers", cases


def _list_rejected_inputs() -> Iterator[Refusal]:
    plain = [LayerSpec(kind, units=2) for kind in PLAIN]
    lstm, image = plain[0], image_layer("ConvLSTM1D")
    for shape, symbolic in product(((BATCH, 2), SLICES), EACH):
        cases = _call(*plain, *map(bidirectional, plain), shape=shape, symbolic=symbolic)
        yield ValueError, "expected ndim=3", "expects rank 3", cases
    for (kind, shape), symbolic in product(IMAGES.items(), EACH):
        for wrong in (shape[1:], (2, *shape)):
            cases = _call(image_layer(kind), shape=wrong, symbolic=symbolic)
            yield ValueError, f"expected ndim={len(shape)}", "expects rank", cases
    one_cell, slices = LayerSpec("RNN", cell=LSTM), time_distributed(lstm)
    few = _call(one_cell, shape=(BATCH, 2)) + _call(slices, shape=SEQUENCE)
    many = _call(one_cell, shape=SLICES) + _call(slices, shape=(2, *SLICES))
    yield REFUSED, "Index out of range", "expects rank", few
    yield REFUSED, "Incompatible shapes", "expects rank", many
    yield ValueError, "at least 3 dimensions", "expects rank", _call(slices, shape=(BATCH, 2))
    yield REFUSED, "Biases must be 1D", "batch axis is empty", _call(lstm, shape=(0, TIMESTEPS, 2))
    layers = (*plain, LayerSpec("RNN", cell=(LSTM, GRU)))
    cases = _call(*layers, shape=(BATCH, 0, 2))
    yield REFUSED, "out of bounds", "timesteps axis is empty", cases
    cases = _call(*layers, shape=(None, TIMESTEPS, None), symbolic=True)
    yield ValueError, "must be fully-defined", "number of features", cases
    cases = _call(image, shape=(None, None, None, 2), symbolic=True)
    yield ValueError, "static input shapes for the spatial", "number of rows", cases
    cases = _call(image, shape=(None, None, 5, None), symbolic=True)
    yield ValueError, "channel dimension of the inputs", "number of channels", cases


def _list_rejected_calls() -> Iterator[Refusal]:
    lstm, image = LayerSpec("LSTM", units=2), image_layer("ConvLSTM1D")
    stateful = replace(lstm, stateful=True)
    layers = (stateful, bidirectional(stateful), LayerSpec("RNN", cell=(LSTM, LSTM), stateful=True))
    cases = [
        *_call(*layers, shape=(None, TIMESTEPS, 2), symbolic=True),
        *_call(time_distributed(stateful), shape=(None, 2, TIMESTEPS, 2), symbolic=True),
        *_call(replace(image, stateful=True), shape=(None, TIMESTEPS, 5, 2), symbolic=True),
    ]
    yield ValueError, "batch size must be static", "needs a fixed batch size", cases
    for kind, merge_mode, symbolic in product(PLAIN, MERGES, EACH):
        inside = LayerSpec(kind, units=2, stateful=True, return_state=True)
        cases = _call(bidirectional(inside, merge_mode), symbolic=symbolic)
        yield TypeError, "'generator' and 'int'", "both stateful and return_state", cases
    other = LayerSpec("LSTM", units=3, go_backwards=True)
    modes = ("sum", "ave", "mul")
    cases = _call(*(bidirectional(lstm, mode, backward_layer=other) for mode in modes))
    yield REFUSED, "Incompatible shapes", "cannot make one output", cases
    smaller = replace(image, kernel_size=3, go_backwards=True)
    cases = _call(bidirectional(image, backward_layer=smaller))
    yield REFUSED, "Dimension 1 in both shapes", "cannot make one output", cases
    stacks = [
        LayerSpec("RNN", cell=cells, stateful=True)
        for cells in ((TRIPLE,), (TRIPLE, LSTM), (LSTM, TRIPLE))
    ]
    cases = _call(*stacks) + _call(*stacks[:2], symbolic=True)
    yield ValueError, "unsupported type .*TupleWrapper", "come in a tuple", cases
    # A stack of a single cell.
    alone = product((LSTM, GRU, BOXED, LISTED, PAIR, TRIPLE), (FLAGS[0], BOTH))
    cases = _call(*(LayerSpec("RNN", cell=(cell,), **flags) for cell, flags in alone), mask=True)
    yield ValueError, "same nested structure", "mask for a stack of one cell", cases
    unrolled = LayerSpec("RNN", cell=(LSTM,), unroll=True)
    cases = _call(*(replace(unrolled, **flags) for flags in (FLAGS[0], BOTH)))
    yield IndexError, "list index out of range", "loses all states", cases
    # TimeDistributed makes one tensor of all that comes back.
    several = replace(lstm, return_state=True)
    unlike = (
        replace(several, return_sequences=True),
        bidirectional(several),
        bidirectional(replace(several, return_sequences=True), None),
        LayerSpec("RNN", cell=(LSTM, GRU), return_state=True),
        LayerSpec("RNN", cell=PAIR, return_state=True),
    )
    half = replace(bidirectional(LayerSpec("GRU", units=2, return_state=True)), dtype=DTYPES[1])
    cases = _call(time_distributed(replace(half, merge_mode="sum")))
    yield REFUSED, "cannot compute Pack", "the types of the output and of the states differ", cases
    cases = _call(*map(time_distributed, unlike))
    yield REFUSED, "Shapes of all inputs must match", "shapes", cases
    insides = (several, *unlike, bidirectional(lstm, None))
    cases = _call(*map(time_distributed, insides), symbolic=True)
    yield ValueError, "to a shape", "does not support a symbolic call", cases
    cases = _call(time_distributed(lstm), initial_state=True)
    yield TypeError, "unexpected keyword argument", "takes no initial_state", cases
