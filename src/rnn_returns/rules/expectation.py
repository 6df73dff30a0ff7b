"""What a call returns by the rules, from a description of the layer alone, without Keras."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rnn_returns.rules.constraints import CallOptions, check_call
from rnn_returns.rules.convolution import convolve
from rnn_returns.rules.equality import ALL, MERGES, Equality, View, holds_exactly, promote
from rnn_returns.rules.layer_spec import (
    CELL_STATES,
    DIRECTIONS,
    IMAGE_AXES,
    CellSpec,
    LayerSpec,
    Shape,
    direction_specs,
    image_axes,
    input_axes,
    state_names,
    wrapped,
)


@dataclass(frozen=True)
class TensorSpec:
    """Describe a returned tensor."""

    name: str
    axes: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True)
class Expected:
    """The predicted return value of one call, with the names that ``Returned`` uses.

    Args:
        container: ``"tensor"`` or ``"tuple"``.
        structure: The names of the tensors, in the containers in which Keras returns them.
        names: The names of the tensors, without nesting.
        axes: The names of the axes of each tensor.
        shapes: The shapes of the tensors, with None for an unknown dimension.
        mask: The shape of the mask that the layer propagates, or None.
        equalities: The equalities of the tensors' values that hold for any input.
    """

    container: str
    structure: Any
    names: tuple[str, ...]
    axes: tuple[tuple[str, ...], ...]
    shapes: tuple[Shape, ...]
    mask: Shape | None
    equalities: tuple[Equality, ...]

    @property
    def tensors(self) -> list[TensorSpec]:
        """The tensors, each with its name, axes and shape."""
        return list(map(TensorSpec, self.names, self.axes, self.shapes))


def expected(
    layer: Any,
    input_shape: Shape,
    *,
    mask: bool = False,
    initial_state: bool = False,
    symbolic: bool = False,
) -> Expected:
    """Predict the return value of *layer* with Keras on TensorFlow, on a CPU.

    A ``LayerSpec`` needs no Keras.

    Args:
        layer: A ``LayerSpec`` or a Keras layer. For an ``RNN`` with a custom cell, the prediction
            relies on the ``state_size`` and the ``output_size`` of the cell.
        input_shape: The shape of the input, with None for any length.
        mask: Whether the layer is called with a mask, with one value for each time step of each
            sample. The prediction holds for any such mask.
        initial_state: Whether the layer is called with an initial state, in the containers in which
            its ``get_initial_state`` returns one.
        symbolic: Whether the layer is called on a ``keras.Input`` instead of data.

    Raises:
        TypeError: If *layer* is not a recurrent layer, or if ``describe`` does not support it.
        ValueError: If *layer* is not valid, if Keras does not support the call, or if a custom cell
            has no ``output_size``. A symbolic call does not need ``output_size``.

    >>> from rnn_returns import LayerSpec, expected
    >>> lstm = LayerSpec("LSTM", units=4, return_state=True)
    >>> x_shape = 2, 3, 5  # (batch, timesteps, features)
    >>> result = expected(lstm, x_shape)
    >>> for tensor in result.tensors:
    ...     print(tensor.name, tensor.axes, tensor.shape)
    output ('batch', 'units') (2, 4)
    state_h ('batch', 'units') (2, 4)
    state_c ('batch', 'units') (2, 4)
    >>> print(*result.equalities)
    state_h == output
    """
    if not isinstance(layer, LayerSpec):
        from rnn_returns.introspection import read_layer  # A description needs no Keras.

        layer = read_layer(layer, "expected", "a LayerSpec, a recurrent layer")
    options = CallOptions(mask, initial_state, symbolic)
    shape = tuple(input_shape)
    check_call(layer, shape, options)
    result, equalities = _predict(layer, shape, options)
    tensors = _flatten(result)
    masked = mask and _propagates_mask(layer)
    return Expected(
        container="tuple" if isinstance(result, tuple) else "tensor",
        structure=_map_tensors(lambda tensor: tensor.name, result),
        names=tuple(tensor.name for tensor in tensors),
        axes=tuple(tensor.axes for tensor in tensors),
        shapes=tuple(tensor.shape for tensor in tensors),
        mask=shape[: 1 + input_axes(layer).index("timesteps")] if masked else None,
        equalities=tuple(equalities),
    )


class _Prediction(NamedTuple):
    """One tensor, or several in the containers of Keras, and the equalities of their values."""

    result: Any
    equalities: list[Equality]


def _predict(layer: LayerSpec, shape: Shape, options: CallOptions) -> _Prediction:
    wrappers = {
        "Bidirectional": _predict_bidirectional,
        "TimeDistributed": _predict_time_distributed,
    }
    return wrappers.get(layer.kind, _predict_recurrent)(layer, shape, options)


def _predict_recurrent(layer: LayerSpec, shape: Shape, options: CallOptions) -> _Prediction:
    """Return the output, followed by the states with ``return_state``."""
    batch, timesteps, *features = shape
    if layer.kind in IMAGE_AXES:
        axes, size = image_axes(layer, "filters"), convolve(layer, features)
        states = [TensorSpec(name, ("batch", *axes), (batch, *size)) for name in state_names(layer)]
    else:
        top = layer.cells[-1]
        # Without output_size, which check_call accepts of a symbolic call only, Keras uses this.
        axes, size = ("units",), (top.state_sizes[0] if top.units is None else top.units,)
        states = _predict_cell_states(layer, shape, options)
    if layer.return_sequences:
        axes, size = ("timesteps", *axes), (timesteps, *size)
    output = TensorSpec("output", ("batch", *axes), (batch, *size))
    if not layer.return_state:
        return _Prediction(output, [])
    last = View("output", (ALL, -1) if layer.return_sequences else ())
    equalities = [Equality(View(state), (last,)) for state in _find_last_output(layer, options)]
    return _Prediction((output, *states), equalities)


def _predict_cell_states(layer: LayerSpec, shape: Shape, options: CallOptions) -> list[Any]:
    """Return the states of one cell flat, and those of a stack in a container for each cell."""
    names = iter(state_names(layer))
    states = [
        [TensorSpec(next(names), ("batch", "units"), (shape[0], size)) for size in cell.state_sizes]
        for cell in layer.cells
    ]
    if not isinstance(layer.cell, tuple):
        return states[0]
    if len(states) == 1 and layer.unroll and not (options.mask or options.symbolic):
        return states[0]  # StackedRNNCells unpacks the list of a single cell.
    pairs = zip(layer.cells, states, strict=True)
    return [_nest_states(cell, tensors, options.symbolic) for cell, tensors in pairs]


def _nest_states(cell: CellSpec, states: list[TensorSpec], symbolic: bool) -> Any:
    """Put the states of one cell of a stack into the container that Keras returns."""
    if symbolic:
        # A symbolic call uses state_size, which is a number if Keras's own cells have one state.
        single = len(states) == 1 and not isinstance(cell.state_size, tuple)
        return states[0] if single else states
    return {"list": states, "tuple": tuple(states), "tensor": states[0]}[cell.container]


def _find_last_output(layer: LayerSpec, options: CallOptions) -> Iterator[str]:
    """Name the state that equals the last output, if there is one."""
    top = layer.cells[-1]
    if top.kind not in CELL_STATES:
        return  # A custom cell may return any output.
    # A masked step repeats both the states and the output, but the first output is zero.
    may_start = layer.stateful or options.initial_state or top.own_initial_state
    differ = layer.zero_output_for_mask or may_start
    if not (options.mask and differ):
        yield state_names(layer)[-len(top.state_names)]


def _predict_bidirectional(layer: LayerSpec, shape: Shape, options: CallOptions) -> _Prediction:
    """Return the merged output, or both outputs, then the states of both directions."""
    parts = direction_layers(layer)
    predictions = [_predict(parts[0], shape, options)]
    try:
        predictions.append(_predict(parts[1], shape, options))
    except ValueError:
        if not options.symbolic:
            raise
    results = [prediction.result for prediction in predictions]
    if options.symbolic and results != results[:1] * 2:
        # A symbolic call takes the shapes of both directions from the forward layer alone.
        predictions = [_Prediction(results[0], [])] * 2
    outputs, states = [], []
    for direction, prediction in zip(DIRECTIONS, predictions, strict=True):
        renamed = _map_tensors(_add_prefix(direction), prediction.result)
        output, *rest = renamed if isinstance(renamed, tuple) else (renamed,)
        outputs.append(output)
        states.extend(rest)
    equalities = _merge_equalities(layer, outputs[0], [each.equalities for each in predictions])
    equalities = [each for each in equalities if _survives_cast(each, layer, parts)]
    if layer.merge_mode is None:
        return _Prediction((*outputs, *states), equalities)
    output = _merge_outputs(layer.merge_mode, *outputs)
    return _Prediction((output, *states) if states else output, equalities)


def _add_prefix(direction: str) -> Callable[[TensorSpec], TensorSpec]:
    return lambda tensor: replace(tensor, name=f"{direction}_{tensor.name}")


def direction_layers(layer: LayerSpec) -> tuple[LayerSpec, LayerSpec]:
    """Return the forward and the backward layer as they are when *layer* calls them."""
    forward, backward = direction_specs(layer)
    # Bidirectional sets this argument itself and ignores those of the two layers.
    zero = forward.return_sequences
    return replace(forward, zero_output_for_mask=zero), replace(backward, zero_output_for_mask=zero)


def _merge_outputs(mode: str, forward: TensorSpec, backward: TensorSpec) -> TensorSpec:
    """Return the output that the merge mode makes from two."""
    pairs: list[tuple[Any, Any]] = list(zip(forward.shape, backward.shape, strict=True))
    shape: Shape
    if mode == "concat":
        # On the last axis: with channels_first that is an axis of the image.
        fits = all(left == right for left, right in pairs[:-1])
        shape = (*forward.shape[:-1], sum(pairs[-1]))
    else:
        fits = all(left == right or 1 in (left, right) for left, right in pairs)
        shape = tuple(right if left == 1 else left for left, right in pairs)
    if not fits:
        raise ValueError(
            f"merge_mode {mode!r} cannot make one output of the shapes {forward.shape} and "
            f"{backward.shape}; set the same size in both layers, or set merge_mode=None."
        )
    return TensorSpec("output", forward.axes, shape)


def _merge_equalities(
    layer: LayerSpec, forward: TensorSpec, equalities: Sequence[list[Equality]]
) -> list[Equality]:
    """Move the equalities of each direction to the merged output."""
    size, axis = forward.shape[-1], forward.axes[-1]
    halves = ((None, size), (size, None))
    moved = []
    for direction, each, half in zip(DIRECTIONS, equalities, halves, strict=True):
        for equality in each:
            index = equality.right[0].index
            if index and direction == "backward":
                index = (ALL, 0)  # The backward layer processes the first time step last.
            view = View(f"{direction}_output", index)
            if layer.merge_mode == "concat":
                index += (ALL,) * (len(forward.shape) - 1 - len(index))
                view = View("output", (*index, half), axis)
            moved.append(Equality(View(f"{direction}_{equality.left}"), (view,)))
    if layer.merge_mode in MERGES:
        # In a sequence the two last outputs are merged with others, at different time steps.
        if len(moved) < 2 or "timesteps" in forward.axes:
            return []
        return [Equality(View("output"), tuple(each.left for each in moved), layer.merge_mode)]
    return moved


def _survives_cast(
    equality: Equality, layer: LayerSpec, parts: tuple[LayerSpec, LayerSpec]
) -> bool:
    """Return whether an equality holds although only the outputs are cast to the layer's type."""
    forward, backward = (part.compute_dtype for part in parts)
    if equality.merge:
        # The states are merged in their own type, the outputs in that of the layer.
        return promote(forward, backward) == layer.compute_dtype
    is_forward = equality.left.name.startswith(DIRECTIONS[0])
    return holds_exactly(layer.compute_dtype, forward if is_forward else backward)


def _predict_time_distributed(layer: LayerSpec, shape: Shape, options: CallOptions) -> _Prediction:
    """Return one tensor, because TimeDistributed stacks what the wrapped layer returns."""
    result, equalities = _predict(wrapped(layer), (shape[0], *shape[2:]), options)
    if isinstance(result, tuple):
        if options.symbolic:
            raise ValueError(
                "TimeDistributed does not support a symbolic call of a layer that returns several "
                "tensors; leave out return_state, and merge_mode=None."
            )
        places = {part.name: i for i, part in enumerate(result) if isinstance(part, TensorSpec)}
        flat = len(places) == len(result)
        equalities = [_move_to_stack(equality, places) for equality in equalities if flat]
    stack = _stack(result)
    # The slices are stacked on the first axis, which then changes places with the second.
    axes = (stack.axes[0], "slices", *stack.axes[1:])
    output = TensorSpec("output", axes, (stack.shape[0], shape[1], *stack.shape[1:]))
    return _Prediction(output, equalities)


def _stack(result: Any) -> TensorSpec:
    """Stack nested tensors into one."""
    if isinstance(result, TensorSpec):
        return result
    parts = [_stack(part) for part in result]
    if len({part.shape for part in parts}) > 1:
        raise ValueError(
            "TimeDistributed makes one tensor of all that the wrapped layer returns, but the "
            f"shapes {', '.join(str(part.shape) for part in parts)} differ; leave out return_state."
        )
    return TensorSpec("output", ("returned", *parts[0].axes), (len(parts), *parts[0].shape))


def _move_to_stack(equality: Equality, places: dict[str, int]) -> Equality:
    """Express an equality by the entries of the stacked output."""

    def move(view: View) -> View:
        index = (ALL, *view.index) if view.index else ()
        return replace(view, name="output", index=(places[view.name], *index))

    return replace(equality, left=move(equality.left), right=tuple(map(move, equality.right)))


def _propagates_mask(layer: LayerSpec) -> bool:
    """Whether the output has a mask: TimeDistributed propagates it even without a sequence."""
    if layer.kind == "Bidirectional":
        return wrapped(layer).return_sequences
    return layer.return_sequences or layer.kind == "TimeDistributed"


def _map_tensors(change: Callable[[TensorSpec], Any], result: Any) -> Any:
    if isinstance(result, TensorSpec):
        return change(result)
    return type(result)(_map_tensors(change, part) for part in result)


def _flatten(result: Any) -> list[TensorSpec]:
    if isinstance(result, TensorSpec):
        return [result]
    return [tensor for part in result for tensor in _flatten(part)]
