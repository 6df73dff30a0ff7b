"""The table of cases: the layers and calls in which the rules are held against Keras."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import product
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_returns import Cell, Layer, observe
from rnn_returns.checks import WRAPPERS, wrapped_layers
from rnn_returns.layer import input_axes

Shape = tuple[int | None, ...]
Options = dict[str, Any]

SEED = 20
# As many samples as there are masks of three steps, so that one call meets every mask.
BATCH, TIMESTEPS = 8, 3
SEQUENCE: Shape = (BATCH, TIMESTEPS, 2)
SLICES: Shape = (BATCH, 2, TIMESTEPS, 2)


@dataclass(frozen=True)
class Case:
    """One layer and one call of it."""

    layer: Layer
    shape: Shape
    mask: bool = False
    initial_state: bool = False
    symbolic: bool = False

    @property
    def call(self) -> dict[str, bool]:
        """The call as the rules want to know it."""
        return {name: getattr(self, name) for name in ("mask", "initial_state", "symbolic")}

    def __str__(self) -> str:
        called = "-".join(name for name, is_so in self.call.items() if is_so)
        return f"{_named(self.layer)} on {'x'.join(map(str, self.shape))} {called}".strip()


@dataclass(frozen=True)
class Refusal:
    """A case that Keras refuses, with the type and a part of its error, and a part of ours."""

    case: Case
    error: type[Exception]
    keras: str
    ours: str


# From a case to a call.


@keras.saving.register_keras_serializable("rnn_returns")
class CustomCell(keras.layers.Layer):  # type: ignore[misc]
    """A cell whose output equals none of its states."""

    def __init__(self, units: int, state_size: Any, container: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.output_size = units
        self.state_size = state_size
        self.container = container
        self.sizes = [state_size] if isinstance(state_size, int) else list(state_size)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make another one like it, as Bidirectional does."""
        made_with = {
            "units": self.output_size,
            "state_size": self.state_size,
            "container": self.container,
        }
        return {**super().get_config(), **made_with}

    def get_initial_state(self, batch_size: int) -> Any:
        """Give zeros in the container."""
        return self._contained([keras.ops.zeros((batch_size, size)) for size in self.sizes])

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        """Mix input and states into something new."""
        total = keras.ops.mean(inputs, axis=-1, keepdims=True)
        new = [state / 2 + total * (i + 1) for i, state in enumerate(states)]
        mixed = sum(keras.ops.sum(state, axis=-1, keepdims=True) for state in new)
        return keras.ops.tile(keras.ops.tanh(mixed), (1, self.output_size)), self._contained(new)

    def _contained(self, states: list[Any]) -> Any:
        return {"list": states, "tuple": tuple(states), "tensor": states[0]}[self.container]


def build(layer: Layer) -> Any:
    """Make the Keras layer that *layer* describes."""
    arguments = {
        field.name: getattr(layer, field.name)
        for field in fields(layer)
        if field.name != "kind" and getattr(layer, field.name) != field.default
    }
    for name in ("layer", "backward_layer"):
        if name in arguments:
            arguments[name] = build(arguments[name])
    if isinstance(layer.cell, tuple):
        arguments["cell"] = [_cell(cell) for cell in layer.cell]
    elif layer.cell:
        arguments["cell"] = _cell(layer.cell)
    return getattr(keras.layers, layer.kind)(**arguments)


def _cell(cell: Cell) -> Any:
    if cell.kind == "custom":
        return CustomCell(cell.units, cell.state_size, cell.container)
    return getattr(keras.layers, cell.kind)(cell.units)


def run(case: Case, layer: Any, call: Callable[..., Any] = observe) -> Any:
    """Call *layer* as the case says, and before it a stateful one without a mask, for its state."""
    x = keras.Input(batch_shape=case.shape) if case.symbolic else numbers(case.shape)
    arguments = {}
    if case.mask:
        arguments["mask"] = masks(case)
    if case.initial_state:
        arguments["initial_state"] = _initial_state(layer, case)
    if '"stateful": true' in case.layer.to_json():
        call(layer, x)
    return call(layer, x, **arguments)


def masks(case: Case) -> Any:
    """Give a mask that holds every pattern that a mask of so many steps can have."""
    shape = case.shape[: 1 + input_axes(case.layer).index("timesteps")]
    if case.symbolic:
        return keras.Input(batch_shape=shape, dtype="bool")
    patterns = np.array(list(product((False, True), repeat=shape[-1] or 0)))
    return np.resize(patterns, shape)


def _initial_state(layer: Any, case: Case) -> Any:
    layer.build(case.shape)
    parts = wrapped_layers(layer) if isinstance(layer, WRAPPERS) else [layer]
    states = [state for part in parts for state in part.get_initial_state(case.shape[0] or 1)]

    def made(state: Any) -> Any:
        shape = (case.shape[0], *state.shape[1:])
        return keras.Input(batch_shape=shape) if case.symbolic else numbers(shape)

    return keras.tree.map_structure(made, states)


@lru_cache
def numbers(shape: Any) -> Any:
    """Give the same random numbers for the same shape."""
    return np.random.default_rng(SEED).normal(size=shape).astype("float32")


# The layers.

EACH = (False, True)
FLAGS: tuple[Options, ...] = tuple(
    {"return_sequences": sequences, "return_state": state}
    for sequences, state in product(EACH, EACH)
)
STATE: tuple[Options, ...] = FLAGS[1::2]
BOTH: Options = FLAGS[-1]
OPTIONS = ("go_backwards", "stateful", "unroll", "zero_output_for_mask")
EVERY_OPTION: tuple[Options, ...] = tuple(
    dict(zip(OPTIONS, values, strict=True)) for values in product(EACH, repeat=len(OPTIONS))
)
SOME_OPTIONS: tuple[Options, ...] = ({}, *({option: True} for option in OPTIONS), EVERY_OPTION[-1])

PLAIN = ("LSTM", "GRU", "SimpleRNN")
LSTM, GRU, SIMPLE = (Cell(f"{kind}Cell", 2) for kind in PLAIN)
BARE = Cell("custom", 3, state_size=2, container="tensor")
BOXED = Cell("custom", 2, state_size=2, container="list")
LISTED = Cell("custom", 2, state_size=(2,))
PAIR = Cell("custom", 4, state_size=(2, 3))
TRIPLE = Cell("custom", 2, state_size=(2, 3, 1), container="tuple")
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


def image_layer(kind: str, **options: Any) -> Layer:
    """Describe a ConvLSTM with a small kernel."""
    return Layer(kind, **{"filters": 3, "kernel_size": 2, **options})


def both_ways(layer: Layer, merge_mode: str | None = "concat", **options: Any) -> Layer:
    """Describe a Bidirectional layer."""
    return Layer("Bidirectional", layer=layer, merge_mode=merge_mode, **options)


def each_slice(layer: Layer) -> Layer:
    """Describe a TimeDistributed layer."""
    return Layer("TimeDistributed", layer=layer)


# How they are called: with a mask or not, with an initial state or not.
EVERY_CALL = ((False, False), (True, False), (False, True), (True, True))
MASK_OR_NOT = EVERY_CALL[:2]
PLAINLY = EVERY_CALL[:1]
EAGERLY, SYMBOLICALLY = EACH[:1], EACH[1:]


def _calls(
    layer: Layer,
    shape: Shape,
    calls: Iterable[tuple[bool, bool]],
    symbolic: Iterable[bool] = EACH,
) -> Iterator[Case]:
    for (mask, initial_state), is_symbolic in product(calls, symbolic):
        yield Case(layer, shape, mask, initial_state, is_symbolic)


def accepted() -> list[Case]:
    """Give every case that Keras accepts, once."""
    families = (_plain, _cells, _single_cells, _images, _both_ways, _two_layers, _slices, _open)
    return [*dict.fromkeys(case for family in families for case in family())]


def _plain() -> Iterator[Case]:
    for flags, options in product(FLAGS, EVERY_OPTION):
        layer = Layer("LSTM", units=2, **flags, **options)
        yield from _calls(layer, SEQUENCE, MASK_OR_NOT, EAGERLY)
        yield from _calls(layer, SEQUENCE, PLAINLY, SYMBOLICALLY)
    for kind, flags, options in product(PLAIN[1:], FLAGS, SOME_OPTIONS):
        yield from _calls(Layer(kind, units=2, **flags, **options), SEQUENCE, MASK_OR_NOT)
    for kind, flags in product(PLAIN, FLAGS):
        yield from _calls(Layer(kind, units=2, **flags), SEQUENCE, EVERY_CALL)


def _cells() -> Iterator[Case]:
    for cell, flags in product(ANY_CELLS, STATE):
        yield from _calls(Layer("RNN", cell=cell, **flags), SEQUENCE, MASK_OR_NOT)
    for cell in ANY_CELLS:
        yield from _calls(Layer("RNN", cell=cell, return_sequences=True), SEQUENCE, MASK_OR_NOT)
        yield from _calls(Layer("RNN", cell=cell, unroll=True, **BOTH), SEQUENCE, MASK_OR_NOT)
    stateful = Layer("RNN", cell=STACKS[3], stateful=True, **BOTH)
    zeros = Layer("RNN", cell=STACKS[5], zero_output_for_mask=True, **BOTH)
    for layer in (stateful, zeros, replace(zeros, unroll=True), replace(zeros, cell=PAIR)):
        yield from _calls(layer, SEQUENCE, EVERY_CALL)


def _single_cells() -> Iterator[Case]:
    """Stacks of one cell: what is not here fails in Keras."""
    for cell, flags in product((LSTM, GRU, BOXED, LISTED, PAIR), (FLAGS[0], *STATE)):
        rolled = Layer("RNN", cell=(cell,), **flags)
        unrolled = replace(rolled, unroll=True)
        yield from _calls(rolled, SEQUENCE, PLAINLY)
        yield from _calls(rolled, SEQUENCE, MASK_OR_NOT, SYMBOLICALLY)
        yield from _calls(unrolled, SEQUENCE, EVERY_CALL[1:2])
        yield from _calls(unrolled, SEQUENCE, PLAINLY, SYMBOLICALLY)
        yield from _calls(unrolled, (BATCH, 1, 2), PLAINLY)
    for cell, flags in product((GRU, BOXED, LISTED), STATE):
        yield from _calls(Layer("RNN", cell=(cell,), unroll=True, **flags), SEQUENCE, PLAINLY)
    for unroll in EACH:
        layer = Layer("RNN", cell=(BARE,), unroll=unroll, **BOTH)
        yield from _calls(layer, SEQUENCE, MASK_OR_NOT)


def _images() -> Iterator[Case]:
    for kind, flags in product(IMAGES, FLAGS):
        yield from _calls(image_layer(kind, **flags), IMAGES[kind], MASK_OR_NOT)
    for options in SOME_OPTIONS:
        layer = image_layer("ConvLSTM1D", **BOTH, **options)
        yield from _calls(layer, IMAGES["ConvLSTM1D"], MASK_OR_NOT)
    yield from _calls(image_layer("ConvLSTM1D", **BOTH), IMAGES["ConvLSTM1D"], EVERY_CALL)
    for kind, options in product(IMAGES, CONVOLUTIONS):
        layer, shape = image_layer(kind, **STATE[0], **options), IMAGES[kind]
        yield from _calls(layer, shape, PLAINLY)
        layer, shape = _channels_first(layer, shape)
        for each in (layer, both_ways(layer), both_ways(layer, None)):
            yield from _calls(each, shape, PLAINLY, SYMBOLICALLY)
    layer = image_layer("ConvLSTM2D", kernel_size=(3, 1), strides=(1, 2))
    yield from _calls(layer, IMAGES["ConvLSTM2D"], PLAINLY)
    # On a CPU, TensorFlow computes only this one with the channels first, and slowly.
    layer = image_layer("ConvLSTM3D", data_format="channels_first", unroll=True, **STATE[0])
    yield from _calls(both_ways(layer), (2, 1, 2, 3, 3, 3), PLAINLY)


def _channels_first(layer: Layer, shape: Shape) -> tuple[Layer, Shape]:
    moved = (*shape[:2], shape[-1], *shape[2:-1])
    return replace(layer, data_format="channels_first"), moved


def _both_ways() -> Iterator[Case]:
    for merge_mode, flags in product(MERGES, FLAGS):
        layer = both_ways(Layer("LSTM", units=2, **flags), merge_mode)
        yield from _calls(layer, SEQUENCE, MASK_OR_NOT)
    for merge_mode, flags in product(("concat", "sum", None), STATE):
        layer = both_ways(Layer("GRU", units=2, **flags), merge_mode)
        yield from _calls(layer, SEQUENCE, EVERY_CALL)
        layer = both_ways(image_layer("ConvLSTM1D", **flags), merge_mode)
        yield from _calls(layer, IMAGES["ConvLSTM1D"], PLAINLY)
    insides: tuple[Options, ...] = (
        {"kind": "SimpleRNN", "units": 2},
        {"kind": "RNN", "cell": PAIR},
        {"kind": "RNN", "cell": (LSTM, GRU)},
        {"kind": "RNN", "cell": (BARE, GRU), "unroll": True},
        {"kind": "LSTM", "units": 2, "zero_output_for_mask": True},
    )
    for inside, flags in product(insides, STATE):
        yield from _calls(both_ways(Layer(**inside, **flags)), SEQUENCE, MASK_OR_NOT)
        yield from _calls(both_ways(Layer(**inside, **flags), "sum"), SEQUENCE, PLAINLY)
        yield from _calls(both_ways(Layer(**inside, **flags), None), SEQUENCE, PLAINLY)
    for merge_mode in ("concat", None):
        stateful = Layer("GRU", units=2, return_sequences=True, stateful=True)
        yield from _calls(both_ways(stateful, merge_mode), SEQUENCE, MASK_OR_NOT)


def _two_layers() -> Iterator[Case]:
    """A backward layer of its own: another kind, another size, or the two changed over."""
    others: tuple[Options, ...] = (
        {"kind": "LSTM", "units": 2},
        {"kind": "GRU", "units": 2},
        {"kind": "RNN", "cell": PAIR},
        {"kind": "RNN", "cell": (GRU, LSTM)},
        {"kind": "LSTM", "units": 3},
        {"kind": "LSTM", "units": 1},
    )
    for other, merge_mode, flags in product(others, ("concat", "mul", None), STATE):
        one, two = Layer("LSTM", units=2, **flags), Layer(**other, **flags)
        layer = both_ways(one, merge_mode, backward_layer=replace(two, go_backwards=True))
        swapped = both_ways(replace(one, go_backwards=True), merge_mode, backward_layer=two)
        yield from _calls(layer, SEQUENCE, PLAINLY, SYMBOLICALLY)
        # Outputs of two sizes cannot be multiplied, unless one of them is of a single unit.
        if merge_mode != "mul" or two.cells[-1].units in (1, 2):
            yield from _calls(layer, SEQUENCE, PLAINLY, EAGERLY)
            yield from _calls(swapped, SEQUENCE, PLAINLY, EAGERLY)


def _slices() -> Iterator[Case]:
    insides = (
        *(Layer(kind, units=2) for kind in PLAIN),
        Layer("LSTM", units=2, go_backwards=True, unroll=True),
        Layer("GRU", units=2, stateful=True),
        Layer("RNN", cell=(LSTM, GRU)),
        both_ways(Layer("RNN", cell=PAIR)),
        both_ways(Layer("GRU", units=2), "sum"),
        each_slice(Layer("LSTM", units=2)),
        image_layer("ConvLSTM1D"),
    )
    for inside in insides:
        shapes = {"TimeDistributed": (BATCH, 2, *SLICES[1:]), "ConvLSTM1D": (BATCH, 2, 3, 4, 2)}
        shape = shapes.get(inside.kind, SLICES)
        yield from _calls(each_slice(inside), shape, MASK_OR_NOT)
        if not inside.layer:
            sequences = replace(inside, return_sequences=True)
            yield from _calls(each_slice(sequences), shape, MASK_OR_NOT)
    # All that comes back is stacked, if it has one shape.
    lstm = Layer("LSTM", units=2, return_state=True)
    stacked = (
        *(Layer(kind, units=2, return_state=True) for kind in PLAIN),
        replace(lstm, stateful=True),
        replace(lstm, zero_output_for_mask=True),
        Layer("RNN", cell=(replace(BARE, units=2), replace(BARE, units=2)), return_state=True),
        *(both_ways(lstm, merge_mode) for merge_mode in MERGES[1:]),
        both_ways(replace(lstm, stateful=True), None),
        both_ways(Layer("GRU", units=2), None),
        both_ways(Layer("GRU", units=2, return_sequences=True), None),
    )
    for inside in stacked:
        yield from _calls(each_slice(inside), SLICES, MASK_OR_NOT, EAGERLY)
    deeper = each_slice(each_slice(lstm))
    yield from _calls(deeper, (BATCH, 2, *SLICES[1:]), MASK_OR_NOT, EAGERLY)
    images = image_layer("ConvLSTM1D", return_state=True)
    yield from _calls(each_slice(images), (BATCH, 2, 3, 4, 2), PLAINLY, EAGERLY)


def _open() -> Iterator[Case]:
    """Symbolic inputs that leave lengths open."""
    opened = (None, None, 2)
    layers = (
        *(Layer(kind, units=2, **BOTH) for kind in PLAIN),
        Layer("LSTM", units=2, unroll=True, **BOTH),
        *(Layer("RNN", cell=cell, **BOTH) for cell in (PAIR, (LSTM, GRU), (GRU,))),
    )
    for layer in layers:
        yield from _calls(layer, opened, EVERY_CALL, SYMBOLICALLY)
        yield from _calls(both_ways(layer), opened, MASK_OR_NOT, SYMBOLICALLY)
        quiet = each_slice(replace(layer, return_state=False))
        yield from _calls(quiet, (None, *opened), MASK_OR_NOT, SYMBOLICALLY)
    stateful = Layer("LSTM", units=2, stateful=True, **BOTH)
    yield from _calls(stateful, (BATCH, None, 2), EVERY_CALL, SYMBOLICALLY)
    # On numbers Keras refuses this one.
    stateful = Layer("RNN", cell=(LSTM, TRIPLE), stateful=True, **BOTH)
    yield from _calls(stateful, SEQUENCE, PLAINLY, SYMBOLICALLY)
    for kind, shape in IMAGES.items():
        layer = image_layer(kind, **BOTH)
        yield from _calls(layer, (None, None, *shape[2:]), EVERY_CALL, SYMBOLICALLY)


# What Keras refuses.


def refused() -> list[Refusal]:
    """Give the cases that Keras refuses, each kind of refusal at least once."""
    return [*_refused_layers(), *_refused_inputs(), *_refused_calls()]


def _refused_layers() -> Iterator[Refusal]:
    for layer in (
        *(Layer(kind, units=0) for kind in PLAIN),
        *(Layer("RNN", cell=replace(cell, units=0)) for cell in (LSTM, GRU, SIMPLE)),
        both_ways(Layer("LSTM", units=0)),
        each_slice(Layer("GRU", units=-1)),
    ):
        shape = SLICES if layer.kind == "TimeDistributed" else SEQUENCE
        case = Case(layer, shape)
        yield Refusal(
            case,
            ValueError,
            "argument `units`, expected a positive integer",
            "positive number of units",
        )
    case = Case(Layer("RNN", cell=()), SEQUENCE)
    yield Refusal(case, IndexError, "list index out of range", "its stack is empty")
    for kind, shape in IMAGES.items():
        both = "not compatible with `dilation_rate > 1`"
        for options, error, keras_says, ours in (
            ({"strides": 2, "dilation_rate": 2}, ValueError, both, "together with dilation_rate"),
            ({"padding": "causal"}, ValueError, "`padding` argument must be", "padding is 'valid'"),
            ({"data_format": "last"}, ValueError, "`data_format` argument", "data_format is"),
            ({"kernel_size": (1, 1, 1, 1)}, ValueError, "`kernel_size` argument", "numbers, but"),
            ({"kernel_size": 0}, ValueError, "`kernel_size` argument", "must be positive"),
            ({"strides": 0}, OverflowError, "infinity to integer", "must be positive"),
            ({"kernel_size": 9}, ValueError, "would be zero or negative", "kernel_size smaller"),
        ):
            yield Refusal(Case(image_layer(kind, **options), shape), error, keras_says, ours)
    lstm, gru = Layer("LSTM", units=2), Layer("GRU", units=2)
    backwards = replace(lstm, go_backwards=True)
    both = "should have different `go_backwards` value"
    for layer, error, keras_says, ours in (
        (both_ways(backwards), ValueError, both, "one that goes backwards"),
        (both_ways(lstm, backward_layer=gru), ValueError, both, "one that goes backwards"),
        (both_ways(lstm, "avg"), ValueError, "Invalid merge mode", "merge_mode is one of"),
        (both_ways(both_ways(lstm)), ValueError, "Unrecognized keyword", "wraps one recurrent"),
        (both_ways(each_slice(lstm)), ValueError, "Unrecognized keyword", "wraps one recurrent"),
        *(
            (
                both_ways(lstm, backward_layer=other),
                ValueError,
                "the same value for attribute",
                "the same .* in both layers",
            )
            for other in (
                replace(backwards, stateful=True),
                replace(backwards, return_sequences=True),
                replace(backwards, return_state=True),
            )
        ),
    ):
        yield Refusal(Case(layer, SEQUENCE), error, keras_says, ours)


def _refused_inputs() -> Iterator[Refusal]:
    lstm = Layer("LSTM", units=2)
    for kind in PLAIN:
        for layer in (Layer(kind, units=2), both_ways(Layer(kind, units=2))):
            for shape, symbolic in product(((BATCH, 2), SLICES), (False, True)):
                case = Case(layer, shape, symbolic=symbolic)
                yield Refusal(case, ValueError, "expected ndim=3", "reads rank 3")
    for kind, shape in IMAGES.items():
        for one, symbolic in product((shape[1:], (2, *shape)), (False, True)):
            case = Case(image_layer(kind), one, symbolic=symbolic)
            yield Refusal(case, ValueError, f"expected ndim={len(shape)}", "reads rank")
    wrong = tf.errors.InvalidArgumentError
    for layer, shape, error, keras_says in (
        (Layer("RNN", cell=LSTM), (BATCH, 2), wrong, "Index out of range"),
        (Layer("RNN", cell=LSTM), SLICES, wrong, "Incompatible shapes"),
        (each_slice(lstm), (BATCH, 2), ValueError, "at least 3 dimensions"),
        (each_slice(lstm), SEQUENCE, wrong, "Index out of range"),
        (each_slice(lstm), (2, *SLICES), wrong, "Incompatible shapes"),
    ):
        yield Refusal(Case(layer, shape), error, keras_says, "reads rank")
    case = Case(lstm, (0, TIMESTEPS, 2))
    yield Refusal(case, wrong, "Biases must be 1D", "batch axis is empty")
    for layer in (*(Layer(kind, units=2) for kind in PLAIN), Layer("RNN", cell=(LSTM, GRU))):
        case = Case(layer, (BATCH, 0, 2))
        yield Refusal(case, wrong, "out of bounds", "timesteps axis is empty")
        case = Case(layer, (None, TIMESTEPS, None), symbolic=True)
        yield Refusal(case, ValueError, "must be fully-defined", "number of features")
    case = Case(image_layer("ConvLSTM1D"), (None, None, None, 2), symbolic=True)
    yield Refusal(case, ValueError, "static input shapes for the spatial", "number of rows")
    case = Case(image_layer("ConvLSTM1D"), (None, None, 5, None), symbolic=True)
    yield Refusal(case, ValueError, "channel dimension of the inputs", "number of channels")


def _refused_calls() -> Iterator[Refusal]:
    lstm = Layer("LSTM", units=2)
    stateful = replace(lstm, stateful=True)
    for layer, shape in (
        (stateful, (None, TIMESTEPS, 2)),
        (both_ways(stateful), (None, TIMESTEPS, 2)),
        (each_slice(stateful), (None, 2, TIMESTEPS, 2)),
        (Layer("RNN", cell=(LSTM, LSTM), stateful=True), (None, TIMESTEPS, 2)),
        (image_layer("ConvLSTM1D", stateful=True), (None, TIMESTEPS, 5, 2)),
    ):
        case = Case(layer, shape, symbolic=True)
        yield Refusal(case, ValueError, "batch size must be static", "know the batch size")
    for kind, merge_mode, symbolic in product(PLAIN, MERGES, (False, True)):
        inside = Layer(kind, units=2, stateful=True, return_state=True)
        case = Case(both_ways(inside, merge_mode), SEQUENCE, symbolic=symbolic)
        yield Refusal(case, TypeError, "'generator' and 'int'", "both stateful and return_state")
    wrong = tf.errors.InvalidArgumentError
    other = Layer("LSTM", units=3, go_backwards=True)
    for merge_mode in ("sum", "ave", "mul"):
        case = Case(both_ways(lstm, merge_mode, backward_layer=other), SEQUENCE)
        yield Refusal(case, wrong, "Incompatible shapes", "cannot make one output of the shapes")
    image = image_layer("ConvLSTM1D")
    smaller = replace(image, kernel_size=3, go_backwards=True)
    case = Case(both_ways(image, backward_layer=smaller), IMAGES["ConvLSTM1D"])
    yield Refusal(case, wrong, "Dimension 1 in both shapes", "cannot make one output of the shapes")
    stacks = ((TRIPLE,), (TRIPLE, LSTM), (LSTM, TRIPLE))
    for cells, symbolic in ((stacks[0], True), (stacks[1], True), *product(stacks, EAGERLY)):
        case = Case(Layer("RNN", cell=cells, stateful=True), SEQUENCE, symbolic=symbolic)
        yield Refusal(case, ValueError, "unsupported type .*TupleWrapper", "come in a tuple")
    # A stack of a single cell.
    for cell, flags in product((LSTM, GRU, BOXED, LISTED, PAIR, TRIPLE), (FLAGS[0], BOTH)):
        case = Case(Layer("RNN", cell=(cell,), **flags), SEQUENCE, mask=True)
        yield Refusal(case, ValueError, "same nested structure", "mask for a stack of one cell")
    for flags in (FLAGS[0], BOTH):
        case = Case(Layer("RNN", cell=(LSTM,), unroll=True, **flags), SEQUENCE)
        yield Refusal(case, IndexError, "list index out of range", "loses all states but the first")
    # TimeDistributed makes one tensor of all that comes back.
    several = replace(lstm, return_state=True)
    unlike = (
        replace(several, return_sequences=True),
        both_ways(several),
        both_ways(replace(several, return_sequences=True), None),
        Layer("RNN", cell=(LSTM, GRU), return_state=True),
        Layer("RNN", cell=PAIR, return_state=True),
    )
    for inside in unlike:
        case = Case(each_slice(inside), SLICES)
        yield Refusal(case, wrong, "Shapes of all inputs must match", "shapes")
    for inside in (several, *unlike, both_ways(lstm, None)):
        case = Case(each_slice(inside), SLICES, symbolic=True)
        yield Refusal(case, ValueError, "to a shape", "refuses a symbolic call")
    case = Case(each_slice(lstm), SLICES, initial_state=True)
    yield Refusal(case, TypeError, "unexpected keyword argument", "takes no initial_state")


def _named(layer: Layer) -> str:
    """Write a layer on one line, as a test's name."""
    text = layer.to_json().replace('"', "").replace("kind: ", "").replace(": true", "")
    return text.replace("{", "").replace("}", "").replace(", ", " ").replace(": ", "=")
