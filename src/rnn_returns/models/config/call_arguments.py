"""The arguments of a call of a layer, bound to their names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.model_parts import ModelConfig, NodeConfig
from rnn_returns.models.config.node_config import Reference, find_references, map_references
from rnn_returns.models.config.values import expect_number
from rnn_returns.models.graph import GraphTensor, find_tensors

RECURRENT = ("sequences", "initial_state", "mask", "training")
OLD_RECURRENT = ("inputs", "mask", "training", "initial_state")
ATTENTION = ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask")
# The names of the arguments of ``call``, where there is more than ``inputs``.
CALL_ARGUMENTS = {
    **dict.fromkeys(
        ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"), ATTENTION
    ),
    **dict.fromkeys(("Attention", "AdditiveAttention"), ("inputs", "mask")),
    "TimeDistributed": ("inputs", "training", "mask"),
}


@dataclass(frozen=True)
class CallArguments:
    """The arguments of one call.

    Args:
        arguments: Those of the caller, by their names; masks that Keras passes are left out.
        passed_mask: The mask that the caller passes, or None.
        filled_mask: The mask that Keras passed, by the file, when the model was made; None for
            none. Of several inputs, a list.
        is_mask_written: Whether the file contains which mask Keras passed.
    """

    arguments: dict[str, Any]
    passed_mask: Any = None
    filled_mask: Any = None
    is_mask_written: bool = False

    @property
    def first(self) -> Any:
        """The first argument."""
        return next(iter(self.arguments.values()), None)

    @property
    def passed_tensor(self) -> GraphTensor | None:
        """The first tensor of the mask that the caller passes, or None."""
        return next(find_tensors(self.passed_mask), None)

    def without_passed_mask(self) -> "CallArguments":
        """Return the same arguments, with the mask as one that Keras passed."""
        arguments = {name: value for name, value in self.arguments.items() if name != "mask"}
        return CallArguments(arguments, None, self.passed_mask, True)


def bind_arguments(
    node: NodeConfig, dialect: Dialect, model: ModelConfig, find: Callable[[Reference], Any]
) -> CallArguments:
    """Bind the arguments of a call of a layer to their names.

    Args:
        node: The call.
        dialect: The version that wrote it.
        model: The model that makes the call.
        find: Returns the tensor, or all tensors, that a reference stands for.
    """
    written = dict(_name_arguments(node, dialect))
    filled = {name for name, value in written.items() if _is_filled(name, value, model)}
    arguments = {
        name: map_references(find, value) for name, value in written.items() if name not in filled
    }
    if node.layer.recurrent is not None and not dialect.is_keras_3:
        arguments = _split_states(node, arguments)
    order = _list_names(node, dialect)
    arguments = dict(
        sorted(arguments.items(), key=lambda each: order.index(each[0]) if each[0] in order else 99)
    )
    passed = arguments.get("mask")
    if passed is not None and not any(find_tensors(passed)):
        passed = None
    if passed is None:
        arguments.pop("mask", None)
    filled_mask = map_references(find, written["mask"]) if "mask" in filled else None
    return CallArguments(arguments, passed, filled_mask, "mask" in written)


def _list_names(node: NodeConfig, dialect: Dialect) -> tuple[str, ...]:
    """Return the names of the arguments of ``call``, in order, as far as they are known."""
    if node.layer.recurrent is not None and node.layer.data.class_name != "TimeDistributed":
        return RECURRENT if dialect.is_keras_3 else OLD_RECURRENT
    return CALL_ARGUMENTS.get(node.layer.data.class_name, ("inputs",))


def _name_arguments(node: NodeConfig, dialect: Dialect) -> dict[str, Any]:
    """Return the arguments as they are written, by their names."""
    names = _list_names(node, dialect)
    named = {
        names[i] if i < len(names) else f"argument_{i}": value
        for i, value in enumerate(node.arguments.args)
    }
    return named | node.arguments.kwargs


def _is_filled(name: str, value: Any, model: ModelConfig) -> bool:
    """Return whether Keras has passed a mask itself: it comes from hidden operations alone."""
    if name != "mask" and not name.endswith("_mask"):
        return False
    references = list(find_references(value))
    inputs = {(each.layer, each.call) for each in model.inputs}
    return bool(references) and all(
        (each.layer, each.call) not in inputs
        and model.layers[each.layer].nodes[each.call].is_hidden
        for each in references
    )


def _split_states(node: NodeConfig, arguments: dict[str, Any]) -> dict[str, Any]:
    """Separate the states and constants, which Keras 2 writes after the input, from it."""
    first = arguments.get("inputs")
    if not isinstance(first, list) or not first or not isinstance(first[0], GraphTensor):
        return arguments
    constants = expect_number(node.layer.data.config.get("num_constants") or 0, "num_constants")
    split = len(first) - constants
    named = {"inputs": first[0], "initial_state": first[1:split], "constants": first[split:]}
    return {name: value for name, value in named.items() if value} | {
        name: value for name, value in arguments.items() if name != "inputs"
    }
