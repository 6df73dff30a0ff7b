"""One call of a configured model in a traversal: its tensors and their data in the file."""

from dataclasses import dataclass, field
from typing import Any

from rnn_returns.models.config.call_arguments import CallArguments
from rnn_returns.models.config.model_parts import ALL, ModelConfig, NodeConfig
from rnn_returns.models.config.node_config import Reference
from rnn_returns.models.config.node_order import hide_mask_nodes, order_nodes
from rnn_returns.models.config.values import quote
from rnn_returns.models.graph import GraphCall, GraphTensor, Mask, Use, find_tensors
from rnn_returns.models.inference.masks import NONE, MaskState
from rnn_returns.rules.layer_spec import Shape


@dataclass(frozen=True)
class PreparedModel:
    """What is needed of a model for each of its calls.

    Args:
        nodes: Its calls in the order of execution.
        recorded: The shapes in the file, by layer, call and tensor.
    """

    nodes: list[NodeConfig]
    recorded: dict[tuple[str, int, int], Shape]


def prepare_model(model: ModelConfig) -> PreparedModel:
    """Order the calls of a model, hide those that calculate masks, and collect the shapes."""
    nodes = order_nodes(model)
    hide_mask_nodes(model, nodes)
    recorded = {
        (each.layer, each.call, each.tensor): each.shape
        for node in nodes
        for each in node.arguments.find_references()
        if each.shape is not None
    }
    return PreparedModel(nodes, recorded)


@dataclass(eq=False)
class Scope:
    """One call of a model.

    Args:
        model: The model.
        path: The names of the models that contain it, and its own, each followed by ``/``.
        prepared: Its calls.
        is_as_built: Whether its inputs have the shapes that it was made for.
        tensors: The tensors that its inputs and calls have returned so far.
    """

    model: ModelConfig
    path: str
    prepared: PreparedModel
    is_as_built: bool
    tensors: dict[tuple[str, int], list[GraphTensor]] = field(default_factory=dict)

    def find(self, reference: Reference) -> Any:
        """Return the tensor, or all the tensors, that a reference stands for."""
        found = self.tensors.get((reference.layer, reference.call))
        if found is None:
            raise ValueError(f"The model uses {quote(reference.layer)} before it is called.")
        if reference.tensor == ALL:
            return found[0] if len(found) == 1 else list(found)
        if reference.tensor >= len(found):
            raise ValueError(
                f"The model uses tensor {reference.tensor} of {quote(reference.layer)}, which "
                f"returns {len(found)}."
            )
        return found[reference.tensor]

    def create_tensor(
        self,
        node: NodeConfig,
        position: int,
        shape: Shape | None = None,
        reason: str = "",
        name: str = "",
    ) -> GraphTensor:
        """Create a tensor that *node* returns, with the shape in the file if it is there."""
        key = node.layer.name, node.index, position
        if self.is_as_built and key in self.prepared.recorded:
            shape = self.prepared.recorded[key]
        return GraphTensor(shape, "" if shape is not None else reason, None, position, name)

    def use_built_shapes(self, node: NodeConfig, inputs: list[GraphTensor]) -> None:
        """Take the unknown shapes of the inputs of *node* from what its layer was built for."""
        shapes = node.layer.built_for
        if self.is_as_built and len(node.layer.nodes) == 1 and len(shapes) == len(inputs):
            for tensor, shape in zip(inputs, shapes, strict=True):
                if tensor.shape is None:
                    tensor.shape, tensor.unknown_reason = shape, ""

    def start_call(self, node: NodeConfig, class_name: str, arguments: dict[str, Any]) -> GraphCall:
        """Create a call, and record that it uses its arguments."""
        call = GraphCall(self.path + node.layer.name, class_name, arguments)
        for name, value in arguments.items():
            for tensor in find_tensors(value):
                tensor.uses.append(Use(call.path, name, call))
        return call


def finish_call(
    call: GraphCall,
    outputs: list[GraphTensor],
    states: list[MaskState],
    inputs: list[GraphTensor],
) -> None:
    """Connect a call with its outputs, with their masks and where a mask was lost."""
    lost_at = next((tensor.mask_lost_at for tensor in inputs if tensor.mask_lost_at), "")
    if any(tensor.mask is not None for tensor in inputs):
        lost_at = title_call(call)
    for tensor, state in zip(outputs, states, strict=True):
        tensor.call, tensor.mask, tensor.is_mask_known = call, state.mask, state.is_known
        tensor.mask_lost_at = lost_at if state == NONE else ""
    call.outputs = outputs


def learn_masks(inputs: list[GraphTensor], bound: CallArguments) -> None:
    """Take the unknown masks of inputs from what Keras passed when the model was made."""
    if not bound.is_mask_written or bound.passed_mask is not None:
        return
    filled = bound.filled_mask
    masks = filled if isinstance(filled, list) else [filled] * (1 if filled else len(inputs))
    for tensor, mask in zip(inputs, masks, strict=False):
        if not tensor.is_mask_known:
            tensor.is_mask_known = True
            tensor.mask = None if mask is None else Mask(mask.shape)


def order_inputs(model: ModelConfig, argument: Any) -> list[GraphTensor]:
    """Return what an inner model is called on, in the order of its inputs."""
    if isinstance(argument, dict):
        names = [reference.layer for reference in model.inputs]
        keys = names if set(names) <= argument.keys() else sorted(argument)
        argument = [argument[key] for key in keys]
    return list(find_tensors(argument))


def title_call(call: GraphCall) -> str:
    """Return the path and class of a call."""
    return f"{call.path} ({call.class_name})"
