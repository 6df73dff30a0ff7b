"""A traversal of the graph of a Keras model in the order of execution, with every mask.

The masks that Keras records while a model is created are not enough: inside an inner model it
records none, although they are there when the model runs.
"""

import inspect
from typing import Any

from rnn_returns.dependencies import keras
from rnn_returns.models.graph import GraphCall, GraphTensor, Mask, Use, find_tensors

# Keras exports the class under no other name.
Functional = keras.src.models.functional.Functional

OUTPUT = "the model's output"


def find_graph(layer: Any) -> Any:
    """Return the graph that *layer* runs, or None if it runs custom Python code."""
    if isinstance(layer, keras.Sequential) and type(layer).call is keras.Sequential.call:
        return getattr(layer, "_functional", None)  # None until the shape of its input is set.
    if isinstance(layer, Functional) and type(layer).call is Functional.call:
        return layer
    return None


class Tracer:
    """Trace a graph.

    Args:
        graph: The graph that a model runs.

    Attributes:
        calls: The calls in the order of execution, each after its layer or operation.
        called: The layers that are called, inner models as well.
    """

    def __init__(self, graph: Any) -> None:
        self.calls: list[tuple[Any, GraphCall]] = []
        self.called: list[Any] = []
        self._symbols: dict[GraphTensor, Any] = {}  # Keras's tensors for its own compute_mask.
        self._masks: dict[GraphTensor, Any] = {}
        inputs = [self._create_tensor(tensor) for tensor in graph.inputs]
        for tensor in self._trace_graph(graph, inputs, ""):
            tensor.uses.append(Use(OUTPUT))

    def _trace_graph(self, graph: Any, inputs: list[GraphTensor], path: str) -> list[GraphTensor]:
        """Trace the nodes of a graph, and return its outputs."""
        tensors = dict(zip(map(id, graph.inputs), inputs, strict=True))
        hidden = _find_mask_nodes(graph)
        # The shapes in a graph that is called on others than it was made of are not these.
        same = all(a.shape == tuple(b.shape) for a, b in zip(inputs, graph.inputs, strict=True))
        for node in _order_nodes(graph):
            args, kwargs = node.arguments.fill_in(tensors)
            symbols = node.outputs if same else self._infer_outputs(node, args, kwargs)
            outputs = [self._create_tensor(symbol) for symbol in symbols]
            if not isinstance(node.operation, keras.Layer):
                if id(node) not in hidden:
                    self._trace_operation(node, args, kwargs, path, outputs)
            elif (inner := find_graph(node.operation)) is not None:
                outputs = self._trace_model(node, inner, args, kwargs, path)
            else:
                self._trace_layer(node, args, kwargs, path, outputs)
            tensors.update(zip(map(id, node.outputs), outputs, strict=True))
        return [tensors[id(tensor)] for tensor in graph.outputs]

    def _trace_operation(
        self, node: Any, args: Any, kwargs: Any, path: str, outputs: list[GraphTensor]
    ) -> None:
        """Trace an operation that is not a layer; Keras propagates no mask through it."""
        operation = node.operation
        arguments = _bind_arguments(operation, args, kwargs) | _read_options(operation)
        call = self._record_call(operation, path, arguments, outputs)
        _record_mask_loss(list(find_tensors(call.arguments)), call)

    def _trace_layer(
        self, node: Any, args: Any, kwargs: Any, path: str, outputs: list[GraphTensor]
    ) -> None:
        """Trace the call of a layer."""
        layer = node.operation
        arguments, mask, previous_mask = self._find_masks(node, args, kwargs)
        call = self._record_call(layer, path, arguments, outputs)
        call.sets_mask = "mask" in arguments
        call.mask = next(map(_describe_mask, _drop_none(mask)), None)
        self._propagate_masks(layer, next(iter(arguments.values())), previous_mask, outputs)
        _record_mask_loss(call.inputs, call)

    def _trace_model(
        self, node: Any, graph: Any, args: Any, kwargs: Any, path: str
    ) -> list[GraphTensor]:
        """Trace the call of an inner model, and return its outputs."""
        arguments, mask, previous_mask = self._find_masks(node, args, kwargs)
        first = next(iter(arguments.values()))
        inputs = list(find_tensors(first))
        for tensor, leaf in zip(inputs, keras.tree.flatten(mask), strict=False):
            if leaf is not None:
                self._set_mask(tensor, leaf)
        self.called.append(node.operation)
        outputs = self._trace_graph(graph, inputs, f"{path}{node.operation.name}/")
        self._propagate_masks(node.operation, first, previous_mask, outputs)
        return outputs

    def _record_call(
        self, operation: Any, path: str, arguments: dict[str, Any], outputs: list[GraphTensor]
    ) -> GraphCall:
        """Record a call of a layer or an operation, and where it uses which tensors."""
        plain = {
            name: keras.tree.map_structure(_to_plain, value) for name, value in arguments.items()
        }
        call = GraphCall(path + operation.name, type(operation).__name__, plain)
        call.outputs = outputs
        for position, output in enumerate(outputs):
            output.call, output.position = call, position
        for name, value in plain.items():
            for tensor in find_tensors(value):
                tensor.uses.append(Use(call.path, name, call))
        self.calls.append((operation, call))
        self.called.append(operation)
        return call

    def _find_masks(self, node: Any, args: Any, kwargs: Any) -> tuple[dict[str, Any], Any, Any]:
        """Return the arguments of a call, its mask, and the mask for its ``compute_mask``.

        Keras sets a mask only if the call has one tensor argument, and then writes it into the
        arguments; here they contain only a mask that the caller passes.
        """
        layer, given = node.operation, kwargs.get("mask")
        arguments = _bind_arguments(layer, args, kwargs)
        mask = arguments.get("mask")
        if _drop_none(mask) and _has_automatic_mask(node):
            del arguments["mask"]
        first = next(iter(arguments.values()))
        if not _drop_none(mask):
            arguments.pop("mask", None)
            tensors = [value for value in arguments.values() if _contains_tensors(value)]
            accepts = "mask" in inspect.signature(layer.call).parameters
            mask = self._map_masks(tensors[0]) if accepts and len(tensors) == 1 else None
            given = mask
        # Keras propagates a positional mask to the layer, but not to its compute_mask.
        return arguments, mask, self._map_masks(first) if given is None else given

    def _propagate_masks(
        self, layer: Any, first: Any, previous_mask: Any, outputs: list[GraphTensor]
    ) -> None:
        """Set the masks that *layer* computes for the outputs of a call."""
        if not layer.supports_masking or all(output.mask for output in outputs):
            return
        symbolic = keras.tree.map_structure(self._to_symbolic, (first, previous_mask))
        masks = keras.tree.flatten(layer.compute_mask(*symbolic))
        for output, mask in zip(outputs, masks, strict=False):  # Keras pairs as many as there are.
            if output.mask is None and mask is not None:
                self._set_mask(output, mask)

    def _set_mask(self, tensor: GraphTensor, mask: Any) -> None:
        tensor.mask = _describe_mask(mask)
        self._masks[tensor] = self._to_symbolic(mask)

    def _map_masks(self, structure: Any) -> Any:
        """Return the masks of the tensors in *structure*, in the same containers."""
        return keras.tree.map_structure(
            lambda leaf: self._masks.get(leaf) if isinstance(leaf, GraphTensor) else None, structure
        )

    def _infer_outputs(self, node: Any, args: Any, kwargs: Any) -> list[Any]:
        """Return the symbolic outputs of a node for other shapes than those of its graph."""
        args, kwargs = keras.tree.map_structure(self._to_symbolic, (args, kwargs))
        return list(keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs)))

    def _create_tensor(self, tensor: Any) -> GraphTensor:
        """Create a tensor that stands for a symbolic one, and a copy that no graph contains."""
        ragged = getattr(tensor, "ragged", False)
        created = GraphTensor(tuple(tensor.shape), is_ragged=ragged)
        self._symbols[created] = keras.KerasTensor(
            tensor.shape, tensor.dtype, sparse=tensor.sparse, ragged=ragged
        )
        return created

    def _to_symbolic(self, leaf: Any) -> Any:
        return self._symbols[leaf] if isinstance(leaf, GraphTensor) else leaf


def _order_nodes(graph: Any) -> list[Any]:
    """Return the nodes of a graph in the order in which Keras runs them: the deepest first."""
    by_depth = graph._nodes_by_depth
    nodes = (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth])
    return [node for node in nodes if not node.is_input]


def _find_mask_nodes(graph: Any) -> set[int]:
    """Return the operations that only calculate masks that Keras itself fills in."""
    needed, hidden = set(map(id, graph.outputs)), set()
    for node in reversed(_order_nodes(graph)):
        used = any(id(tensor) in needed for tensor in node.outputs)
        if not used and not isinstance(node.operation, keras.Layer):
            hidden.add(id(node))
            continue
        kwargs = dict(node.arguments.kwargs)
        if _has_automatic_mask(node):
            del kwargs["mask"]
        needed |= set(map(id, keras.tree.flatten((node.arguments.args, kwargs))))
    return hidden


def _has_automatic_mask(node: Any) -> bool:
    """Return whether Keras itself has written the mask into the arguments of a call.

    It does so if there is one tensor argument, whose own mask that is then.
    """
    args, kwargs = node.arguments.args, dict(node.arguments.kwargs)
    masks = _drop_none(kwargs.pop("mask", None))
    structures = [value for value in (*args, *kwargs.values()) if _contains_tensors(value)]
    if not masks or len(structures) != 1:
        return False
    own = [getattr(leaf, "_keras_mask", None) for leaf in keras.tree.flatten(structures[0])]
    return all(any(mask is each for each in own) for mask in masks)


def _bind_arguments(operation: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Bind the arguments of a call as Keras does: without those that ``call`` does not accept."""
    signature = inspect.signature(operation.call)
    accepts_any = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    accepted = {
        name: value for name, value in kwargs.items() if accepts_any or name in signature.parameters
    }
    return dict(signature.bind(*args, **accepted).arguments)


def _read_options(operation: Any) -> dict[str, Any]:
    """Return the arguments that an operation was created with, such as ``axis``."""
    names = {*inspect.signature(type(operation).__init__).parameters} - {"name"}
    return {name: value for name, value in vars(operation).items() if name in names}


def _record_mask_loss(inputs: list[GraphTensor], call: GraphCall) -> None:
    """Record on each output without a mask which layer or operation propagated none."""
    lost_at = next((tensor.mask_lost_at for tensor in inputs if tensor.mask_lost_at), "")
    if any(tensor.mask for tensor in inputs):
        lost_at = f"{call.path} ({call.class_name})"
    for output in call.outputs:
        output.mask_lost_at = "" if output.mask else lost_at


def _contains_tensors(argument: Any) -> bool:
    """Return whether Keras treats *argument* as a tensor, or as a structure of tensors."""
    if _is_tensor(argument):
        return True
    nested = keras.tree.is_nested(argument) and len(argument) > 0
    return nested and all(leaf is None or _is_tensor(leaf) for leaf in keras.tree.flatten(argument))


def _is_tensor(leaf: Any) -> bool:
    # Keras converts an array to a tensor before it checks.
    return (
        isinstance(leaf, GraphTensor | keras.KerasTensor)
        or keras.ops.is_tensor(leaf)
        or hasattr(leaf, "__array__")
    )


def _to_plain(leaf: Any) -> Any:
    """Return a constant as a tensor of the graph, or as a number; and any other leaf as it is."""
    if isinstance(leaf, GraphTensor) or not _is_tensor(leaf):
        return leaf
    return GraphTensor(tuple(leaf.shape)) if len(leaf.shape) else leaf.__array__().item()


def _describe_mask(mask: Any) -> Mask:
    shape = getattr(mask, "shape", None)
    return Mask(None if shape is None else tuple(shape))


def _drop_none(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if leaf is not None]
