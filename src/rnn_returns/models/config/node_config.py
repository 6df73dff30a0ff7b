"""The calls of a layer in a configuration, in each of the forms that Keras has written."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from rnn_returns.models.config.values import (
    expect_dict,
    expect_list,
    expect_number,
    expect_shape,
    quote,
)
from rnn_returns.rules.layer_spec import Shape

CONSTANT = "_CONSTANT_VALUE"
UNKNOWN_INDEX = "a slice between tensors"
MAX_DEPTH = 20
MAX_INDEX = 10**6
LIMIT = 2**63  # Python's own bounds of slices.


@dataclass(frozen=True)
class Reference:
    """A tensor, by the call that returns it.

    Args:
        layer: The name of the layer.
        call: Which of its calls, from 0 on, as the file counts.
        tensor: Which of the tensors that the call returns, flat.
        shape: Its shape, if the file gives it.
        dtype: Its dtype, if the file gives it.
    """

    layer: str
    call: int
    tensor: int
    shape: Shape | None = None
    dtype: str = ""


@dataclass(frozen=True, eq=False)
class NodeArguments:
    """The arguments of one call: references in nested containers, and plain data."""

    args: list[Any]
    kwargs: dict[str, Any]

    def find_references(self) -> list[Reference]:
        """Return the tensors among the arguments, in the order in which Keras counts them."""
        return list(find_references([self.args, self.kwargs]))


def find_references(structure: Any) -> Iterator[Reference]:
    """Yield the references in nested containers; those in dictionaries by the keys' order."""
    match structure:
        case Reference():
            yield structure
        case list() | tuple():
            for part in structure:
                yield from find_references(part)
        case dict():
            for _, part in sorted(structure.items()):
                yield from find_references(part)


def map_references(change: Callable[[Reference], Any], structure: Any) -> Any:
    """Return *structure* with each reference changed."""
    match structure:
        case Reference():
            return change(structure)
        case list() | tuple():
            return type(structure)(map_references(change, part) for part in structure)
        case dict():
            return {key: map_references(change, part) for key, part in structure.items()}
    return structure


def read_node(node: Any, layer: str, names: Collection[str]) -> NodeArguments:
    """Read one call of a layer.

    Args:
        node: What ``inbound_nodes`` contains for it.
        layer: The layer, for messages.
        names: The names of all layers, which in old files distinguish tensors from other lists.

    Raises:
        ValueError: If it has none of the forms that Keras writes.

    >>> from rnn_returns.models.config.node_config import read_node
    >>> read_node([["x", 0, 0, {"training": False}]], "lstm", {"x"}).kwargs
    {'training': False}
    """
    if isinstance(node, dict) and "args" in node:
        args = expect_list(node["args"], f"the args of {layer}")
        kwargs = expect_dict(node.get("kwargs", {}), f"the kwargs of {layer}")
        return NodeArguments(
            [decode_value(value, layer) for value in args],
            {name: decode_value(value, layer) for name, value in kwargs.items()},
        )
    return _read_old_node(node, layer, names)


def read_reference(value: Any, layer: str) -> Reference:
    """Read ``[name, call, tensor]``; raise a ValueError if *value* is anything else."""
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        raise ValueError(
            f"Expected a tensor of {layer} as [name, call, tensor], got {quote(value)}."
        )
    what = f"a tensor of {layer}"
    return Reference(
        value[0],
        expect_number(value[1], f"the call of {what}", 0, MAX_INDEX),
        expect_number(value[2], f"the number of {what}", 0, MAX_INDEX),
    )


def read_references(value: Any, what: str, depth: int = 0) -> list[Reference]:
    """Read the inputs or outputs of a model, flat: one tensor, or several in containers."""
    if depth > MAX_DEPTH:
        raise ValueError(f"Expected {what} to be nested at most {MAX_DEPTH} deep.")
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [read_reference(value, what)]
    if isinstance(value, dict):
        value = [part for _, part in sorted(value.items())]
    parts = expect_list(value, what)
    return [each for part in parts for each in read_references(part, what, depth + 1)]


def decode_value(value: Any, layer: str, depth: int = 0) -> Any:
    """Return an argument that Keras 3 wrote, or any other data if it is not nested too deep."""
    if depth > MAX_DEPTH:
        raise ValueError(
            f"Expected the arguments of {layer} to be nested at most {MAX_DEPTH} deep."
        )
    if isinstance(value, list):
        return [decode_value(part, layer, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    inner = value.get("config")
    match value.get("class_name"):
        case "__keras_tensor__":
            config = expect_dict(inner, f"a tensor of {layer}")
            found = read_reference(config.get("keras_history"), layer)
            shape = config.get("shape")
            return Reference(
                found.layer,
                found.call,
                found.tensor,
                None if shape is None else expect_shape(shape, f"the shape of a tensor of {layer}"),
                config["dtype"] if isinstance(config.get("dtype"), str) else "",
            )
        case "__slice__":
            return _read_slice(expect_dict(inner, f"a slice of {layer}"), layer)
        case "__ellipsis__":
            return ...
        case "__tuple__":
            parts = inner.get("value") if isinstance(inner, dict) else inner
            return tuple(decode_value(expect_list(parts, f"a tuple of {layer}"), layer, depth + 1))
    return {name: decode_value(part, layer, depth + 1) for name, part in value.items()}


def _read_old_node(node: Any, layer: str, names: Collection[str]) -> NodeArguments:
    """Read a call that Keras 2 wrote: tensors, each with the keywords of the call."""
    kwargs: dict[str, Any] = {}

    def read(value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(
                f"Expected the inbound_nodes of {layer} to be nested at most {MAX_DEPTH} deep."
            )
        if isinstance(value, dict):
            return {name: read(part, depth + 1) for name, part in value.items()}
        parts = expect_list(value, f"a call of {layer}")
        if not parts or not isinstance(parts[0], str):
            return [read(part, depth + 1) for part in parts]
        if len(parts) > 3:
            more = expect_dict(parts[3], f"the keywords of {layer}")
            kwargs.update({name: _read_keyword(each, layer, names) for name, each in more.items()})
        if parts[0] == CONSTANT and len(parts) > 2:
            return decode_value(parts[2], layer)
        return read_reference(parts, layer)

    first = read(node, 0)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    return NodeArguments([first], kwargs)


def _read_keyword(value: Any, layer: str, names: Collection[str], depth: int = 0) -> Any:
    """Return a keyword argument that Keras 2 wrote; a tensor is a list that names a layer."""
    if depth > MAX_DEPTH:
        raise ValueError(f"Expected the keywords of {layer} to be nested at most {MAX_DEPTH} deep.")
    match value:
        case [str(name), int(), int()] if name in names:
            return read_reference(value, layer)
        case [str(name), int(), constant] if name == CONSTANT:
            return decode_value(constant, layer)
        case list():
            return [_read_keyword(part, layer, names, depth + 1) for part in value]
        case {"class_name": "__ellipsis__"}:
            return ...
        case {"start": _, "stop": _, "step": _} if len(value) == 3:
            return _read_slice(value, layer)
        case dict():
            return {k: _read_keyword(v, layer, names, depth + 1) for k, v in value.items()}
    return value


def _read_slice(value: dict[str, Any], layer: str) -> Any:
    """Return a slice, or text in its place if a bound is not a number."""
    bounds = [value.get(name) for name in ("start", "stop", "step")]
    if any(isinstance(bound, list | dict) for bound in bounds):
        return UNKNOWN_INDEX  # A bound can be a tensor.
    what = f"a bound of a slice of {layer}"
    return slice(
        *(None if bound is None else expect_number(bound, what, -LIMIT, LIMIT) for bound in bounds)
    )
