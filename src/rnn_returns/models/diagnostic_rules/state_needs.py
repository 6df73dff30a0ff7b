"""The states that a layer needs, and where the states that it is given come from."""

from dataclasses import replace
from typing import NamedTuple

from rnn_returns.models.graph import GraphTensor, find_tensors
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.layer_spec import IMAGE_AXES, LayerSpec, Shape, state_names

# Calls whose result consists of states of one kind if all that they are given are of it.
JOINING = {"Concatenate", "Add", "Average", "Maximum", "Minimum", "Identity", "Dropout"}


class Need(NamedTuple):
    """A state that a layer needs: its name, and its shape with the batch axis."""

    name: str
    shape: Shape


def find_needs(spec: LayerSpec, input_shape: Shape | None) -> list[Need]:
    """Return the states that a layer other than Bidirectional needs."""
    names = state_names(spec)
    if spec.kind in IMAGE_AXES:
        shape = _predict_image(spec, input_shape)
        return [Need(name, shape) for name in names]
    batch = (input_shape or (None,))[0]
    sizes = [size for cell in spec.cells for size in cell.state_sizes]
    return [Need(name, (batch, size)) for name, size in zip(names, sizes, strict=True)]


def _predict_image(spec: LayerSpec, input_shape: Shape | None) -> Shape:
    """Return the shape of the states of a ConvLSTM, None where it is not known."""
    rank = len(IMAGE_AXES[spec.kind]) + 2
    result: Expected | None = None
    if input_shape is not None:
        try:
            result = expected(replace(spec, return_state=True, stateful=False), input_shape)
        except ValueError:
            result = None
    if result:
        return result.shapes[-1]
    axis = 1 if spec.data_format == "channels_first" else rank - 1
    return tuple(spec.filters if i == axis else None for i in range(rank))


def find_state_kind(tensor: GraphTensor) -> str:
    """Return ``"state_h"`` or ``"state_c"`` for a state, or for states that are joined; or ""."""
    for kind in ("state_h", "state_c"):
        if tensor.name.endswith(kind):
            return kind
    if tensor.call and not tensor.call.layer and tensor.call.class_name in JOINING:
        kinds = {find_state_kind(each) for each in find_tensors(tensor.call.arguments)}
        if len(kinds) == 1:
            return kinds.pop()
    return ""


def describe_origin(tensor: GraphTensor) -> str:
    """Return what a tensor is: the output of a call by its name, or joined outputs."""
    call = tensor.call
    if call is None:
        return "a tensor"
    if tensor.name:
        return f"{tensor.name} of {call.path}"
    if call.class_name == "Concatenate":
        names = [part.name or "a tensor" for part in find_tensors(call.arguments)]
        return f"the concatenation of {' and '.join(names)}"
    return f"the result of {call.path}"


def format_shape(shape: Shape) -> str:
    """Return the shape of a state as text, with a name for the batch axis."""
    return f"({', '.join(['batch', *map(str, shape[1:])])})"
