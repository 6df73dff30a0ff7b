"""What should come back: the rules, from a description of the layer alone. No Keras in here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rnn_returns.equality import ALL, MERGES, Equality, View
from rnn_returns.layer import CELL_STATES, IMAGE_AXES, Cell, Layer, image_axes, state_names, wrapped
from rnn_returns.refused import Call, refusals

Shape = tuple[int | None, ...]
WAYS = ("forward", "backward")


@dataclass(frozen=True)
class Expected:
    """What one call should give back, under the names that ``Returned`` gives to what did.

    Args:
        container: ``"tensor"`` or ``"tuple"``.
        structure: The names in the containers that Keras puts the tensors into.
        names: The tensors' names, flat.
        axes: The names of each tensor's axes.
        shapes: The tensors' shapes, None where the input's shape has None.
        mask: The shape of the mask that the output hands on, or None if it hands on none.
        equalities: What holds between the tensors' values on any data.
    """

    container: str
    structure: Any
    names: tuple[str, ...]
    axes: tuple[tuple[str, ...], ...]
    shapes: tuple[Shape, ...]
    mask: Shape | None
    equalities: tuple[Equality, ...]


def expected(
    layer: Any,
    input_shape: Shape,
    *,
    mask: bool = False,
    initial_state: bool = False,
    symbolic: bool = False,
) -> Expected:
    """Say what *layer* gives back when it is called, as Keras does on TensorFlow without a GPU.

    Args:
        layer: A description of the layer, or a Keras layer, which is then described.
        input_shape: The shape of what the layer is called on; None stands for any length.
        mask: Whether it is called with a mask, whatever the mask may hold.
        initial_state: Whether it is called with an initial state, in the containers in which
            its own ``get_initial_state`` gives one.
        symbolic: Whether it is called on a ``keras.Input``, not on numbers.

    Raises:
        ValueError: If there is no such layer, or Keras refuses it, or refuses to call it so.

    >>> from rnn_returns.layer import Layer
    >>> from rnn_returns.rules import expected
    >>> lstm = Layer("LSTM", units=4, return_sequences=True, return_state=True)
    >>> result = expected(lstm, (None, 5, 3))
    >>> result.structure, result.shapes
    (('output', 'state_h', 'state_c'), ((None, 5, 4), (None, 4), (None, 4)))
    >>> print(*result.equalities)
    state_h == output[:, -1]
    """
    if not isinstance(layer, Layer):
        from rnn_returns.describe import describe  # Brings Keras, which a description needs not.

        layer = describe(layer)
    call = Call(mask, initial_state, symbolic)
    shape = tuple(input_shape)
    for refused, why in refusals(layer, shape, call):
        if refused:
            raise ValueError(why)
    result, equalities = _answer(layer, shape, call)
    tensors = list(_flat(result))
    return Expected(
        container="tuple" if isinstance(result, tuple) else "tensor",
        structure=_mapped(lambda tensor: tensor.name, result),
        names=tuple(tensor.name for tensor in tensors),
        axes=tuple(tensor.axes for tensor in tensors),
        shapes=tuple(tensor.shape for tensor in tensors),
        mask=shape[: _mask_rank(layer)] if mask and _hands_mask_on(layer) else None,
        equalities=tuple(equalities),
    )


@dataclass(frozen=True)
class _Tensor:
    """One tensor that comes back."""

    name: str
    axes: tuple[str, ...]
    shape: Shape


class _Answer(NamedTuple):
    """What comes back, one tensor or several in Keras's containers, and what holds between them."""

    result: Any
    equalities: list[Equality]


def _answer(layer: Layer, shape: Shape, call: Call) -> _Answer:
    wrappers = {"Bidirectional": _bidirectional, "TimeDistributed": _time_distributed}
    return wrappers.get(layer.kind, _recurrent)(layer, shape, call)


# One direction: LSTM, GRU, SimpleRNN, RNN and ConvLSTM.


def _recurrent(layer: Layer, shape: Shape, call: Call) -> _Answer:
    """The output, and behind it the states when they are asked for."""
    batch, timesteps, *features = shape
    if layer.kind in IMAGE_AXES:
        axes, size = image_axes(layer, "filters"), _convolved(layer, features)
        states = [_Tensor(name, ("batch", *axes), (batch, *size)) for name in state_names(layer)]
    else:
        axes, size = ("units",), (layer.cells[-1].units,)
        states = _cell_states(layer, shape, call)
    if layer.return_sequences:
        axes, size = ("timesteps", *axes), (timesteps, *size)
    output = _Tensor("output", ("batch", *axes), (batch, *size))
    if not layer.return_state:
        return _Answer(output, [])
    last = View("output", (ALL, -1) if layer.return_sequences else ())
    held = [Equality(View(state), (last,)) for state in _last_output(layer, call)]
    return _Answer((output, *states), held)


def _cell_states(layer: Layer, shape: Shape, call: Call) -> list[Any]:
    """The states of the cells: flat of one cell, and of a stack in a container for each cell."""
    names = iter(state_names(layer))
    states = [
        [_Tensor(next(names), ("batch", "units"), (shape[0], size)) for size in cell.state_sizes]
        for cell in layer.cells
    ]
    if not isinstance(layer.cell, tuple):
        return states[0]
    if len(states) == 1 and layer.unroll and not (call.mask or call.symbolic):
        return states[0]  # StackedRNNCells unpacks the list of a single cell.
    return [
        _contained(cell, its, call.symbolic) for cell, its in zip(layer.cells, states, strict=True)
    ]


def _contained(cell: Cell, states: list[_Tensor], symbolic: bool) -> Any:
    """The states of one cell of a stack, in what Keras keeps them in."""
    if symbolic:
        # A symbolic call goes by state_size, which Keras's own cells of one state give bare.
        bare = len(states) == 1 and not isinstance(cell.state_size, tuple)
        return states[0] if bare else states
    return {"list": states, "tuple": tuple(states), "tensor": states[0]}[cell.container]


def _last_output(layer: Layer, call: Call) -> Iterator[str]:
    """Name the state that the last output equals, where there is one."""
    names = state_names(layer)
    if layer.kind not in IMAGE_AXES:
        top = layer.cells[-1]
        if top.kind not in CELL_STATES:
            return  # What a custom cell puts out is its own affair.
        names = names[-len(top.state_names) :]
    # A masked step carries the states on. So it does the output, but that starts at zero.
    apart = layer.zero_output_for_mask or layer.stateful or call.initial_state
    if not (call.mask and apart):
        yield names[0]


def _convolved(layer: Layer, image: Sequence[Any]) -> tuple[Any, ...]:
    """The shape of one image after the convolution of a ConvLSTM."""
    first = layer.data_format == "channels_first"
    options: tuple[Any, ...] = (layer.kernel_size, layer.strides, layer.dilation_rate)
    sizes = []
    for axis, length in enumerate(image[1:] if first else image[:-1]):
        kernel, stride, dilation = (
            option[axis] if isinstance(option, tuple) else option for option in options
        )
        window = dilation * (kernel - 1) + 1 if layer.padding == "valid" else 1
        if window > length:
            raise ValueError(
                f"The kernel reaches over {window} entries of the {IMAGE_AXES[layer.kind][axis]} "
                f"axis, which has {length}; make kernel_size smaller, or set padding='same'."
            )
        sizes.append((length - window) // stride + 1)
    return (layer.filters, *sizes) if first else (*sizes, layer.filters)


# Both directions.


def _bidirectional(layer: Layer, shape: Shape, call: Call) -> _Answer:
    """The merged output, or both outputs, then the states of both directions."""
    answers = [_answer(one, shape, call) for one in directions(layer)]
    if call.symbolic and answers[0].result != answers[1].result:
        # A symbolic call takes the shapes of both directions from the forward layer alone.
        answers = [_Answer(answers[0].result, [])] * 2
    outputs, states = [], []
    for way, answer in zip(WAYS, answers, strict=True):
        renamed = _mapped(_under(way), answer.result)
        output, *rest = renamed if isinstance(renamed, tuple) else (renamed,)
        outputs.append(output)
        states.extend(rest)
    equalities = _equalities_of_both(layer, outputs[0], [answer.equalities for answer in answers])
    if layer.merge_mode is None:
        return _Answer((*outputs, *states), equalities)
    output = _merged(layer.merge_mode, *outputs)
    return _Answer((output, *states) if states else output, equalities)


def _under(way: str) -> Callable[[_Tensor], _Tensor]:
    return lambda tensor: replace(tensor, name=f"{way}_{tensor.name}")


def directions(layer: Layer) -> tuple[Layer, Layer]:
    """The forward and the backward layer as they are when *layer* calls them."""
    forward = wrapped(layer)
    backward = layer.backward_layer or replace(forward, go_backwards=True)
    # Bidirectional sets this flag itself, whatever the two layers say.
    zero = forward.return_sequences
    return (
        replace(forward, zero_output_for_mask=zero),
        replace(backward, zero_output_for_mask=zero),
    )


def _merged(mode: str, forward: _Tensor, backward: _Tensor) -> _Tensor:
    """The one output that the merge mode makes of two."""
    pairs: list[tuple[Any, Any]] = list(zip(forward.shape, backward.shape, strict=True))
    shape: Shape
    if mode == "concat":
        # On the last axis, whatever it is: with channels_first that is an axis of the image.
        fits = all(one == other for one, other in pairs[:-1])
        shape = (*forward.shape[:-1], sum(pairs[-1]))
    else:
        fits = all(one == other or 1 in (one, other) for one, other in pairs)
        shape = tuple(other if one == 1 else one for one, other in pairs)
    if not fits:
        raise ValueError(
            f"merge_mode {mode!r} cannot make one output of the shapes {forward.shape} and "
            f"{backward.shape}; give both layers the same size, or set merge_mode=None."
        )
    return _Tensor("output", forward.axes, shape)


def _equalities_of_both(
    layer: Layer, forward: _Tensor, found: Sequence[list[Equality]]
) -> list[Equality]:
    """Where each direction's last output went: the backward one reads the first step last."""
    size, axis = forward.shape[-1], forward.axes[-1]
    moved = []
    for way, equalities, part in zip(WAYS, found, ((None, size), (size, None)), strict=True):
        for equality in equalities:
            index = equality.right[0].index
            if index and way == "backward":
                index = (ALL, 0)
            view = View(f"{way}_output", index)
            if layer.merge_mode == "concat":
                index += (ALL,) * (len(forward.shape) - 1 - len(index))
                view = View("output", (*index, part), axis)
            moved.append(Equality(View(f"{way}_{equality.left}"), (view,)))
    if layer.merge_mode in MERGES:
        # In a sequence the two last outputs are merged with others, at different steps.
        if len(moved) < 2 or "timesteps" in forward.axes:
            return []
        return [Equality(View("output"), tuple(each.left for each in moved), layer.merge_mode)]
    return moved


# Slice by slice.


def _time_distributed(layer: Layer, shape: Shape, call: Call) -> _Answer:
    """One tensor, whatever the wrapped layer returns: TimeDistributed stacks it."""
    result, equalities = _answer(wrapped(layer), (shape[0], *shape[2:]), call)
    if isinstance(result, tuple):
        if call.symbolic:
            raise ValueError(
                "TimeDistributed refuses a symbolic call when the layer inside returns several "
                "tensors; leave out return_state, and merge_mode=None."
            )
        places = {part.name: i for i, part in enumerate(result) if isinstance(part, _Tensor)}
        flat = len(places) == len(result)
        equalities = [_placed(equality, places) for equality in equalities if flat]
    one = _stacked(result)
    # The slices are stacked in front, then change places with whichever axis is behind them.
    axes = (one.axes[0], "slices", *one.axes[1:])
    return _Answer(_Tensor("output", axes, (one.shape[0], shape[1], *one.shape[1:])), equalities)


def _stacked(result: Any) -> _Tensor:
    """What becomes of nested tensors when they are made one."""
    if isinstance(result, _Tensor):
        return result
    parts = [_stacked(part) for part in result]
    if len({part.shape for part in parts}) > 1:
        raise ValueError(
            "TimeDistributed makes one tensor of all that the layer inside returns, but the shapes "
            f"{', '.join(str(part.shape) for part in parts)} differ; leave out return_state."
        )
    return _Tensor("output", ("returned", *parts[0].axes), (len(parts), *parts[0].shape))


def _placed(equality: Equality, places: dict[str, int]) -> Equality:
    """The same equality between the entries of the stacked output."""

    def moved(view: View) -> View:
        index = (ALL, *view.index) if view.index else ()
        return replace(view, name="output", index=(places[view.name], *index))

    return replace(equality, left=moved(equality.left), right=tuple(map(moved, equality.right)))


# The mask that is handed on.


def _hands_mask_on(layer: Layer) -> bool:
    """Only a sequence has use for it, but TimeDistributed hands on whatever it was given."""
    if layer.kind == "Bidirectional":
        return wrapped(layer).return_sequences
    return layer.return_sequences or layer.kind == "TimeDistributed"


def _mask_rank(layer: Layer) -> int:
    return 1 + _mask_rank(wrapped(layer)) if layer.kind == "TimeDistributed" else 2


# Trees of tensors.


def _mapped(change: Callable[[_Tensor], Any], result: Any) -> Any:
    if isinstance(result, _Tensor):
        return change(result)
    return type(result)(_mapped(change, part) for part in result)


def _flat(result: Any) -> Iterator[_Tensor]:
    if isinstance(result, _Tensor):
        yield result
    else:
        for part in result:
            yield from _flat(part)
