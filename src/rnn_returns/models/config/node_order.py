"""The calls of a functional model in the order in which Keras makes them."""

from collections import defaultdict
from collections.abc import Iterator

from rnn_returns.models.config.model_parts import ModelConfig, NodeConfig
from rnn_returns.models.config.node_config import Reference, find_references
from rnn_returns.models.config.values import quote

Parents = dict[NodeConfig, list[NodeConfig]]

# Operations that Keras 3 adds to a model to calculate masks.
ON_TENSORS = ("ZerosLike", "OnesLike")
ON_MASKS = ("Any", "LogicalOr", "ExpandDims", "Squeeze", "Concatenate", "ConvertToTensor")


def order_nodes(model: ModelConfig) -> list[NodeConfig]:
    """Return the calls that the outputs of *model* need, in Keras's order.

    Raises:
        ValueError: If the calls form a cycle.
    """
    inputs = {(each.layer, each.call) for each in model.inputs}

    def find_calls(references: list[Reference]) -> list[NodeConfig]:
        return [
            model.layers[each.layer].nodes[each.call]
            for each in references
            if (each.layer, each.call) not in inputs
        ]

    parents = {node: find_calls(node.arguments.find_references()) for node in model.nodes}
    depths: dict[NodeConfig, int] = {}
    layer_depths: dict[str, int] = {}
    for node in reversed(_sort_nodes(find_calls(model.outputs), parents)):
        depth = max(depths.setdefault(node, 0), layer_depths.get(node.layer.name, 0))
        depths[node] = layer_depths[node.layer.name] = depth
        for parent in parents[node]:
            depths[parent] = max(depth + 1, depths.get(parent, 0))
    by_depth = defaultdict(list)
    for node, depth in depths.items():
        by_depth[depth].append(node)
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _sort_nodes(roots: list[NodeConfig], parents: Parents) -> list[NodeConfig]:
    """Return the calls in the order in which a search from the outputs finishes them."""
    finished: dict[NodeConfig, None] = {}
    unfinished: set[NodeConfig] = set()
    for root in roots:
        stack = [(root, iter(parents[root]))] if root not in finished else []
        while stack:
            node, rest = stack[-1]
            unfinished.add(node)
            parent = next((each for each in rest if each not in finished), None)
            if parent in unfinished:
                name = quote(node.layer.name)
                raise ValueError(f"The calls of the model form a cycle through {name}.")
            if parent is not None:
                stack.append((parent, iter(parents[parent])))
            else:
                stack.pop()
                unfinished.remove(node)
                finished[node] = None
    return list(finished)


def hide_mask_nodes(model: ModelConfig, nodes: list[NodeConfig]) -> None:
    """Mark the operations that only calculate masks that Keras passes on by itself.

    Args:
        model: The model.
        nodes: Its calls in the order of execution.
    """
    sources = {source for node in nodes for source in _find_sources(node)}
    masks: set[tuple[str, int]] = set()
    for node in nodes:
        if _calculates_mask(node, sources, masks):
            masks.add((node.layer.name, node.index))
    visible = {(each.layer, each.call) for each in model.outputs}
    for node in reversed(nodes):
        key = node.layer.name, node.index
        node.is_hidden = key in masks and key not in visible
        if not node.is_hidden:
            visible |= _find_visible(node)


def _find_sources(node: NodeConfig) -> Iterator[tuple[object, ...]]:
    """Yield the tensors that a layer calculates a mask from, each with the masked value."""
    data = node.layer.data
    value = None
    if data.class_name == "Embedding" and data.config.get("mask_zero"):
        value = 0
    elif data.class_name == "Masking":
        value = data.config.get("mask_value", 0)
    if isinstance(value, int | float) and not data.is_custom:
        for each in node.arguments.find_references():
            yield each.layer, each.call, each.tensor, value


def _calculates_mask(
    node: NodeConfig, sources: set[tuple[object, ...]], masks: set[tuple[str, int]]
) -> bool:
    """Return whether an operation calculates a mask from those tensors or from other masks."""
    name, args = node.layer.data.class_name, node.arguments.args
    if not node.layer.is_operation:
        return False
    if name == "NotEqual":
        match args:
            case [Reference() as tensor, int() | float() as value]:
                return (tensor.layer, tensor.call, tensor.tensor, value) in sources
        return False
    if name in ON_TENSORS:
        return True
    references = node.arguments.find_references()
    return name in ON_MASKS and all((each.layer, each.call) in masks for each in references)


def _find_visible(node: NodeConfig) -> set[tuple[str, int]]:
    """Return the calls whose results *node* uses in any other way than as its own mask."""
    kwargs = node.arguments.kwargs
    tensors = [name for name, value in kwargs.items() if any(find_references(value))]
    others = [name for name in tensors if not _is_mask_name(name)]
    single = any(find_references(node.arguments.args)) + len(others) == 1
    filled = [
        name
        for name in tensors
        if not node.layer.is_operation and _is_mask_name(name) and (name == "mask") == single
    ]
    used = [node.arguments.args, *(kwargs[name] for name in tensors if name not in filled)]
    return {(each.layer, each.call) for each in find_references(used)}


def _is_mask_name(name: str) -> bool:
    return name == "mask" or (name.endswith("_mask") and name != "attention_mask")
