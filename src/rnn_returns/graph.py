"""A model's graph, gone through as Keras runs it: which call uses which tensor, and every mask.

The masks that Keras noted while the model was made are not enough: of a model inside another it
notes none, yet they are there when the model runs.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
from keras.src.models.functional import Functional  # Keras exports the class under no other name.

OUTPUT = "the model's output"


@dataclass(eq=False)
class Value:
    """One tensor on its way through a model.

    Args:
        tensor: A symbolic tensor that stands for it, of the same shape and in no graph.
        mask: The symbolic mask that it carries, or None.
        mask_ended: The layer that was given a mask on the way here and handed none on, or "".
        used_by: The paths of the layers that it is an argument of.
        last_step_taken: Whether its ``[:, -1]`` is taken.
    """

    tensor: Any
    mask: Any = None
    mask_ended: str = ""
    used_by: list[str] = field(default_factory=list)
    last_step_taken: bool = False

    @classmethod
    def like(cls, tensor: Any) -> "Value":
        """Make a value that stands for the symbolic *tensor* of a model."""
        options = {"sparse": tensor.sparse, "ragged": getattr(tensor, "ragged", False)}
        return cls(keras.KerasTensor(tensor.shape, tensor.dtype, **options))


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Args:
        layer: The Keras layer.
        path: Its name, behind the names of the models that it is in.
        reads: The shape of the first tensor that it is called with, as the model it is in knows it.
        arguments: What it is called with, by the names of its ``call``.
        mask: The mask that it is given, by the caller or by Keras, or None.
        outputs: What comes back, flat.
    """

    layer: Any
    path: str
    reads: tuple[int | None, ...]
    arguments: dict[str, Any]
    mask: Any
    outputs: tuple[Value, ...]

    @property
    def inputs(self) -> list[Value]:
        """The values in the first argument."""
        return _values(next(iter(self.arguments.values())))

    @property
    def tensor_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that hold tensors."""
        return tuple(name for name, given in self.arguments.items() if _holds_tensors(given))


def graph_of(layer: Any) -> Any:
    """Give the graph that *layer* runs, or None if what it runs is code of its own."""
    if isinstance(layer, keras.Sequential) and type(layer).call is keras.Sequential.call:
        return getattr(layer, "_functional", None)  # None until its input is known.
    if isinstance(layer, Functional) and type(layer).call is Functional.call:
        return layer
    return None


def calls(graph: Any) -> list[Call]:
    """List the calls of layers that *graph* makes when it runs, in their order."""
    made: list[Call] = []
    for value in _run(graph, [Value.like(tensor) for tensor in graph.inputs], "", made):
        value.used_by.append(OUTPUT)
    return made


def _run(graph: Any, inputs: list[Value], path: str, made: list[Call]) -> list[Value]:
    values = dict(zip(map(id, graph.inputs), inputs, strict=True))
    for node in _nodes(graph):
        args, kwargs = node.arguments.fill_in(values)
        if isinstance(node.operation, keras.Layer):
            outputs = _call(node, args, kwargs, path, made)
        else:
            outputs = _operate(node, args, kwargs, path)
        values.update(zip(map(id, node.outputs), outputs, strict=True))
    return [values[id(tensor)] for tensor in graph.outputs]


def _nodes(graph: Any) -> Iterator[Any]:
    """Give the calls of a graph in the order in which Keras runs them."""
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from (node for node in graph._nodes_by_depth[depth] if not node.is_input)


def _operate(node: Any, args: Any, kwargs: Any, path: str) -> list[Value]:
    """Go through an operation that is no layer, after which no tensor carries a mask."""
    given = _values((args, kwargs))
    outputs = [Value.like(tensor) for tensor in node.outputs]
    _note_use(given, path + node.operation.name)
    _note_end(given, outputs, path, node.operation)
    if type(node.operation).__name__ == "GetItem" and _is_last_step(args[1]):
        args[0].last_step_taken = True
    return outputs


def _call(node: Any, args: Any, kwargs: Any, path: str, made: list[Call]) -> list[Value]:
    """Go through the call of a layer, or of a model that is a layer here."""
    layer = node.operation
    arguments = _bound(layer, args, kwargs)
    first = next(iter(arguments.values()))
    mask = _mask_given(arguments)
    # A mask that is not given by its name counts for the layer, but not for what it hands on.
    named = kwargs.get("mask") if "mask" in kwargs else mask
    previous = _masks(first) if named is None else named
    graph = graph_of(layer)
    if graph is None:
        _note_use(_values((args, kwargs)), path + layer.name)
        outputs = [Value.like(tensor) for tensor in node.outputs]
    else:
        if mask is not None:
            for value, its in zip(_values(first), keras.tree.flatten(mask), strict=False):
                value.mask = value.mask if its is None else _tensor(its)
        outputs = _run(graph, _values(first), f"{path}{layer.name}/", made)
    _hand_on_masks(layer, first, previous, outputs)
    if graph is None:
        _note_end(_values(first), outputs, path, layer)
    reads = tuple(node.input_tensors[0].shape)
    made.append(Call(layer, path + layer.name, reads, arguments, _if_any(mask), tuple(outputs)))
    return outputs


def _bound(layer: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Name the arguments of a call, as Keras does: what ``call`` does not know is not for it."""
    signature = inspect.signature(layer.call)
    anything = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    known = {
        name: value for name, value in kwargs.items() if anything or name in signature.parameters
    }
    bound = signature.bind(*args, **known)
    bound.apply_defaults()
    return dict(bound.arguments)


def _mask_given(arguments: dict[str, Any]) -> Any:
    """Give the mask of a call; Keras fills it in where the call has one tensor argument only."""
    if arguments.get("mask") is not None or "mask" not in arguments:
        return arguments.get("mask")
    tensors = [given for given in arguments.values() if _holds_tensors(given)]
    return _masks(tensors[0]) if len(tensors) == 1 else None


def _hand_on_masks(layer: Any, first: Any, previous: Any, outputs: list[Value]) -> None:
    """Give the outputs of a call the masks that the layer computes for them."""
    if not layer.supports_masking or all(value.mask is not None for value in outputs):
        return
    computed = layer.compute_mask(_tensors(first), _tensors(previous))
    # Keras pairs them off as far as they go.
    for value, mask in zip(outputs, keras.tree.flatten(computed), strict=False):
        if value.mask is None:
            value.mask = mask


def _note_use(given: list[Value], path: str) -> None:
    for value in given:
        if path not in value.used_by:
            value.used_by.append(path)


def _note_end(given: list[Value], outputs: list[Value], path: str, operation: Any) -> None:
    """Note on each output without a mask where the mask of what was given ended."""
    here = f"{path}{operation.name} ({type(operation).__name__})"
    before = next((value.mask_ended for value in given if value.mask_ended), "")
    ended = here if any(value.mask is not None for value in given) else before
    for value in outputs:
        value.mask_ended = ended if value.mask is None else ""


def _is_last_step(index: Any) -> bool:
    """Whether *index* is that of ``x[:, -1]``."""
    return (
        isinstance(index, tuple | list)
        and len(index) > 1
        and index[0] == slice(None)
        and isinstance(index[1], int)
        and index[1] == -1
    )


def _holds_tensors(argument: Any) -> bool:
    """Whether Keras takes *argument* of a call for a tensor, or for a structure of tensors."""
    if _is_tensor(argument):
        return True
    nested = keras.tree.is_nested(argument) and len(argument) > 0
    return nested and all(leaf is None or _is_tensor(leaf) for leaf in keras.tree.flatten(argument))


def _is_tensor(given: Any) -> bool:
    # Keras makes a tensor of an array before it looks.
    return isinstance(given, Value) or keras.ops.is_tensor(given) or hasattr(given, "__array__")


def _values(structure: Any) -> list[Value]:
    return [leaf for leaf in keras.tree.flatten(structure) if isinstance(leaf, Value)]


def _masks(structure: Any) -> Any:
    return keras.tree.map_structure(lambda leaf: getattr(leaf, "mask", None), structure)


def _tensor(leaf: Any) -> Any:
    return leaf.tensor if isinstance(leaf, Value) else leaf


def _tensors(structure: Any) -> Any:
    return keras.tree.map_structure(_tensor, structure)


def _if_any(mask: Any) -> Any:
    """Give *mask*, or None if it is a structure of nothing but None."""
    return mask if any(leaf is not None for leaf in keras.tree.flatten(mask)) else None
