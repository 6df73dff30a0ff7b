"""A traversal of a configured model in the order of execution, with every shape and mask."""

from collections.abc import Callable
from typing import Any

from rnn_returns.models.config.call_arguments import CallArguments, bind_arguments
from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.model_parts import LayerConfig, ModelConfig, NodeConfig
from rnn_returns.models.config.node_config import map_references
from rnn_returns.models.config.operation_config import read_operation
from rnn_returns.models.config.scope import (
    PreparedModel,
    Scope,
    finish_call,
    learn_masks,
    order_inputs,
    prepare_model,
    title_call,
)
from rnn_returns.models.config.values import quote
from rnn_returns.models.graph import GraphCall, GraphTensor, Mask, Use, find_tensors
from rnn_returns.models.inference.masks import (
    NONE,
    UNKNOWN,
    MaskState,
    mask_of,
    propagate_through_layer,
    propagate_through_recurrent,
)
from rnn_returns.models.inference.operation_shapes import infer_operation
from rnn_returns.models.inference.returned_values import name_container, name_outputs
from rnn_returns.models.inference.shape_rules import ShapeError
from rnn_returns.models.inference.shapes import (
    RULES,
    UNKNOWN_INPUT,
    UnknownShapeError,
    infer_layer,
    infer_recurrent,
)
from rnn_returns.rules.layer_spec import Shape

OUTPUT = "the model's output"
MAX_CALLS = 10_000
MAX_OUTPUTS = 1_000
# Layers that return several tensors if they are called with return_attention_scores.
SCORING = (
    "Attention",
    "AdditiveAttention",
    "MultiHeadAttention",
    "GroupQueryAttention",
    "GroupedQueryAttention",
)


def trace_config(model: ModelConfig, dialect: Dialect) -> tuple[list[GraphCall], set[LayerConfig]]:
    """Return the calls that *model* makes in the order of execution, and the layers it calls.

    Raises:
        ValueError: If the model has a cycle, uses what is not there, or makes too many calls.
    """
    tracer = _Tracer(dialect)
    inputs = []
    for reference, shape in zip(model.inputs, model.input_shapes, strict=True):
        layer = model.layers.get(reference.layer)
        ragged = bool(layer and layer.data.config.get("ragged"))
        inputs.append(
            GraphTensor(shape, "" if shape else "its input is not known", is_ragged=ragged)
        )
    for tensor in tracer.trace_model(model, inputs, ""):
        tensor.uses.append(Use(OUTPUT))
    called = {node.layer for each in tracer.prepared.values() for node in each.nodes}
    return tracer.calls, called


class _Tracer:
    """The state of a traversal: the calls so far."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.calls: list[GraphCall] = []
        self.count = 0
        self.prepared: dict[ModelConfig, PreparedModel] = {}
        # The masks that callers pass, each with the tensor that it is.
        self.passed_masks: dict[int, tuple[Mask, GraphTensor]] = {}

    def trace_model(
        self, model: ModelConfig, inputs: list[GraphTensor], path: str
    ) -> list[GraphTensor]:
        """Trace one call of *model*; return its outputs."""
        if model not in self.prepared:
            self.prepared[model] = prepare_model(model)
        prepared = self.prepared[model]
        shapes = [tensor.shape for tensor in inputs]
        as_built = not path or (None not in shapes and shapes == model.input_shapes)
        scope = Scope(model, path, prepared, as_built)
        for reference, tensor in zip(model.inputs, inputs, strict=True):
            scope.tensors[reference.layer, reference.call] = [tensor]
        for node in prepared.nodes:
            self.count += 1
            if self.count > MAX_CALLS:
                raise ValueError(f"The model makes more than {MAX_CALLS} calls.")
            scope.tensors[node.layer.name, node.index] = self._trace_node(scope, node)
        return [each for output in model.outputs for each in find_tensors(scope.find(output))]

    def _trace_node(self, scope: Scope, node: NodeConfig) -> list[GraphTensor]:
        layer = node.layer
        if node.is_hidden:
            return [scope.create_tensor(node, i) for i in range(node.outputs)]
        if layer.is_operation:
            return self._trace_operation(scope, node)
        bound = bind_arguments(node, self.dialect, scope.model, scope.find)
        if self._is_own_mask(bound):
            bound = bound.without_passed_mask()
        first = list(find_tensors(bound.first))
        scope.use_built_shapes(node, first)
        if not scope.path:
            learn_masks(first, bound)
        if layer.model is not None:
            return self._trace_inner(scope, node, bound)
        if layer.recurrent is not None:
            return self._trace_recurrent(scope, node, bound)
        return self._trace_layer(scope, node, bound)

    def _is_own_mask(self, bound: CallArguments) -> bool:
        """Return whether the passed mask is the one that the only other argument carries."""
        passed = bound.passed_tensor
        tensors = [value for value in bound.arguments.values() if any(find_tensors(value))]
        if passed is None or len(tensors) != 2:
            return False
        masks = [tensor.mask for tensor in find_tensors(bound.first) if tensor.mask]
        return any(self.passed_masks.get(id(mask), (None, None))[1] is passed for mask in masks)

    def _pass_mask(self, passed: GraphTensor) -> Mask:
        """Return the mask that a tensor is, for a caller that passes it."""
        mask = Mask(passed.shape)
        self.passed_masks[id(mask)] = mask, passed
        return mask

    def _trace_inner(
        self, scope: Scope, node: NodeConfig, bound: CallArguments
    ) -> list[GraphTensor]:
        """Trace a call of an inner model."""
        model = node.layer.model
        assert model is not None
        inputs = order_inputs(model, bound.first)
        if len(inputs) != len(model.inputs):
            raise ValueError(
                f"The model {quote(node.layer.name)} has {len(model.inputs)} inputs, but is called "
                f"on {len(inputs)} tensors."
            )
        for tensor, mask in zip(inputs, find_tensors(bound.passed_mask), strict=False):
            tensor.mask, tensor.is_mask_known = self._pass_mask(mask), True
        outputs = self.trace_model(model, inputs, f"{scope.path}{node.layer.name}/")
        for i, tensor in enumerate(outputs):
            shape = scope.prepared.recorded.get((node.layer.name, node.index, i))
            if tensor.shape is None and shape is not None and scope.is_as_built:
                tensor.shape, tensor.unknown_reason = shape, ""
        return outputs

    def _trace_operation(self, scope: Scope, node: NodeConfig) -> list[GraphTensor]:
        """Trace an operation that is not a layer; Keras propagates no mask through it."""
        name, arguments = read_operation(node.layer.data, node.arguments)
        arguments = {key: map_references(scope.find, value) for key, value in arguments.items()}
        call = self._start_call(scope, node, name, arguments)
        shape, reason = self._infer(node, call, lambda: infer_operation(name, arguments))
        outputs = [
            scope.create_tensor(node, i, shape if i == 0 or name == "Split" else None, reason)
            for i in range(_count(node))
        ]
        finish_call(call, outputs, [NONE] * len(outputs), list(find_tensors(arguments)))
        return outputs

    def _trace_layer(
        self, scope: Scope, node: NodeConfig, bound: CallArguments
    ) -> list[GraphTensor]:
        """Trace a call of a layer that is neither recurrent nor a model."""
        data = node.layer.data
        call = self._start_call(scope, node, data.class_name, bound.arguments)
        inputs = list(find_tensors(bound.arguments))
        shapes = [tensor.shape for tensor in inputs]
        wrapped = node.layer.wrapped_model
        shape, reason = self._infer(
            node,
            call,
            lambda: self._infer_slices(wrapped, shapes) if wrapped else infer_layer(data, shapes),
        )
        if node.outputs > 1 and data.class_name in RULES and data.class_name not in SCORING:
            raise ValueError(f"The model uses several tensors of {data.name}, which returns one.")
        outputs = [
            scope.create_tensor(node, i, shape if i == 0 else None, reason)
            for i in range(_count(node))
        ]
        state = propagate_through_layer(data, call.inputs, outputs[0].shape, self.dialect)
        if data.class_name == "Embedding":
            outputs[0].is_ragged = any(tensor.is_ragged for tensor in call.inputs)
        states = [state, *[UNKNOWN if not state.is_known else NONE] * (len(outputs) - 1)]
        finish_call(call, outputs, states, call.inputs)
        return outputs

    def _infer_slices(self, model: ModelConfig, shapes: list[Shape | None]) -> Shape:
        """Return the shape of what TimeDistributed returns around a model."""
        shape = shapes[0] if shapes else None
        if shape is None or len(shape) < 2 or len(model.inputs) != 1:
            raise UnknownShapeError(UNKNOWN_INPUT)
        tracer = _Tracer(self.dialect)
        tracer.count = self.count
        (output, *_) = tracer.trace_model(model, [GraphTensor((shape[0], *shape[2:]))], "slice/")
        self.count = tracer.count
        if output.shape is None:
            raise UnknownShapeError(output.unknown_reason)
        return (output.shape[0], shape[1], *output.shape[1:])

    def _trace_recurrent(
        self, scope: Scope, node: NodeConfig, bound: CallArguments
    ) -> list[GraphTensor]:
        """Trace a call of a recurrent layer."""
        layer = node.layer.recurrent
        assert layer is not None
        call = self._start_call(scope, node, node.layer.data.class_name, bound.arguments)
        call.layer, call.sets_mask = layer, bound.passed_mask is not None
        received, previous = self._find_masks(call, bound)
        call.mask, call.is_mask_known = received.mask, received.is_known
        names = name_outputs(layer.spec, self.dialect) if layer.spec else [""] * _count(node)
        call.container = name_container(layer.spec, self.dialect) if layer.spec else ""
        shapes: list[Shape | None] = [None] * len(names)
        reason = ""
        try:
            shapes = [*infer_recurrent(layer, call.input_shape, self.dialect)]
        except UnknownShapeError as error:
            reason = _explain(call, error)
        if len(shapes) != len(names):  # The rules see other tensors than the names are for.
            shapes = [None] * len(names)
        outputs = [
            scope.create_tensor(node, i, shape, reason, name)
            for i, (name, shape) in enumerate(zip(names, shapes, strict=True))
        ]
        sequences = layer.flags["return_sequences"]
        states = propagate_through_recurrent(
            node.layer.data, sequences, previous, len(outputs), self.dialect
        )
        finish_call(call, outputs, states, call.inputs)
        return outputs

    def _find_masks(self, call: GraphCall, bound: CallArguments) -> tuple[MaskState, MaskState]:
        """Return the mask that a recurrent layer receives, and the one that it propagates."""
        first = call.inputs[0] if call.inputs else None
        passed = bound.passed_tensor
        if passed is not None:
            received = MaskState(self._pass_mask(passed))
            propagates = self.dialect.propagates_passed_masks
            if propagates is None:
                return received, UNKNOWN
            return received, received if propagates else mask_of(first)
        if self.dialect.requires_single_tensor and len(call.tensor_arguments) > 1:
            return NONE, mask_of(first)
        return mask_of(first), mask_of(first)

    def _start_call(
        self, scope: Scope, node: NodeConfig, class_name: str, arguments: dict[str, Any]
    ) -> GraphCall:
        call = scope.start_call(node, class_name, arguments)
        self.calls.append(call)
        return call

    def _infer(
        self, node: NodeConfig, call: GraphCall, infer: Callable[[], Shape]
    ) -> tuple[Shape | None, str]:
        """Return the shape that a rule infers, or why there is none."""
        try:
            return infer(), ""
        except UnknownShapeError as error:
            return None, _explain(call, error)
        except ShapeError as error:
            return None, f"{title_call(call)} cannot be called so: {error}".rstrip(".")
        except ValueError as error:
            raise ValueError(f"The layer {quote(node.layer.name)}: {error}") from None


def _count(node: NodeConfig) -> int:
    if node.outputs > MAX_OUTPUTS:
        raise ValueError(f"The model uses more than {MAX_OUTPUTS} tensors of one call.")
    return node.outputs


def _explain(call: GraphCall, error: UnknownShapeError) -> str:
    """Return why a shape is not known: for the reason of an input, if there is one."""
    reasons = [tensor.unknown_reason for tensor in find_tensors(call.arguments)]
    inherited = next((reason for reason in reasons if reason), "")
    if inherited and "input" in str(error):
        return inherited
    return str(error).replace("{}", title_call(call))
