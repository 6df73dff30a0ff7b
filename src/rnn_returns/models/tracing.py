"""A traversal of the graph of a Keras model in the order of execution, with every mask.

The masks that Keras records while a model is created are not enough: inside an inner model it
records none, although they are there when the model runs.
"""

import inspect
from typing import Any

from rnn_returns.dependencies import keras
from rnn_returns.models.graph import GraphTensor, LayerCall

# Keras exports the class under no other name.
Functional = keras.src.models.functional.Functional

OUTPUT = "the model's output"

Calls = list[tuple[Any, LayerCall]]


def find_graph(layer: Any) -> Any:
    """Return the graph that *layer* runs, or None if it runs Python code of its own."""
    if isinstance(layer, keras.Sequential) and type(layer).call is keras.Sequential.call:
        return getattr(layer, "_functional", None)  # None until the shape of its input is set.
    if isinstance(layer, Functional) and type(layer).call is Functional.call:
        return layer
    return None


def trace_calls(graph: Any) -> Calls:
    """Return the calls that *graph* makes in the order of execution, each after its layer."""
    calls: Calls = []
    inputs = [_create_tensor(tensor) for tensor in graph.inputs]
    _record_use(_trace_graph(graph, inputs, "", calls), OUTPUT)
    return calls


def _trace_graph(
    graph: Any, inputs: list[GraphTensor], path: str, calls: Calls
) -> list[GraphTensor]:
    """Trace the nodes of a graph; append their calls to *calls* and return the outputs."""
    tensors = dict(zip(map(id, graph.inputs), inputs, strict=True))
    by_depth = graph._nodes_by_depth  # Keras runs the deepest nodes first.
    for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]):
        if node.is_input:
            continue
        args, kwargs = node.arguments.fill_in(tensors)
        if isinstance(node.operation, keras.Layer):
            outputs = _trace_layer(node, args, kwargs, path, calls)
        else:
            outputs = _trace_operation(node, args, kwargs, path)
        tensors.update(zip(map(id, node.outputs), outputs, strict=True))
    return [tensors[id(tensor)] for tensor in graph.outputs]


def _trace_operation(node: Any, args: Any, kwargs: Any, path: str) -> list[GraphTensor]:
    """Trace an operation that is not a layer; Keras propagates no mask through it."""
    inputs = _flatten((args, kwargs))
    outputs = [_create_tensor(tensor) for tensor in node.outputs]
    _record_use(inputs, path + node.operation.name)
    _record_mask_loss(inputs, outputs, path, node.operation)
    if type(node.operation).__name__ == "GetItem":
        match args:
            case [tensor, [slice(start=None, stop=None, step=None), int(-1), *_]]:  # x[:, -1]
                tensor.last_step_taken = True
    return outputs


def _trace_layer(node: Any, args: Any, kwargs: Any, path: str, calls: Calls) -> list[GraphTensor]:
    """Trace the call of a layer, or of an inner model."""
    layer, graph = node.operation, find_graph(node.operation)
    arguments = _bind_arguments(layer, args, kwargs)
    first = next(iter(arguments.values()))
    mask = _find_mask(arguments)
    # Keras propagates a positional mask to the layer, but not to its compute_mask.
    named_mask = kwargs.get("mask", mask)
    previous_mask = _map_masks(first) if named_mask is None else named_mask
    if graph is None:
        _record_use(_flatten((args, kwargs)), path + layer.name)
        outputs = [_create_tensor(tensor) for tensor in node.outputs]
    else:
        _set_masks(_flatten(first), mask)
        outputs = _trace_graph(graph, _flatten(first), f"{path}{layer.name}/", calls)
    _propagate_masks(layer, first, previous_mask, outputs)
    if graph is None:
        _record_mask_loss(_flatten(first), outputs, path, layer)
    call = LayerCall(
        path=path + layer.name,
        input_shape=tuple(node.input_tensors[0].shape),
        inputs=_flatten(first),
        tensor_arguments=tuple(name for name in arguments if _contains_tensors(arguments[name])),
        masked=any(leaf is not None for leaf in keras.tree.flatten(mask)),
        outputs=outputs,
    )
    calls.append((layer, call))
    return outputs


def _bind_arguments(layer: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Bind the arguments of a call as Keras does: without those that ``call`` does not accept."""
    signature = inspect.signature(layer.call)
    accepts_any = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    accepted = {
        name: value for name, value in kwargs.items() if accepts_any or name in signature.parameters
    }
    bound = signature.bind(*args, **accepted)
    bound.apply_defaults()
    return dict(bound.arguments)


def _find_mask(arguments: dict[str, Any]) -> Any:
    """Return the mask of a call; Keras sets it only if the call has one tensor argument."""
    if arguments.get("mask") is not None or "mask" not in arguments:
        return arguments.get("mask")
    tensors = [argument for argument in arguments.values() if _contains_tensors(argument)]
    return _map_masks(tensors[0]) if len(tensors) == 1 else None


def _set_masks(tensors: list[GraphTensor], mask: Any) -> None:
    """Set the masks that an inner model is called with; None leaves a tensor unchanged."""
    for tensor, leaf in zip(tensors, keras.tree.flatten(mask), strict=False):
        if leaf is not None:
            tensor.mask = _to_symbolic(leaf)


def _propagate_masks(
    layer: Any, first: Any, previous_mask: Any, outputs: list[GraphTensor]
) -> None:
    """Set the masks that *layer* computes for the outputs of a call."""
    if not layer.supports_masking or all(output.mask is not None for output in outputs):
        return
    symbolic = keras.tree.map_structure(_to_symbolic, (first, previous_mask))
    masks = keras.tree.flatten(layer.compute_mask(*symbolic))
    for output, mask in zip(outputs, masks, strict=False):  # Keras pairs as many as there are.
        if output.mask is None:
            output.mask = mask


def _create_tensor(tensor: Any) -> GraphTensor:
    """Create a tensor that stands for a symbolic one of the model, and is in no graph of Keras."""
    options = {"sparse": tensor.sparse, "ragged": getattr(tensor, "ragged", False)}
    symbolic = keras.KerasTensor(tensor.shape, tensor.dtype, **options)
    return GraphTensor(tuple(tensor.shape), symbolic)


def _record_use(tensors: list[GraphTensor], path: str) -> None:
    for tensor in tensors:
        if path not in tensor.used_by:
            tensor.used_by.append(path)


def _record_mask_loss(
    inputs: list[GraphTensor], outputs: list[GraphTensor], path: str, operation: Any
) -> None:
    """Record on each output without a mask which layer or operation propagated none."""
    lost_at = next((tensor.mask_lost_at for tensor in inputs if tensor.mask_lost_at), "")
    if any(tensor.mask is not None for tensor in inputs):
        lost_at = f"{path}{operation.name} ({type(operation).__name__})"
    for output in outputs:
        output.mask_lost_at = lost_at if output.mask is None else ""


def _contains_tensors(argument: Any) -> bool:
    """Return whether Keras treats *argument* as a tensor, or as a structure of tensors."""
    if _is_tensor(argument):
        return True
    nested = keras.tree.is_nested(argument) and len(argument) > 0
    return nested and all(leaf is None or _is_tensor(leaf) for leaf in keras.tree.flatten(argument))


def _is_tensor(leaf: Any) -> bool:
    # Keras converts an array to a tensor before it checks.
    return isinstance(leaf, GraphTensor) or keras.ops.is_tensor(leaf) or hasattr(leaf, "__array__")


def _flatten(structure: Any) -> list[GraphTensor]:
    """Return the traced tensors in *structure*, flat."""
    return [leaf for leaf in keras.tree.flatten(structure) if isinstance(leaf, GraphTensor)]


def _map_masks(structure: Any) -> Any:
    """Return the masks of the tensors in *structure*, in the same containers."""
    return keras.tree.map_structure(lambda leaf: getattr(leaf, "mask", None), structure)


def _to_symbolic(leaf: Any) -> Any:
    return leaf.symbolic if isinstance(leaf, GraphTensor) else leaf
